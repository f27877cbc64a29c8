package awsidc

import (
	"context"
	"errors"
	"fmt"

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
	if g.Target[keyEnd] != "" {
		roles, _, _, err := c.sessions(ctx, w)
		if err != nil {
			return nil, present(err, "such permission set or account")
		}
		for _, r := range roles {
			if g.Target[keyEnd] == endByControl {
				r.control = c.cfg.Control
			}
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
