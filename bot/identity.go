package bot

import (
	"context"
	"errors"
	"regexp"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// profileFor is how long a profile is believed. user_change drops it at once,
// and whoever decides on a request is looked up anew.
const profileFor = time.Minute

// people remembers profiles and conversations for a short while.
type people struct {
	mu       sync.Mutex
	profiles map[string]profile // by user id
	reached  map[approvals.PrincipalID]profile
	dms      map[string]string // user id to conversation
}

type profile struct {
	user slack.User
	at   time.Time
}

// keptAtMost bounds the memory: beyond it everything is asked for again.
const keptAtMost = 20000

// profile is Slack's word on a user, not older than profileFor; fresh asks anew.
func (b *Bot) profile(ctx context.Context, id string, fresh bool) (slack.User, error) {
	now := b.cfg.Now()
	b.people.mu.Lock()
	p, ok := b.people.profiles[id]
	b.people.mu.Unlock()
	if ok && !fresh && now.Sub(p.at) < profileFor {
		return p.user, nil
	}
	var user *slack.User
	err := b.call(ctx, "users.info", "", func(ctx context.Context) (err error) {
		user, err = b.api.GetUserInfoContext(ctx, id)
		return err
	})
	if err != nil {
		if gone(err) {
			return slack.User{}, &approvals.Error{Code: approvals.CodeForbidden, Op: "users.info", Err: err, Message: "It is not clear who is speaking, so nothing was done."}
		}
		return slack.User{}, &approvals.Error{Code: approvals.CodeUnavailable, Op: "users.info", Err: err,
			Message: "Slack does not say who you are right now, so nothing was done. Please try again in a moment."}
	}
	b.people.mu.Lock()
	defer b.people.mu.Unlock()
	if b.people.profiles == nil || len(b.people.profiles) > keptAtMost {
		b.people.profiles = map[string]profile{}
	}
	b.people.profiles[id] = profile{*user, now}
	return *user, nil
}

func (b *Bot) forget(id string) {
	b.people.mu.Lock()
	defer b.people.mu.Unlock()
	delete(b.people.profiles, id)
	b.people.reached = nil
}

// account is a user as the Service wants to know them. team and grid are what
// the payload says of the user, where it says something: the profile alone
// does not tell whether somebody is from outside.
func (b *Bot) account(u slack.User, team, grid string) approvals.Account {
	me := b.self()
	belongs := func(team, grid string) bool {
		return team == me.team || (me.enterprise != "" && (grid == me.enterprise || team == me.enterprise))
	}
	// The payload can only take rights away: what it leaves out, the profile says.
	outside := u.IsStranger || !belongs(u.TeamID, u.Enterprise.EnterpriseID)
	if team != "" && !belongs(team, first(grid, u.Enterprise.EnterpriseID)) {
		outside = true
	}
	return approvals.Account{Door: door, Workspace: me.workspace(), Subject: u.ID, Name: displayed(u), Email: u.Profile.Email, Outsider: outside,
		Guest: u.IsRestricted || u.IsUltraRestricted, Bot: u.IsBot || u.IsWorkflowBot || u.IsConnectorBot, Deactivated: u.Deleted}
}

// displayed is a user's name in Slack, "" for none: the full one, where there is.
func displayed(u slack.User) string { return first(u.RealName, u.Profile.DisplayName, u.Name) }

// identify says for whom an entry speaks. Every action goes through it.
func (b *Bot) identify(ctx context.Context, e entry) (approvals.Principal, error) {
	u, err := b.profile(ctx, e.User, decides(e))
	if err != nil {
		return approvals.Principal{}, err
	}
	return b.cfg.Service.Identify(ctx, b.account(u, e.Team, e.Grid))
}

// person resolves a user whom somebody named, without binding them: they have
// not spoken.
func (b *Bot) person(ctx context.Context, id string) (approvals.Principal, error) {
	unknown := approvals.Errorf(approvals.CodeForbidden, "This person can't hold access: they are a guest, from outside, or not in the directory.")
	u, err := b.profile(ctx, id, false)
	if err != nil {
		return approvals.Principal{}, err
	}
	a := b.account(u, "", "")
	if a.Outsider || a.Guest || a.Bot || a.Deactivated {
		return approvals.Principal{}, unknown
	}
	bound, err := b.cfg.Store.Binding(ctx, door, a.Workspace, id)
	switch {
	case err == nil && bound.State == approvals.BindingBlocked:
		return approvals.Principal{}, unknown
	case err == nil:
		return b.cfg.Directory.Principal(ctx, bound.Principal)
	case approvals.ErrorCode(err) != approvals.CodeNotFound:
		return approvals.Principal{}, err
	}
	p, err := b.cfg.Directory.ByEmail(ctx, a.Email)
	if approvals.ErrorCode(err) == approvals.CodeNotFound {
		return p, unknown
	}
	return p, err
}

// errUnreachable says that a principal has no account that may be told things.
var errUnreachable = errors.New("no Slack account to reach this person at")

// userOf finds the account at which a principal is reached: the one bound to
// them, else, when they have not spoken yet, the full member with their
// address.
func (b *Bot) userOf(ctx context.Context, id approvals.PrincipalID) (string, error) {
	bound, err := b.cfg.Store.BindingOf(ctx, door, id)
	if err == nil {
		if bound.State == approvals.BindingBlocked {
			return "", errUnreachable
		}
		return bound.Subject, nil
	}
	if approvals.ErrorCode(err) != approvals.CodeNotFound {
		return "", err
	}
	now := b.cfg.Now()
	b.people.mu.Lock()
	p, ok := b.people.reached[id]
	b.people.mu.Unlock()
	if ok && now.Sub(p.at) < profileFor {
		return p.user.ID, nil
	}
	who, err := b.cfg.Directory.Principal(ctx, id)
	if approvals.ErrorCode(err) == approvals.CodeNotFound || (err == nil && (who.Email == "" || who.Inactive)) {
		return "", errUnreachable
	}
	if err != nil {
		return "", err
	}
	var user *slack.User
	err = b.call(ctx, "users.lookupByEmail", "", func(ctx context.Context) (err error) {
		user, err = b.api.GetUserByEmailContext(ctx, who.Email)
		return err
	})
	if err != nil {
		return "", err
	}
	if a := b.account(*user, "", ""); a.Outsider || a.Guest || a.Bot || a.Deactivated {
		return "", errUnreachable
	}
	b.people.mu.Lock()
	defer b.people.mu.Unlock()
	if b.people.reached == nil || len(b.people.reached) > keptAtMost {
		b.people.reached = map[approvals.PrincipalID]profile{}
	}
	b.people.reached[id] = profile{*user, now}
	return user.ID, nil
}

// dm is the conversation with a user.
func (b *Bot) dm(ctx context.Context, user string) (string, error) {
	b.people.mu.Lock()
	id, ok := b.people.dms[user]
	b.people.mu.Unlock()
	if ok {
		return id, nil
	}
	var c *slack.Channel
	err := b.call(ctx, "conversations.open", "", func(ctx context.Context) (err error) {
		c, _, _, err = b.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
		return err
	})
	if err != nil {
		return "", err
	}
	b.people.mu.Lock()
	defer b.people.mu.Unlock()
	if b.people.dms == nil || len(b.people.dms) > keptAtMost {
		b.people.dms = map[string]string{}
	}
	b.people.dms[user] = c.ID
	return c.ID, nil
}

// handle is what readable leaves of the mention of somebody who can't hold
// access: no name, which might be another's.
var handle = regexp.MustCompile(`@([UW][A-Z0-9]{3,})\b`)

// shown is text for people's eyes: accounts that it names by id have the name
// under which Slack shows them. Whom Slack does not tell of stays as they are.
func (b *Bot) shown(ctx context.Context, text string) string {
	return handle.ReplaceAllStringFunc(text, func(m string) string {
		u, err := b.profile(ctx, m[1:], false)
		if err != nil {
			return m
		}
		return "@" + first(displayed(u), m[1:])
	})
}
