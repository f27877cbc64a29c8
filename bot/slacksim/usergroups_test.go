package slacksim_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestGroupMembersComeAndGoAndTheBotHearsOfIt(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		if err := h.UpdateGroup("S0DBA", func(g *slacksim.Group) { g.Users = []string{"UANA", "UOLD"} }); err != nil {
			t.Fatal(err)
		}
		if err := h.UpdateGroup("S0DBA", func(g *slacksim.Group) { g.Name = "Database people" }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		events := h.events(socketmode.EventTypeEventsAPI)
		if len(events) != 1 {
			t.Fatalf("%d events, want one: a new name changes no member", len(events))
		}
		ev := inner[*slackevents.SubteamMembersChangedEvent](t, events[0])
		got := map[string]any{"group": ev.SubteamID, "team": ev.TeamID, "added": ev.AddedUsers, "removed": ev.RemovedUsers, "n": ev.AddedUsersCount*10 + ev.RemovedUsersCount}
		want := map[string]any{"group": "S0DBA", "team": "T0LOCAL", "added": []string{"UANA", "UOLD"}, "removed": []string{"UBOB"}, "n": 21}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		members, err := h.client.GetUserGroupMembersContext(h.ctx, "S0DBA")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"UANA", "UOLD"}, members); diff != "" {
			t.Errorf("members (-want +got):\n%s", diff)
		}
	})
}

func TestDisabledGroupsAreShownOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		if err := h.UpdateGroup("S0DBA", func(g *slacksim.Group) { g.Disabled = true }); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			name string
			opts []slack.GetUserGroupsOption
			want int
		}{{"as it comes", nil, 0}, {"with disabled ones", []slack.GetUserGroupsOption{slack.GetUserGroupsOptionIncludeDisabled(true), slack.GetUserGroupsOptionIncludeUsers(true)}, 1}} {
			groups, err := h.client.GetUserGroupsContext(h.ctx, tc.opts...)
			if err != nil || len(groups) != tc.want {
				t.Errorf("%s: %d groups, %v", tc.name, len(groups), err)
			}
			if tc.want == 1 && (groups[0].DateDelete == 0 || !cmp.Equal(groups[0].Users, []string{"UBOB"})) {
				t.Errorf("%+v", groups[0])
			}
		}
		if _, err := h.client.GetUserGroupMembersContext(h.ctx, "S0DBA"); err == nil || err.Error() != "no_such_subteam" {
			t.Errorf("members of a disabled group: %v", err)
		}
		m := h.mustPost(h.As("UANA"), "CGEN", "", "@dba help")
		if m.Text != "@dba help" {
			t.Errorf("a disabled group was mentioned: %q", m.Text)
		}
	})
}

func TestUserGroupsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	group := func(id, handle string, users ...string) slacksim.Group {
		return slacksim.Group{ID: id, Handle: handle, Users: users}
	}
	for name, groups := range map[string][]slacksim.Group{
		"without an id":          {group("", "dba")},
		"without a handle":       {group("S1", "")},
		"twice":                  {group("S1", "a"), group("S1", "b")},
		"a member who is nobody": {group("S1", "a", "UXXX")},
	} {
		cfg := config()
		cfg.UserGroups = groups
		if _, err := slacksim.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	w := workspace(t, nil)
	for name, err := range map[string]error{
		"no such group": w.UpdateGroup("S0XXX", func(*slacksim.Group) {}),
		"nobody joins":  w.UpdateGroup("S0DBA", func(g *slacksim.Group) { g.Users = []string{"UXXX"} }),
		"a new id":      w.UpdateGroup("S0DBA", func(g *slacksim.Group) { g.ID = "S0NEW" }),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if g, ok := w.GroupByID("S0DBA"); !ok || !cmp.Equal(g.Users, []string{"UBOB"}) {
		t.Errorf("a refused change left its mark: %+v", g)
	}
}

func TestGroupsOfAnotherWorkspaceAreRefused(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	if got := post(t, w, "xoxb-local", "usergroups.list", values("team_id", "T0OTHER")); got.Error != "invalid_team" {
		t.Errorf("answer %+v", got)
	}
	if got := post(t, w, "xoxb-local", "usergroups.list", values("team_id", "T0LOCAL")); !got.OK {
		t.Errorf("answer %+v", got)
	}
}
