package slacksim_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// press presses one of the panel's buttons, as the page does.
func (h *harness) press(fault string) bool {
	h.t.Helper()
	body, err := json.Marshal(map[string]string{"as": "UANA", "do": "fault", "fault": fault})
	if err != nil {
		h.t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	h.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(h.ctx, http.MethodPost, "/_sim/do", strings.NewReader(string(body))))
	var out struct{ OK bool }
	if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
		h.t.Fatalf("%v: %s", err, rec.Body)
	}
	return out.OK
}

// told is the texts of the direct messages that reached the bot, in the order in which they did.
func (h *harness) told() (texts []string) {
	h.t.Helper()
	synctest.Wait()
	for _, ev := range h.events(socketmode.EventTypeEventsAPI) {
		var p struct{ Event struct{ Text string } }
		if err := json.Unmarshal(ev.Request.Payload, &p); err != nil {
			h.t.Fatal(err)
		}
		texts = append(texts, p.Event.Text)
	}
	return texts
}

func (h *harness) tell(text string) {
	h.t.Helper()
	h.mustPost(h.As("UANA"), h.As("UANA").DMChannel(), "", text)
	synctest.Wait()
}

func (h *harness) connected(n int) bool { synctest.Wait(); return h.Connections() == n }

// panelFaults are the panel's buttons, and what each does to a bot with one socket.
var panelFaults = map[string]func(t *testing.T, h *harness){
	"drop":              comesBackAtOnce,
	"warning":           comesBackAtOnce,
	"refresh_requested": comesBackAtOnce,
	"link_disabled": func(t *testing.T, h *harness) {
		<-time.After(time.Minute)
		if !h.connected(0) {
			t.Error("connected while Socket Mode was off")
		}
		h.press("restore")
		<-time.After(10 * time.Minute)
		if !h.connected(1) {
			t.Error("the bot did not come back once Socket Mode was on again")
		}
	},
	"delay": func(t *testing.T, h *harness) {
		h.tell("slow")
		if got := h.told(); len(got) != 0 {
			t.Errorf("not held back: %v", got)
		}
		<-time.After(2 * time.Second)
		if got := h.told(); !cmp.Equal(got, []string{"slow"}) {
			t.Errorf("after two seconds: %v", got)
		}
		h.press("restore")
		h.tell("quick")
		if got := h.told(); len(got) != 2 {
			t.Errorf("still held back: %v", got)
		}
	},
	"duplicate": func(t *testing.T, h *harness) {
		h.tell("again")
		if got := h.told(); len(got) != 5 {
			t.Errorf("delivered %d times, want once and four more times", len(got))
		}
	},
	"reorder": func(t *testing.T, h *harness) {
		h.tell("first")
		h.tell("second")
		h.tell("third")
		if diff := cmp.Diff([]string{"second", "first", "third"}, h.told()); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
	},
	"lose_ack": func(t *testing.T, h *harness) {
		h.tell("lost")
		<-time.After(4 * time.Second)
		if got := h.told(); len(got) != 2 {
			t.Errorf("delivered %d times, want a retry", len(got))
		}
		if e := h.Envelopes()[0]; e.Outcome != slacksim.Unacked {
			t.Errorf("outcome %s", e.Outcome)
		}
	},
	"ratelimit": func(t *testing.T, h *harness) {
		for i := range 4 {
			_, err := h.client.AuthTestContext(h.ctx)
			var limited *slack.RateLimitedError
			if isLimited := errors.As(err, &limited); isLimited != (i < 3) || isLimited && limited.RetryAfter != 2*time.Second {
				t.Errorf("call %d: %v", i+1, err)
			}
		}
	},
	"fail": func(t *testing.T, h *harness) {
		var status slack.StatusCodeError
		if _, err := h.client.AuthTestContext(h.ctx); !errors.As(err, &status) || status.Code != http.StatusInternalServerError {
			t.Errorf("first call: %v", err)
		}
		if _, err := h.client.AuthTestContext(h.ctx); err != nil {
			t.Errorf("second call: %v", err)
		}
	},
	"cut": func(t *testing.T, h *harness) {
		if _, _, err := h.client.PostMessage("CGEN", textOption("effect")); err == nil {
			t.Error("the answer arrived")
		}
		if list := h.As("UANA").Messages("CGEN"); len(list) != 1 || list[0].Text != "effect" {
			t.Errorf("messages %v", list)
		}
	},
	"restore": func(t *testing.T, h *harness) {
		h.tell("as ever")
		if got := h.told(); !cmp.Equal(got, []string{"as ever"}) {
			t.Errorf("told %v", got)
		}
	},
}

// comesBackAtOnce is the effect of what ends a socket: the bot is greeted once more.
func comesBackAtOnce(t *testing.T, h *harness) {
	<-time.After(time.Minute)
	if n := len(h.events(socketmode.EventTypeHello)); n != 2 || !h.connected(1) {
		t.Errorf("greeted %d times, %d sockets", n, h.Connections())
	}
}

func TestEveryButtonOfThePanelBreaksWhatItSays(t *testing.T) {
	t.Parallel()
	for fault, effect := range panelFaults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			inBubble(t, config(), func(h *harness) {
				h.connect(ackAll)
				synctest.Wait() // the greeting has been read
				if !h.press(fault) {
					t.Fatal("the page's button was refused")
				}
				effect(t, h)
			})
		})
	}
}

func TestPanelRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		if h.press("earthquake") {
			t.Error("accepted")
		}
	})
}
