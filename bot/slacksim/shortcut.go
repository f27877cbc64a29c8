package slacksim

import (
	"context"
	"fmt"
	"slices"
)

// Shortcut uses a global shortcut of the app and waits for the acknowledgement. It returns an error when the app has no such
// shortcut, and ErrNoConnection or ErrNoAck when the bot does not answer.
func (a *Actor) Shortcut(ctx context.Context, callbackID string) error {
	w := a.w
	w.mu.Lock()
	u, err := a.me()
	if err == nil {
		err = w.offers(w.cfg.Shortcuts, "global", callbackID)
	}
	if err != nil {
		w.mu.Unlock()
		return err
	}
	p := w.interaction("shortcut", u, w.cfg.TeamID)
	delete(p["user"].(object), "name") // Slack's own libraries know neither of these here
	delete(p, "api_app_id")
	p["callback_id"], p["action_ts"], p["trigger_id"] = callbackID, w.stamp(), w.newTrigger(a.id, "")
	w.mu.Unlock()
	_, err = w.request(ctx, Envelope{Type: "interactive", What: "shortcut", User: a.id}, p, false)
	return err
}

// MessageShortcut uses a shortcut of the app in the menu of a message, and waits for the acknowledgement. The app need not be in the
// conversation, and is shown the message all the same. It returns an error when the app has no such shortcut, when the person does not
// see the message, or when only they see it: Slack offers no shortcuts on ephemeral messages.
func (a *Actor) MessageShortcut(ctx context.Context, callbackID, channel, ts string) error {
	w := a.w
	w.mu.Lock()
	p, err := a.messageAction(callbackID, channel, ts)
	w.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = w.request(ctx, Envelope{Type: "interactive", What: "message_action", User: a.id}, p, false)
	return err
}

// messageAction is the payload of a message shortcut. w.mu is held.
func (a *Actor) messageAction(callbackID, channel, ts string) (object, error) {
	w := a.w
	c, err := a.in(channel)
	if err == nil {
		err = w.offers(w.cfg.MessageShortcuts, "message", callbackID)
	}
	if err != nil {
		return nil, err
	}
	m := c.find(ts)
	if m == nil || m.EphemeralTo != "" {
		return nil, fmt.Errorf("slacksim: no message %s in %s that has a menu", ts, channel)
	}
	p := w.interaction("message_action", w.users[a.id], w.cfg.TeamID)
	delete(p["user"].(object), "username") // recordings of this kind lack these two, unlike other interactions
	delete(p, "api_app_id")
	to := responseURL{channel: c.ID, user: a.id}
	if m.IsReply() {
		to.thread = m.ThreadTS
	}
	p["callback_id"], p["action_ts"], p["trigger_id"] = callbackID, w.stamp(), w.newTrigger(a.id, "")
	p["message_ts"], p["message"], p["response_url"] = m.TS, w.messageJSON(m, true), w.newResponseURL(to)
	p["channel"] = object{"id": c.ID, "name": c.label()}
	return p, nil
}

// offers refuses a shortcut that the app does not have, or may not have without its scope.
func (w *Workspace) offers(list []Shortcut, kind, callbackID string) error {
	if !w.granted("commands") || !slices.ContainsFunc(list, func(s Shortcut) bool { return s.CallbackID == callbackID }) {
		return fmt.Errorf("slacksim: the app has no %s shortcut %q", kind, callbackID)
	}
	return nil
}
