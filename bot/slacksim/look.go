package slacksim

import (
	"context"
	"slices"
	"strings"
)

// Messages is a conversation as this person sees it, threads included and oldest first: their own ephemeral messages are in it,
// other people's are not. It is empty for a conversation that they are not in.
func (a *Actor) Messages(channel string) []Message {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	c := a.w.channels[channel]
	if c == nil || !c.has(a.id) {
		return nil
	}
	var out []Message
	for _, m := range c.messages {
		if m.EphemeralTo == "" || m.EphemeralTo == a.id {
			out = append(out, m.clone())
		}
	}
	return out
}

// Thread is the root of a thread and its replies as this person sees them.
func (a *Actor) Thread(channel, threadTS string) []Message {
	return slices.DeleteFunc(a.Messages(channel), func(m Message) bool { return m.TS != threadTS && m.ThreadTS != threadTS })
}

// Message is one message as it is now.
func (a *Actor) Message(channel, ts string) (Message, bool) {
	list := a.Messages(channel)
	i := slices.IndexFunc(list, func(m Message) bool { return m.TS == ts })
	if i < 0 {
		return Message{}, false
	}
	return list[i], true
}

// Views are the person's open modals, the topmost last.
func (a *Actor) Views() []View {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	var out []View
	for _, v := range a.w.stacks[a.id] {
		out = append(out, v.clone())
	}
	return out
}

// Home is the person's Home tab, if the bot has published one.
func (a *Actor) Home() (View, bool) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	if v := a.w.homes[a.id]; v != nil {
		return v.clone(), true
	}
	return View{}, false
}

// WaitMessage waits for a message in a conversation that the person sees and want accepts, and returns the latest such.
func (a *Actor) WaitMessage(ctx context.Context, channel string, want func(Message) bool) (Message, error) {
	var found Message
	err := a.w.Wait(ctx, func() bool {
		for _, m := range slices.Backward(a.Messages(channel)) {
			if want(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found, err
}

// WaitView waits until the topmost modal is one that want accepts.
func (a *Actor) WaitView(ctx context.Context, want func(View) bool) (View, error) {
	var found View
	err := a.w.Wait(ctx, func() bool {
		views := a.Views()
		if len(views) > 0 && want(views[len(views)-1]) {
			found = views[len(views)-1]
			return true
		}
		return false
	})
	return found, err
}

// WaitHome waits until the Home tab is one that want accepts.
func (a *Actor) WaitHome(ctx context.Context, want func(View) bool) (View, error) {
	var found View
	err := a.w.Wait(ctx, func() bool {
		v, ok := a.Home()
		found = v
		return ok && want(v)
	})
	return found, err
}

// Saying is a condition for WaitMessage: a message of the bot that shows all of these texts, in its blocks or, without any, in
// its text.
func Saying(texts ...string) func(Message) bool {
	return func(m Message) bool {
		return m.BotID != "" && !slices.ContainsFunc(texts, func(t string) bool { return !strings.Contains(m.Plain(), t) })
	}
}

// Control is something that a person can press, choose or fill in.
type Control struct {
	Type     string   `json:"type"`
	BlockID  string   `json:"block_id"`
	ActionID string   `json:"action_id"`
	Label    string   `json:"label"` // a button's text, an input's label
	Value    string   `json:"value"` // a button's value
	URL      string   `json:"url"`
	Style    string   `json:"style"`
	Confirms bool     `json:"confirms"` // asks before it acts
	Options  []string `json:"options"`  // values of the options it has by itself
}

// Controls are the buttons and other elements of a message, in reading order.
func (m Message) Controls() []Control { return controls(m.Blocks) }

// Controls are the buttons and inputs of a view, in reading order.
func (v View) Controls() []Control { return controls(v.Blocks) }

func controls(blocks []map[string]any) []Control {
	var out []Control
	for _, e := range elementsOf(blocks) {
		label, _ := e.el["text"].(object)
		if label == nil {
			label, _ = e.block["label"].(object)
		}
		c := Control{
			Type: e.kind(), BlockID: e.blockID(), ActionID: e.action(), Label: str(label["text"]), Value: str(e.el["value"]),
			URL: str(e.el["url"]), Style: str(e.el["style"]), Confirms: e.el["confirm"] != nil,
		}
		for _, o := range e.choices(nil) {
			c.Options = append(c.Options, o.value)
		}
		out = append(out, c)
	}
	return out
}
