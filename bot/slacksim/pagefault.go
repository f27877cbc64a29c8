package slacksim

import (
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"time"
)

// pageFault breaks something at the press of a button.
func (w *Workspace) pageFault(name string) error {
	f := w.faults
	switch name {
	case "drop":
		f.Drop()
	case "warning", "refresh_requested", "link_disabled":
		f.Disconnect(name)
	case "restore":
		f.Clear()
	case "ratelimit":
		f.RateLimit("", 3, 2*time.Second)
	case "fail":
		f.Fail("", 1, http.StatusInternalServerError)
	case "cut":
		f.CutResponse("chat.postMessage", 1)
	case "delay":
		f.Delay(2 * time.Second)
	case "duplicate":
		f.Duplicate(0, 1, 2, 3)
	case "reorder":
		f.Reorder()
	case "lose_ack":
		f.LoseAcks(1)
	default:
		return fmt.Errorf("slacksim: no fault %q", name)
	}
	w.mu.Lock()
	w.touch()
	w.mu.Unlock()
	return nil
}

// pageChange changes the person that the page's reader plays, as an administrator of the workspace would.
func (w *Workspace) pageChange(p pageAct) error {
	if p.Change == "join" || p.Change == "leave" {
		return w.UpdateGroup(p.Group, func(g *Group) {
			g.Users = slices.DeleteFunc(g.Users, func(id string) bool { return id == p.As })
			if p.Change == "join" {
				g.Users = append(g.Users, p.As)
			}
		})
	}
	changes := map[string]func(*User){
		"deactivate": func(u *User) { u.Deleted = true },
		"reactivate": func(u *User) { u.Deleted = false },
		"guest":      func(u *User) { u.Restricted = true },
		"member":     func(u *User) { u.Restricted, u.UltraRestricted = false, false },
		"email":      func(u *User) { u.Email = p.Text },
	}
	change := changes[p.Change]
	if change == nil {
		return fmt.Errorf("slacksim: no change %q", p.Change)
	}
	if a, err := mail.ParseAddress(p.Text); p.Change == "email" && (err != nil || a.Address != p.Text) {
		return fmt.Errorf("slacksim: %q is not an email address", p.Text)
	}
	return w.UpdateUser(p.As, change)
}
