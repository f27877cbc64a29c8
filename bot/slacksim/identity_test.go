package slacksim_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestPayloadsTellOutsidersApart(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		olga := h.As("UOUT")
		if _, err := olga.Mention("CEXT", "let me in"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ev := inner[*slackevents.AppMentionEvent](t, h.events(socketmode.EventTypeEventsAPI)[0])
		if ev.UserTeam != "T0OTHER" || ev.SourceTeam != "T0OTHER" {
			t.Errorf("mention: user_team %q, source_team %q", ev.UserTeam, ev.SourceTeam)
		}
		_, ts, err := h.client.PostMessage("CEXT", textOption("card"), slack.MsgOptionBlocks(slack.NewActionBlock("x", slack.NewButtonBlockElement("go", "1", plainText("Go")))))
		if err != nil {
			t.Fatal(err)
		}
		if err := olga.Click(h.ctx, "CEXT", ts, "go"); err != nil {
			t.Fatal(err)
		}
		click := h.events(socketmode.EventTypeInteractive)[0].Data.(slack.InteractionCallback)
		if click.Team.ID != "T0LOCAL" || click.User.TeamID != "T0OTHER" {
			t.Errorf("click: team %q, user.team_id %q", click.Team.ID, click.User.TeamID)
		}
		modal := slack.ModalViewRequest{Type: slack.VTModal, Title: plainText("T"), Submit: plainText("S"), Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}}}
		v, err := h.client.OpenView(click.TriggerID, modal)
		if err != nil {
			t.Fatal(err)
		}
		if err := olga.Submit(h.ctx, v.ID, nil); err != nil {
			t.Fatal(err)
		}
		all := h.events(socketmode.EventTypeInteractive)
		sub := all[len(all)-1].Data.(slack.InteractionCallback)
		if sub.Team.ID != "T0OTHER" || sub.View.AppInstalledTeamID != "T0LOCAL" || sub.User.TeamID != "T0OTHER" {
			t.Errorf("submission: team %q, installed %q, user.team_id %q", sub.Team.ID, sub.View.AppInstalledTeamID, sub.User.TeamID)
		}
	})
}

func TestPeopleWhoLeftCannotActAndTheBotHearsOfIt(t *testing.T) {
	t.Parallel()
	withBot(t, func(h *harness) {
		ana, m := card(h)
		if err := h.UpdateUser("UANA", func(u *slacksim.User) { u.Deleted = true }); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var told struct {
			ID      string
			Deleted bool
		}
		for _, ev := range h.events(socketmode.EventTypeEventsAPI) { // others may come beside it
			var p struct {
				Event struct {
					Type string
					User json.RawMessage
				}
			}
			if err := json.Unmarshal(ev.Request.Payload, &p); err != nil {
				t.Fatal(err)
			}
			if p.Event.Type == "user_change" {
				if err := json.Unmarshal(p.Event.User, &told); err != nil {
					t.Fatal(err)
				}
			}
		}
		if told.ID != "UANA" || !told.Deleted {
			t.Errorf("told of %+v", told)
		}
		for name, err := range map[string]error{
			"click": ana.Click(h.ctx, m.Channel, m.TS, "approve"), "command": ana.Command(h.ctx, "CGEN", "x"), "home": ana.OpenHome(), "shortcut": ana.Shortcut(h.ctx, "ask"),
		} {
			if !errors.Is(err, slacksim.ErrSignedOut) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.UpdateUser("UXXX", func(*slacksim.User) {}); err == nil {
			t.Error("changed nobody")
		}
	})
}

func TestPeopleActOnlyWhereTheyAre(t *testing.T) {
	t.Parallel()
	w := workspace(t, nil)
	gus := w.As("UGUE")
	if _, err := gus.Post("CGEN", "", "let me"); err == nil {
		t.Error("a guest posted in a channel that they are not in")
	}
	if _, err := gus.Post("CEXT", "1.000001", "x"); err == nil {
		t.Error("replied to no thread")
	}
	if err := gus.Shortcut(t.Context(), "other"); err == nil {
		t.Error("used a shortcut that is not there")
	}
	if got := gus.Messages("CGEN"); got != nil {
		t.Errorf("read %v", got)
	}
	if _, err := w.As("U0BOT").DM("x"); !errors.Is(err, slacksim.ErrSignedOut) {
		t.Errorf("played the bot: %v", err)
	}
}
