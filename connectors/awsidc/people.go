package awsidc

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

// enterprise is the extension with department, manager and work.
const enterprise = "aws:identitystore:enterprise"

// People is an instance's identity store as a directory source. It asks slowly:
// the connector's grants and revocations need the quota too.
type People struct {
	c        *Connector
	groups   []string
	function string
}

var _ directory.Source = (*People)(nil)

// NewPeople prepares a source. Only the members of the named groups are asked
// for; nil: of all. function is one of directory.Functions, empty: nobody's work is
// known. Close is to be called when it is no longer used.
func NewPeople(cfg Config, groups []string, function string) (*People, error) {
	c, err := New(cfg)
	if err != nil {
		return nil, err
	}
	return &People{c: c, groups: groups, function: function}, nil
}

// Close ends what runs in the background.
func (p *People) Close() { p.c.Close() }

// Name is the region's.
func (p *People) Name() string { return "awsidc:" + p.c.cfg.AWS.Region }

// Read reads all users, and the groups' members.
func (p *People) Read(ctx context.Context) (directory.Reading, error) {
	r := directory.Reading{AsOf: p.c.cfg.Now()}
	at, err := p.c.where(ctx)
	if err != nil {
		return r, err
	}
	in, err := p.members(ctx, at.store)
	if err != nil {
		return r, err
	}
	for ask := (&identitystore.ListUsersInput{IdentityStoreId: &at.store, MaxResults: aws.Int32(100), Extensions: []string{enterprise}}); ; {
		out, err := unhurried(ctx, p.c, "identitystore:ListUsers", p.c.store.ListUsers, ask)
		if err != nil {
			return r, err
		}
		for _, u := range out.Users {
			r.People = append(r.People, p.person(u, in[aws.ToString(u.UserId)]))
		}
		if ask.NextToken = out.NextToken; ask.NextToken == nil {
			return r, nil
		}
	}
}

// members are the groups' names by user id.
func (p *People) members(ctx context.Context, store string) (map[string][]string, error) {
	in := map[string][]string{}
	for ask := (&identitystore.ListGroupsInput{IdentityStoreId: &store, MaxResults: aws.Int32(100)}); ; {
		out, err := unhurried(ctx, p.c, "identitystore:ListGroups", p.c.store.ListGroups, ask)
		if err != nil {
			return nil, err
		}
		for _, g := range out.Groups {
			name := aws.ToString(g.DisplayName)
			if p.groups != nil && !slices.Contains(p.groups, name) {
				continue
			}
			for each := (&identitystore.ListGroupMembershipsInput{IdentityStoreId: &store, GroupId: g.GroupId, MaxResults: aws.Int32(100)}); ; {
				part, err := unhurried(ctx, p.c, "identitystore:ListGroupMemberships", p.c.store.ListGroupMemberships, each)
				if errors.Is(err, errAbsent) {
					break // it was deleted meanwhile
				}
				if err != nil {
					return nil, err
				}
				for _, m := range part.GroupMemberships {
					if u, ok := m.MemberId.(*types.MemberIdMemberUserId); ok {
						in[u.Value] = append(in[u.Value], name)
					}
				}
				if each.NextToken = part.NextToken; each.NextToken == nil {
					break
				}
			}
		}
		if ask.NextToken = out.NextToken; ask.NextToken == nil {
			return in, nil
		}
	}
}

// externals are the user types, in small letters, of people who are not
// employed here.
var externals = []string{"contractor", "external", "temp"}

func (p *People) person(u types.User, groups []string) directory.Person {
	e := directory.Person{Principal: approvals.Principal{
		ID: approvals.PrincipalID(aws.ToString(u.UserId)), Name: aws.ToString(u.DisplayName), Email: aws.ToString(u.UserName),
		Title: aws.ToString(u.Title), TimeZone: aws.ToString(u.Timezone), Groups: groups,
		Inactive:   u.UserStatus == types.UserStatusDisabled,
		Contractor: slices.Contains(externals, strings.ToLower(aws.ToString(u.UserType))),
	}, Problem: directory.At(p.Name(), 0)}
	for i, m := range u.Emails {
		if m.Primary || i == 0 {
			e.Email = aws.ToString(m.Value)
		}
	}
	for i, a := range u.Addresses {
		if a.Primary || i == 0 {
			e.Location = aws.ToString(a.Locality)
		}
	}
	if doc := u.Extensions[enterprise]; doc != nil {
		var job struct {
			directory.Work
			Department string `document:"department"`
			Manager    struct {
				Value string `document:"value"`
			} `document:"manager"`
		}
		if doc.UnmarshalSmithyDocument(&job) == nil {
			e.Department, e.Function, e.Manager = job.Department, job.Function(p.function), approvals.PrincipalID(job.Manager.Value)
		}
	}
	return e
}
