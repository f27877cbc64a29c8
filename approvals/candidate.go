package approvals

import (
	"context"
	"slices"
)

// candidate is somebody who may answer a request by a policy.
type candidate struct {
	Principal
	stages   []int       // numbers of those in which they may; none: the first
	instead  PrincipalID // whose place a delegate takes
	away     bool        // not asked: a delegate is, or nobody
	policies []PolicyRef // what allows it
}

// gave reports whether an approval is the candidate's: given by them, or by a
// delegate in their place.
func (c candidate) gave(a Approval) bool {
	if a.For != "" {
		return c.instead == "" && c.ID == a.For
	}
	return c.ID == a.Approver
}

// candidates resolves whom to ask, in the order of the catalogue and then of
// the stages, each held to the policy's approve action. Nobody is a candidate
// for a request of their own or for their own benefit, also not by a second
// account or in somebody's place.
func (s *Service) candidates(ctx context.Context, d Decision, stages []Stage) []candidate {
	var all []candidate
	add := func(c candidate) {
		if !slices.ContainsFunc(all, func(o candidate) bool { return o.ID == c.ID && o.away == c.away }) {
			all = append(all, c)
		}
	}
	refs := slices.Clone(d.Facts.Entitlement.Approvers)
	for _, stage := range stages {
		refs = append(refs, stage.Approvers...)
	}
	var away []candidate
	for _, ref := range refs {
		for _, p := range s.resolve(ctx, ref, d.Facts) {
			v, ok := s.mayAnswer(d, p, false)
			if !ok {
				continue
			}
			c := candidate{Principal: p, stages: v.Stages, policies: v.Policies}
			_, c.away = p.Absent(d.Facts.At)
			if c.away {
				away = append(away, c)
			}
			add(c)
		}
	}
	for _, c := range away { // last, so that nobody takes another's place who may answer in their own name
		if delegate, ok := s.delegate(ctx, d, c); ok {
			add(delegate)
		}
	}
	return all
}

// delegate is who answers in the place of somebody who is away: nobody for a
// request of their own, nobody whom a policy forbids it, and nobody who is away
// as well. What the one in whose place they are could not approve does not
// come here.
func (s *Service) delegate(ctx context.Context, d Decision, c candidate) (candidate, bool) {
	absence, _ := c.Absent(d.Facts.At)
	if absence.Delegate == "" {
		return candidate{}, false
	}
	p, err := s.active(ctx, absence.Delegate)
	if err != nil {
		return candidate{}, false
	}
	if _, absent := p.Absent(d.Facts.At); absent {
		return candidate{}, false
	}
	if _, ok := s.mayAnswer(d, p, true); !ok {
		return candidate{}, false
	}
	return candidate{Principal: p, stages: c.stages, instead: c.ID, policies: c.policies}, true
}

// queue adds the security queue to some candidates: it answers where nobody
// else is left, but not where a policy forbids it.
func (s *Service) queue(ctx context.Context, d Decision, members []candidate) []candidate {
	for _, id := range s.Fallback {
		p, err := s.active(ctx, id)
		if err != nil || slices.ContainsFunc(members, func(c candidate) bool { return c.ID == id && !c.away }) {
			continue
		}
		if v, ok := s.mayAnswer(d, p, true); ok {
			members = append(members, candidate{Principal: p, policies: v.Policies})
		}
	}
	return members
}

// mayAnswer holds one person to the rules for answering a request.
func (s *Service) mayAnswer(d Decision, p Principal, fallback bool) (Verdict, bool) {
	if p.Inactive || p.ID == "" || p.SamePerson(d.Facts.Requester) || p.SamePerson(d.Facts.Beneficiary) {
		return Verdict{}, false
	}
	v := s.Policy.MayApprove(d.Facts, d.Assessment, p)
	return v, !v.Forbidden && (v.Allowed || fallback)
}

// resolve turns a reference into people. What cannot be resolved is nobody:
// the next reference, and at last the security queue, stands in.
func (s *Service) resolve(ctx context.Context, ref ApproverRef, f Facts) []Principal {
	one := func(id PrincipalID) []Principal {
		if p, err := s.active(ctx, id); err == nil {
			return []Principal{p}
		}
		return nil
	}
	switch kind, name := ref.Split(); kind {
	case string(ApproverManager):
		return one(f.Beneficiary.Manager)
	case string(ApproverSkipLevel):
		return one(f.SkipLevel)
	case string(ApproverOwner):
		var people []Principal
		for _, id := range f.Entitlement.Owners {
			people = append(people, one(id)...)
		}
		return people
	case "person":
		return one(PrincipalID(name))
	case "group":
		people, err := s.Directory.Members(ctx, name)
		if err != nil {
			return nil
		}
		return people
	default:
		return s.elsewhere(ctx, kind, name)
	}
}
