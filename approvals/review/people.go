package review

import (
	"context"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// matter is one decision, as far as it matters for who may review it.
type matter struct {
	parties []approvals.PrincipalID // who asked, and who benefited
	owners  []string                // of the permits that approved it, as policies write them
	byRule  map[string]string       // the same, by the permit
	things  bool                    // owners are the entitlement's, who judge no rule of theirs
}

// matterOf reads off a decision who may review it.
func matterOf(a approvals.Automatic) matter {
	m := matter{parties: []approvals.PrincipalID{a.Event.Beneficiary}}
	if a.Request != nil {
		m.parties = append(m.parties, a.Request.Requester, a.Request.Beneficiary)
	}
	if a.Decision != nil {
		m.parties = append(m.parties, a.Decision.Facts.Requester.ID, a.Decision.Facts.Beneficiary.ID)
	}
	if a.Event.Kind == approvals.EventGrantAdopted { // whoever gave it an end does not say whether that was right
		m.parties = append(m.parties, a.Event.Actor.Principal)
		m.owners, m.things = ownersOf(a), true
		return m
	}
	m.byRule = map[string]string{}
	for _, p := range a.Event.Policies {
		if p.Effect != "permit" || p.Owner == "" {
			continue
		}
		if m.byRule[p.ID] = p.Owner; !slices.Contains(m.owners, p.Owner) {
			m.owners = append(m.owners, p.Owner)
		}
	}
	return m
}

// blindMatter is like matterOf, for a verdict that stands for an approver's: the
// entitlement's owners give it.
func blindMatter(a approvals.Automatic) matter {
	m := matterOf(a)
	m.owners, m.things = ownersOf(a), true
	return m
}

// ownersOf are the owners of the entitlement, as they were then.
func ownersOf(a approvals.Automatic) (owners []string) {
	if a.Decision != nil {
		for _, id := range a.Decision.Facts.Entitlement.Owners {
			owners = append(owners, string(id))
		}
	}
	return owners
}

// roster looks people up once for many decisions.
type roster struct {
	directory approvals.Directory
	queue     []approvals.PrincipalID
	owners    map[string][]approvals.Principal
}

func (s *Service) roster() *roster {
	return &roster{directory: s.Directory, queue: s.Reviewers, owners: map[string][]approvals.Principal{}}
}

// owner resolves what a policy calls its owner: somebody's id or email, or a
// group; "payments@example.com" may be the address of the group "payments".
func (r *roster) owner(ctx context.Context, name string) ([]approvals.Principal, error) {
	if people, known := r.owners[name]; known || name == "" {
		return people, nil
	}
	people, err := r.lookUp(ctx, name)
	if err == nil {
		r.owners[name] = people
	}
	return people, err
}

func (r *roster) lookUp(ctx context.Context, name string) ([]approvals.Principal, error) {
	for _, find := range []func() (approvals.Principal, error){
		func() (approvals.Principal, error) { return r.directory.Principal(ctx, approvals.PrincipalID(name)) },
		func() (approvals.Principal, error) { return r.directory.ByEmail(ctx, name) },
	} {
		p, err := find()
		if err == nil {
			return active([]approvals.Principal{p}), nil
		}
		if approvals.ErrorCode(err) != approvals.CodeNotFound {
			return nil, err
		}
	}
	group, _, _ := strings.Cut(name, "@")
	for _, g := range []string{name, group} {
		people, err := r.directory.Members(ctx, g)
		if err != nil || len(people) > 0 {
			return active(people), err
		}
	}
	return nil, nil
}

func active(people []approvals.Principal) []approvals.Principal {
	return slices.DeleteFunc(slices.Clone(people), func(p approvals.Principal) bool { return p.Inactive })
}

// people looks up some ids; whom the directory does not know is kept by id.
func (r *roster) people(ctx context.Context, ids []approvals.PrincipalID) ([]approvals.Principal, error) {
	var all []approvals.Principal
	for _, id := range ids {
		p, err := r.directory.Principal(ctx, id)
		switch {
		case approvals.ErrorCode(err) == approvals.CodeNotFound:
			p = approvals.Principal{ID: id}
		case err != nil:
			return nil, err
		}
		if id != "" {
			all = append(all, p)
		}
	}
	return all, nil
}

// without leaves out everybody who is one of some people, by any account.
func without(people, those []approvals.Principal) []approvals.Principal {
	return slices.DeleteFunc(slices.Clone(people), func(p approvals.Principal) bool {
		return slices.ContainsFunc(those, p.SamePerson)
	})
}

// humans counts people, several accounts of one person as one.
func humans(people []approvals.Principal) int {
	n := 0
	for i, p := range people {
		if !slices.ContainsFunc(people[:i], p.SamePerson) {
			n++
		}
	}
	return n
}

// independent lists who may review a decision: the owners of the rules that
// approved it, but nobody whom it was granted to or who asked for it, and nobody
// whose rule it is alone. Where that leaves nobody, the security group; beyond
// also asks that group instead of the owners.
func (r *roster) independent(ctx context.Context, m matter, beyond bool) ([]approvals.PrincipalID, error) {
	parties, err := r.people(ctx, m.parties)
	if err != nil {
		return nil, err
	}
	var owners []approvals.Principal
	for _, name := range m.owners {
		people, err := r.owner(ctx, name)
		if err != nil {
			return nil, err
		}
		owners = append(owners, without(people, owners)...)
	}
	var alone []approvals.Principal
	if humans(owners) == 1 && !m.things {
		alone, owners = owners, nil
	}
	if may := without(owners, parties); len(may) > 0 && !beyond {
		return idsOf(may), nil
	}
	queue, err := r.people(ctx, r.queue)
	if err != nil {
		return nil, err
	}
	return idsOf(without(without(active(queue), parties), alone)), nil
}

func idsOf(people []approvals.Principal) []approvals.PrincipalID {
	ids := make([]approvals.PrincipalID, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// loads spreads work: who has the least is asked next.
type loads map[approvals.PrincipalID]int

func (l loads) next(among []approvals.PrincipalID) approvals.PrincipalID {
	var least approvals.PrincipalID
	for _, id := range among {
		if least == "" || l[id] < l[least] {
			least = id
		}
	}
	if least != "" {
		l[least]++
	}
	return least
}
