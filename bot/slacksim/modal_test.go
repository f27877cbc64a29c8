package slacksim_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// changeModal opens the example bot's modal.
func changeModal(h *harness) (*slacksim.Actor, slacksim.View) {
	h.t.Helper()
	ana, m := card(h)
	if err := ana.Click(h.ctx, m.Channel, m.TS, "change"); err != nil {
		h.t.Fatal(err)
	}
	v, err := ana.WaitView(h.ctx, func(v slacksim.View) bool { return v.CallbackID == "change" })
	if err != nil {
		h.t.Fatal(err)
	}
	return ana, v
}

func TestModalChecksItsInputsAndShowsTheBotsErrors(t *testing.T) {
	t.Parallel()
	withBot(t, func(h *harness) {
		ana, v := changeModal(h)
		var wrong slacksim.InputErrors
		if err := ana.Submit(h.ctx, v.ID, map[string]any{"length": "30m"}); !errors.As(err, &wrong) {
			t.Fatalf("error %v", err)
		}
		const needed = "Please complete this required field."
		if diff := cmp.Diff(slacksim.InputErrors{"b-what": needed, "b-level": needed, "b-why": needed}, wrong); diff != "" {
			t.Errorf("required (-want +got):\n%s", diff)
		}
		if err := ana.Fill(h.ctx, v.ID, map[string]any{"what": "billing-db"}); err == nil {
			t.Error("chose what was never offered")
		}
		options, err := ana.Suggest(h.ctx, v.ID, "what", "bill")
		if err != nil || len(options) != 2 || options[0].Description != "A system of the example" {
			t.Fatalf("options %v: %v", options, err)
		}
		for _, bad := range []map[string]any{{"day": "tomorrow"}, {"clock": "26:00"}, {"length": "9h"}, {"nothing": "x"}, {"level": []string{"read", "write"}}, {"why": 7}} {
			if err := ana.Fill(h.ctx, v.ID, bad); err == nil {
				t.Errorf("filled in %v", bad)
			}
		}
		fill := map[string]any{"what": "billing-db", "level": "read", "b-why/why": "hm", "day": "2026-02-01", "clock": "09:30", "extras": []string{"notify", "remind"}}
		if err := ana.Submit(h.ctx, v.ID, fill); !errors.As(err, &wrong) || wrong["b-why"] != "Say a little more, please." {
			t.Fatalf("the bot's error: %v", err)
		}
		if got := ana.Views()[0].Errors; got["b-why"] == "" {
			t.Errorf("errors on the view: %v", got)
		}
		if err := ana.Submit(h.ctx, v.ID, map[string]any{"why": "refunds are stuck"}); err != nil {
			t.Fatal(err)
		}
		if n := len(ana.Views()); n != 0 {
			t.Errorf("%d views still open", n)
		}
		all := h.events(socketmode.EventTypeInteractive)
		in := all[len(all)-1].Data.(slack.InteractionCallback)
		got := in.View.State.Values
		if got["b-what"]["what"].SelectedOption.Value != "billing-db" || got["b-why"]["why"].Value != "refunds are stuck" || got["b-day"]["day"].SelectedDate != "2026-02-01" ||
			got["b-clock"]["clock"].SelectedTime != "09:30" || len(got["b-extras"]["extras"].SelectedOptions) != 2 || got["b-length"]["length"].SelectedOption.Value != "30m" {
			t.Errorf("values: %+v", got)
		}
		if in.View.PrivateMetadata != "req-1" || in.View.State == nil || in.View.RootViewID != v.ID {
			t.Errorf("view: %+v", in.View)
		}
	})
}

func TestTriggersLiveThreeSecondsAndWorkOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		command := func() string {
			if err := h.As("UANA").Command(h.ctx, "CGEN", ""); err != nil {
				t.Fatal(err)
			}
			all := h.events(socketmode.EventTypeSlashCommand)
			return all[len(all)-1].Data.(slack.SlashCommand).TriggerID
		}
		modal := exampleBot{}.modal()
		open := func(trigger string) string {
			if _, err := h.client.OpenView(trigger, modal); err != nil {
				return err.Error()
			}
			return ""
		}
		late := command()
		<-time.After(3 * time.Second)
		if got := open(late); got != "expired_trigger_id" {
			t.Errorf("after three seconds: %q", got)
		}
		once := command()
		<-time.After(2900 * time.Millisecond)
		if got := open(once); got != "" {
			t.Errorf("in time: %q", got)
		}
		if got := open(once); got != "exchanged_trigger_id" {
			t.Errorf("twice: %q", got)
		}
		if got := open("1.2.3"); got != "invalid_trigger_id" {
			t.Errorf("made up: %q", got)
		}
		wide := modal
		wide.Title = plainText(strings.Repeat("x", 25))
		fresh := command()
		if _, err := h.client.OpenView(fresh, wide); err == nil || !strings.Contains(err.Error(), "invalid_arguments") {
			t.Errorf("invalid view: %v", err)
		}
		if got := open(fresh); got != "" {
			t.Errorf("an invalid view used the trigger up: %q", got)
		}
	})
}

func TestStackHoldsThreeViewsAndHashesGuardUpdates(t *testing.T) {
	t.Parallel()
	withBot(t, func(h *harness) {
		ana, v := changeModal(h)
		stacked := slack.ModalViewRequest{Type: slack.VTModal, Title: plainText("More"), NotifyOnClose: true, Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewActionBlock("x", slack.NewButtonBlockElement("again", "1", plainText("Again"))),
		}}}
		upd, err := h.client.UpdateView(stacked, "", v.Hash, v.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.client.UpdateView(stacked, "", v.Hash, v.ID); err == nil || err.Error() != "hash_conflict" {
			t.Errorf("old hash: %v", err)
		}
		push := func() error {
			views := ana.Views()
			if err := ana.ClickView(h.ctx, views[len(views)-1].ID, "again"); err != nil {
				return err
			}
			all := h.events(socketmode.EventTypeInteractive)
			_, err := h.client.PushView(all[len(all)-1].Data.(slack.InteractionCallback).TriggerID, stacked)
			return err
		}
		if err := errors.Join(push(), push()); err != nil {
			t.Fatal(err)
		}
		if err := push(); err == nil || err.Error() != "push_limit_reached" {
			t.Errorf("the fourth: %v", err)
		}
		views := ana.Views()
		if len(views) != 3 || views[2].RootID != upd.ID || views[2].PreviousID != views[1].ID {
			t.Errorf("stack: %+v", views)
		}
		if err := ana.ClickView(h.ctx, views[0].ID, "again"); err == nil {
			t.Error("pressed a button of a view under another one")
		}
		if err := ana.Close(h.ctx, views[2].ID); err != nil || len(ana.Views()) != 2 {
			t.Errorf("close: %v", err)
		}
		if err := ana.CloseAll(h.ctx); err != nil || len(ana.Views()) != 0 {
			t.Errorf("close all: %v", err)
		}
		var cleared []bool
		for _, e := range h.Envelopes() {
			if e.What == "view_closed" {
				var p struct {
					Cleared bool `json:"is_cleared"`
				}
				if err := json.Unmarshal(e.Payload, &p); err != nil {
					t.Fatal(err)
				}
				cleared = append(cleared, p.Cleared)
			}
		}
		if diff := cmp.Diff([]bool{false, true, true}, cleared); diff != "" {
			t.Errorf("is_cleared (-want +got):\n%s", diff)
		}
	})
}

func TestResponseActionsUpdatePushAndClear(t *testing.T) {
	t.Parallel()
	view := func(title string) map[string]any {
		var v map[string]any
		_ = json.Unmarshal([]byte(`{"type":"modal","title":{"type":"plain_text","text":"`+title+`"},"submit":{"type":"plain_text","text":"S"},"blocks":[{"type":"divider"}]}`), &v)
		return v
	}
	cases := []struct {
		name   string
		answer any
		titles []string
		err    error
	}{
		{"nothing closes it", nil, nil, nil},
		{"update", map[string]any{"response_action": "update", "view": view("New")}, []string{"New"}, nil},
		{"push", map[string]any{"response_action": "push", "view": view("Top")}, []string{"First", "Top"}, nil},
		{"clear", map[string]any{"response_action": "clear"}, nil, nil},
		{"invalid view", map[string]any{"response_action": "update", "view": view(strings.Repeat("x", 25))}, []string{"First"}, slacksim.ErrBadResponse},
		{"errors of no input", map[string]any{"response_action": "errors", "errors": map[string]string{"nowhere": "x"}}, []string{"First"}, slacksim.ErrBadResponse},
		{"unknown action", map[string]any{"response_action": "dance"}, []string{"First"}, slacksim.ErrBadResponse},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, config(), func(h *harness) {
				h.connect(func(sm *socketmode.Client, ev socketmode.Event) {
					if in, ok := ev.Data.(slack.InteractionCallback); ok && in.Type == slack.InteractionTypeViewSubmission && c.answer != nil {
						_ = sm.Ack(*ev.Request, c.answer)
						return
					}
					ackAll(sm, ev)
				})
				ana := h.As("UANA")
				if err := ana.Shortcut(h.ctx, "ask"); err != nil {
					t.Fatal(err)
				}
				trigger := h.events(socketmode.EventTypeInteractive)[0].Data.(slack.InteractionCallback).TriggerID
				b, _ := json.Marshal(view("First"))
				got := post(t, h.Workspace, "xoxb-local", "views.open", values("trigger_id", trigger, "view", string(b)))
				if err := ana.Submit(h.ctx, got.View.ID, nil); !errors.Is(err, c.err) {
					t.Errorf("error %v, want %v", err, c.err)
				}
				var titles []string
				for _, v := range ana.Views() {
					titles = append(titles, v.Title)
				}
				if diff := cmp.Diff(c.titles, titles); diff != "" {
					t.Errorf("open views (-want +got):\n%s", diff)
				}
			})
		})
	}
}
