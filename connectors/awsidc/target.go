package awsidc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The keys of a target, and the one value of keyEnd.
const (
	keyAccount = "account"
	keySet     = "permission_set"
	keyGroup   = "group"
	keyGroupID = "group_id"
	keyEnd     = "end_sessions"

	endByPolicy  = "inline-policy"
	endByControl = "scp"
)

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	targets   = []string{keyAccount, keySet, keyGroup, keyGroupID, keyEnd}
)

// maxSetName is the longest name that a permission set can have.
const maxSetName = 32

// checkTarget finds what is wrong with a target's words.
func checkTarget(t map[string]string) error {
	wrong := func(format string, args ...any) error {
		return &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf(format, args...)}
	}
	for key := range t {
		if !slices.Contains(targets, key) {
			return wrong("the target has %q; an AWS target has %s", key, strings.Join(targets, ", "))
		}
	}
	assignment := t[keyAccount] != "" || t[keySet] != ""
	group := t[keyGroup] != "" || t[keyGroupID] != ""
	switch {
	case assignment == group, assignment && (t[keyAccount] == "" || t[keySet] == ""), t[keyGroup] != "" && t[keyGroupID] != "":
		return wrong("an AWS target is account and permission_set, or group, or group_id")
	case t[keyEnd] != "" && t[keyEnd] != endByPolicy && t[keyEnd] != endByControl:
		return wrong("sessions can't be ended by %q; write end_sessions: %s or %s, or leave it out", t[keyEnd], endByPolicy, endByControl)
	case !isARN(t[keySet]) && len(t[keySet]) > maxSetName:
		return wrong("the permission set %q has a longer name than AWS allows (%d characters)", t[keySet], maxSetName)
	}
	return nil
}

func isARN(s string) bool { return strings.HasPrefix(s, "arn:") }

// way is how a target's access is given to one user.
type way interface {
	// has reads back whether the user has it, with words for the proof.
	has(context.Context) (bool, string, error)
	give(context.Context) error
	take(context.Context) error
	// roles are the permission sets whose sessions outlive it.
	roles(context.Context) ([]role, error)
	receipt() approvals.Receipt
}

// role is a permission set in the AWS accounts where a way leads to it.
type role struct {
	set      string // ARN
	accounts []string
	life     time.Duration // of its sessions; set where they are to end
	name     string        // likewise
	control  string        // the service control policy that ends them; empty: the permission set's inline policy does
}

// document is the policy that holds denials of a role's sessions: a permission
// set's, by its ARN, or a service control policy, by its id.
func (r role) document() string { return cmp.Or(r.control, r.set) }

// resolve makes the way of a target for a user. Names are looked up.
func (c *Connector) resolve(ctx context.Context, t map[string]string, user string) (way, error) {
	if err := checkTarget(t); err != nil {
		return nil, err
	}
	if t[keySet] == "" {
		id, err := c.group(ctx, t)
		return membership{c: c, group: id, user: user}, err
	}
	account, err := c.accountOf(ctx, t[keyAccount])
	if err != nil {
		return nil, err
	}
	p, err := c.where(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.assignable(account); err != nil {
		return nil, err
	}
	set, err := c.setOf(ctx, t[keySet])
	return assignment{c: c, account: account, set: set, user: user}, err
}

// known makes the way that a receipt remembers; nil where it remembers none.
func (c *Connector) known(r approvals.Receipt) way {
	switch {
	case r[receiptUser] == "":
	case r[receiptGroup] != "":
		return membership{c: c, group: r[receiptGroup], user: r[receiptUser]}
	case r[receiptAccount] != "" && r[receiptSet] != "":
		return assignment{c: c, account: r[receiptAccount], set: r[receiptSet], user: r[receiptUser]}
	}
	return nil
}

// group finds the id of a target's group.
func (c *Connector) group(ctx context.Context, t map[string]string) (string, error) {
	p, err := c.where(ctx)
	if err != nil {
		return "", err
	}
	if id := t[keyGroupID]; id != "" {
		_, err := do(ctx, c, reads, "identitystore:DescribeGroup", c.store.DescribeGroup, &identitystore.DescribeGroupInput{IdentityStoreId: &p.store, GroupId: &id})
		return id, present(err, fmt.Sprintf("group with the id %q", id))
	}
	out, err := do(ctx, c, reads, "identitystore:GetGroupId", c.store.GetGroupId, &identitystore.GetGroupIdInput{IdentityStoreId: &p.store,
		AlternateIdentifier: attribute("displayName", t[keyGroup])})
	if err != nil {
		return "", present(err, fmt.Sprintf("group named %q", t[keyGroup]))
	}
	id := aws.ToString(out.GroupId)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids[t[keyGroup]] = id
	return id, nil
}

// Holding is the permission set in the AWS account, or the group, of a user's
// account: how sessions are ended is not what is held. Names are known by what
// they were found as, as Validate does at the start.
func (c *Connector) Holding(account string, t map[string]string) (name string, ok bool) {
	if checkTarget(t) != nil {
		return "", false
	}
	account = strings.ToLower(account)
	if t[keySet] == "" {
		c.mu.Lock()
		defer c.mu.Unlock()
		id := cmp.Or(t[keyGroupID], c.ids[t[keyGroup]])
		return id + "\x00" + account, id != ""
	}
	in, set := t[keyAccount], t[keySet]
	l := c.inventory.known()
	if !accountID.MatchString(in) {
		if len(l.named[in]) != 1 {
			return "", false
		}
		in = l.named[in][0]
	}
	if !isARN(set) {
		set = l.sets[set]
	}
	return in + "\x00" + set + "\x00" + account, set != ""
}

// accountOf finds the id of an AWS account by its id or its name.
func (c *Connector) accountOf(ctx context.Context, name string) (string, error) {
	if accountID.MatchString(name) {
		return name, nil
	}
	l, err := c.inventory.get(ctx)
	if err == nil && len(l.named[name]) == 0 {
		l, err = c.inventory.fresh(ctx)
	}
	if err != nil {
		return "", err
	}
	switch ids := l.named[name]; len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		return "", &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf("The organization has no account %q. Write its name, or its 12 digits.", name)}
	default:
		return "", &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf("The organization has %d accounts named %q. Write one's 12 digits.", len(ids), name)}
	}
}

// setOf finds the ARN of a permission set by its ARN or its name.
func (c *Connector) setOf(ctx context.Context, name string) (string, error) {
	if isARN(name) {
		return name, nil
	}
	l, err := c.inventory.get(ctx)
	if err == nil && l.sets[name] == "" {
		l, err = c.inventory.fresh(ctx)
	}
	if err != nil {
		return "", err
	}
	if arn := l.sets[name]; arn != "" {
		return arn, nil
	}
	return "", &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf("There is no permission set %q. Check its name; it counts case.", name)}
}

// describe reads a permission set.
func (c *Connector) describe(ctx context.Context, arn string) (*ssoadmin.DescribePermissionSetOutput, error) {
	p, err := c.where(ctx)
	if err != nil {
		return nil, err
	}
	out, err := do(ctx, c, reads, "sso:DescribePermissionSet", c.admin.DescribePermissionSet,
		&ssoadmin.DescribePermissionSetInput{InstanceArn: &p.instance, PermissionSetArn: &arn})
	if err == nil && out.PermissionSet == nil {
		return nil, errAbsent
	}
	return out, err
}

// skipAbsent makes no error of what is gone meanwhile.
func skipAbsent(err error) error {
	if errors.Is(err, errAbsent) {
		return nil
	}
	return err
}
