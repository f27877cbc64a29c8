package slacksim_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// lastInteraction is the latest interaction that the bot received.
func (h *harness) lastInteraction() slack.InteractionCallback {
	h.t.Helper()
	synctest.Wait()
	all := h.events(socketmode.EventTypeInteractive)
	if len(all) == 0 {
		h.t.Fatal("the bot received no interaction")
	}
	return all[len(all)-1].Data.(slack.InteractionCallback)
}

func TestMessageShortcutBringsTheMessageToTheBot(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		ana, bob := h.As("UANA"), h.As("UBOB")
		root := h.mustPost(bob, "CGEN", "", "refunds are stuck & <angry>")
		reply := h.mustPost(bob, "CGEN", root.TS, "since noon")
		for _, m := range []slacksim.Message{root, reply} {
			if err := ana.MessageShortcut(h.ctx, "about", "CGEN", m.TS); err != nil {
				t.Fatal(err)
			}
			got := h.lastInteraction()
			want := map[string]string{
				"type": "message_action", "callback": "about", "user": "UANA", "team": "T0LOCAL", "channel": "CGEN", "ts": m.TS,
				"text": m.Text, "author": "UBOB",
			}
			if diff := cmp.Diff(want, map[string]string{
				"type": string(got.Type), "callback": got.CallbackID, "user": got.User.ID, "team": got.User.TeamID, "channel": got.Channel.ID, "ts": got.MessageTs,
				"text": got.Message.Text, "author": got.Message.User,
			}); diff != "" {
				t.Errorf("shortcut (-want +got):\n%s", diff)
			}
			if _, err := h.client.OpenView(got.TriggerID, modalOf("about")); err != nil {
				t.Errorf("its trigger opens no modal: %v", err)
			}
			if _, _, err := h.client.PostMessage("", slack.MsgOptionResponseURL(got.ResponseURL, slack.ResponseTypeEphemeral), textOption("noted")); err != nil {
				t.Errorf("its response_url takes no answer: %v", err)
			}
		}
		var notes []string
		for _, m := range ana.Messages("CGEN") {
			if m.EphemeralTo == "UANA" {
				notes = append(notes, m.Text+" in thread "+m.ThreadTS)
			}
		}
		if diff := cmp.Diff([]string{"noted in thread ", "noted in thread " + root.TS}, notes); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
	})
}

// mustPost posts as a person.
func (h *harness) mustPost(a *slacksim.Actor, channel, thread, text string) slacksim.Message {
	h.t.Helper()
	m, err := a.Post(channel, thread, text)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func modalOf(callback string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callback, Title: plainText("T"), Submit: plainText("S"), Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}},
	}
}

func TestMessageShortcutWorksWhereTheAppIsNot(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		ana := h.As("UANA")
		m := h.mustPost(ana, "CNOB", "", "who owns this?")
		if err := ana.MessageShortcut(h.ctx, "about", "CNOB", m.TS); err != nil {
			t.Fatal(err)
		}
		got := h.lastInteraction()
		if got.Message.Text != "who owns this?" {
			t.Errorf("message %q", got.Message.Text)
		}
		if _, _, err := h.client.PostMessage("CNOB", textOption("x")); err == nil || err.Error() != "not_in_channel" {
			t.Errorf("posted where the app is not: %v", err)
		}
		if _, _, err := h.client.PostMessage("", slack.MsgOptionResponseURL(got.ResponseURL, slack.ResponseTypeEphemeral), textOption("noted")); err != nil {
			t.Errorf("response_url: %v", err)
		}
	})
}

func TestShortcutsAreRefusedWhereSlackOffersNone(t *testing.T) {
	t.Parallel()
	inBubble(t, config(), func(h *harness) {
		h.connect(ackAll)
		ana := h.As("UANA")
		m := h.mustPost(ana, "CGEN", "", "hello")
		ts, err := h.client.PostEphemeral("CGEN", "UANA", textOption("only you"))
		if err != nil {
			t.Fatal(err)
		}
		for name, err := range map[string]error{
			"no such shortcut":           ana.MessageShortcut(h.ctx, "other", "CGEN", m.TS),
			"a global one":               ana.MessageShortcut(h.ctx, "ask", "CGEN", m.TS),
			"an ephemeral message":       ana.MessageShortcut(h.ctx, "about", "CGEN", ts),
			"no such message":            ana.MessageShortcut(h.ctx, "about", "CGEN", "1.000001"),
			"a channel one is not in":    h.As("UGUE").MessageShortcut(h.ctx, "about", "CGEN", m.TS),
			"the message one as global":  ana.Shortcut(h.ctx, "about"),
			"a person who is signed out": h.As("UOLD").MessageShortcut(h.ctx, "about", "CGEN", m.TS),
		} {
			if err == nil || errors.Is(err, slacksim.ErrNoAck) {
				t.Errorf("%s: %v", name, err)
			}
		}
		synctest.Wait()
		if n := len(h.events(socketmode.EventTypeInteractive)); n != 0 {
			t.Errorf("%d shortcuts reached the bot", n)
		}
	})
}

func TestShortcutsNeedTheScopeCommands(t *testing.T) {
	t.Parallel()
	w := workspace(t, func(c *slacksim.Config) { c.Scopes = []string{"chat:write", "im:history"} })
	ana := w.As("UANA")
	m, err := ana.Post("CGEN", "", "hello")
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"global": ana.Shortcut(t.Context(), "ask"), "message": ana.MessageShortcut(t.Context(), "about", "CGEN", m.TS),
	} {
		if err == nil || !strings.Contains(err.Error(), "the app has no "+name+" shortcut") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
