package slacksim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// pageEnvelopes is how many envelopes and calls the page shows.
const pageEnvelopes = 60

type pagePerson struct {
	User
	Outsider bool `json:"outsider"`
	Unread   int  `json:"unread"`
	Featured bool `json:"featured"`
}

type pageChannel struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Topic   string `json:"topic"`
	Shared  bool   `json:"shared"`
	Unread  int    `json:"unread"`
	Members int    `json:"members"`
	HasBot  bool   `json:"has_bot"`
}

type pageGroup struct {
	ID     string   `json:"id"`
	Handle string   `json:"handle"`
	Name   string   `json:"name"`
	Users  []string `json:"users"`
}

// pageState is all that the page shows to one person.
type pageState struct {
	Version   int           `json:"version"`
	Now       time.Time     `json:"now"`
	Team      string        `json:"team"`
	App       pagePerson    `json:"app"`
	Command   string        `json:"command"`
	Sockets   int           `json:"sockets"`
	Me        pagePerson    `json:"me"`
	People    []pagePerson  `json:"people"`
	Groups    []pageGroup   `json:"groups"`
	Channels  []pageChannel `json:"channels"`
	DM        string        `json:"dm"`
	Channel   string        `json:"channel"`
	Messages  []Message     `json:"messages"`
	Home      *View         `json:"home"`
	Views     []View        `json:"views"`
	Links     []Link        `json:"links"`
	Shortcuts []Shortcut    `json:"shortcuts"`
	OnMessage []Shortcut    `json:"message_shortcuts"`
	Envelopes []Envelope    `json:"envelopes"`
	Calls     []Call        `json:"calls"`
}

// serveState answers with what one person sees, in one conversation.
func (w *Workspace) serveState(rw http.ResponseWriter, r *http.Request) {
	as, in := r.URL.Query().Get("as"), r.URL.Query().Get("channel")
	w.mu.Lock()
	if u := w.users[as]; u == nil || u.Bot {
		as = w.firstPerson()
	}
	if as == "" {
		w.mu.Unlock()
		http.Error(rw, "the workspace has no people", http.StatusNotFound)
		return
	}
	st := w.pageState(as, in)
	w.mu.Unlock()
	st.Messages = w.As(as).Messages(st.Channel)
	writeJSON(rw, st)
}

// firstPerson is who the page begins as. w.mu is held.
func (w *Workspace) firstPerson() string {
	for _, id := range append(slices.Clone(w.cfg.Featured), w.userOrder...) {
		if u := w.users[id]; u != nil && !u.Bot && !u.Deleted {
			return id
		}
	}
	return ""
}

// pageState collects what the page shows. w.mu is held.
func (w *Workspace) pageState(as, in string) pageState {
	dm := w.openIM(as)
	if c := w.channels[in]; c == nil || !c.has(as) {
		in = dm.ID
	}
	st := pageState{
		Version: w.version, Now: w.cfg.Now(), Team: w.cfg.TeamName, Command: w.cfg.Command, Sockets: len(w.sockets),
		App: w.person(w.users[w.cfg.BotUserID]), Me: w.person(w.users[as]), DM: dm.ID, Channel: in,
		Links: w.cfg.Links, Shortcuts: w.cfg.Shortcuts, OnMessage: w.cfg.MessageShortcuts,
	}
	for _, id := range w.userOrder {
		if u := w.users[id]; !u.Bot {
			st.People = append(st.People, w.person(u))
		}
	}
	for _, g := range w.groups {
		st.Groups = append(st.Groups, pageGroup{g.ID, g.Handle, g.Name, slices.Clone(g.Users)})
	}
	for _, id := range w.order {
		if c := w.channels[id]; c.has(as) && !c.Archived {
			st.Channels = append(st.Channels, pageChannel{
				ID: id, Name: c.Name, Kind: c.kind(), Topic: c.Topic, Shared: c.Shared, Unread: c.unread(as, false),
				Members: len(c.members), HasBot: c.has(w.cfg.BotUserID),
			})
		}
	}
	if v := w.homes[as]; v != nil {
		home := v.clone()
		st.Home = &home
	}
	for _, v := range w.stacks[as] {
		st.Views = append(st.Views, v.clone())
	}
	for _, e := range w.envelopes[max(0, len(w.envelopes)-pageEnvelopes):] {
		st.Envelopes = append(st.Envelopes, *e)
	}
	st.Calls = slices.Clone(w.calls[max(0, len(w.calls)-pageEnvelopes):])
	return st
}

// person is how the page shows a person: with the direct messages and mentions that they have not read. w.mu is held.
func (w *Workspace) person(u *User) pagePerson {
	p := pagePerson{User: *u, Outsider: u.TeamID != w.cfg.TeamID, Featured: slices.Contains(w.cfg.Featured, u.ID)}
	for _, id := range w.order {
		if c := w.channels[id]; c.has(u.ID) {
			p.Unread += c.unread(u.ID, c.im == "")
		}
	}
	return p
}

// unread counts the messages that a person has not read, of others and visible to them; or only those that mention them.
func (c *channel) unread(user string, mentioning bool) int {
	n := 0
	for _, m := range slices.Backward(c.messages) {
		if m.TS <= c.read[user] {
			break
		}
		if m.User == user || m.EphemeralTo != "" && m.EphemeralTo != user {
			continue
		}
		if !mentioning || strings.Contains(m.Text, "<@"+user) {
			n++
		}
	}
	return n
}
