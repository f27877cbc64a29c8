package scim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

// externals are the user types, in small letters, of people who are not
// employed here (RFC 7643, section 4.1.1).
var externals = []string{"contractor", "external", "temp"}

// IDs are the users' attributes that may be a person's id.
var IDs = []string{"id", "externalId", "userName"}

// People is a SCIM service as a directory source. Read may not be called
// twice at a time.
type People struct {
	c            *Connector
	id, function string
	pages        map[string]answered // by path
}

// answered is a page of a list, with the version that it had.
type answered struct {
	version string
	body    []byte
}

var _ directory.Source = (*People)(nil)

// NewPeople prepares a source; id is one of IDs, empty: id; function is
// one of directory.Functions, empty: nobody's work is known. Patch, Account and
// Sessions of the configuration do not matter.
func NewPeople(cfg Config, id, function string) (*People, error) {
	c, err := New(cfg)
	if err != nil {
		return nil, err
	}
	if id == "" {
		id = IDs[0]
	}
	if !slices.Contains(IDs, id) {
		return nil, fmt.Errorf("scim: people can't be known by %q; write one of %s", id, strings.Join(IDs, ", "))
	}
	return &People{c: c, id: id, function: function, pages: map[string]answered{}}, nil
}

// Name is the service's host.
func (p *People) Name() string {
	u, err := url.Parse(p.c.cfg.URL)
	if err != nil {
		return "scim"
	}
	return "scim:" + u.Host
}

// employee is what is read of a user.
type employee struct {
	user
	DisplayName string `json:"displayName"`
	Name        struct {
		Formatted  string `json:"formatted"`
		GivenName  string `json:"givenName"`
		FamilyName string `json:"familyName"`
	} `json:"name"`
	Title     string `json:"title"`
	UserType  string `json:"userType"`
	Timezone  string `json:"timezone"`
	Addresses []struct {
		Locality string `json:"locality"`
		Primary  bool   `json:"primary"`
	} `json:"addresses"`
	Enterprise struct {
		directory.Work
		Department string `json:"department"`
		Manager    struct {
			Value string `json:"value"`
		} `json:"manager"`
	} `json:"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
}

// Read reads all users and groups, page by page. A page that the service says
// has not changed is not read again.
func (p *People) Read(ctx context.Context) (directory.Reading, error) {
	r := directory.Reading{AsOf: p.c.cfg.Now()}
	pages := map[string]answered{}
	users, err := all[employee](ctx, p, "/Users", pages)
	if err != nil {
		return r, err
	}
	groups, err := all[group](ctx, p, "/Groups", pages)
	if err != nil {
		return r, err
	}
	if err := p.fill(ctx, groups, pages); err != nil {
		return r, err
	}
	p.pages = pages
	ids, in := map[string]string{}, map[string][]string{}
	for _, u := range users {
		ids[u.ID] = p.idOf(u)
	}
	for _, g := range groups {
		for _, m := range g.Members {
			in[m.Value] = append(in[m.Value], g.DisplayName)
		}
	}
	for _, u := range users {
		r.People = append(r.People, p.person(u, ids, in[u.ID]))
	}
	return r, nil
}

// fill reads the members of groups that were listed without them.
func (p *People) fill(ctx context.Context, groups []group, pages map[string]answered) error {
	for i, g := range groups {
		if g.Members != nil {
			continue
		}
		body, err := p.page(ctx, "/Groups/"+url.PathEscape(g.ID), pages)
		if errors.Is(err, errAbsent) {
			continue // it was deleted meanwhile
		}
		if err != nil {
			return err
		}
		var whole group
		if err := decode(body, &whole); err != nil {
			return err
		}
		groups[i].Members = whole.Members
	}
	return nil
}

func (p *People) idOf(u employee) string {
	switch p.id {
	case "externalId":
		return u.ExternalID
	case "userName":
		return u.UserName
	}
	return u.ID
}

func (p *People) person(u employee, ids map[string]string, groups []string) directory.Person {
	e := directory.Person{Principal: approvals.Principal{
		ID: approvals.PrincipalID(p.idOf(u)), Email: u.email(), Title: u.Title, Groups: groups, TimeZone: u.Timezone,
		Department: u.Enterprise.Department, Function: u.Enterprise.Function(p.function),
		Inactive:   u.Active != nil && !*u.Active,
		Contractor: slices.Contains(externals, strings.ToLower(u.UserType)),
	}, Problem: directory.At(p.Name(), 0)}
	for _, name := range []string{u.DisplayName, u.Name.Formatted, strings.TrimSpace(u.Name.GivenName + " " + u.Name.FamilyName), u.UserName} {
		if e.Name == "" {
			e.Name = name
		}
	}
	for i, a := range u.Addresses {
		if a.Primary || i == 0 {
			e.Location = a.Locality
		}
	}
	if m := u.Enterprise.Manager.Value; m != "" {
		e.Manager = approvals.PrincipalID(m)
		if id, ok := ids[m]; ok {
			e.Manager = approvals.PrincipalID(id)
		}
	}
	return e
}

// email is the primary address, else the first, else a userName that is one.
func (u user) email() string {
	for _, e := range u.Emails {
		if e.Primary {
			return e.Value
		}
	}
	if len(u.Emails) > 0 {
		return u.Emails[0].Value
	}
	if strings.Contains(u.UserName, "@") {
		return u.UserName
	}
	return ""
}

// all reads a list to its end. One that ends before its own total is half a
// list, and an error.
func all[T any](ctx context.Context, p *People, path string, pages map[string]answered) ([]T, error) {
	var found []T
	for n := 0; n < maxPages; n++ {
		q := url.Values{"count": {fmt.Sprint(page)}, "startIndex": {fmt.Sprint(len(found) + 1)}}
		body, err := p.page(ctx, path+"?"+q.Encode(), pages)
		if err != nil {
			return nil, err
		}
		var part list[T]
		if err := decode(body, &part); err != nil {
			return nil, err
		}
		found = append(found, part.Resources...)
		switch {
		case len(found) >= part.Total:
			return found, nil
		case len(part.Resources) == 0:
			return nil, &failure{Kind: approvals.Retryable, Message: fmt.Sprintf("The service says that %s has %d entries and gives %d.", path, part.Total, len(found))}
		}
	}
	return nil, &failure{Kind: approvals.Permanent, Message: "The service's list of " + path + " does not end."}
}

func (p *People) page(ctx context.Context, path string, pages map[string]answered) ([]byte, error) {
	before := p.pages[path]
	a, err := p.c.ask(ctx, path, before.version)
	if err != nil {
		return nil, err
	}
	if a.Status == http.StatusNotModified {
		pages[path] = before
		return before.body, nil
	}
	if version := a.Header.Get("Etag"); version != "" {
		pages[path] = answered{version, a.Body}
	}
	return a.Body, nil
}
