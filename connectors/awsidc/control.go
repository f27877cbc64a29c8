package awsidc

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/hallpass-dev/hallpass/approvals"
)

// nothing is what a service control policy says when it has nothing to say: AWS
// takes none without a statement.
const nothing = `{"Version":"2012-10-17","Statement":[{"Sid":"NothingToDeny","Effect":"Deny","Action":"*","Resource":"*",` +
	`"Condition":{"StringEquals":{"identitystore:userId":"nobody"}}}]}`

// deepest is how many levels an organization can have, from an account to its
// root (Organizations User Guide, "Quotas").
const deepest = 6

// isControl tells a service control policy's id from a permission set's ARN.
func isControl(doc string) bool { return strings.HasPrefix(doc, "p-") }

// kindOf says what a document is, for people.
func kindOf(doc string) string {
	if isControl(doc) {
		return "service control policy"
	}
	return "permission set's inline policy"
}

// room reports whether AWS takes a document of this text.
func room(doc, text string) bool {
	if isControl(doc) {
		return len(text) <= controlBytes
	}
	return fits(text)
}

func (d *denies) readControl(ctx context.Context, id string) (policy, error) {
	out, err := do(ctx, d.c, reads, "organizations:DescribePolicy", d.c.org.DescribePolicy, &organizations.DescribePolicyInput{PolicyId: &id})
	if err != nil {
		return policy{}, err
	}
	if out.Policy == nil || out.Policy.PolicySummary == nil || out.Policy.PolicySummary.Type != orgtypes.PolicyTypeServiceControlPolicy {
		return policy{}, &failure{Kind: approvals.Misconfigured, Message: "The policy " + id + " is no service control policy. Check control."}
	}
	return readable(aws.ToString(out.Policy.Content), id)
}

func (d *denies) writeControl(ctx context.Context, id, text string) error {
	if text == "" {
		text = nothing
	}
	_, err := do(ctx, d.c, changes, "organizations:UpdatePolicy", d.c.org.UpdatePolicy, &organizations.UpdatePolicyInput{PolicyId: &id, Content: &text})
	return err
}

// controlled lets the service control policy end the sessions of roles, where a
// target says so. It returns why that can't be: one that is not attached above
// an account denies nothing there, and none reaches the management account.
func (c *Connector) controlled(ctx context.Context, roles []role, end string) (why string, err error) {
	if end != endByControl {
		return "", nil
	}
	if c.cfg.Control == "" {
		return "no service control policy is configured", nil
	}
	p, err := c.where(ctx)
	if err != nil {
		return "", err
	}
	for i, r := range roles {
		if r.name == "" {
			return "the permission set is gone", nil
		}
		for _, account := range r.accounts {
			if account == p.management {
				return "service control policies do not reach the management account", nil
			}
			reached, err := c.reaches(ctx, account)
			switch {
			case isKind(err, approvals.Misconfigured), isKind(err, approvals.Permanent):
				return "AWS does not say where the service control policy is attached", nil
			case err != nil:
				return "", err
			case !reached:
				return "the service control policy is not attached above account " + account, nil
			}
		}
		roles[i].control = c.cfg.Control
	}
	return "", nil
}

// reaches reports whether the service control policy is attached to an account,
// or to something above it. A yes is remembered for as long as a listing.
func (c *Connector) reaches(ctx context.Context, account string) (bool, error) {
	now := c.cfg.Now()
	c.mu.Lock()
	seen, known := c.above[account]
	c.mu.Unlock()
	if known && now.Sub(seen) < c.cfg.Refresh {
		return true, nil
	}
	id := account
	for range deepest + 1 {
		attached, err := c.attached(ctx, id)
		if errors.Is(err, errAbsent) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if attached {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.above[account] = now
			return true, nil
		}
		if strings.HasPrefix(id, "r-") {
			return false, nil
		}
		up, err := do(ctx, c, reads, "organizations:ListParents", c.org.ListParents, &organizations.ListParentsInput{ChildId: &id})
		if err != nil || len(up.Parents) == 0 {
			return false, skipAbsent(err)
		}
		id = aws.ToString(up.Parents[0].Id)
	}
	return false, nil
}

// attached reports whether the service control policy is attached right there.
func (c *Connector) attached(ctx context.Context, id string) (bool, error) {
	for in := (&organizations.ListPoliciesForTargetInput{TargetId: &id, Filter: orgtypes.PolicyTypeServiceControlPolicy}); ; {
		out, err := do(ctx, c, reads, "organizations:ListPoliciesForTarget", c.org.ListPoliciesForTarget, in)
		if err != nil {
			return false, err
		}
		for _, p := range out.Policies {
			if aws.ToString(p.Id) == c.cfg.Control {
				return true, nil
			}
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return false, nil
		}
	}
}

// checkControl asks whether the service control policy is there and Hallpass
// may read it.
func (c *Connector) checkControl(ctx context.Context) error {
	if c.cfg.Control == "" {
		return &failure{Kind: approvals.Misconfigured, Message: "The target says end_sessions: scp, and the connector has no control: with the id of a service control policy."}
	}
	c.denies.line(c.cfg.Control)
	_, err := c.denies.read(ctx, c.cfg.Control)
	return present(err, "policy "+c.cfg.Control)
}
