package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// page is how many resources are asked for at a time; maxPages bounds a list
// that never ends.
const (
	page     = 200
	maxPages = 1000
)

// user is what the connector reads of a user.
type user struct {
	ID         string  `json:"id"`
	UserName   string  `json:"userName"`
	ExternalID string  `json:"externalId"`
	Active     *bool   `json:"active"`
	Emails     []email `json:"emails"`
}

type email struct {
	Value   string `json:"value"`
	Primary bool   `json:"primary"`
}

// is reports whether the user is the one that an account names. RFC 7643 says
// that userName is compared without regard to case; a service's filter may be
// looser still, so that its answer is looked at.
func (u user) is(attribute, account string) bool {
	switch attribute {
	case "externalId":
		return u.ExternalID == account
	case "emails.value":
		return slices.ContainsFunc(u.Emails, func(e email) bool { return strings.EqualFold(e.Value, account) })
	}
	return strings.EqualFold(u.UserName, account)
}

// account is the user's name in the catalogue's terms.
func (u user) account(attribute string) string {
	switch {
	case attribute == "externalId":
		return u.ExternalID
	case attribute == "emails.value" && len(u.Emails) > 0:
		return u.Emails[0].Value
	case attribute == "emails.value":
		return ""
	}
	return u.UserName
}

// group is what the connector reads of a group.
type group struct {
	ID          string   `json:"id"`
	DisplayName string   `json:"displayName"`
	Members     []member `json:"members"`
	Meta        struct {
		Version string `json:"version"`
	} `json:"meta"`

	version string // for If-Match
}

type member struct {
	Value   string `json:"value"`
	Display string `json:"display,omitempty"`
}

func (g group) has(id string) bool {
	return slices.ContainsFunc(g.Members, func(m member) bool { return m.Value == id })
}

// list is a page of an answer.
type list[T any] struct {
	Total     int `json:"totalResults"`
	Resources []T `json:"Resources"`
}

// quoted is a value in a filter: RFC 7644 takes JSON strings.
func quoted(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // not every service's filter knows that \u0026 is an ampersand
	if err := enc.Encode(s); err != nil {
		panic(err) // a string
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// findUser finds the one user that an account names.
func (c *Connector) findUser(ctx context.Context, account string) (user, error) {
	filter := c.cfg.Account + " eq " + quoted(account)
	if c.cfg.Account == "emails.value" {
		filter = "emails[value eq " + quoted(account) + "]"
	}
	q := url.Values{"filter": {filter}, "count": {"10"}, "startIndex": {"1"}}
	var found list[user]
	if _, err := c.get(ctx, "/Users?"+q.Encode(), &found); err != nil && !errors.Is(err, errAbsent) {
		return user{}, err
	}
	matching := slices.DeleteFunc(found.Resources, func(u user) bool { return u.ID == "" || !u.is(c.cfg.Account, account) })
	switch len(matching) {
	case 0:
		return user{}, errAbsent
	case 1:
		return matching[0], nil
	}
	return user{}, &failure{Kind: approvals.Permanent, Message: fmt.Sprintf("The service has %d users whose %s is %q.", len(matching), c.cfg.Account, account)}
}

// findGroup reads the group that a target names, with its members. It fails
// with errAbsent for an id that the service does not have.
func (c *Connector) findGroup(ctx context.Context, target map[string]string) (group, error) {
	id := target["group_id"]
	if id == "" {
		name := target["group"]
		if name == "" {
			return group{}, &failure{Kind: approvals.Misconfigured, Message: "The target names neither group nor group_id."}
		}
		q := url.Values{"filter": {"displayName eq " + quoted(name)}, "count": {"10"}, "startIndex": {"1"}, "excludedAttributes": {"members"}}
		var found list[group]
		if _, err := c.get(ctx, "/Groups?"+q.Encode(), &found); err != nil && !errors.Is(err, errAbsent) {
			return group{}, err
		}
		matching := slices.DeleteFunc(found.Resources, func(g group) bool { return g.ID == "" || !strings.EqualFold(g.DisplayName, name) })
		if len(matching) != 1 {
			return group{}, &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf("The service has %d groups called %q; write its group_id.", len(matching), name)}
		}
		id = matching[0].ID
		c.ids.Store(name, id)
	}
	var g group
	version, err := c.get(ctx, "/Groups/"+url.PathEscape(id), &g)
	if err == nil && g.ID != id {
		err = errAbsent
	}
	if err != nil {
		return group{}, err
	}
	if g.version = version; g.version == "" {
		g.version = g.Meta.Version
	}
	return g, nil
}

// users reads all users, page by page.
func (c *Connector) users(ctx context.Context) (map[string]user, error) {
	all := map[string]user{}
	for start, pages := 1, 0; ; pages++ {
		if pages == maxPages {
			return nil, &failure{Kind: approvals.Permanent, Message: "The service's list of users does not end."}
		}
		q := url.Values{"count": {fmt.Sprint(page)}, "startIndex": {fmt.Sprint(start)}, "attributes": {"id,userName,externalId,emails,active"}}
		var part list[user]
		if _, err := c.get(ctx, "/Users?"+q.Encode(), &part); err != nil {
			if errors.Is(err, errAbsent) {
				err = &failure{Kind: approvals.Misconfigured, Message: "The service has no users at this address. Check url."}
			}
			return nil, err
		}
		for _, u := range part.Resources {
			all[u.ID] = u
		}
		start += len(part.Resources)
		if len(part.Resources) == 0 || start > part.Total {
			return all, nil
		}
	}
}
