package bot_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/store"
)

// detail is what the audit event of a kind says of a request.
func (w *world) detail(id approvals.RequestID, kind approvals.EventKind) map[string]string {
	w.t.Helper()
	evs, err := w.store.Events(w.ctx, store.EventFilter{Request: id})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range evs {
		if e.Kind == kind {
			return e.Detail
		}
	}
	return nil
}

func TestApproversOfAChannelThatCannotBePostedToAreAskedDirectly(t *testing.T) {
	for channel, why := range map[string]string{"CNOWHERE": "channel_not_found", "CNOB": "not_in_channel", "COLD": "is_archived"} {
		t.Run(why, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.law.channel = channel
				card := w.asked()
				w.sees("UADA", "", "can't be posted to the channel "+channel, why)
				r := w.latest("p-ana")
				if diff := cmp.Diff(map[string]string{"channel": channel, "why": why}, w.detail(r.ID, approvals.EventRequestUnreached)); diff != "" {
					t.Errorf("audited (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff([]string{channel}, w.bot.Health().Unreached); diff != "" {
					t.Errorf("health (-want +got):\n%s", diff)
				}
				w.click("UBOB", card, "approve")
				w.sees("UANA", "", "Approved by Bob Lee")
				w.sees("UCLEO", "", "Approved by Bob Lee")
				w.activate(r)
				settle()
				if n := strings.Count(w.logs.String(), "can't be delivered"); n != 1 {
					t.Errorf("the channel was tried %d times", n)
				}
			})
		})
	}
}

func TestChannelThatCanBePostedToAgainIsHealthy(t *testing.T) {
	inWorld(t, func(w *world) {
		w.law.channel = "CNOB"
		w.click("UBOB", w.asked(), "deny")
		w.sees("UANA", "", "Denied by Bob Lee")
		if err := w.UpdateChannel("CNOB", func(c *slacksim.Channel) { c.Members = append(c.Members, "U0BOT") }); err != nil {
			t.Fatal(err)
		}
		w.say("UANA", "read only on prod billing db for 30 minutes, refunds stuck again")
		w.click("UANA", w.sees("UANA", "", "Ready to send?", "30 minutes"), "send")
		w.sees("UADA", "CNOB", "May Ana have this?")
		w.until("health has nothing to say of it", func() bool { return len(w.bot.Health().Unreached) == 0 })
	})
}

func TestTheSecurityQueueIsAskedWhenNoApproverHasAnAccount(t *testing.T) {
	inWorld(t, func(w *world) {
		for _, user := range []string{"UBOB", "UCLEO"} {
			if err := w.UpdateUser(user, func(u *slacksim.User) { u.Restricted = true }); err != nil {
				t.Fatal(err)
			}
		}
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		card := w.sees("UADA", "", "May Ana have this?", "nobody else may answer")
		w.click("UADA", card, "approve")
		w.sees("UANA", "", "Approved by Ada Admin")
	})
}
