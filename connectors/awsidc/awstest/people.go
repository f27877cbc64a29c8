package awstest

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/identitystore"
)

// Person is a user of the identity store, with what a directory says of people.
type Person struct {
	ID, Name, Email, Department, CostCenter, Manager, Type string
	Groups                                                 []string // by name
	Disabled                                               bool
}

// Populate makes these the users, and their groups the groups.
func (c *Cloud) Populate(people []Person) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users, c.groups, c.people, c.events = map[string]user{}, map[string]string{}, map[string]Person{}, nil
	for _, p := range people {
		c.users[p.ID], c.people[p.ID] = user{p.ID, p.Email, p.Email}, p
		for _, g := range p.Groups {
			c.groups["id-of-"+g] = g
			c.link(link{group: "id-of-" + g, principal: p.ID}, true)
		}
	}
}

func (c *Cloud) listUsers(in *identitystore.ListUsersInput, _ request) (any, *refusal) {
	var all []map[string]any
	for _, id := range slices.Sorted(maps.Keys(c.users)) {
		u, p := c.users[id], c.people[id]
		one := map[string]any{"IdentityStoreId": Store, "UserId": id, "UserName": u.name, "DisplayName": p.Name, "UserType": p.Type, "UserStatus": "ENABLED",
			"Emails": []map[string]any{{"Value": u.email, "Primary": true}}}
		if p.Disabled {
			one["UserStatus"] = "DISABLED"
		}
		if slices.Contains(in.Extensions, "aws:identitystore:enterprise") {
			job := map[string]any{"department": p.Department, "costCenter": p.CostCenter, "division": "everybody"}
			if p.Manager != "" {
				job["manager"] = map[string]string{"value": p.Manager}
			}
			one["Extensions"] = map[string]any{"aws:identitystore:enterprise": job}
		}
		all = append(all, one)
	}
	part, next := page(c, all, in.NextToken)
	return map[string]any{"Users": part, "NextToken": next}, nil
}

func (c *Cloud) listGroups(in *identitystore.ListGroupsInput, _ request) (any, *refusal) {
	var all []map[string]any
	for _, id := range slices.Sorted(maps.Keys(c.groups)) {
		all = append(all, map[string]any{"IdentityStoreId": Store, "GroupId": id, "DisplayName": c.groups[id]})
	}
	part, next := page(c, all, in.NextToken)
	return map[string]any{"Groups": part, "NextToken": next}, nil
}
