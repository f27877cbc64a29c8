package awsidc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The keys of a receipt.
const (
	receiptUser    = "user"
	receiptGroup   = "group"
	receiptAccount = "account"
	receiptSet     = "permission_set"
)

// longest is the longest session that a permission set can have.
const longest = 12 * time.Hour

// patience is after how many failed tries access is removed although its
// sessions could not be ended before.
const patience = 3

// Grant assigns the permission set, or makes the user a member of the group,
// unless that is so.
func (c *Connector) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	user, err := c.user(ctx, g.Account)
	if errors.Is(err, errAbsent) {
		return nil, &failure{Kind: approvals.Permanent, Message: fmt.Sprintf("IAM Identity Center has no user whose %s is %q.", c.cfg.Account, g.Account)}
	}
	if err != nil {
		return nil, err
	}
	w, err := c.resolve(ctx, g.Target, user)
	if err != nil {
		return nil, err
	}
	has, _, err := w.has(ctx)
	if err != nil || has {
		return w.receipt(), present(err, "such permission set or account")
	}
	if g.Target[keyEnd] == endByPolicy {
		roles, err := w.roles(ctx)
		if err != nil {
			return nil, present(err, "such permission set or account")
		}
		for _, r := range roles {
			if err := c.denies.narrow(ctx, r, user); err != nil {
				return nil, present(err, "such permission set")
			}
		}
	}
	if err := w.give(ctx); err != nil {
		return nil, err
	}
	return w.receipt(), nil
}

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
	if err == nil && g.Target[keyEnd] == endByPolicy && len(end.roles) > 0 {
		end.denies, end.why = true, ""
		if has {
			end.why, err = c.deny(ctx, end.roles, user)
		}
	}
	if err != nil && g.Attempts < patience {
		return end, err
	}
	if err != nil {
		return ending{lives: longest, why: "they could not be ended before"}, nil
	}
	return end, nil
}

// sessions says how long sessions of a way's roles last, and that nothing
// ends them. Where AWS will not say, they last as long as it allows.
func (c *Connector) sessions(ctx context.Context, w way) (roles []role, lives time.Duration, why string, err error) {
	roles, err = w.roles(ctx)
	for i := range roles {
		if err != nil {
			break
		}
		roles[i].life, err = c.lifeOf(ctx, roles[i].set)
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

// lifeOf is the session duration of a permission set; the longest there is of
// one that is gone.
func (c *Connector) lifeOf(ctx context.Context, set string) (time.Duration, error) {
	out, err := c.describe(ctx, set)
	if errors.Is(err, errAbsent) {
		return longest, nil
	}
	if err != nil {
		return 0, err
	}
	return sessionDuration(aws.ToString(out.PermissionSet.SessionDuration)), nil
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
			why = "no denial in the inline policy covers them"
		}
	}
	return why, nil
}

// Check reads back whether the user has it.
func (c *Connector) Check(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (approvals.Presence, error) {
	_, w, err := c.locate(ctx, g, receipt)
	if errors.Is(err, errAbsent) {
		return approvals.Presence{Detail: "IAM Identity Center has no such user"}, nil
	}
	if err != nil {
		return approvals.Presence{}, err
	}
	has, detail, err := w.has(ctx)
	if errors.Is(err, errAbsent) && receipt != nil {
		return approvals.Presence{Detail: "the permission set or the account is gone"}, nil
	}
	return approvals.Presence{Present: has, Detail: detail}, present(err, "such permission set or account")
}

// locate finds user and way of a grant, by its receipt where there is one:
// names change, ids do not. It fails with errAbsent where there is no user.
func (c *Connector) locate(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (string, way, error) {
	if w := c.known(receipt); w != nil {
		return receipt[receiptUser], w, nil
	}
	user, err := c.user(ctx, g.Account)
	if err != nil {
		return "", nil, err
	}
	w, err := c.resolve(ctx, g.Target, user)
	return user, w, err
}

// List names who has it by their accounts: users who are assigned themselves,
// and groups that are by their id; or the group's members.
func (c *Connector) List(ctx context.Context, e approvals.Entitlement) ([]approvals.Holding, error) {
	w, err := c.resolve(ctx, e.Target, "")
	if err != nil {
		return nil, err
	}
	at := c.cfg.Now()
	var accounts []string
	switch w := w.(type) {
	case membership:
		accounts, err = c.members(ctx, w.group)
	case assignment:
		var all []types.AccountAssignment
		all, err = c.assigned(ctx, w.account, w.set)
		for _, a := range all {
			accounts = append(accounts, aws.ToString(a.PrincipalId))
		}
	}
	if err != nil {
		return nil, present(err, "such permission set, account or group")
	}
	held := make([]approvals.Holding, 0, len(accounts))
	for _, id := range accounts {
		account, err := c.account(ctx, id)
		if err != nil {
			return nil, err
		}
		held = append(held, approvals.Holding{Entitlement: e.ID, Account: account, AsOf: at})
	}
	return held, nil
}

// Validate asks whether what the target names is there, and whether Hallpass
// may work with it. Until the organization has been listed for the first time
// it waits for that no longer than one call may take, over all entries.
func (c *Connector) Validate(ctx context.Context, e approvals.Entitlement) error {
	if err := checkTarget(e.Target); err != nil {
		return err
	}
	ctx, cancel := context.WithDeadline(ctx, c.inventory.until())
	defer cancel()
	w, err := c.resolve(ctx, e.Target, "")
	if err != nil {
		return err
	}
	if a, ok := w.(assignment); ok {
		if err := c.sound(ctx, a); err != nil {
			return err
		}
	}
	if e.Target[keyEnd] != endByPolicy {
		return nil
	}
	roles, err := w.roles(ctx)
	if err != nil {
		return present(err, "such group")
	}
	for _, r := range roles {
		c.denies.line(r.set)
		if _, err := c.denies.read(ctx, r.set); err != nil {
			return present(err, "such permission set")
		}
	}
	return nil
}

// sound asks whether account and permission set of an assignment are there.
func (c *Connector) sound(ctx context.Context, a assignment) error {
	if _, err := c.describe(ctx, a.set); err != nil {
		return present(err, "permission set with the ARN "+a.set)
	}
	l, err := c.inventory.get(ctx)
	switch {
	case err != nil:
		return err
	case l.accounts[a.account] == "":
		return &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf("The organization has no account %s.", a.account)}
	case !l.active(a.account):
		return &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf("The account %s is %s.", a.account, l.accounts[a.account])}
	}
	return nil
}

// Run keeps the list of accounts and permission sets fresh and lifts denials
// of sessions that have died, until the context ends. Every replica may run
// it.
func (c *Connector) Run(ctx context.Context) error {
	for minute := 0; ctx.Err() == nil; minute++ {
		c.Upkeep(ctx, minute%(24*60) == 0)
		_ = c.cfg.Wait(ctx, time.Minute) // it fails when the context has ended, which is looked at above
	}
	return nil
}

// Upkeep does once what Run does; every looks for denials in the policies of
// all permission sets, and not only of those that are known to have had some.
func (c *Connector) Upkeep(ctx context.Context, every bool) {
	l, err := c.inventory.get(ctx)
	if err == nil && every {
		for arn := range l.names {
			c.denies.line(arn)
		}
	}
	for _, set := range c.denies.sets() {
		if c.quota.turn(ctx, c.quota.slow) != nil {
			return
		}
		if err := c.denies.lift(ctx, set); err != nil && ctx.Err() == nil {
			c.cfg.Logger.WarnContext(ctx, "denials of sessions that have died stay in a policy for now",
				slog.String("permission_set", set), slog.String("error", err.Error()))
		}
	}
}
