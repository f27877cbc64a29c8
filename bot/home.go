package bot

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

// recent is how many of a person's requests are looked at for the Home tab.
const recent = 30

// failingAfter is the failed try from which on admins see that a step fails.
const failingAfter = 3

// publishHome draws a person's Home tab from the state as it is now.
func (b *Bot) publishHome(ctx context.Context, user string, p approvals.Principal) error {
	st, err := b.standing(ctx, p)
	if err != nil {
		return err
	}
	return b.publish(ctx, user, cards.Home(st))
}

func (b *Bot) publish(ctx context.Context, user string, view slack.HomeTabViewRequest) error {
	return b.call(ctx, "views.publish", user, func(ctx context.Context) error {
		_, err := b.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: user, View: view})
		return err
	})
}

// standing reads all that concerns one person.
func (b *Bot) standing(ctx context.Context, p approvals.Principal) (cards.Standing, error) {
	now := b.cfg.Now()
	st := cards.Standing{Now: now, Reader: p}
	grants, err := b.cfg.Store.LiveGrants(ctx, p.ID, "")
	if err != nil {
		return st, err
	}
	for _, g := range grants {
		r, err := b.cfg.Store.Request(ctx, g.Request)
		if err != nil {
			return st, err
		}
		if st.Holding, err = b.addView(ctx, st.Holding, r, p); err != nil {
			return st, err
		}
	}
	waiting, err := b.cfg.Store.AwaitingAnswer(ctx, p.ID)
	if err != nil {
		return st, err
	}
	for _, r := range waiting {
		if now.Before(r.LapsesAt) {
			if st.Waiting, err = b.addView(ctx, st.Waiting, r, p); err != nil {
				return st, err
			}
		}
	}
	mine, err := b.cfg.Store.RequestsBy(ctx, p.ID, recent)
	if err != nil {
		return st, err
	}
	seen := map[approvals.EntitlementID]bool{}
	for _, r := range mine {
		switch {
		case r.State == approvals.RequestPending && r.Requester == p.ID:
			st.Sent, err = b.addView(ctx, st.Sent, r, p)
		case r.State.Final() && r.Kind == approvals.KindAccess && r.Beneficiary == p.ID && !seen[r.Entitlement] && r.Entitlement != "":
			seen[r.Entitlement] = true
			var v cards.View
			if v, err = b.view(ctx, r, p); v.Grant == nil || !held(*v.Grant) { // what is held stands above
				st.Again = append(st.Again, v)
			}
		}
		if err != nil {
			return st, err
		}
	}
	if p.Admin {
		st.Admin, err = b.trouble(ctx, now, p)
	}
	return st, err
}

// held reports whether a grant gives access, or is about to.
func held(g approvals.Grant) bool {
	return g.State == approvals.GrantScheduled || g.State == approvals.GrantProvisioning || g.State == approvals.GrantActive
}

func (b *Bot) addView(ctx context.Context, vs []cards.View, r approvals.Request, p approvals.Principal) ([]cards.View, error) {
	v, err := b.view(ctx, r, p)
	return append(vs, v), err
}

func (b *Bot) trouble(ctx context.Context, now time.Time, p approvals.Principal) (*cards.Trouble, error) {
	h := b.Health()
	t := &cards.Trouble{Undone: h.Undone, Unreached: h.Unreached, Names: map[approvals.PrincipalID]string{}}
	var err error
	if t.Overdue, t.Oldest, err = b.cfg.Store.Overdue(ctx, now); err != nil {
		return nil, err
	}
	failing, err := b.cfg.Store.Failing(ctx, failingAfter, recent)
	if err != nil {
		return nil, err
	}
	for _, g := range failing {
		r, err := b.cfg.Store.Request(ctx, g.Request)
		if err != nil {
			return nil, err
		}
		if t.Failing, err = b.addView(ctx, t.Failing, r, approvals.Principal{}); err != nil {
			return nil, err
		}
	}
	if t.Restored, err = b.cfg.Store.LastRestore(ctx); err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		return nil, err
	}
	if t.Drift, err = b.cfg.Store.CountDrift(ctx); err != nil {
		return nil, err
	}
	if b.cfg.Reviews != nil {
		if t.Reviews, err = b.cfg.Reviews.Standing(ctx); err != nil {
			return nil, err
		}
	}
	if t.Unreviewed, err = b.unreviewed(ctx, p); err != nil {
		return nil, err
	}
	if t.OnHold, err = b.cfg.Store.BindingsOnHold(ctx, door, recent); err != nil {
		return nil, err
	}
	for _, held := range t.OnHold {
		t.Names[held.Principal] = b.named(ctx, held.Principal).Name
	}
	t.Stale = true // what can't be told counts as the worse
	if state, err := b.cfg.Directory.State(ctx); err == nil {
		t.Stale = state.Stale
	}
	return t, nil
}
