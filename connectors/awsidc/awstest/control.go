package awstest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// The organization's root, and a unit below it that accounts are in unless they
// are put elsewhere.
const (
	Root = "r-a1b2"
	Unit = "ou-a1b2-workloads"
)

// controlBytes is the longest service control policy.
const controlBytes = 5120

// control is a service control policy.
type control struct {
	content string
	targets []string
}

// AddControl makes a service control policy that is attached to targets: the
// root, a unit, or accounts.
func (c *Cloud) AddControl(id, content string, targets ...string) {
	c.Change(func() { c.controls[id] = &control{content, targets} })
}

// Control is a service control policy's content.
func (c *Cloud) Control(id string) string {
	return read(c, func() string { return c.controls[id].content })
}

// OverwriteControl writes a service control policy, for use in After.
func (c *Cloud) OverwriteControl(id, content string) { c.controls[id].content = content }

// parent is what an account, a unit or the root lies in.
func (c *Cloud) parent(id string) (parent string, ok bool) {
	known := slices.ContainsFunc(c.accounts, func(a account) bool { return a.id == id })
	switch {
	case id == Unit, id == Management:
		return Root, true
	case known:
		return Unit, true
	}
	return "", false
}

// controlled are the service control policies in force in an account: none in
// the management account.
func (c *Cloud) controlled(account string) (all []string) {
	if account == Management {
		return nil
	}
	for id, ok := account, true; ok; id, ok = c.parent(id) {
		for _, name := range slices.Sorted(maps.Keys(c.controls)) {
			if slices.Contains(c.controls[name].targets, id) {
				all = append(all, c.controls[name].content)
			}
		}
	}
	return all
}

func summary(id string) *types.PolicySummary {
	kind := types.PolicyTypeServiceControlPolicy
	if strings.HasPrefix(id, "p-tags") {
		kind = types.PolicyTypeTagPolicy
	}
	return &types.PolicySummary{Id: &id, Type: kind}
}

func (c *Cloud) describeControl(in *organizations.DescribePolicyInput, _ request) (any, *refusal) {
	p, ok := c.controls[aws.ToString(in.PolicyId)]
	if !ok {
		return nil, refuse("PolicyNotFoundException", "You specified a policy that doesn't exist.")
	}
	return organizations.DescribePolicyOutput{Policy: &types.Policy{Content: &p.content, PolicySummary: summary(*in.PolicyId)}}, nil
}

func (c *Cloud) updateControl(in *organizations.UpdatePolicyInput, r request) (any, *refusal) {
	p, ok := c.controls[aws.ToString(in.PolicyId)]
	var doc struct{ Statement []json.RawMessage }
	text := aws.ToString(in.Content)
	switch {
	case !ok:
		return nil, refuse("PolicyNotFoundException", "You specified a policy that doesn't exist.")
	case len(text) > controlBytes:
		return nil, refuse("ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED")
	case json.Unmarshal([]byte(text), &doc) != nil || len(doc.Statement) == 0:
		return nil, refuse("MalformedPolicyDocumentException", "The provided policy document does not meet the requirements of the specified policy type.")
	case !r.lie:
		p.content = text
	}
	return organizations.UpdatePolicyOutput{}, nil
}

func (c *Cloud) controlsOf(in *organizations.ListPoliciesForTargetInput, _ request) (any, *refusal) {
	var all []types.PolicySummary
	for _, id := range slices.Sorted(maps.Keys(c.controls)) {
		if slices.Contains(c.controls[id].targets, aws.ToString(in.TargetId)) && summary(id).Type == in.Filter {
			all = append(all, *summary(id))
		}
	}
	part, next := page(c, all, in.NextToken)
	return organizations.ListPoliciesForTargetOutput{Policies: part, NextToken: next}, nil
}

func (c *Cloud) parents(in *organizations.ListParentsInput, _ request) (any, *refusal) {
	id, ok := c.parent(aws.ToString(in.ChildId))
	if !ok {
		return nil, refuse("ChildNotFoundException", "no such child")
	}
	return organizations.ListParentsOutput{Parents: []types.Parent{{Id: &id}}}, nil
}

// like matches an ARN as ArnLike does: * and ? within its parts.
func like(pattern, arn string) bool {
	want, has := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(want) != len(has) {
		return false
	}
	for i, w := range want {
		glob := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(w))
		if !regexp.MustCompile("^" + glob + "$").MatchString(has[i]) {
			return false
		}
	}
	return true
}
