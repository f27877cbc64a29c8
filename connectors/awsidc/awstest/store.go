package awstest

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"
)

// reference is the JSON of the SDK's unions, which its types do not decode:
// AlternateIdentifier and MemberId.
type reference struct {
	IdentityStoreId     string
	AlternateIdentifier struct {
		UniqueAttribute struct{ AttributePath, AttributeValue string }
	}
	GroupId  string
	MemberId struct{ UserId string }
}

func (c *Cloud) refer(body []byte) (in reference, no *refusal) {
	if err := json.Unmarshal(body, &in); err != nil {
		return in, refuse("SerializationException", "%v", err)
	}
	if in.IdentityStoreId != Store {
		return in, refuse("ResourceNotFoundException", "no identity store %s", in.IdentityStoreId)
	}
	return in, nil
}

func (c *Cloud) getUserID(r request) (any, *refusal) {
	in, no := c.refer(r.body)
	if no != nil {
		return nil, no
	}
	a := in.AlternateIdentifier.UniqueAttribute
	for _, u := range c.users {
		if a.AttributePath == "userName" && u.name == a.AttributeValue || a.AttributePath == "emails.value" && u.email == a.AttributeValue {
			return identitystore.GetUserIdOutput{IdentityStoreId: aws.String(Store), UserId: &u.id}, nil
		}
	}
	return nil, refuse("ResourceNotFoundException", "USER not found.")
}

func (c *Cloud) getGroupID(r request) (any, *refusal) {
	in, no := c.refer(r.body)
	if no != nil {
		return nil, no
	}
	a := in.AlternateIdentifier.UniqueAttribute
	for id, name := range c.groups {
		if a.AttributePath == "displayName" && name == a.AttributeValue {
			return identitystore.GetGroupIdOutput{IdentityStoreId: aws.String(Store), GroupId: &id}, nil
		}
	}
	return nil, refuse("ResourceNotFoundException", "GROUP not found.")
}

func (c *Cloud) describeUser(in *identitystore.DescribeUserInput, _ request) (any, *refusal) {
	u, ok := c.users[aws.ToString(in.UserId)]
	if !ok {
		return nil, refuse("ResourceNotFoundException", "USER not found.")
	}
	return identitystore.DescribeUserOutput{IdentityStoreId: aws.String(Store), UserId: &u.id, UserName: &u.name,
		Emails: []types.Email{{Value: &u.email, Primary: true}}}, nil
}

func (c *Cloud) describeGroup(in *identitystore.DescribeGroupInput, _ request) (any, *refusal) {
	id := aws.ToString(in.GroupId)
	name, ok := c.groups[id]
	if !ok {
		return nil, refuse("ResourceNotFoundException", "GROUP not found.")
	}
	return identitystore.DescribeGroupOutput{IdentityStoreId: aws.String(Store), GroupId: &id, DisplayName: &name}, nil
}

func (c *Cloud) getMembership(r request) (any, *refusal) {
	in, no := c.refer(r.body)
	if no != nil {
		return nil, no
	}
	id, ok := c.seen(r.stale)[link{group: in.GroupId, principal: in.MemberId.UserId}]
	if !ok {
		return nil, refuse("ResourceNotFoundException", "MEMBERSHIP not found.")
	}
	return identitystore.GetGroupMembershipIdOutput{IdentityStoreId: aws.String(Store), MembershipId: &id}, nil
}

func (c *Cloud) createMembership(r request) (any, *refusal) {
	in, no := c.refer(r.body)
	if no != nil {
		return nil, no
	}
	l := link{group: in.GroupId, principal: in.MemberId.UserId}
	_, group := c.groups[l.group]
	_, user := c.users[l.principal]
	_, is := c.now()[l]
	switch {
	case !group || !user:
		return nil, refuse("ResourceNotFoundException", "USER or GROUP not found.")
	case is && !r.lie:
		return nil, refuse("ConflictException", "Member and Group relationship already exists.")
	case !r.lie:
		c.link(l, true)
	}
	id := c.now()[l]
	return identitystore.CreateGroupMembershipOutput{IdentityStoreId: aws.String(Store), MembershipId: &id}, nil
}

func (c *Cloud) deleteMembership(in *identitystore.DeleteGroupMembershipInput, r request) (any, *refusal) {
	for l, id := range c.now() {
		if id == aws.ToString(in.MembershipId) && l.group != "" {
			if !r.lie {
				c.link(l, false)
			}
			return identitystore.DeleteGroupMembershipOutput{}, nil
		}
	}
	return nil, refuse("ResourceNotFoundException", "MEMBERSHIP not found.")
}

func (c *Cloud) listMemberships(in *identitystore.ListGroupMembershipsInput, _ request) (any, *refusal) {
	group := aws.ToString(in.GroupId)
	if _, ok := c.groups[group]; !ok {
		return nil, refuse("ResourceNotFoundException", "GROUP not found.")
	}
	links := c.seen(false)
	var all []map[string]any
	for _, l := range sorted(links) {
		if l.group == group {
			all = append(all, map[string]any{"IdentityStoreId": Store, "MembershipId": links[l], "GroupId": group, "MemberId": map[string]string{"UserId": l.principal}})
		}
	}
	part, next := page(c, all, in.NextToken)
	return map[string]any{"GroupMemberships": part, "NextToken": next}, nil
}
