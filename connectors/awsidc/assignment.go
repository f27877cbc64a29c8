package awsidc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"github.com/hallpass-dev/hallpass/approvals"
)

// assignment is a permission set assigned to a user in an AWS account.
type assignment struct {
	c                  *Connector
	account, set, user string
}

func (a assignment) receipt() approvals.Receipt {
	return approvals.Receipt{receiptAccount: a.account, receiptSet: a.set, receiptUser: a.user}
}

func (a assignment) roles(context.Context) ([]role, error) {
	return []role{{set: a.set, accounts: []string{a.account}}}, nil
}

// has looks for the user's own assignment. Groups that are assigned give the
// same access and are said, but are nobody's grant.
func (a assignment) has(ctx context.Context) (bool, string, error) {
	all, err := a.c.assigned(ctx, a.account, a.set)
	if err != nil {
		return false, "", err
	}
	groups := 0
	for _, got := range all {
		if got.PrincipalType == types.PrincipalTypeGroup {
			groups++
		} else if aws.ToString(got.PrincipalId) == a.user {
			return true, fmt.Sprintf("assigned in account %s", a.account), nil
		}
	}
	detail := fmt.Sprintf("not assigned in account %s", a.account)
	if groups > 0 {
		detail += fmt.Sprintf(" (what %d groups are assigned is another matter)", groups)
	}
	return false, detail, nil
}

// assigned lists who is assigned a permission set in an account. That the
// permission set is not provisioned there says that nobody is.
func (c *Connector) assigned(ctx context.Context, account, set string) (all []types.AccountAssignment, err error) {
	p, err := c.where(ctx)
	if err != nil {
		return nil, err
	}
	in := &ssoadmin.ListAccountAssignmentsInput{InstanceArn: &p.instance, AccountId: &account, PermissionSetArn: &set, MaxResults: aws.Int32(100)}
	for {
		out, err := do(ctx, c, reads, "sso:ListAccountAssignments", c.admin.ListAccountAssignments, in)
		if err != nil {
			return nil, err
		}
		all = append(all, out.AccountAssignments...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}

func (a assignment) give(ctx context.Context) error {
	err := a.change(ctx, true, func(p place) (*types.AccountAssignmentOperationStatus, error) {
		out, err := do(ctx, a.c, changes, "sso:CreateAccountAssignment", a.c.admin.CreateAccountAssignment, &ssoadmin.CreateAccountAssignmentInput{
			InstanceArn: &p.instance, PermissionSetArn: &a.set, TargetId: &a.account, TargetType: types.TargetTypeAwsAccount,
			PrincipalId: &a.user, PrincipalType: types.PrincipalTypeUser})
		if err != nil {
			return nil, err
		}
		return out.AccountAssignmentCreationStatus, nil
	}, func(p place, id *string) (*types.AccountAssignmentOperationStatus, error) {
		out, err := do(ctx, a.c, reads, "sso:DescribeAccountAssignmentCreationStatus", a.c.admin.DescribeAccountAssignmentCreationStatus,
			&ssoadmin.DescribeAccountAssignmentCreationStatusInput{InstanceArn: &p.instance, AccountAssignmentCreationRequestId: id})
		if err != nil {
			return nil, err
		}
		return out.AccountAssignmentCreationStatus, nil
	})
	if errors.Is(err, errAbsent) {
		return &failure{Kind: approvals.Permanent, Message: "AWS can't assign it: the user, the account or the permission set is not there."}
	}
	return err
}

// take removes the assignment. One that is missing is gone.
func (a assignment) take(ctx context.Context) error {
	return skipAbsent(a.change(ctx, false, func(p place) (*types.AccountAssignmentOperationStatus, error) {
		out, err := do(ctx, a.c, changes, "sso:DeleteAccountAssignment", a.c.admin.DeleteAccountAssignment, &ssoadmin.DeleteAccountAssignmentInput{
			InstanceArn: &p.instance, PermissionSetArn: &a.set, TargetId: &a.account, TargetType: types.TargetTypeAwsAccount,
			PrincipalId: &a.user, PrincipalType: types.PrincipalTypeUser})
		if err != nil {
			return nil, err
		}
		return out.AccountAssignmentDeletionStatus, nil
	}, func(p place, id *string) (*types.AccountAssignmentOperationStatus, error) {
		out, err := do(ctx, a.c, reads, "sso:DescribeAccountAssignmentDeletionStatus", a.c.admin.DescribeAccountAssignmentDeletionStatus,
			&ssoadmin.DescribeAccountAssignmentDeletionStatusInput{InstanceArn: &p.instance, AccountAssignmentDeletionRequestId: id})
		if err != nil {
			return nil, err
		}
		return out.AccountAssignmentDeletionStatus, nil
	}))
}

// change makes an asynchronous call and follows it to its end.
func (a assignment) change(ctx context.Context, giving bool, begin func(place) (*types.AccountAssignmentOperationStatus, error),
	look func(place, *string) (*types.AccountAssignmentOperationStatus, error)) error {
	p, err := a.c.where(ctx)
	if err != nil {
		return err
	}
	return a.c.quota.under(ctx, a.account, giving, func() error {
		s, err := begin(p)
		if err != nil {
			return err
		}
		if s == nil {
			return &failure{Kind: approvals.Ambiguous, Message: "AWS took the assignment and did not say how it stands."}
		}
		return a.c.follow(ctx, "assignment", progress{s.Status, aws.ToString(s.FailureReason)}, func() (progress, error) {
			now, err := look(p, s.RequestId)
			if err != nil || now == nil {
				return progress{status: types.StatusValuesInProgress}, err
			}
			return progress{now.Status, aws.ToString(now.FailureReason)}, nil
		})
	})
}

// progress is how an asynchronous call stands.
type progress struct {
	status types.StatusValues
	reason string // of a failure
}

// follow looks at an asynchronous call until it is done or the call's time is
// up. A look that fails says nothing about the call: AWS may be busy, or not
// know its request yet.
func (c *Connector) follow(ctx context.Context, what string, at progress, look func() (progress, error)) error {
	end := c.cfg.Now().Add(c.cfg.Timeout)
	for wait := c.cfg.Poll; ; wait = min(wait*3/2, 5*c.cfg.Poll) {
		switch at.status {
		case types.StatusValuesSucceeded:
			return nil
		case types.StatusValuesFailed:
			return failed(what, at.reason)
		}
		if !c.cfg.Now().Before(end) || c.cfg.Wait(ctx, max(wait, time.Millisecond)) != nil {
			return &failure{Kind: approvals.Ambiguous, Message: "AWS is still working on the " + what + "."}
		}
		now, err := look()
		switch {
		case err == nil:
			at = now
		case errors.Is(err, errAbsent), isKind(err, approvals.Retryable):
		case isKind(err, approvals.Misconfigured):
			return err
		default:
			return &failure{Kind: approvals.Ambiguous, Message: "AWS took the " + what + " and does not say how it stands.", Err: err}
		}
	}
}
