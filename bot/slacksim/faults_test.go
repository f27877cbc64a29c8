package slacksim_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack/socketmode"
)

func TestFaultsDuplicateReorderDelayAndLose(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		ana := h.As("UANA")
		say := func(text string) {
			if _, err := ana.DM(text); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		attempts := func() (out []int) {
			for _, ev := range h.events(socketmode.EventTypeEventsAPI) {
				out = append(out, ev.Request.RetryAttempt)
			}
			return out
		}
		h.Faults().Duplicate(0, 1, 2, 3)
		say("twice told")
		if diff := cmp.Diff([]int{0, 0, 1, 2, 3}, attempts()); diff != "" {
			t.Errorf("duplicates (-want +got):\n%s", diff)
		}
		h.Faults().Reorder()
		say("first")
		say("second")
		texts := func(n int) (out []string) {
			all := h.events(socketmode.EventTypeEventsAPI)
			for _, ev := range all[len(all)-n:] {
				var p struct{ Event struct{ Text string } }
				_ = json.Unmarshal(ev.Request.Payload, &p)
				out = append(out, p.Event.Text)
			}
			return out
		}
		if diff := cmp.Diff([]string{"second", "first"}, texts(2)); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		h.Faults().Delay(2 * time.Second)
		before := len(attempts())
		say("slow")
		if len(attempts()) != before {
			t.Error("not delayed")
		}
		<-time.After(3 * time.Second)
		if len(attempts()) != before+1 {
			t.Error("delayed for ever")
		}
		h.Faults().Clear()
		h.Faults().LoseAcks(1)
		say("lost")
		<-time.After(4 * time.Second)
		if diff := cmp.Diff([]string{"lost", "lost"}, texts(2)); diff != "" {
			t.Errorf("after a lost acknowledgement (-want +got):\n%s", diff)
		}
	})
}

func TestFaultsOfCalls(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.Faults().RateLimit("chat.postMessage", 1, 1500*time.Millisecond)
		if _, _, err := h.client.PostMessage("CGEN", textOption("a")); err == nil || !strings.Contains(err.Error(), "retry after 2s") {
			t.Errorf("429: %v", err)
		}
		h.Faults().Fail("", 1, http.StatusInternalServerError)
		if _, err := h.client.AuthTestContext(context.Background()); err == nil || !strings.Contains(err.Error(), "500") {
			t.Errorf("500: %v", err)
		}
		h.Faults().CutResponse("chat.postMessage", 1)
		if _, _, err := h.client.PostMessage("CGEN", textOption("effect")); err == nil {
			t.Error("the answer was not cut")
		}
		list := h.As("UANA").Messages("CGEN")
		if len(list) != 1 || list[0].Text != "effect" {
			t.Errorf("messages: %+v", list)
		}
		if _, _, err := h.client.PostMessage("CGEN", textOption("after")); err != nil {
			t.Errorf("the fault did not wear off: %v", err)
		}
	})
}
