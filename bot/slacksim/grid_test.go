package slacksim_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// gridConfig is a workspace of an Enterprise Grid organisation: a colleague with an id of the organisation's, one from another workspace of
// it, and an outsider from another organisation.
func gridConfig() slacksim.Config {
	return slacksim.Config{
		EnterpriseID: "E0HOME", EnterpriseName: "Home Organisation", Command: "/access",
		Shortcuts: []slacksim.Shortcut{{CallbackID: "ask", Name: "Ask"}},
		Users: []slacksim.User{
			{ID: "W0ANA", Name: "ana", Email: "ana@example.com"},
			{ID: "W0SIS", Name: "sis", Email: "sis@example.com", TeamID: "T0SISTER", EnterpriseID: "E0HOME"},
			{ID: "W0OUT", Name: "out", TeamID: "T0OTHER", EnterpriseID: "E0OTHER", Stranger: true},
			{ID: "UOUT", Name: "solo", TeamID: "T0SOLO", Stranger: true},
		},
		Channels: []slacksim.Channel{{ID: "CEXT", Name: "shared", Shared: true, Members: []string{"W0ANA", "W0SIS", "W0OUT", "UOUT", "U0BOT"}}},
	}
}

func TestGridPeopleCarryTheirOrganisation(t *testing.T) {
	t.Parallel()
	inBubble(t, gridConfig(), func(h *harness) {
		for id, want := range map[string]slack.EnterpriseUser{
			"W0ANA": {ID: "W0ANA", EnterpriseID: "E0HOME", EnterpriseName: "Home Organisation", Teams: []string{"T0LOCAL"}},
			"W0SIS": {ID: "W0SIS", EnterpriseID: "E0HOME", EnterpriseName: "Home Organisation", Teams: []string{"T0SISTER"}},
			"W0OUT": {ID: "W0OUT", EnterpriseID: "E0OTHER", EnterpriseName: "E0OTHER", Teams: []string{"T0OTHER"}},
			"UOUT":  {},
		} {
			u, err := h.client.GetUserInfoContext(h.ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, u.Enterprise); diff != "" {
				t.Errorf("%s (-want +got):\n%s", id, diff)
			}
		}
		if auth, err := h.client.AuthTestContext(h.ctx); err != nil || auth.EnterpriseID != "E0HOME" {
			t.Errorf("auth.test: %+v, %v", auth, err)
		}
		if team, err := h.client.GetTeamInfoContext(h.ctx); err == nil || err.Error() != "missing_scope" {
			t.Errorf("team.info without its scope: %+v, %v", team, err)
		}
	})
}

func TestGridPayloadsNameTheOrganisation(t *testing.T) {
	t.Parallel()
	inBubble(t, gridConfig(), func(h *harness) {
		h.connect(ackAll)
		ana := h.As("W0ANA")
		if err := ana.Command(h.ctx, "CEXT", "prod for @sis"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		cmd := h.events(socketmode.EventTypeSlashCommand)[0].Data.(slack.SlashCommand)
		if cmd.EnterpriseID != "E0HOME" || cmd.EnterpriseName != "Home Organisation" || cmd.UserID != "W0ANA" || cmd.Text != "prod for <@W0SIS|sis>" {
			t.Errorf("command %+v", cmd)
		}
		for _, id := range []string{"W0ANA", "W0SIS", "W0OUT"} {
			if err := h.As(id).Shortcut(h.ctx, "ask"); err != nil {
				t.Fatal(err)
			}
			if got := h.lastInteraction(); got.Enterprise.ID != "E0HOME" || got.Team.ID != "T0LOCAL" || got.User.ID != id {
				t.Errorf("shortcut of %s: enterprise %q, team %q, user %q", id, got.Enterprise.ID, got.Team.ID, got.User.ID)
			}
		}
		if _, err := h.client.OpenView(h.lastInteraction().TriggerID, modalOf("m")); err != nil {
			t.Fatal(err)
		}
		out := h.As("W0OUT")
		if err := out.Submit(h.ctx, out.Views()[0].ID, nil); err != nil {
			t.Fatal(err)
		}
		// In a submission team and enterprise are the outsider's own.
		if got := h.lastInteraction(); got.Enterprise.ID != "E0OTHER" || got.Team.ID != "T0OTHER" || got.View.AppInstalledTeamID != "T0LOCAL" {
			t.Errorf("submission: enterprise %q, team %q, installed in %q", got.Enterprise.ID, got.Team.ID, got.View.AppInstalledTeamID)
		}
	})
}

func TestGridPersonsChangeCarriesTheOrganisation(t *testing.T) {
	t.Parallel()
	inBubble(t, gridConfig(), func(h *harness) {
		h.connect(ackAll)
		changes := []func(*slacksim.User){
			func(u *slacksim.User) { u.Email = "ana.diaz@example.com" },
			func(u *slacksim.User) { u.Deleted = true },
		}
		for _, change := range changes {
			if err := h.UpdateUser("W0ANA", change); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		type seen struct {
			ID, Email, Enterprise string
			Deleted               bool
		}
		var got []seen
		for _, ev := range h.events(socketmode.EventTypeEventsAPI) {
			var p struct {
				EnterpriseID string `json:"enterprise_id"`
				Event        struct {
					User struct {
						ID         string
						Deleted    bool
						Profile    struct{ Email string }
						Enterprise struct {
							ID string `json:"enterprise_id"`
						} `json:"enterprise_user"`
					}
				}
			}
			if err := json.Unmarshal(ev.Request.Payload, &p); err != nil || p.EnterpriseID != "E0HOME" {
				t.Errorf("the event's enterprise_id is %q: %v", p.EnterpriseID, err)
			}
			u := p.Event.User
			got = append(got, seen{u.ID, u.Profile.Email, u.Enterprise.ID, u.Deleted})
		}
		want := []seen{{"W0ANA", "ana.diaz@example.com", "E0HOME", false}, {"W0ANA", "ana.diaz@example.com", "E0HOME", true}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("user_change (-want +got):\n%s", diff)
		}
	})
}
