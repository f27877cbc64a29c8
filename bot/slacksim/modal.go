package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// InputErrors is why a modal was not taken: by block id, what the bot or Slack's own client says about an input.
type InputErrors map[string]string

func (e InputErrors) Error() string {
	parts := make([]string, 0, len(e))
	for _, k := range slices.Sorted(maps.Keys(e)) {
		parts = append(parts, k+": "+e[k])
	}
	return "slacksim: the modal was not taken: " + strings.Join(parts, "; ")
}

// ErrBadResponse means that the bot answered a submission with something that Slack does not take.
var ErrBadResponse = errors.New("slacksim: the bot's answer to the modal is not one that Slack takes")

// Option is a choice that an external select offered.
type Option struct {
	Value       string `json:"value"`
	Text        string `json:"text"`
	Description string `json:"description,omitempty"`
	Group       string `json:"group,omitempty"`
}

// Fill puts values into inputs of a view without submitting it: by action id, or "block id/action id" where that is not
// unique, a string or a []string. Inputs that dispatch actions tell the bot.
func (a *Actor) Fill(ctx context.Context, viewID string, in map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(in)) {
		var picked []string
		switch v := in[key].(type) {
		case string:
			picked = []string{v}
		case []string:
			picked = v
		default:
			return fmt.Errorf("slacksim: value of %s: want a string or []string, not %T", key, v)
		}
		opts := []ClickOption{Choose(picked...), Confirmed()}
		actionID := key
		if block, act, ok := strings.Cut(key, "/"); ok {
			actionID = act
			opts = append(opts, InBlock(block))
		}
		if err := a.ClickView(ctx, viewID, actionID, opts...); err != nil {
			return err
		}
	}
	return nil
}

// Submit fills in a modal (see Fill) and sends it. As in Slack's client, a required input left empty is an InputErrors and
// nothing is sent; so are the bot's own response_action errors.
func (a *Actor) Submit(ctx context.Context, viewID string, in map[string]any) error {
	if err := a.Fill(ctx, viewID, in); err != nil {
		return err
	}
	w := a.w
	w.mu.Lock()
	s, err := a.surface(place{view: viewID})
	if err == nil && (s.view.Type != "modal" || s.view.Submit == "" || s.view.SubmitDisabled) {
		err = fmt.Errorf("slacksim: view %s cannot be submitted", viewID)
	}
	if err == nil {
		err = missing(s)
	}
	if err != nil {
		w.mu.Unlock()
		return err
	}
	u := w.users[a.id]
	p := w.interaction("view_submission", u, u.TeamID) // an outsider's own workspace: see view.app_installed_team_id
	p["view"], p["trigger_id"], p["response_urls"] = w.viewJSON(s.view), w.newTrigger(a.id, viewID), []any{}
	s.view.Errors = nil
	w.mu.Unlock()
	ack, err := w.request(ctx, Envelope{Type: "interactive", What: "view_submission", User: a.id}, p, true)
	if err != nil {
		return err
	}
	return a.respondTo(viewID, ack)
}

// missing refuses a modal whose required inputs are empty.
func missing(s *surface) error {
	errs := InputErrors{}
	for _, e := range elementsOf(s.blocks) {
		if e.block["type"] == "input" && e.block["optional"] != true {
			if st := s.vals[e.blockID()][e.action()]; st != nil && empty(st) {
				errs[e.blockID()] = "Please complete this required field."
			}
		}
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}

// respondTo does what the bot's answer to a submission says.
func (a *Actor) respondTo(viewID string, ack json.RawMessage) error {
	var r struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	if len(ack) > 0 && json.Unmarshal(ack, &r) != nil {
		return ErrBadResponse
	}
	w := a.w
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.touch()
	at := slices.IndexFunc(w.stacks[a.id], func(v *View) bool { return v.ID == viewID })
	if at < 0 {
		return nil // closed meanwhile
	}
	v := w.stacks[a.id][at]
	switch r.Action {
	case "":
		w.drop(a.id, at)
	case "clear":
		w.drop(a.id, 0)
	case "errors":
		for id := range r.Errors {
			if !slices.ContainsFunc(v.Blocks, func(b map[string]any) bool { return str(b["block_id"]) == id && b["type"] == "input" }) {
				return fmt.Errorf("%w: errors names block %q, which is no input of the view", ErrBadResponse, id)
			}
		}
		if len(r.Errors) == 0 {
			return fmt.Errorf("%w: errors is empty", ErrBadResponse)
		}
		v.Errors = r.Errors
		return InputErrors(maps.Clone(r.Errors))
	case "update", "push":
		c := &call{args: object{"view": string(r.View)}}
		sent, err := sentView(c)
		if err != nil || sent["type"] != "modal" {
			return fmt.Errorf("%w: %s: %w", ErrBadResponse, r.Action, problem(err))
		}
		if r.Action == "update" {
			w.fillView(v, sent)
			return nil
		}
		if len(w.stacks[a.id]) >= maxStack {
			return fmt.Errorf("%w: no more than 3 views may be open at once", ErrBadResponse)
		}
		_, err = w.push(a.id, sent)
		return err
	default:
		return fmt.Errorf("%w: response_action %q", ErrBadResponse, r.Action)
	}
	return nil
}

// problem puts a refusal's details into its error.
func problem(err error) error {
	var r *refusal
	if errors.As(err, &r) {
		return fmt.Errorf("%s %v", r.code, r.extra["response_metadata"])
	}
	if err == nil {
		return errors.New("the view is not a modal")
	}
	return err
}

// Close presses a modal's close button: it goes, and what was under it comes back. The bot hears of it if the view asked
// for that, and need not answer.
func (a *Actor) Close(ctx context.Context, viewID string) error {
	return a.closeViews(ctx, viewID, false)
}

// CloseAll closes all open modals with the cross in the corner.
func (a *Actor) CloseAll(ctx context.Context) error { return a.closeViews(ctx, "", true) }

func (a *Actor) closeViews(ctx context.Context, viewID string, all bool) error {
	w := a.w
	w.mu.Lock()
	stack := w.stacks[a.id]
	if len(stack) == 0 || !all && stack[len(stack)-1].ID != viewID {
		w.mu.Unlock()
		return fmt.Errorf("slacksim: view %s is not the topmost of %s", viewID, a.id)
	}
	from := len(stack) - 1
	if all || stack[from].ClearOnClose {
		from, all = 0, true
	}
	u := w.users[a.id]
	var payloads []object
	for _, v := range slices.Backward(stack[from:]) {
		if v.NotifyOnClose {
			p := w.interaction("view_closed", u, u.TeamID)
			p["view"], p["is_cleared"] = w.viewJSON(v), all
			payloads = append(payloads, p)
		}
	}
	w.drop(a.id, from)
	w.mu.Unlock()
	for _, p := range payloads {
		if _, err := w.request(ctx, Envelope{Type: "interactive", What: "view_closed", User: a.id}, p, false); err != nil {
			return err
		}
	}
	return nil
}

// Suggest types into an external select of a view and returns what the bot offers. Only what was offered can be chosen.
func (a *Actor) Suggest(ctx context.Context, viewID, actionID, typed string) ([]Option, error) {
	return a.suggest(ctx, place{view: viewID}, actionID, typed)
}

// SuggestIn types into an external select of a message.
func (a *Actor) SuggestIn(ctx context.Context, channel, ts, actionID, typed string) ([]Option, error) {
	return a.suggest(ctx, place{channel: channel, ts: ts}, actionID, typed)
}

func (a *Actor) suggest(ctx context.Context, p place, actionID, typed string) ([]Option, error) {
	w := a.w
	w.mu.Lock()
	s, err := a.surface(p)
	var e element
	if err == nil {
		e, err = s.find(actionID, &click{})
	}
	if err == nil && !strings.HasSuffix(e.kind(), "external_select") {
		err = fmt.Errorf("slacksim: %s is a %s, which asks the bot for nothing", actionID, e.kind())
	}
	if err != nil {
		w.mu.Unlock()
		return nil, err
	}
	least := 3 // Slack's default
	if n, ok := number(e.el["min_query_length"]); ok {
		least = int(n)
	}
	if len([]rune(typed)) < least {
		w.mu.Unlock()
		return nil, nil
	}
	pl := w.interaction("block_suggestion", w.users[a.id], w.cfg.TeamID)
	pl["action_id"], pl["block_id"], pl["value"] = actionID, e.blockID(), typed
	a.locate(pl, s)
	w.mu.Unlock()
	ack, err := w.request(ctx, Envelope{Type: "interactive", What: "block_suggestion", User: a.id}, pl, true)
	if err != nil {
		return nil, err
	}
	return a.offer(p, actionID, ack)
}

// offer checks what the bot offers for a search and keeps it.
func (a *Actor) offer(p place, actionID string, ack json.RawMessage) ([]Option, error) {
	var answer object
	if json.Unmarshal(ack, &answer) != nil {
		return nil, fmt.Errorf("%w: options are missing", ErrBadResponse)
	}
	c := newChecker()
	fields(opt("options", list("select.options", optionRule)), opt("option_groups", list("select.option_groups", groupRule)))(c, "", answer)
	exactlyOne("options", "option_groups")(c, "", answer)
	if len(c.problems) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrBadResponse, strings.Join(c.problems, "; "))
	}
	offers := element{el: answer}.choices(nil)
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	s, err := a.surface(p)
	if err != nil {
		return nil, err
	}
	s.offers[actionID] = append(s.offers[actionID], offers...)
	out := make([]Option, len(offers))
	for i, o := range offers {
		text, _ := o.raw["text"].(object)
		desc, _ := o.raw["description"].(object)
		out[i] = Option{Value: o.value, Text: str(text["text"]), Description: str(desc["text"]), Group: groupOf(answer, i)}
	}
	return out, nil
}

// groupOf is the label of the group that holds the nth option of an answer.
func groupOf(answer object, n int) string {
	groups, _ := objects(answer["option_groups"])
	for _, g := range groups {
		opts, _ := g["options"].([]any)
		if n < len(opts) {
			label, _ := g["label"].(object)
			return str(label["text"])
		}
		n -= len(opts)
	}
	return ""
}
