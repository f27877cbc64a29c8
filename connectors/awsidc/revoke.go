package awsidc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/hallpass-dev/hallpass/approvals"
)

// longest is the longest session that a permission set can have.
const longest = 12 * time.Hour

// patience is after how many failed tries access is removed although its
// sessions could not be ended before.
const patience = 3

// Revoke takes away what Grant gives. Whoever does not have it, or is no user,
// is out already. Sessions are ended where the target says so, before the
// access is removed; else, or where that can't be, the end is residual until
// the last of them has died.
func (c *Connector) Revoke(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (approvals.Removal, error) {
	user, w, err := c.locate(ctx, g, receipt)
	if errors.Is(err, errAbsent) {
		return approvals.Removal{}, nil
	}
	if err != nil {
		return approvals.Removal{}, err
	}
	has, _, err := w.has(ctx)
	switch {
	case errors.Is(err, errAbsent) && receipt == nil:
		return approvals.Removal{}, present(err, "such permission set or account")
	case errors.Is(err, errAbsent):
		has = false
	case err != nil:
		return approvals.Removal{}, err
	}
	// What is gone may have gone a moment ago, by a call whose answer was lost:
	// its sessions live on all the same.
	given := receipt != nil || !g.ActiveAt.IsZero()
	if !has && (!given || !g.ResidualUntil.IsZero()) {
		return approvals.Removal{}, nil
	}
	end, err := c.before(ctx, g, w, user, has)
	if err != nil {
		return approvals.Removal{}, err
	}
	if has {
		if err := w.take(ctx); err != nil {
			return approvals.Removal{}, err
		}
	}
	if end.denies && end.why == "" {
		// Another process may have written the policy at the same time, or the
		// removal have taken longer than the denial's time lay ahead.
		if end.why, err = c.denied(ctx, end.roles, user); end.why != "" {
			end.why, err = c.deny(ctx, end.roles, user)
		}
		if err != nil {
			end.why = "whether they are ended could not be read back"
		}
	}
	if end.why == "" || end.lives == 0 {
		return approvals.Removal{}, nil
	}
	return approvals.Removal{ResidualUntil: c.cfg.Now().UTC().Add(end.lives), Reason: fmt.Sprintf("role sessions last for up to %s: %s", end.lives, end.why)}, nil
}

// ending is what is known of sessions that outlive a removal.
type ending struct {
	roles  []role
	lives  time.Duration // of the longest
	denies bool          // they are to be ended by denials
	why    string        // they are not ended; empty: they are, or will be when it is read back
}

// before ends the user's sessions where the target says so, before the access
// is removed. After some tries that goes on without.
func (c *Connector) before(ctx context.Context, g approvals.Grant, w way, user string, has bool) (end ending, err error) {
	end.roles, end.lives, end.why, err = c.sessions(ctx, w)
	if err == nil && g.Target[keyEnd] != "" && len(end.roles) > 0 {
		end.why, err = c.controlled(ctx, end.roles, g.Target[keyEnd])
		end.denies = err == nil && end.why == ""
		if end.denies && has {
			end.why, err = c.deny(ctx, end.roles, user)
		}
	}
	if err != nil && g.Attempts >= patience {
		end, err = ending{lives: longest, why: "they could not be ended before"}, nil
	}
	return end, err
}

// sessions says how long sessions of a way's roles last, and that nothing
// ends them. Where AWS will not say, they last as long as it allows.
func (c *Connector) sessions(ctx context.Context, w way) (roles []role, lives time.Duration, why string, err error) {
	roles, err = w.roles(ctx)
	for i := range roles {
		if err != nil {
			break
		}
		roles[i].name, roles[i].life, err = c.lifeOf(ctx, roles[i].set)
		lives = max(lives, roles[i].life)
	}
	if err == nil {
		return roles, lives, "nothing ends them", nil
	}
	if isKind(err, approvals.Retryable) {
		return nil, 0, "", err
	}
	return nil, longest, "what the group is assigned can't be read, and nothing ends them", nil
}

// lifeOf is the name and the session duration of a permission set; the longest
// there is of one that is gone.
func (c *Connector) lifeOf(ctx context.Context, set string) (name string, life time.Duration, err error) {
	out, err := c.describe(ctx, set)
	if errors.Is(err, errAbsent) {
		return "", longest, nil
	}
	if err != nil {
		return "", 0, err
	}
	return aws.ToString(out.PermissionSet.Name), sessionDuration(aws.ToString(out.PermissionSet.SessionDuration)), nil
}

// deny ends the user's sessions of all roles; why says what can't be ended.
func (c *Connector) deny(ctx context.Context, roles []role, user string) (why string, err error) {
	for _, r := range roles {
		refused, err := c.denies.place(ctx, r, user)
		if err != nil {
			return "", err
		}
		if refused != "" {
			why = refused
		}
	}
	return why, nil
}

// denied reads back whether the user's sessions of all roles are ended.
func (c *Connector) denied(ctx context.Context, roles []role, user string) (why string, err error) {
	for _, r := range roles {
		ok, err := c.denies.covered(ctx, r, user)
		if err != nil && !errors.Is(err, errAbsent) {
			return "", err
		}
		if !ok {
			why = "no denial in the " + kindOf(r.document()) + " covers them"
		}
	}
	return why, nil
}
