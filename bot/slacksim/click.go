package slacksim

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// ConfirmNeeded is the error of a click on something that asks first. Click again with Confirmed to say yes.
type ConfirmNeeded struct {
	Title   string `json:"title"`
	Text    string `json:"text"`
	Confirm string `json:"confirm"`
	Deny    string `json:"deny"`
	Style   string `json:"style"`
}

func (c *ConfirmNeeded) Error() string {
	return fmt.Sprintf("slacksim: %s asks for confirmation: %s", c.Title, c.Text)
}

// ClickOption refines a click.
type ClickOption func(*click)

type click struct {
	value     string
	hasValue  bool
	block     string
	choose    []string
	confirmed bool
}

// Value picks the button with this value where several have the same action id.
func Value(v string) ClickOption { return func(c *click) { c.value, c.hasValue = v, true } }

// InBlock picks the element in this block where several have the same action id. Blocks without an id get a new one each time the
// app draws them: when what is clicked was drawn again meanwhile, an element with the same action id and the same Value, where one is
// given, is taken instead: to who clicks it is the same.
func InBlock(id string) ClickOption { return func(c *click) { c.block = id } }

// Choose is what the person chooses or types: option values of a select, overflow menu, radio buttons or checkboxes, a date, a
// time, or text.
func Choose(v ...string) ClickOption { return func(c *click) { c.choose = v } }

// Confirmed says yes to a confirmation.
func Confirmed() ClickOption { return func(c *click) { c.confirmed = true } }

// place is where an element stands: on a message, or in a view. snapshot is the blocks as the person sees them, which may be
// out of date.
type place struct {
	channel, ts string
	view        string
	snapshot    []map[string]any
}

// Click presses a button of a message, or chooses in one of its menus, and waits for the acknowledgement. It refuses when the
// message, as it is stored now, has no such element, when its confirmation was not given (ConfirmNeeded), and when the bot
// does not acknowledge (ErrNoConnection, ErrNoAck).
func (a *Actor) Click(ctx context.Context, channel, ts, actionID string, opts ...ClickOption) error {
	return a.click(ctx, place{channel: channel, ts: ts}, actionID, opts)
}

// ClickStale presses a button as it stood on a message earlier, the way a client does that has not yet heard of a change.
func (a *Actor) ClickStale(ctx context.Context, old Message, actionID string, opts ...ClickOption) error {
	return a.click(ctx, place{channel: old.Channel, ts: old.TS, snapshot: old.Blocks}, actionID, opts)
}

// ClickView presses a button of a modal or the Home tab.
func (a *Actor) ClickView(ctx context.Context, viewID, actionID string, opts ...ClickOption) error {
	return a.click(ctx, place{view: viewID}, actionID, opts)
}

// Select chooses in a menu of a message; it is Click with Choose.
func (a *Actor) Select(ctx context.Context, channel, ts, actionID string, values ...string) error {
	return a.Click(ctx, channel, ts, actionID, Choose(values...))
}

// surface is a message or view with what is filled in on it.
type surface struct {
	ch     *channel
	msg    *Message
	view   *View
	blocks []map[string]any
	vals   values
	offers map[string][]option
}

// surface finds where a place is, if the person can see it. w.mu is held.
func (a *Actor) surface(p place) (*surface, error) {
	if _, err := a.me(); err != nil {
		return nil, err
	}
	w := a.w
	if p.view != "" {
		v := w.views[p.view]
		if v == nil || v.User != a.id {
			return nil, fmt.Errorf("slacksim: %s has no open view %s", a.id, p.view)
		}
		if stack := w.stacks[a.id]; v.Type == "modal" && stack[len(stack)-1] != v {
			return nil, fmt.Errorf("slacksim: view %s is under another one", p.view)
		}
		return &surface{view: v, blocks: v.Blocks, vals: v.Values, offers: v.offered}, nil
	}
	c, err := a.in(p.channel)
	if err != nil {
		return nil, err
	}
	m := c.find(p.ts)
	if m == nil && p.snapshot != nil {
		m = &Message{Channel: p.channel, TS: p.ts, User: w.cfg.BotUserID, BotID: botID} // deleted meanwhile
	}
	if m == nil || m.EphemeralTo != "" && m.EphemeralTo != a.id {
		return nil, fmt.Errorf("slacksim: no message %s in %s", p.ts, p.channel)
	}
	blocks := m.Blocks
	if p.snapshot != nil {
		blocks = cloneBlocks(p.snapshot)
	}
	key := strings.Join([]string{a.id, p.channel, p.ts}, " ")
	vals := initial(blocks, w.values[key])
	w.values[key] = vals
	return &surface{ch: c, msg: m, blocks: blocks, vals: vals, offers: w.offersOf(key)}, nil
}

// find is the element with an action id on a surface.
func (s *surface) find(actionID string, c *click) (element, error) {
	var ids []string
	var alike *element
	for _, e := range elementsOf(s.blocks) {
		if e.action() == actionID && (!c.hasValue || str(e.el["value"]) == c.value) {
			if c.block == "" || c.block == e.blockID() {
				return e, nil
			}
			if alike == nil && c.hasValue {
				alike = &e
			}
		}
		ids = append(ids, e.action())
	}
	drawnAgain := !slices.ContainsFunc(s.blocks, func(b map[string]any) bool { return str(b["block_id"]) == c.block })
	if alike != nil && drawnAgain {
		return *alike, nil
	}
	return element{}, fmt.Errorf("slacksim: no element %q there now; there are %v", actionID, ids)
}

func (a *Actor) click(ctx context.Context, p place, actionID string, opts []ClickOption) error {
	var c click
	for _, o := range opts {
		o(&c)
	}
	a.w.mu.Lock()
	payload, err := a.press(p, actionID, &c)
	a.w.mu.Unlock()
	if err != nil || payload == nil {
		return err
	}
	_, err = a.w.request(ctx, Envelope{Type: "interactive", What: "block_actions", User: a.id}, payload, false)
	return err
}

// press makes the payload of a click, or nil when Slack sends none: inputs tell the app only when asked to. w.mu is held.
func (a *Actor) press(p place, actionID string, c *click) (object, error) {
	s, err := a.surface(p)
	if err != nil {
		return nil, err
	}
	e, err := s.find(actionID, c)
	if err != nil {
		return nil, err
	}
	if ask, ok := e.el["confirm"].(object); ok && !c.confirmed {
		text := func(key string) string { o, _ := ask[key].(object); return str(o["text"]) }
		return nil, &ConfirmNeeded{Title: text("title"), Text: text("text"), Confirm: text("confirm"), Deny: text("deny"), Style: str(ask["style"])}
	}
	act, err := a.act(s, e, c)
	if err != nil {
		return nil, err
	}
	a.w.touch()
	if e.block["type"] == "input" && e.block["dispatch_action"] != true {
		return nil, nil
	}
	return a.blockActions(s, act), nil
}

// act is the entry in a payload's actions, and the change of state that the click makes. w.mu is held.
func (a *Actor) act(s *surface, e element, c *click) (object, error) {
	act := object{"type": e.kind(), "action_id": e.action(), "block_id": e.blockID(), "action_ts": a.w.stamp()}
	for _, k := range []string{"text", "value", "style", "confirm", "placeholder", "url", "initial_option", "initial_date", "initial_time"} {
		if v, ok := e.el[k]; ok {
			act[k] = cloneJSON(v)
		}
	}
	if e.kind() == "overflow" {
		i := -1
		all := e.choices(nil)
		if len(c.choose) == 1 {
			i = slices.IndexFunc(all, func(o option) bool { return o.value == c.choose[0] })
		}
		if i < 0 {
			return nil, fmt.Errorf("slacksim: overflow %s has no option %v", e.action(), c.choose)
		}
		act["selected_option"] = all[i].shown()
		return act, nil
	}
	if key, ok := stateful[e.kind()]; ok {
		state, err := e.state(s.offers[e.action()], c.choose)
		if err != nil {
			return nil, fmt.Errorf("slacksim: %w", err)
		}
		s.vals.set(e.blockID(), e.action(), state)
		act[key] = cloneJSON(state[key])
	}
	return act, nil
}

// blockActions is the payload of a click. w.mu is held.
func (a *Actor) blockActions(s *surface, act object) object {
	w := a.w
	p := w.interaction("block_actions", w.users[a.id], w.cfg.TeamID)
	p["actions"] = []object{act}
	a.locate(p, s)
	p["state"] = object{"values": s.vals.json()}
	view := ""
	if s.view != nil {
		if s.view.Type == "modal" {
			view = s.view.ID
		}
	} else {
		to := responseURL{channel: s.ch.ID, user: a.id, ts: s.msg.TS}
		if s.msg.IsReply() {
			to.thread = s.msg.ThreadTS
		}
		p["response_url"] = w.newResponseURL(to)
	}
	p["trigger_id"] = w.newTrigger(a.id, view)
	return p
}

// locate adds where an interaction happened. An ephemeral message is not itself in the payload. w.mu is held.
func (a *Actor) locate(p object, s *surface) {
	if s.view != nil {
		p["container"] = object{"type": "view", "view_id": s.view.ID}
		p["view"] = a.w.viewJSON(s.view)
		return
	}
	ephemeral := s.msg.EphemeralTo != ""
	box := object{"type": "message", "message_ts": s.msg.TS, "channel_id": s.ch.ID, "is_ephemeral": ephemeral}
	if s.msg.ThreadTS != "" {
		box["thread_ts"] = s.msg.ThreadTS
	}
	p["container"] = box
	p["channel"] = object{"id": s.ch.ID, "name": s.ch.label()}
	if !ephemeral {
		m := a.w.messageJSON(s.msg, true)
		m["blocks"] = cloneBlocks(s.blocks)
		p["message"] = m
	}
}

// offersOf is what external selects of a message offered to a person. w.mu is held.
func (w *Workspace) offersOf(key string) map[string][]option {
	if w.offered[key] == nil {
		w.offered[key] = map[string][]option{}
	}
	return w.offered[key]
}
