package catalog

import (
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// directoryNames is what owners and approvers can be called.
type directoryNames struct {
	byEmail map[string]approvals.PrincipalID
	members map[string][]approvals.PrincipalID
	ids     map[approvals.PrincipalID]bool
	emails  []string // sorted
	groups  []string // sorted
}

// names reads the directory once. It is nil without a directory, and after
// the directory failed to answer.
func (b *builder) names() *directoryNames {
	if b.known != nil || b.people == nil || b.err != nil {
		return b.known
	}
	people, err := b.people.People(b.ctx)
	if err != nil {
		b.err = &approvals.Error{Code: approvals.CodeUnavailable, Message: "The directory does not answer, so owners can't be looked up.", Op: "load catalogue", Err: err}
		return nil
	}
	n := &directoryNames{
		byEmail: make(map[string]approvals.PrincipalID, len(people)),
		members: map[string][]approvals.PrincipalID{},
		ids:     make(map[approvals.PrincipalID]bool, len(people)),
	}
	for _, p := range people {
		if p.Inactive {
			continue
		}
		n.ids[p.ID] = true
		if p.Email != "" {
			n.byEmail[strings.ToLower(p.Email)] = p.ID
			n.emails = append(n.emails, p.Email)
		}
		for _, g := range p.Groups {
			if n.members[g] == nil {
				n.groups = append(n.groups, g)
			}
			n.members[g] = append(n.members[g], p.ID)
		}
	}
	slices.Sort(n.emails)
	slices.Sort(n.groups)
	b.known = n
	return n
}

// owners resolves emails, "group:NAME" and "person:ID" to people, in order.
func (b *builder) owners(at source.Place, refs []string) []approvals.PrincipalID {
	if len(refs) == 0 {
		b.wrong(at, "write owners: with emails or group:NAME, here or above", "nobody owns this")
		return nil
	}
	var owners []approvals.PrincipalID
	add := func(ids ...approvals.PrincipalID) {
		for _, id := range ids {
			if !slices.Contains(owners, id) {
				owners = append(owners, id)
			}
		}
	}
	for _, ref := range refs {
		kind, name, _ := strings.Cut(ref, ":")
		switch {
		case kind == "group" && name != "":
			add(b.group(at, name)...)
		case kind == "person" && name != "":
			add(b.person(at, approvals.PrincipalID(name))...)
		case strings.Contains(ref, "@"):
			add(b.email(at, ref)...)
		default:
			b.wrong(at, `write an email, "group:NAME" or "person:ID"`, "%q does not name an owner", ref)
		}
	}
	return owners
}

// approvers reads whom to ask: "manager", "skip-level-manager", "owner",
// "group:NAME", "slack-group:HANDLE", "on-call:SCHEDULE", "person:ID" or an
// email, in order.
func (b *builder) approvers(at source.Place, refs []string) []approvals.ApproverRef {
	if len(refs) == 0 {
		b.wrong(at, "write approvers: with manager, owner, group:NAME or an email, here or above", "nobody can approve this")
		return nil
	}
	var out []approvals.ApproverRef
	for _, ref := range refs {
		kind, name, _ := strings.Cut(ref, ":")
		switch {
		case ref == string(approvals.ApproverManager) || ref == string(approvals.ApproverOwner) || ref == string(approvals.ApproverSkipLevel):
		case kind == "group" && name != "":
			b.group(at, name)
		case kind == "slack-group" && name != "": // Slack knows it, not the directory
			ref = kind + ":" + strings.TrimPrefix(name, "@")
		case kind == "on-call" && strings.TrimSpace(name) != "": // the on-call service knows it
		case kind == "person" && name != "":
			b.person(at, approvals.PrincipalID(name))
		case strings.Contains(ref, "@"):
			ids := b.email(at, ref)
			if len(ids) == 0 {
				continue
			}
			ref = "person:" + string(ids[0])
		default:
			b.wrong(at, source.Suggest(ref, []string{"manager", "skip-level-manager", "owner"})+`; or write "group:NAME" or an email`, "%q does not name an approver", ref)
			continue
		}
		if !slices.Contains(out, approvals.ApproverRef(ref)) {
			out = append(out, approvals.ApproverRef(ref))
		}
	}
	return out
}

func (b *builder) group(at source.Place, name string) []approvals.PrincipalID {
	n := b.names()
	if n == nil {
		return nil
	}
	members := n.members[name]
	if len(members) == 0 {
		b.wrong(at, source.Suggest(name, n.groups), "nobody in the directory is in the group %q", name)
	}
	return members
}

func (b *builder) person(at source.Place, id approvals.PrincipalID) []approvals.PrincipalID {
	n := b.names()
	if n == nil {
		return nil
	}
	if !n.ids[id] {
		b.wrong(at, "write the id that the directory gives", "the directory has nobody active with the id %q", id)
		return nil
	}
	return []approvals.PrincipalID{id}
}

func (b *builder) email(at source.Place, email string) []approvals.PrincipalID {
	n := b.names()
	if n == nil {
		return nil
	}
	id, ok := n.byEmail[strings.ToLower(email)]
	if !ok {
		b.wrong(at, n.suggest(email), "the directory has nobody active with the email %q", email)
		return nil
	}
	return []approvals.PrincipalID{id}
}

// suggest is a mend for an email that nobody has: the nearest at the same
// domain. The domain alone makes no two addresses alike.
func (n *directoryNames) suggest(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	var locals []string
	for _, e := range n.emails {
		if l, d, _ := strings.Cut(e, "@"); strings.EqualFold(d, domain) {
			locals = append(locals, l)
		}
	}
	if near := source.Nearest(local, locals); near != "" {
		return `did you mean "` + near + "@" + domain + `"?`
	}
	return "write the email of somebody who works here"
}
