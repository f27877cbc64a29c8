package slacksim_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// raw opens a socket without a client library, to look at the frames
// themselves, and returns the address that it used up.
func raw(h *harness) (*websocket.Conn, string) {
	h.t.Helper()
	_, addr, err := h.client.StartSocketModeContext(h.ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	conn, _, err := dial(h, addr)
	if err != nil {
		h.t.Fatal(err)
	}
	return conn, addr
}

// dial opens a socket at addr and returns the HTTP status of the answer, 0 when there was none.
func dial(h *harness, addr string) (*websocket.Conn, int, error) {
	d := websocket.Dialer{NetDialContext: h.Dial, WriteBufferSize: 32 << 10}
	conn, resp, err := d.DialContext(h.ctx, addr, nil)
	if resp == nil {
		return conn, 0, err
	}
	return conn, resp.StatusCode, errors.Join(err, resp.Body.Close())
}

// frame reads one frame.
func frame(t *testing.T, c *websocket.Conn) map[string]any {
	t.Helper()
	var f map[string]any
	if err := c.ReadJSON(&f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestTicketWorksOnceAndForHalfAMinute(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		conn, addr := raw(h)
		defer conn.Close()
		if f := frame(t, conn); f["type"] != "hello" || f["num_connections"] != 1.0 {
			t.Errorf("first frame: %v", f)
		}
		if _, status, err := dial(h, addr); err == nil || status != http.StatusForbidden {
			t.Errorf("second use: status %d, error %v", status, err)
		}
		_, late, err := h.client.StartSocketModeContext(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(31 * time.Second)
		if _, _, err := dial(h, late); err == nil {
			t.Error("an expired ticket was taken")
		}
	})
}

func TestTheEleventhSocketIsTurnedAway(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		for i := range 11 {
			conn, _ := raw(h)
			defer conn.Close()
			want := "hello"
			if i == 10 {
				want = "disconnect"
			}
			f := frame(t, conn)
			if f["type"] != want {
				t.Fatalf("socket %d: %v", i+1, f)
			}
			if i == 10 && f["reason"] != "too_many_websockets" {
				t.Errorf("reason %v", f["reason"])
			}
		}
		if n := h.Connections(); n != 10 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestEnvelopesTakeTurnsOnTheSockets(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		h.connect(ackAll)
		for range 4 {
			if _, err := h.As("UANA").DM("x"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		per := map[int]int{}
		for _, e := range h.Envelopes() {
			per[e.Socket]++
		}
		if diff := cmp.Diff(map[int]int{1: 2, 2: 2}, per); diff != "" {
			t.Errorf("envelopes per socket (-want +got):\n%s", diff)
		}
	})
}

func TestClientReconnectsAfterEveryKindOfDisconnect(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{"warning", "refresh_requested", "drop"} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			inBubble(t, config(), func(h *harness) {
				h.connect(ackAll)
				synctest.Wait()
				if reason == "drop" {
					h.Faults().Drop()
				} else {
					h.Faults().Disconnect(reason)
				}
				<-time.After(time.Minute)
				synctest.Wait()
				if n := len(h.events(socketmode.EventTypeHello)); n < 2 {
					t.Errorf("%d greetings", n)
				}
				if _, err := h.As("UANA").DM("still there?"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if env := h.Envelopes(); env[len(env)-1].Outcome != slacksim.Acked {
					t.Errorf("after it: %+v", env)
				}
			})
		})
	}
}

func TestWarningLeavesTenSeconds(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		conn, _ := raw(h)
		defer conn.Close()
		frame(t, conn)
		begin := time.Now()
		h.Faults().Disconnect("warning")
		if f := frame(t, conn); f["reason"] != "warning" {
			t.Errorf("frame %v", f)
		}
		if _, _, err := conn.ReadMessage(); err == nil {
			t.Error("a frame after the warning")
		}
		if d := time.Since(begin); d != 10*time.Second {
			t.Errorf("closed after %v", d)
		}
	})
}

func TestSocketsAreRefreshedAfterTheAnnouncedTime(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		_, addr, err := h.client.StartSocketModeContext(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		conn, _, err := dial(h, addr+"&debug_reconnects=true")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		begin := time.Now()
		hello := frame(t, conn)
		if d := hello["debug_info"].(map[string]any)["approximate_connection_time"]; d != 360.0 {
			t.Errorf("announced %v", d)
		}
		if f := frame(t, conn); f["reason"] != "warning" || time.Since(begin) != 350*time.Second {
			t.Errorf("%v after %v", f, time.Since(begin))
		}
		if f := frame(t, conn); f["reason"] != "refresh_requested" || time.Since(begin) != 360*time.Second {
			t.Errorf("%v after %v", f, time.Since(begin))
		}
	})
}

func TestSwitchedOffSocketModeRefusesUntilRestored(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		h.Faults().Disconnect("link_disabled")
		<-time.After(time.Minute)
		if n := h.Connections(); n != 0 {
			t.Errorf("%d connections while switched off", n)
		}
		h.Faults().Restore()
		<-time.After(6 * time.Minute) // the client backs off for up to five
		if n := h.Connections(); n != 1 {
			t.Errorf("%d connections after", n)
		}
	})
}

func TestEventsWithNobodyConnectedAreRetriedWhenSomebodyIs(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		if _, err := h.As("UANA").DM("anybody?"); err != nil {
			t.Fatal(err)
		}
		<-time.After(30 * time.Second)
		h.connect(ackAll)
		<-time.After(time.Minute)
		synctest.Wait()
		got := h.events(socketmode.EventTypeEventsAPI)
		if len(got) != 1 || got[0].Request.RetryAttempt != 2 || got[0].Request.RetryReason != "timeout" {
			t.Errorf("events: %+v", got)
		}
		ids := map[string]bool{}
		for _, e := range h.Envelopes() {
			ids[e.EventID] = true
		}
		if len(ids) != 1 {
			t.Errorf("event ids differ between attempts: %v", ids)
		}
	})
}

func TestClicksAndCommandsAreNotRetried(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(nil)
		begin := time.Now()
		if err := h.As("UANA").Command(h.ctx, "CGEN", "x"); !errors.Is(err, slacksim.ErrNoAck) || time.Since(begin) != 3*time.Second {
			t.Errorf("error %v after %v", err, time.Since(begin))
		}
		<-time.After(20 * time.Minute)
		if n := len(h.Envelopes()); n != 1 {
			t.Errorf("%d envelopes", n)
		}
	})
	inBubble(t, config(), func(h *harness) {
		if err := h.As("UANA").Command(h.ctx, "CGEN", "x"); !errors.Is(err, slacksim.ErrNoConnection) {
			t.Errorf("error %v with nobody connected", err)
		}
	})
}

// acknowledge answers the next envelope of a raw socket with n bytes of padding.
func acknowledge(t *testing.T, c *websocket.Conn, padding int) {
	var f map[string]any
	if err := c.ReadJSON(&f); err != nil {
		t.Error(err)
		return
	}
	b, err := json.Marshal(map[string]any{"envelope_id": f["envelope_id"], "payload": map[string]any{"text": strings.Repeat("x", padding)}})
	if err != nil {
		t.Error(err)
		return
	}
	if err := c.WriteMessage(websocket.TextMessage, b); err != nil {
		t.Error(err)
	}
}

func TestAcknowledgementsOf20KBAreDropped(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		conn, _ := raw(h)
		defer conn.Close()
		frame(t, conn)
		var wg sync.WaitGroup
		wg.Go(func() { acknowledge(t, conn, 20*1024) })
		if err := h.As("UANA").Command(h.ctx, "CGEN", "x"); !errors.Is(err, slacksim.ErrNoAck) {
			t.Errorf("error %v", err)
		}
		if e := h.Envelopes()[0]; e.Outcome != slacksim.Oversize {
			t.Errorf("outcome %s", e.Outcome)
		}
		wg.Wait()
		wg.Go(func() { acknowledge(t, conn, 19*1024) })
		if err := h.As("UANA").Command(h.ctx, "CGEN", "x"); err != nil {
			t.Errorf("a smaller one: %v", err)
		}
	})
}

func TestAcknowledgementsInSeveralFramesAreDropped(t *testing.T) {
	t.Parallel()
	for frames, want := range map[int]error{1: nil, 3: slacksim.ErrNoAck} {
		inBubble(t, config(), func(h *harness) {
			conn, _ := raw(h)
			defer conn.Close()
			frame(t, conn)
			var wg sync.WaitGroup
			wg.Go(func() {
				var f map[string]any
				if err := conn.ReadJSON(&f); err != nil {
					t.Error(err)
					return
				}
				b, _ := json.Marshal(map[string]any{"envelope_id": f["envelope_id"]})
				if err := writeFrames(conn.NetConn(), b, frames); err != nil {
					t.Error(err)
				}
			})
			if err := h.As("UANA").Command(h.ctx, "CGEN", "x"); !errors.Is(err, want) {
				t.Errorf("%d frames: error %v, want %v", frames, err, want)
			}
			wg.Wait()
		})
	}
}

// writeFrames writes a text message in n frames, as a client does: masked, here with a mask of zeros.
func writeFrames(w io.Writer, b []byte, n int) error {
	for i := range n {
		part := b[i*len(b)/n : (i+1)*len(b)/n]
		head := []byte{0, 0x80 | byte(len(part)), 0, 0, 0, 0}
		if i == 0 {
			head[0] = 1
		}
		if i == n-1 {
			head[0] |= 0x80
		}
		if _, err := w.Write(append(head, part...)); err != nil {
			return err
		}
	}
	return nil
}

func TestLateAcknowledgementIsLoggedAndDoesNotStopTheRetry(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(func(sm *socketmode.Client, ev socketmode.Event) {
			if ev.Request != nil && ev.Request.RetryAttempt == 0 {
				go func() { <-time.After(4 * time.Second); ackAll(sm, ev) }()
				return
			}
			ackAll(sm, ev)
		})
		if _, err := h.As("UANA").DM("slow"); err != nil {
			t.Fatal(err)
		}
		<-time.After(10 * time.Minute)
		var got []string
		for _, e := range h.Envelopes() {
			got = append(got, e.Outcome)
		}
		if diff := cmp.Diff([]string{slacksim.Late, slacksim.Acked}, got); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}

func TestAcknowledgementOnAnotherSocketDoesNotCount(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		first, _ := raw(h)
		defer first.Close()
		second, _ := raw(h)
		defer second.Close()
		frame(t, first)
		frame(t, second)
		go func() {
			_, b, err := second.ReadMessage() // the first envelope goes to the second socket
			var f map[string]any
			if err == nil && json.Unmarshal(b, &f) == nil {
				_ = first.WriteJSON(map[string]any{"envelope_id": f["envelope_id"]})
			}
		}()
		if err := h.As("UANA").Command(h.ctx, "CGEN", "x"); !errors.Is(err, slacksim.ErrNoAck) {
			t.Errorf("error %v", err)
		}
	})
}
