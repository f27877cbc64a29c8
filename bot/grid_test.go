package bot_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// northern is a workspace of an organisation with two workspaces. Dan has an id
// of the organisation's, Sis is of its other workspace, Eve of another
// organisation.
func northern() slacksim.Config {
	return slacksim.Config{EnterpriseID: "E0NORTH", Users: []slacksim.User{
		{ID: "W0DAN", Name: "dan", RealName: "Dan Desk", Email: "dan@example.com", EnterpriseID: "E0NORTH"},
		{ID: "W0SIS", Name: "sis", RealName: "Sis Ter", Email: "sis@example.com", TeamID: "T0SISTER", EnterpriseID: "E0NORTH"},
		{ID: "W0EVE", Name: "eve", RealName: "Eve Else", Email: "dan@example.com", TeamID: "T0FAR", EnterpriseID: "E0FAR", Stranger: true},
	}}
}

func TestPeopleOfTheWholeOrganisationAskAndAreBoundToIt(t *testing.T) {
	inWorldLike(t, northern(), catalogue(), func(w *world) {
		w.dir.add(approvals.Principal{ID: "p-dan", Name: "Dan Desk", Email: "dan@example.com", Manager: "p-bob"})
		w.say("W0DAN", "read only on prod billing db for 20 minutes, refunds stuck")
		w.click("W0DAN", w.sees("W0DAN", "", "Ready to send?", "You are Dan Desk"), "send")
		w.click("UBOB", w.sees("UBOB", "", "May Dan have this?"), "approve")
		w.sees("W0DAN", "", "Approved by Bob Lee")
		b, err := w.store.BindingOf(w.ctx, "slack", "p-dan")
		if err != nil || b.Workspace != "E0NORTH" || b.Subject != "W0DAN" || b.State != approvals.BindingActive {
			t.Errorf("bound as %+v: %v", b, err)
		}
	})
}

// Slack shows this workspace no address of Sis: she is no outsider, and is not
// bound to anybody by guessing.
func TestWhoseAddressIsNotShownIsBoundToNobody(t *testing.T) {
	inWorldLike(t, northern(), catalogue(), func(w *world) {
		w.dir.add(approvals.Principal{ID: "p-sis", Name: "Sis Ter", Email: "sis@example.com"}, approvals.Principal{ID: "p-nomail", Name: "No Mail"})
		w.say("W0SIS", "zendesk for 1h, customer call")
		w.sees("W0SIS", "", "The directory knows nobody with your email address")
		if n := w.has(approvals.EventIdentityBound); n != 0 {
			t.Errorf("%d accounts are bound", n)
		}
	})
}

func TestPeopleOfAnotherOrganisationAreOutsidersWhateverTheirAddress(t *testing.T) {
	inWorldLike(t, northern(), catalogue(), func(w *world) {
		w.dir.add(approvals.Principal{ID: "p-dan", Name: "Dan Desk", Email: "dan@example.com"})
		w.say("W0EVE", "zendesk for 1h, customer call")
		w.sees("W0EVE", "", "Only members of this organisation can use Hallpass")
		if _, err := w.store.BindingOf(w.ctx, "slack", "p-dan"); approvals.ErrorCode(err) != approvals.CodeNotFound {
			t.Errorf("she is bound: %v", err)
		}
	})
}

func TestDeactivationInTheOrganisationEndsAccess(t *testing.T) {
	inWorldLike(t, northern(), catalogue(), func(w *world) {
		w.dir.add(approvals.Principal{ID: "p-dan", Name: "Dan Desk", Email: "dan@example.com"})
		w.say("W0DAN", "zendesk for 1h, customer call")
		w.click("W0DAN", w.sees("W0DAN", "", "Ready to send?"), "send")
		w.sees("W0DAN", "", "Access is being set up")
		g := w.activate(w.latest("p-dan"))
		if err := w.UpdateUser("W0DAN", func(u *slacksim.User) { u.Deleted = true }); err != nil {
			t.Fatal(err)
		}
		w.until("access ends", func() bool {
			g, err := w.store.Grant(w.ctx, g.ID)
			return err == nil && g.EndReason == approvals.EndDeactivated
		})
	})
}
