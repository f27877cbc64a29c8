package slacksim

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// triggerMemory is how long an expired trigger is told apart from one that never was.
const triggerMemory = 10 * time.Minute

// trigger is a person's permission to show them a modal, once and soon.
type trigger struct {
	user  string
	view  string // the modal whose interaction gave it, if any
	until time.Time
	used  bool
}

// newTrigger makes a trigger, which lives as long as an envelope may go unacknowledged. w.mu is held.
func (w *Workspace) newTrigger(user, view string) string {
	now := w.cfg.Now()
	for len(w.triggerLog) > 0 && now.Sub(w.triggers[w.triggerLog[0]].until) > triggerMemory {
		delete(w.triggers, w.triggerLog[0])
		w.triggerLog = w.triggerLog[1:]
	}
	id := fmt.Sprintf("%d.%d.%s", now.UnixMilli(), len(w.triggers)+1, strings.ToLower(rand.Text()))
	w.triggers[id] = &trigger{user: user, view: view, until: now.Add(w.cfg.AckWithin)}
	w.triggerLog = append(w.triggerLog, id)
	return id
}

// exchange uses up a trigger. w.mu is held.
func (w *Workspace) exchange(c *call) (*trigger, error) {
	id := c.str("trigger_id")
	if id == "" {
		id = c.str("interactivity_pointer")
	}
	t := w.triggers[id]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case !w.cfg.Now().Before(t.until):
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t, nil
}
