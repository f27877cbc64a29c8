package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// pageAct is something that the reader of the page does as a person.
type pageAct struct {
	As         string         `json:"as"`
	Do         string         `json:"do"`
	Channel    string         `json:"channel"`
	TS         string         `json:"ts"`
	ThreadTS   string         `json:"thread_ts"`
	Text       string         `json:"text"`
	View       string         `json:"view"`
	ActionID   string         `json:"action_id"`
	BlockID    string         `json:"block_id"`
	Value      *string        `json:"value"` // of the element; not told in a modal
	Choose     []string       `json:"choose"`
	Confirmed  bool           `json:"confirmed"`
	Values     map[string]any `json:"values"`
	CallbackID string         `json:"callback_id"`
	Fault      string         `json:"fault"`
	Change     string         `json:"change"`
	Group      string         `json:"group"`
}

// serveDo lets the page's reader act as a person, by the same code that scripted people use.
func (w *Workspace) serveDo(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
	var act pageAct
	if err != nil || json.Unmarshal(body, &act) != nil {
		http.Error(rw, "not a JSON object", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*w.cfg.AckWithin)
	defer cancel()
	out, err := w.do(ctx, act)
	if err == nil {
		writeJSON(rw, object{"ok": true, "result": out})
		return
	}
	writeJSON(rw, refusalJSON(err))
}

// refusalJSON tells the page why something did not happen, so that it can ask, mark inputs, or say so.
func refusalJSON(err error) object {
	var ask *ConfirmNeeded
	var inputs InputErrors
	out := object{"ok": false, "kind": "refused", "error": err.Error()}
	switch {
	case errors.As(err, &ask):
		out["kind"], out["confirm"] = "confirm", ask
	case errors.As(err, &inputs):
		out["kind"], out["inputs"] = "inputs", inputs
	case errors.Is(err, ErrNoConnection):
		out["kind"] = "not_connected"
	case errors.Is(err, ErrNoAck):
		out["kind"] = "no_ack"
	case errors.Is(err, ErrBadResponse):
		out["kind"] = "bad_response"
	}
	return out
}

func (w *Workspace) do(ctx context.Context, p pageAct) (any, error) {
	a := w.As(p.As)
	switch p.Do {
	case "post":
		return a.Post(p.Channel, p.ThreadTS, p.Text)
	case "command":
		return nil, a.Command(ctx, p.Channel, p.Text)
	case "home":
		return nil, a.OpenHome()
	case "messages":
		return nil, a.OpenMessages()
	case "shortcut":
		return nil, a.Shortcut(ctx, p.CallbackID)
	case "message_shortcut":
		return nil, a.MessageShortcut(ctx, p.CallbackID, p.Channel, p.TS)
	case "click":
		opts := []ClickOption{InBlock(p.BlockID), Choose(p.Choose...)}
		if p.Value != nil {
			opts = append(opts, Value(*p.Value))
		}
		if p.Confirmed {
			opts = append(opts, Confirmed())
		}
		if p.View != "" {
			return nil, a.ClickView(ctx, p.View, p.ActionID, opts...)
		}
		return nil, a.Click(ctx, p.Channel, p.TS, p.ActionID, opts...)
	case "suggest":
		if p.View != "" {
			return a.suggestAll(ctx, place{view: p.View}, p)
		}
		return a.suggestAll(ctx, place{channel: p.Channel, ts: p.TS}, p)
	case "submit":
		return nil, a.Submit(ctx, p.View, nil)
	case "close":
		return nil, a.Close(ctx, p.View)
	case "close_all":
		return nil, a.CloseAll(ctx)
	case "read":
		return nil, a.markRead(p.Channel, p.TS)
	case "change":
		return nil, w.pageChange(p)
	case "fault":
		return nil, w.pageFault(p.Fault)
	}
	return nil, fmt.Errorf("slacksim: the page asked for %q", p.Do)
}

func (a *Actor) suggestAll(ctx context.Context, at place, p pageAct) (any, error) {
	list, err := a.suggest(ctx, at, p.ActionID, p.Text)
	if list == nil {
		list = []Option{}
	}
	return list, err
}

// markRead notes up to where a person has read.
func (a *Actor) markRead(channel, ts string) error {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	c := a.w.channels[channel]
	if c == nil || !c.has(a.id) {
		return fmt.Errorf("slacksim: %s is not in conversation %s", a.id, channel)
	}
	if ts > c.read[a.id] {
		c.read[a.id] = ts
		a.w.touch()
	}
	return nil
}
