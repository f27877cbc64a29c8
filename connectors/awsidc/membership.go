package awsidc

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	storetypes "github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	admintypes "github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"github.com/hallpass-dev/hallpass/approvals"
)

// membership is a user's place in a group of the identity store. It is given
// and taken at once: what the group is assigned is provisioned already.
type membership struct {
	c           *Connector
	group, user string
}

func (m membership) receipt() approvals.Receipt {
	return approvals.Receipt{receiptGroup: m.group, receiptUser: m.user}
}

func (m membership) member() storetypes.MemberId {
	return &storetypes.MemberIdMemberUserId{Value: m.user}
}

// id finds the membership's id; errAbsent where the user is no member, or the
// group is gone.
func (m membership) id(ctx context.Context) (*string, error) {
	p, err := m.c.where(ctx)
	if err != nil {
		return nil, err
	}
	out, err := do(ctx, m.c, reads, "identitystore:GetGroupMembershipId", m.c.store.GetGroupMembershipId,
		&identitystore.GetGroupMembershipIdInput{IdentityStoreId: &p.store, GroupId: &m.group, MemberId: m.member()})
	if err != nil {
		return nil, err
	}
	return out.MembershipId, nil
}

func (m membership) has(ctx context.Context) (bool, string, error) {
	switch _, err := m.id(ctx); {
	case errors.Is(err, errAbsent):
		return false, fmt.Sprintf("no member of group %s", m.group), nil
	case err != nil:
		return false, "", err
	}
	return true, fmt.Sprintf("member of group %s", m.group), nil
}

// give makes the user a member. A conflict may say that somebody else has just
// done so: the next try reads first.
func (m membership) give(ctx context.Context) error {
	p, err := m.c.where(ctx)
	if err != nil {
		return err
	}
	_, err = do(ctx, m.c, changes, "identitystore:CreateGroupMembership", m.c.store.CreateGroupMembership,
		&identitystore.CreateGroupMembershipInput{IdentityStoreId: &p.store, GroupId: &m.group, MemberId: m.member()})
	return present(err, "such user or group any more")
}

func (m membership) take(ctx context.Context) error {
	p, err := m.c.where(ctx)
	if err != nil {
		return err
	}
	id, err := m.id(ctx)
	if err != nil {
		return skipAbsent(err)
	}
	_, err = do(ctx, m.c, changes, "identitystore:DeleteGroupMembership", m.c.store.DeleteGroupMembership,
		&identitystore.DeleteGroupMembershipInput{IdentityStoreId: &p.store, MembershipId: id})
	return skipAbsent(err)
}

// roles are those that the group is assigned. Only the management account is
// told.
func (m membership) roles(ctx context.Context) (all []role, err error) {
	p, err := m.c.where(ctx)
	if err != nil {
		return nil, err
	}
	in := &ssoadmin.ListAccountAssignmentsForPrincipalInput{InstanceArn: &p.instance, PrincipalId: &m.group,
		PrincipalType: admintypes.PrincipalTypeGroup, MaxResults: aws.Int32(100)}
	for {
		out, err := do(ctx, m.c, reads, "sso:ListAccountAssignmentsForPrincipal", m.c.admin.ListAccountAssignmentsForPrincipal, in)
		if err != nil {
			return nil, err
		}
		for _, a := range out.AccountAssignments {
			set, account := aws.ToString(a.PermissionSetArn), aws.ToString(a.AccountId)
			i := slices.IndexFunc(all, func(r role) bool { return r.set == set })
			if i < 0 {
				all = append(all, role{set: set})
				i = len(all) - 1
			}
			if !slices.Contains(all[i].accounts, account) {
				all[i].accounts = append(all[i].accounts, account)
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all, nil
		}
	}
}

// members lists the ids of a group's users.
func (c *Connector) members(ctx context.Context, group string) (ids []string, err error) {
	p, err := c.where(ctx)
	if err != nil {
		return nil, err
	}
	in := &identitystore.ListGroupMembershipsInput{IdentityStoreId: &p.store, GroupId: &group, MaxResults: aws.Int32(100)}
	for {
		out, err := do(ctx, c, reads, "identitystore:ListGroupMemberships", c.store.ListGroupMemberships, in)
		if err != nil {
			return nil, err
		}
		for _, m := range out.GroupMemberships {
			if u, ok := m.MemberId.(*storetypes.MemberIdMemberUserId); ok {
				ids = append(ids, u.Value)
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return ids, nil
		}
	}
}
