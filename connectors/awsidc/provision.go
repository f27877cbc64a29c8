package awsidc

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"github.com/hallpass-dev/hallpass/approvals"
)

func (d *denies) read(ctx context.Context, set string) (policy, error) {
	if isControl(set) {
		return d.readControl(ctx, set)
	}
	at, err := d.c.where(ctx)
	if err != nil {
		return policy{}, err
	}
	out, err := do(ctx, d.c, reads, "sso:GetInlinePolicyForPermissionSet", d.c.admin.GetInlinePolicyForPermissionSet,
		&ssoadmin.GetInlinePolicyForPermissionSetInput{InstanceArn: &at.instance, PermissionSetArn: &set})
	if err != nil {
		return policy{}, err
	}
	return readable(aws.ToString(out.InlinePolicy), set)
}

func readable(text, doc string) (policy, error) {
	p, err := parsePolicy(text)
	if err != nil {
		return policy{}, &failure{Kind: approvals.Permanent, Message: "The " + kindOf(doc) + " can't be read.", Err: err}
	}
	return p, nil
}

func (d *denies) write(ctx context.Context, set string, p policy) error {
	at, err := d.c.where(ctx)
	if err != nil {
		return err
	}
	text, err := p.text()
	if err != nil {
		return &failure{Kind: approvals.Permanent, Message: "The " + kindOf(set) + " can't be written as JSON.", Err: err}
	}
	if isControl(set) {
		return d.writeControl(ctx, set, text)
	}
	if text == "" {
		_, err = do(ctx, d.c, changes, "sso:DeleteInlinePolicyFromPermissionSet", d.c.admin.DeleteInlinePolicyFromPermissionSet,
			&ssoadmin.DeleteInlinePolicyFromPermissionSetInput{InstanceArn: &at.instance, PermissionSetArn: &set})
		return err
	}
	_, err = do(ctx, d.c, changes, "sso:PutInlinePolicyToPermissionSet", d.c.admin.PutInlinePolicyToPermissionSet,
		&ssoadmin.PutInlinePolicyToPermissionSetInput{InstanceArn: &at.instance, PermissionSetArn: &set, InlinePolicy: &text})
	return err
}

// provision brings a permission set's policy into the roles of some accounts,
// or of all where it is provisioned. A service control policy is in force once
// it is written.
func (d *denies) provision(ctx context.Context, set string, accounts []string, all bool) error {
	if isControl(set) {
		return nil
	}
	if all {
		return d.provisionOne(ctx, set, "")
	}
	slices.Sort(accounts)
	for _, account := range slices.Compact(accounts) {
		if err := d.provisionOne(ctx, set, account); err != nil {
			return err
		}
	}
	return nil
}

func (d *denies) provisionOne(ctx context.Context, set, account string) error {
	at, err := d.c.where(ctx)
	if err != nil {
		return err
	}
	in := &ssoadmin.ProvisionPermissionSetInput{InstanceArn: &at.instance, PermissionSetArn: &set, TargetType: types.ProvisionTargetTypeAllProvisionedAccounts}
	if account != "" {
		in.TargetType, in.TargetId = types.ProvisionTargetTypeAwsAccount, &account
	}
	return d.c.quota.under(ctx, account, false, func() error {
		out, err := do(ctx, d.c, changes, "sso:ProvisionPermissionSet", d.c.admin.ProvisionPermissionSet, in)
		if err != nil {
			return err
		}
		s := out.PermissionSetProvisioningStatus
		if s == nil {
			return &failure{Kind: approvals.Ambiguous, Message: "AWS took the provisioning and did not say how it stands."}
		}
		return d.c.follow(ctx, "provisioning", progress{s.Status, aws.ToString(s.FailureReason)}, func() (progress, error) {
			now, err := do(ctx, d.c, reads, "sso:DescribePermissionSetProvisioningStatus", d.c.admin.DescribePermissionSetProvisioningStatus,
				&ssoadmin.DescribePermissionSetProvisioningStatusInput{InstanceArn: &at.instance, ProvisionPermissionSetRequestId: s.RequestId})
			if err != nil || now.PermissionSetProvisioningStatus == nil {
				return progress{status: types.StatusValuesInProgress}, err
			}
			return progress{now.PermissionSetProvisioningStatus.Status, aws.ToString(now.PermissionSetProvisioningStatus.FailureReason)}, nil
		})
	})
}
