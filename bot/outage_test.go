package bot_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestHundredsOfNoticesAreCaughtUpAfterAnOutage(t *testing.T) {
	inWorld(t, func(w *world) {
		w.stop()
		people := map[approvals.PrincipalID]string{"p-ada": "UADA", "p-ana": "UANA", "p-bob": "UBOB", "p-cleo": "UCLEO"}
		const each = 20 // requests of each person, and two notices a request
		for id, user := range people {
			for i := range each {
				ask := approvals.Ask{Requester: id, Entitlement: "zendesk:agent", Duration: time.Hour, Reason: fmt.Sprintf("call number %03d.", i), Key: fmt.Sprint(user, i)}
				r, err := w.svc.Draft(w.ctx, approvals.Person(id, "slack", ""), ask)
				if err != nil {
					t.Fatal(err)
				}
				ask.Duration = 2 * time.Hour
				if _, err := w.svc.Amend(w.ctx, approvals.Person(id, "slack", ""), r.ID, ask); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.Faults().RateLimit("chat.postMessage", 40, 30*time.Second)
		w.Faults().RateLimit("conversations.open", 2, 10*time.Second)
		w.Faults().Fail("chat.postMessage", 10, http.StatusServiceUnavailable)
		w.Faults().CutResponse("chat.postMessage", 10)
		began := time.Now()
		w.start()
		cards := func(user string) (ms []slacksim.Message) {
			for _, m := range w.As(user).Messages(w.As(user).DMChannel()) {
				if strings.Contains(m.Plain(), "Ready to send?") && strings.Contains(m.Plain(), "2 hours") {
					ms = append(ms, m)
				}
			}
			return ms
		}
		for waited := time.Duration(0); ; waited += 20 * time.Second {
			done := true
			for _, user := range people {
				done = done && len(cards(user)) >= each
			}
			if done {
				break
			}
			if waited > 2*time.Hour {
				t.Fatalf("not caught up after %s: Ana has %d cards, health %+v", waited, len(cards("UANA")), w.bot.Health())
			}
			wait(20 * time.Second)
		}
		took := time.Since(began)
		settle()
		for _, user := range people {
			ms := cards(user)
			seen := map[string]bool{}
			for _, m := range ms {
				_, after, _ := strings.Cut(m.Plain(), "call number ")
				seen[after[:3]] = true
			}
			if len(ms) != each || len(seen) != each || w.count(user, "1 hour") != 0 {
				t.Errorf("%s has %d cards of %d requests, %d say what no longer holds", user, len(ms), len(seen), w.count(user, "1 hour"))
			}
		}
		h, posted := w.bot.Health(), w.calls.of("chat.postMessage")
		if h.Undone != 0 || took > 20*time.Minute {
			t.Errorf("caught up after %s, health %+v", took, h)
		}
		if posted > 2*len(people)*each { // patience is kept for each conversation, and not tried out
			t.Errorf("%d calls to post %d cards", posted, len(people)*each)
		}
		last := w.latest("p-ana")
		if _, err := w.svc.Submit(w.ctx, approvals.Person("p-ana", "slack", ""), last.ID); err != nil {
			t.Fatal(err)
		}
		w.sees("UANA", "", "Approved at once")
	})
}
