package bot_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// dbas is a user group with Cleo, a guest and somebody whom the directory does not know in it.
func dbas() slacksim.Config {
	return slacksim.Config{UserGroups: []slacksim.Group{{ID: "S0DBA", Handle: "dbas", Name: "Database people", Users: []string{"UCLEO", "UGUS", "UNEW"}}}}
}

// byGroup is a catalogue in which a user group approves.
func byGroup(ref approvals.ApproverRef) shelf {
	c := catalogue()
	for i := range c {
		c[i].Approvers, c[i].Owners = []approvals.ApproverRef{ref}, []approvals.PrincipalID{"p-bob", "p-cleo"}
	}
	return c
}

func TestUserGroupsAreResolvedAtEachDecision(t *testing.T) {
	for name, ref := range map[string]approvals.ApproverRef{"by id": "slack-group:S0DBA", "by handle": "slack-group:DBAs"} {
		t.Run(name, func(t *testing.T) {
			inWorldLike(t, dbas(), byGroup(ref), func(w *world) {
				w.say("UBOB", "hello")
				w.sees("UBOB", "", "in your own words")
				w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
				w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
				card := w.sees("UCLEO", "", "May Ana have this?")
				d, err := w.store.Decision(w.ctx, w.latest("p-ana").ID)
				if diff := cmp.Diff([]approvals.PrincipalID{"p-cleo"}, d.Approvers); diff != "" || err != nil {
					t.Errorf("approvers (-want +got):\n%s%v", diff, err)
				}
				err = w.UpdateGroup("S0DBA", func(g *slacksim.Group) { g.Users = []string{"UBOB"} })
				if err != nil {
					t.Fatal(err)
				}
				w.click("UCLEO", card, "approve") // she has left the group since
				w.sees("UCLEO", "", "You are not among those who may answer")
				w.forge("UBOB", "approve", string(w.latest("p-ana").ID)) // he has come
				w.sees("UANA", "", "Approved by Bob Lee")
			})
		})
	}
}

func TestUnreadableUserGroupIsNobody(t *testing.T) {
	for name, c := range map[string]struct {
		ref   approvals.ApproverRef
		spoil func(*world)
	}{
		"Slack fails":    {"slack-group:dbas", func(w *world) { w.Faults().Fail("usergroups.list", 100, http.StatusInternalServerError) }},
		"a member fails": {"slack-group:dbas", func(w *world) { w.Faults().Fail("users.info", 100, http.StatusInternalServerError) }},
		"not there":      {"slack-group:gone", func(*world) {}},
		"switched off": {"slack-group:dbas", func(w *world) {
			if err := w.UpdateGroup("S0DBA", func(g *slacksim.Group) { g.Disabled = true }); err != nil {
				w.t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorldLike(t, dbas(), byGroup(c.ref), func(w *world) {
				w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
				w.sees("UANA", "", "Ready to send?")
				c.spoil(w)
				r, err := w.svc.Submit(w.ctx, approvals.Person("p-ana", "test", ""), w.latest("p-ana").ID)
				if err != nil || r.State != approvals.RequestPending {
					t.Fatalf("%s: %v", r.State, err)
				}
				d, err := w.store.Decision(w.ctx, r.ID)
				if err != nil || !d.Fallback || !slices.Equal(d.Approvers, []approvals.PrincipalID{"p-ada"}) {
					t.Errorf("asked: %v, fallback %v, %v", d.Approvers, d.Fallback, err)
				}
			})
		})
	}
}

func TestAnswerWaitsWhileItsGroupCannotBeRead(t *testing.T) {
	inWorldLike(t, dbas(), byGroup("slack-group:dbas"), func(w *world) {
		w.say("UANA", "read only on prod billing db for 20 minutes, refunds stuck")
		w.click("UANA", w.sees("UANA", "", "Ready to send?"), "send")
		card := w.sees("UCLEO", "", "May Ana have this?")
		w.Faults().Fail("usergroups.list", 3, http.StatusInternalServerError)
		w.click("UCLEO", card, "approve")
		w.sees("UANA", "", "Approved by Cleo Owner") // the click is kept, and counts when Slack answers again
		if n := w.events(w.latest("p-ana").ID)[approvals.EventActionRefused]; n != 0 {
			t.Errorf("%d refusals are on her record", n)
		}
		if _, err := w.bot.GroupMembers(w.ctx, "nobody"); approvals.ErrorCode(err) != approvals.CodeNotFound {
			t.Error(errors.Join(errors.New("a group that is not there"), err))
		}
	})
}
