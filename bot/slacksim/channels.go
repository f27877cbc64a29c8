package slacksim

import (
	"fmt"
	"slices"
)

// UpdateChannel changes a channel: archives it, renames it, or lets members, the bot among them, come and go. In what change is given
// Members names all who are in it now. It returns an error when there is no such channel, when a member is not a user, or when the change
// renames the channel's id.
func (w *Workspace) UpdateChannel(id string, change func(*Channel)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.channels[id]
	if c == nil || c.im != "" {
		return fmt.Errorf("slacksim: no channel %s", id)
	}
	next := c.Channel
	next.Members = slices.Clone(c.members)
	change(&next)
	if next.ID != id {
		return fmt.Errorf("slacksim: the id of %s cannot change", id)
	}
	for _, m := range next.Members {
		if w.users[m] == nil {
			return fmt.Errorf("slacksim: channel %s: member %s is not a user", id, m)
		}
	}
	c.Channel, c.members = next, next.Members
	w.touch()
	return nil
}
