package slacksim

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Actor is one person at their Slack client. What they do reaches the bot as Slack would send it, and they can do only what
// Slack's client would let them do: press buttons that are there, choose options that were offered, fill in what is required.
type Actor struct {
	w  *Workspace
	id string
}

// ErrSignedOut means that the person is deactivated, or not a person of the workspace at all.
var ErrSignedOut = errors.New("slacksim: this person is deactivated or unknown, and cannot use Slack")

// As is the person with this user id.
func (w *Workspace) As(userID string) *Actor { return &Actor{w, userID} }

// ID is the person's user id.
func (a *Actor) ID() string { return a.id }

// me is the person's facts, if they can use Slack. w.mu is held.
func (a *Actor) me() (*User, error) {
	u := a.w.users[a.id]
	if u == nil || u.Deleted || u.Bot {
		return nil, fmt.Errorf("%w: %s", ErrSignedOut, a.id)
	}
	return u, nil
}

// in finds a conversation that the person is in. w.mu is held.
func (a *Actor) in(id string) (*channel, error) {
	if _, err := a.me(); err != nil {
		return nil, err
	}
	c := a.w.channels[id]
	if c == nil || !c.has(a.id) {
		return nil, fmt.Errorf("slacksim: %s is not in conversation %s", a.id, id)
	}
	return c, nil
}

// DMChannel is the id of the person's direct messages with the bot.
func (a *Actor) DMChannel() string {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	return a.w.openIM(a.id).ID
}

// DM writes to the bot. Text is what the person types: "@name" and "#channel" become mentions, and & < > are escaped.
func (a *Actor) DM(text string) (Message, error) { return a.Post(a.DMChannel(), "", text) }

// Mention writes to a channel and mentions the bot.
func (a *Actor) Mention(channel, text string) (Message, error) {
	a.w.mu.Lock()
	name := a.w.users[a.w.cfg.BotUserID].Name
	a.w.mu.Unlock()
	return a.Post(channel, "", "@"+name+" "+text)
}

// Reply writes into a thread.
func (a *Actor) Reply(channel, threadTS, text string) (Message, error) {
	return a.Post(channel, threadTS, text)
}

// Post writes to a conversation, or into a thread of it when threadTS is not empty.
func (a *Actor) Post(channel, threadTS, text string) (Message, error) {
	w := a.w
	w.mu.Lock()
	c, err := a.in(channel)
	if err == nil && thread(c, threadTS) != nil {
		err = fmt.Errorf("slacksim: no thread %s in %s", threadTS, channel)
	}
	if err == nil && (text == "" || c.Archived) {
		err = errors.New("slacksim: nothing to send, or the channel is archived")
	}
	if err != nil {
		w.mu.Unlock()
		return Message{}, err
	}
	m := &Message{Channel: c.ID, TS: w.stamp(), ThreadTS: threadTS, User: a.id, Text: w.encode(text, false)}
	m.Blocks = richText(m.Text)
	c.add(m)
	c.read[a.id] = m.TS
	ev := w.messageEvent(c, m)
	ev["client_msg_id"] = rand.Text()
	mentioned := mentions(m.Text, w.cfg.BotUserID)
	out := m.clone()
	w.touch()
	w.mu.Unlock()

	if mentioned && c.im == "" && c.has(w.cfg.BotUserID) {
		mention := cloneJSON(ev).(object)
		mention["type"] = "app_mention"
		delete(mention, "channel_type")
		w.emit("app_mention", a.id, mention)
	}
	w.emitMessage(c, ev, a.id)
	return out, nil
}

func mentions(text, user string) bool {
	return slices.ContainsFunc(marked.FindAllStringSubmatch(text, -1), func(m []string) bool { return m[1] == "@" && m[2] == user })
}

// Command uses the app's slash command in a conversation, such as Command(ctx, "C1", "prod-db 2h"). It returns when the bot has
// acknowledged; ErrNoConnection and ErrNoAck are what Slack shows as dispatch_failed and operation_timeout.
func (a *Actor) Command(ctx context.Context, channel, text string) error {
	w := a.w
	w.mu.Lock()
	c, err := a.in(channel)
	if err == nil && (w.cfg.Command == "" || !w.granted("commands")) {
		err = errors.New("slacksim: the app has no slash command")
	}
	if err != nil {
		w.mu.Unlock()
		return err
	}
	u := w.users[a.id]
	to := responseURL{channel: c.ID, user: a.id}
	payload := object{
		"token": verificationToken, "team_id": u.TeamID, "team_domain": "local", "channel_id": c.ID, "channel_name": c.label(),
		"user_id": a.id, "user_name": u.Name, "command": w.cfg.Command, "text": w.encode(text, true), "api_app_id": appID,
		"is_enterprise_install": "false", // a string, in commands only: so Slack sends it
		"response_url":          w.newResponseURL(to), "trigger_id": w.newTrigger(a.id, ""),
	}
	if w.cfg.EnterpriseID != "" {
		payload["enterprise_id"], payload["enterprise_name"] = w.cfg.EnterpriseID, w.cfg.EnterpriseName
	}
	w.mu.Unlock()
	ack, err := w.request(ctx, Envelope{Type: "slash_commands", What: w.cfg.Command, User: a.id}, payload, true)
	if err != nil {
		return err
	}
	return w.answerInPlace(&to, ack)
}

// answerInPlace posts the message that an acknowledgement of a command carries, if it carries one.
func (w *Workspace) answerInPlace(to *responseURL, ack json.RawMessage) error {
	var args object
	if len(ack) == 0 {
		return nil
	}
	if err := json.Unmarshal(ack, &args); err != nil {
		return fmt.Errorf("slacksim: the bot's answer to the command is no JSON object: %w", err)
	}
	if len(args) == 0 {
		return nil
	}
	c := &call{name: "respond", args: args}
	body, err := w.content(c)
	if err != nil {
		return fmt.Errorf("slacksim: the bot's answer to the command: %w", err)
	}
	w.respond(to, c, body)
	return nil
}

// OpenHome opens the app's Home tab. The bot hears app_home_opened and publishes when it likes; see Home.
func (a *Actor) OpenHome() error { return a.openTab("home") }

// OpenMessages opens the app's Messages tab.
func (a *Actor) OpenMessages() error { return a.openTab("messages") }

func (a *Actor) openTab(tab string) error {
	w := a.w
	w.mu.Lock()
	if _, err := a.me(); err != nil {
		w.mu.Unlock()
		return err
	}
	ev := object{"type": "app_home_opened", "user": a.id, "channel": w.openIM(a.id).ID, "tab": tab, "event_ts": w.stamp()}
	if v := w.homes[a.id]; v != nil && tab == "home" {
		ev["view"] = w.viewJSON(v)
	}
	w.mu.Unlock()
	w.emit("app_home_opened", a.id, ev)
	return nil
}

// interaction begins the payload of an interaction. team is the workspace that team.id names, which is not always the
// person's own: user.team_id is. w.mu is held.
func (w *Workspace) interaction(kind string, u *User, team string) object {
	p := object{
		"type": kind, "token": verificationToken, "api_app_id": appID, "is_enterprise_install": false, "enterprise": nil,
		"team": object{"id": team, "domain": "local"},
		"user": object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.TeamID},
	}
	organisation := u.EnterpriseID
	if team == w.cfg.TeamID {
		organisation = w.cfg.EnterpriseID
	}
	if organisation != "" {
		name := w.organisationName(organisation)
		p["enterprise"] = object{"id": organisation, "name": name}
		p["team"] = object{"id": team, "domain": "local", "enterprise_id": organisation, "enterprise_name": name}
	}
	return p
}
