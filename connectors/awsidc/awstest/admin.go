package awstest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
)

// The prefixes of X-Amz-Target.
const (
	sso           = "SWBExternalService."
	identities    = "AWSIdentityStore."
	organizationV = "AWSOrganizationsV20161128."
)

var handlers = map[string]handler{
	organizationV + "DescribeOrganization": on(func(*Cloud, *organizations.DescribeOrganizationInput, request) (any, *refusal) {
		return organizations.DescribeOrganizationOutput{Organization: &orgtypes.Organization{MasterAccountId: aws.String(Management)}}, nil
	}),
	organizationV + "DescribePolicy":                on((*Cloud).describeControl),
	organizationV + "UpdatePolicy":                  on((*Cloud).updateControl),
	organizationV + "ListPoliciesForTarget":         on((*Cloud).controlsOf),
	organizationV + "ListParents":                   on((*Cloud).parents),
	organizationV + "ListAccounts":                  on((*Cloud).listAccounts),
	sso + "ListInstances":                           on((*Cloud).listInstances),
	sso + "ListPermissionSets":                      on((*Cloud).listSets),
	sso + "DescribePermissionSet":                   on((*Cloud).describeSet),
	sso + "ListAccountAssignments":                  on((*Cloud).listAssignments),
	sso + "ListAccountAssignmentsForPrincipal":      on((*Cloud).listForPrincipal),
	sso + "CreateAccountAssignment":                 on((*Cloud).createAssignment),
	sso + "DeleteAccountAssignment":                 on((*Cloud).deleteAssignment),
	sso + "GetInlinePolicyForPermissionSet":         on((*Cloud).getPolicy),
	sso + "PutInlinePolicyToPermissionSet":          on((*Cloud).putPolicy),
	sso + "DeleteInlinePolicyFromPermissionSet":     on((*Cloud).deletePolicy),
	sso + "ProvisionPermissionSet":                  on((*Cloud).provision),
	sso + "DescribePermissionSetProvisioningStatus": on((*Cloud).provisioning),
	sso + "DescribeAccountAssignmentCreationStatus": on(func(c *Cloud, in *ssoadmin.DescribeAccountAssignmentCreationStatusInput, _ request) (any, *refusal) {
		s, no := c.status(in.AccountAssignmentCreationRequestId)
		return ssoadmin.DescribeAccountAssignmentCreationStatusOutput{AccountAssignmentCreationStatus: s}, no
	}),
	sso + "DescribeAccountAssignmentDeletionStatus": on(func(c *Cloud, in *ssoadmin.DescribeAccountAssignmentDeletionStatusInput, _ request) (any, *refusal) {
		s, no := c.status(in.AccountAssignmentDeletionRequestId)
		return ssoadmin.DescribeAccountAssignmentDeletionStatusOutput{AccountAssignmentDeletionStatus: s}, no
	}),
	identities + "GetUserId":             (*Cloud).getUserID,
	identities + "GetGroupId":            (*Cloud).getGroupID,
	identities + "DescribeUser":          on((*Cloud).describeUser),
	identities + "DescribeGroup":         on((*Cloud).describeGroup),
	identities + "GetGroupMembershipId":  (*Cloud).getMembership,
	identities + "CreateGroupMembership": (*Cloud).createMembership,
	identities + "DeleteGroupMembership": on((*Cloud).deleteMembership),
	identities + "ListGroupMemberships":  on((*Cloud).listMemberships),
	identities + "ListUsers":             on((*Cloud).listUsers),
	identities + "ListGroups":            on((*Cloud).listGroups),
}

func (c *Cloud) listInstances(*ssoadmin.ListInstancesInput, request) (any, *refusal) {
	var out ssoadmin.ListInstancesOutput
	for _, arn := range c.Instances {
		out.Instances = append(out.Instances, types.InstanceMetadata{InstanceArn: &arn, IdentityStoreId: aws.String(Store),
			OwnerAccountId: aws.String(Management), Status: types.InstanceStatusActive})
	}
	return out, nil
}

func (c *Cloud) listAccounts(in *organizations.ListAccountsInput, _ request) (any, *refusal) {
	part, next := page(c, c.accounts, in.NextToken)
	out := organizations.ListAccountsOutput{NextToken: next}
	for _, a := range part {
		out.Accounts = append(out.Accounts, orgtypes.Account{Id: aws.String(a.id), Name: aws.String(a.name), State: orgtypes.AccountState(a.state)})
	}
	return out, nil
}

func (c *Cloud) listSets(in *ssoadmin.ListPermissionSetsInput, _ request) (any, *refusal) {
	part, next := page(c, slices.Sorted(maps.Keys(c.sets)), in.NextToken)
	return ssoadmin.ListPermissionSetsOutput{PermissionSets: part, NextToken: next}, nil
}

// lookUp finds a permission set of this instance.
func (c *Cloud) lookUp(instance, arn *string) (*set, *refusal) {
	if s := c.sets[aws.ToString(arn)]; s != nil && aws.ToString(instance) == Instance {
		return s, nil
	}
	return nil, refuse("ResourceNotFoundException", "no permission set %s", aws.ToString(arn))
}

func (c *Cloud) describeSet(in *ssoadmin.DescribePermissionSetInput, _ request) (any, *refusal) {
	s, no := c.lookUp(in.InstanceArn, in.PermissionSetArn)
	if no != nil {
		return nil, no
	}
	return ssoadmin.DescribePermissionSetOutput{PermissionSet: &types.PermissionSet{Name: &s.name, PermissionSetArn: &s.arn, SessionDuration: &s.duration}}, nil
}

func (c *Cloud) principal(id string) types.PrincipalType {
	if _, ok := c.groups[id]; ok {
		return types.PrincipalTypeGroup
	}
	return types.PrincipalTypeUser
}

// sorted are links in a fixed order.
func sorted(links map[link]string) []link {
	return slices.SortedFunc(maps.Keys(links), func(a, b link) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

func (c *Cloud) listAssignments(in *ssoadmin.ListAccountAssignmentsInput, r request) (any, *refusal) {
	if _, no := c.lookUp(in.InstanceArn, in.PermissionSetArn); no != nil {
		return nil, no
	}
	if no := c.hasAccount(in.AccountId); no != nil {
		return nil, no
	}
	var all []types.AccountAssignment
	for _, l := range sorted(c.seen(r.stale)) {
		if l.account == *in.AccountId && l.set == *in.PermissionSetArn {
			all = append(all, types.AccountAssignment{AccountId: &l.account, PermissionSetArn: &l.set, PrincipalId: &l.principal, PrincipalType: c.principal(l.principal)})
		}
	}
	part, next := page(c, all, in.NextToken)
	return ssoadmin.ListAccountAssignmentsOutput{AccountAssignments: part, NextToken: next}, nil
}

func (c *Cloud) listForPrincipal(in *ssoadmin.ListAccountAssignmentsForPrincipalInput, _ request) (any, *refusal) {
	if c.Caller != Management {
		return nil, refuse("AccessDeniedException", "must be called from the management account")
	}
	var all []types.AccountAssignmentForPrincipal
	for _, l := range sorted(c.seen(false)) {
		if l.principal == *in.PrincipalId && l.set != "" {
			all = append(all, types.AccountAssignmentForPrincipal{AccountId: &l.account, PermissionSetArn: &l.set, PrincipalId: &l.principal, PrincipalType: in.PrincipalType})
		}
	}
	part, next := page(c, all, in.NextToken)
	return ssoadmin.ListAccountAssignmentsForPrincipalOutput{AccountAssignments: part, NextToken: next}, nil
}

func (c *Cloud) hasAccount(id *string) *refusal {
	if slices.ContainsFunc(c.accounts, func(a account) bool { return a.id == aws.ToString(id) }) {
		return nil
	}
	return refuse("ResourceNotFoundException", "no account %s", aws.ToString(id))
}

// begin takes an asynchronous call, as the quotas allow.
func (c *Cloud) begin(o *op, lie bool) (*op, *refusal) {
	if o.account == Management && c.Caller != Management {
		return nil, refuse("AccessDeniedException", "delegated administrators can't work in the management account")
	}
	running := 0
	for _, other := range c.ops {
		if other.done {
			continue
		}
		running++
		if other.account == o.account {
			return nil, refuse("ConflictException", "a role of account %s is being updated", o.account)
		}
	}
	if running >= outstanding {
		c.refused++
		return nil, refuse("ThrottlingException", "too many asynchronous calls")
	}
	c.busiest = max(c.busiest, running+1)
	c.serial++
	o.id, o.end = fmt.Sprintf("request-%d", c.serial), c.Clock.Now().Add(c.Latency)
	if reason := c.Fails[o.action]; reason != "" {
		o.apply = func() string { return reason }
	}
	if lie {
		o.apply, o.end = func() string { return "" }, c.Clock.Now()
	}
	c.ops[o.id] = o
	return o, nil
}

func (o *op) state() (types.StatusValues, *string) {
	switch {
	case !o.done:
		return types.StatusValuesInProgress, nil
	case o.reason != "":
		return types.StatusValuesFailed, &o.reason
	}
	return types.StatusValuesSucceeded, nil
}

func (c *Cloud) operation(o *op) *types.AccountAssignmentOperationStatus {
	status, reason := o.state()
	return &types.AccountAssignmentOperationStatus{RequestId: &o.id, Status: status, FailureReason: reason, TargetId: &o.link.account,
		TargetType: types.TargetTypeAwsAccount, PermissionSetArn: &o.link.set, PrincipalId: &o.link.principal, PrincipalType: c.principal(o.link.principal)}
}

func (c *Cloud) status(id *string) (*types.AccountAssignmentOperationStatus, *refusal) {
	o := c.ops[aws.ToString(id)]
	if o == nil {
		return nil, refuse("ResourceNotFoundException", "no request %s", aws.ToString(id))
	}
	return c.operation(o), nil
}

func (c *Cloud) createAssignment(in *ssoadmin.CreateAccountAssignmentInput, r request) (any, *refusal) {
	l := link{account: aws.ToString(in.TargetId), set: aws.ToString(in.PermissionSetArn), principal: aws.ToString(in.PrincipalId)}
	if _, no := c.lookUp(in.InstanceArn, in.PermissionSetArn); no != nil {
		return nil, no
	}
	if no := c.hasAccount(in.TargetId); no != nil {
		return nil, no
	}
	o, no := c.begin(&op{action: "CreateAccountAssignment", account: l.account, set: l.set, link: l, apply: func() string {
		_, isUser := c.users[l.principal]
		if _, isGroup := c.groups[l.principal]; !isUser && !isGroup {
			return "Received a 404 status error: User not found: " + l.principal
		}
		c.link(l, true)
		return ""
	}}, r.lie)
	if no != nil {
		return nil, no
	}
	return ssoadmin.CreateAccountAssignmentOutput{AccountAssignmentCreationStatus: c.operation(o)}, nil
}

func (c *Cloud) deleteAssignment(in *ssoadmin.DeleteAccountAssignmentInput, r request) (any, *refusal) {
	l := link{account: aws.ToString(in.TargetId), set: aws.ToString(in.PermissionSetArn), principal: aws.ToString(in.PrincipalId)}
	if _, no := c.lookUp(in.InstanceArn, in.PermissionSetArn); no != nil {
		return nil, no
	}
	o, no := c.begin(&op{action: "DeleteAccountAssignment", account: l.account, set: l.set, link: l, apply: func() string {
		if _, ok := c.now()[l]; !ok {
			return "Received a 404 status error: AccountAssignment not found"
		}
		c.link(l, false)
		return ""
	}}, r.lie)
	if no != nil {
		return nil, no
	}
	return ssoadmin.DeleteAccountAssignmentOutput{AccountAssignmentDeletionStatus: c.operation(o)}, nil
}

func (c *Cloud) getPolicy(in *ssoadmin.GetInlinePolicyForPermissionSetInput, _ request) (any, *refusal) {
	s, no := c.lookUp(in.InstanceArn, in.PermissionSetArn)
	if no != nil {
		return nil, no
	}
	return ssoadmin.GetInlinePolicyForPermissionSetOutput{InlinePolicy: &s.inline}, nil
}

var sid = regexp.MustCompile(`^[A-Za-z0-9]*$`)

// putPolicy refuses what IAM refuses: what is no JSON, statements with the same
// Sid or with a Sid of other characters, and too much ink.
func (c *Cloud) putPolicy(in *ssoadmin.PutInlinePolicyToPermissionSetInput, _ request) (any, *refusal) {
	s, no := c.lookUp(in.InstanceArn, in.PermissionSetArn)
	if no != nil {
		return nil, no
	}
	text := aws.ToString(in.InlinePolicy)
	var doc struct{ Statement []struct{ Sid string } }
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return nil, refuse("ValidationException", "malformed policy: %v", err)
	}
	seen := map[string]bool{"": false}
	for _, st := range doc.Statement {
		if seen[st.Sid] || !sid.MatchString(st.Sid) {
			return nil, refuse("ValidationException", "malformed policy: Sid %q", st.Sid)
		}
		seen[st.Sid] = st.Sid != ""
	}
	if len(strings.Join(strings.Fields(text), "")) > 10240 || len(text) > 32768 {
		return nil, refuse("ValidationException", "the inline policy is too long")
	}
	s.inline = text
	return ssoadmin.PutInlinePolicyToPermissionSetOutput{}, nil
}

func (c *Cloud) deletePolicy(in *ssoadmin.DeleteInlinePolicyFromPermissionSetInput, _ request) (any, *refusal) {
	s, no := c.lookUp(in.InstanceArn, in.PermissionSetArn)
	if no != nil {
		return nil, no
	}
	s.inline = ""
	return ssoadmin.DeleteInlinePolicyFromPermissionSetOutput{}, nil
}

func (c *Cloud) provision(in *ssoadmin.ProvisionPermissionSetInput, r request) (any, *refusal) {
	s, no := c.lookUp(in.InstanceArn, in.PermissionSetArn)
	if no != nil {
		return nil, no
	}
	target := aws.ToString(in.TargetId)
	if (in.TargetType == types.ProvisionTargetTypeAwsAccount) != (target != "") {
		return nil, refuse("ValidationException", "target type and target do not agree")
	}
	o, no := c.begin(&op{action: "ProvisionPermissionSet", account: target, set: s.arn, apply: func() string {
		if _, there := s.role[target]; target != "" && !there {
			return "Received a 404 status error: the permission set is not provisioned in " + target
		}
		for account := range s.role {
			if target == "" || target == account {
				s.role[account] = s.inline
			}
		}
		return ""
	}}, r.lie)
	if no != nil {
		return nil, no
	}
	return ssoadmin.ProvisionPermissionSetOutput{PermissionSetProvisioningStatus: provisionState(o)}, nil
}

func provisionState(o *op) *types.PermissionSetProvisioningStatus {
	status, reason := o.state()
	return &types.PermissionSetProvisioningStatus{RequestId: &o.id, Status: status, FailureReason: reason, PermissionSetArn: &o.set, AccountId: &o.account}
}

func (c *Cloud) provisioning(in *ssoadmin.DescribePermissionSetProvisioningStatusInput, _ request) (any, *refusal) {
	o := c.ops[aws.ToString(in.ProvisionPermissionSetRequestId)]
	if o == nil {
		return nil, refuse("ResourceNotFoundException", "no request")
	}
	return ssoadmin.DescribePermissionSetProvisioningStatusOutput{PermissionSetProvisioningStatus: provisionState(o)}, nil
}
