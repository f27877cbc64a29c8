package awstest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// RoleSession is what a person works with: credentials of a role, issued once.
type RoleSession struct {
	c                  *Cloud
	user, account, set string
	issued, expires    time.Time
}

// SignIn takes a role as a user, who must have it by an assignment or a group.
func (c *Cloud) SignIn(user, account, set string) (*RoleSession, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle()
	links := c.now()
	_, ok := links[link{account: account, set: set, principal: user}]
	for group := range c.groups {
		_, member := links[link{group: group, principal: user}]
		_, assigned := links[link{account: account, set: set, principal: group}]
		ok = ok || member && assigned
	}
	if !ok {
		return nil, false
	}
	var hours int
	if n, err := fmt.Sscanf(c.sets[set].duration, "PT%dH", &hours); n != 1 || err != nil {
		hours = 1
	}
	now := c.Clock.Now()
	return &RoleSession{c, user, account, set, now, now.Add(time.Duration(hours) * time.Hour)}, true
}

// Works uses the session once.
func (s *RoleSession) Works() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.c.settle()
	policy, there := s.c.sets[s.set].role[s.account]
	return there && s.c.Clock.Now().Before(s.expires) && !s.denied(policy) && !slices.ContainsFunc(s.c.controlled(s.account), s.denied)
}

// denied evaluates the policy's denials of everything, by the keys that role
// sessions of IAM Identity Center have.
func (s *RoleSession) denied(policy string) bool {
	if policy == "" {
		return false
	}
	var doc struct {
		Statement []struct {
			Effect    string
			Action    any
			Condition map[string]map[string]any
		}
	}
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		panic(err) // the action that wrote it has looked
	}
	for _, st := range doc.Statement {
		if st.Effect != "Deny" || st.Action != "*" {
			continue
		}
		if s.matches(st.Condition) {
			return true
		}
	}
	return false
}

func (s *RoleSession) matches(conditions map[string]map[string]any) bool {
	context := map[string]string{"aws:PrincipalArn": "arn:aws:iam::" + s.account + ":role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_" + s.c.sets[s.set].name + "_0123456789abcdef", "identitystore:userId": s.user, "aws:PrincipalAccount": s.account, "aws:TokenIssueTime": s.issued.UTC().Format(time.RFC3339)}
	for operator, keys := range conditions {
		for key, v := range keys {
			var values []string
			switch v := v.(type) {
			case string:
				values = []string{v}
			case []any:
				for _, one := range v {
					values = append(values, one.(string))
				}
			}
			has := context[key]
			ok := slices.ContainsFunc(values, func(want string) bool {
				switch operator {
				case "StringEquals":
					return has == want
				case "ArnLike":
					return like(want, has)
				case "DateLessThan":
					return has < want // RFC 3339 in UTC
				}
				panic("no such operator: " + operator)
			})
			if !ok {
				return false
			}
		}
	}
	return true
}
