package awsidc

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/document"
	storetypes "github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	admintypes "github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/hallpass-dev/hallpass/approvals"
)

// place is where the connector works, and as whom. None of it changes.
type place struct {
	instance   string // ARN
	store      string // id of its identity store
	own        string // the account of the credentials
	management string // the organization's management account
}

// where finds the place, once.
func (c *Connector) where(ctx context.Context) (place, error) {
	c.mu.Lock()
	known := c.place
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	p, err := c.find(ctx)
	if err != nil {
		return place{}, present(err, "IAM Identity Center")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.place = &p
	return p, nil
}

func (c *Connector) find(ctx context.Context) (p place, err error) {
	var all []admintypes.InstanceMetadata
	for in := (&ssoadmin.ListInstancesInput{}); ; {
		out, err := do(ctx, c, reads, "sso:ListInstances", c.admin.ListInstances, in)
		if err != nil {
			return p, err
		}
		all = append(all, out.Instances...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	var arns []string
	for _, i := range all {
		arn := aws.ToString(i.InstanceArn)
		if c.cfg.Instance == "" || c.cfg.Instance == arn {
			arns = append(arns, arn)
			p.instance, p.store = arn, aws.ToString(i.IdentityStoreId)
		}
	}
	switch {
	case len(arns) == 0:
		return p, &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf("There is no IAM Identity Center instance in %s that these credentials can see. Check region and instance.", c.cfg.AWS.Region)}
	case len(arns) > 1:
		return p, &failure{Kind: approvals.Misconfigured, Message: "There are several IAM Identity Center instances; write one of them as instance: " + strings.Join(arns, ", ") + "."}
	}
	me, err := do(ctx, c, reads, "sts:GetCallerIdentity", c.sts.GetCallerIdentity, &sts.GetCallerIdentityInput{})
	if err != nil {
		return p, err
	}
	org, err := do(ctx, c, reads, "organizations:DescribeOrganization", c.org.DescribeOrganization, &organizations.DescribeOrganizationInput{})
	if err != nil {
		return p, err
	}
	p.own = aws.ToString(me.Account)
	if org.Organization != nil {
		p.management = aws.ToString(org.Organization.MasterAccountId)
	}
	return p, nil
}

// assignable says why nothing can be assigned in an account: a delegated
// administrator may do so everywhere but in the management account.
func (p place) assignable(account string) error {
	if account == p.management && p.own != p.management {
		return &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf("%s is the organization's management account, and Hallpass works as the delegated administrator %s, which AWS does not let assign there. "+
			"Use credentials of the management account for it, or a group that is assigned there.", account, p.own)}
	}
	return nil
}

// user finds a user's id by the attribute that holds accounts. It fails with
// errAbsent where there is none.
func (c *Connector) user(ctx context.Context, account string) (string, error) {
	p, err := c.where(ctx)
	if err != nil {
		return "", err
	}
	if account == "" {
		return "", errAbsent
	}
	out, err := do(ctx, c, reads, "identitystore:GetUserId", c.store.GetUserId, &identitystore.GetUserIdInput{IdentityStoreId: &p.store,
		AlternateIdentifier: attribute(c.cfg.Account, account)})
	if err != nil {
		return "", err
	}
	id := aws.ToString(out.UserId)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[id] = account
	return id, nil
}

func attribute(path, value string) storetypes.AlternateIdentifier {
	return &storetypes.AlternateIdentifierMemberUniqueAttribute{Value: storetypes.UniqueAttribute{
		AttributePath: &path, AttributeValue: document.NewLazyDocument(value)}}
}

// account is the account of a user, and the user's id where it has none or is
// gone.
func (c *Connector) account(ctx context.Context, id string) (string, error) {
	c.mu.Lock()
	known := c.names[id]
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	p, err := c.where(ctx)
	if err != nil {
		return "", err
	}
	u, err := do(ctx, c, reads, "identitystore:DescribeUser", c.store.DescribeUser, &identitystore.DescribeUserInput{IdentityStoreId: &p.store, UserId: &id})
	if errors.Is(err, errAbsent) {
		return id, nil
	}
	if err != nil {
		return "", err
	}
	name := aws.ToString(u.UserName)
	if c.cfg.Account != Accounts[0] {
		name = ""
		for _, e := range u.Emails {
			if name == "" || e.Primary {
				name = aws.ToString(e.Value)
			}
		}
	}
	if name == "" {
		return id, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names[id] = name
	return name, nil
}

// present makes a failure of something that should be there and is not.
func present(err error, what string) error {
	if errors.Is(err, errAbsent) {
		return &failure{Kind: approvals.Misconfigured, Message: "AWS has no " + what + ". Check the target."}
	}
	return err
}
