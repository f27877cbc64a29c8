package awsidc

import (
	"context"
	"fmt"

	"github.com/hallpass-dev/hallpass/approvals"
)

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
	if e.Target[keyEnd] == "" {
		return nil
	}
	if e.Target[keyEnd] == endByControl {
		return c.checkControl(ctx)
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
