package approvals

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"
)

// freeze gathers everything a decision may look at, at one moment. What cannot
// be learned is a Problem in the facts, and a Problem never approves.
func (s *Service) freeze(ctx context.Context, r Request, e Entitlement) (Facts, error) {
	now := s.now()
	f := Facts{
		At: now, Kind: r.Kind, Entitlement: e, Duration: r.Duration, Ticket: r.Ticket,
		ReasonLength: utf8.RuneCountInString(r.Reason),
	}
	var err error
	if f.Requester, err = s.active(ctx, r.Requester); err != nil {
		return f, err
	}
	if f.Beneficiary, err = s.active(ctx, r.Beneficiary); err != nil {
		return f, err
	}
	local := now.In(f.Requester.Zone())
	f.Weekday, f.MinuteOfDay = local.Weekday(), local.Hour()*60+local.Minute()

	if f.Directory, err = s.Directory.State(ctx); err != nil {
		f.Directory.Stale = true
		f.Problems = append(f.Problems, "the directory's age is unknown")
	} else if f.Directory.Stale {
		f.Problems = append(f.Problems, "the directory is out of date")
	}
	if f.AutoToday, err = s.Store.AutoApprovals(ctx, r.Beneficiary, now.Add(-24*time.Hour)); err != nil {
		return f, err
	}
	if r.State == RequestApproved && r.DecidedBy == "" && f.AutoToday > 0 {
		f.AutoToday-- // a second look does not count the request itself
	}
	if f.Evidence, err = s.Scorer.Evidence(ctx, f); err != nil {
		f.Evidence = Evidence{}
		f.Problems = append(f.Problems, "past decisions and peers could not be read")
	}
	return f, nil
}

// decide takes a decision on facts that are fresh now; earlier is the one
// before it, zero for the first. It stores nothing.
func (s *Service) decide(ctx context.Context, r Request, earlier Decision) (Decision, error) {
	e, err := s.Catalogue.Entitlement(ctx, r.Entitlement)
	if err != nil {
		return Decision{}, err
	}
	f, err := s.freeze(ctx, r, e)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Request: r.ID, Sequence: earlier.Sequence + 1, At: f.At, Facts: f, Assessment: s.Scorer.Assess(f),
		Asked: earlier.Asked, AskedIn: earlier.AskedIn, Unreached: earlier.Unreached, UnreachedIn: earlier.UnreachedIn}
	d.Ruling = Restrain(f, d.Assessment, s.Policy.Decide(f, d.Assessment))
	if d.Ruling.Outcome == Route {
		d.Approvers, d.Fallback = s.candidates(ctx, d)
		d.Ruling.Alternatives = s.alternatives(ctx, r, f)
		d = d.ask()
	}
	return d, nil
}

// Restrain holds a ruling to what no policy can override: an automatic
// approval needs a named permit, no problem anywhere, a directory that is up
// to date, and a duration that the catalogue allows. Whatever falls short is
// routed to people, with the reason.
func Restrain(f Facts, a Assessment, r Ruling) Ruling {
	if r.Quorum < 1 {
		r.Quorum = 1
	}
	switch r.Outcome {
	case Route, Refuse:
		return r
	case AutoApprove:
	default:
		r.Outcome, r.Problems = Route, append(r.Problems, "the policy gave no answer")
		return r
	}
	r.Problems = append(slices.Clone(r.Problems), f.Problems...)
	if a.Problem != "" {
		r.Problems = append(r.Problems, a.Problem)
	}
	if f.Directory.Stale && len(r.Problems) == 0 {
		r.Problems = append(r.Problems, "the directory is out of date")
	}
	if f.Duration <= 0 || f.Duration > f.Entitlement.MaxDuration {
		r.Problems = append(r.Problems, "the duration is beyond what the catalogue allows")
	}
	if !slices.ContainsFunc(r.Policies, func(p PolicyRef) bool { return p.Effect == "permit" && p.ID != "" }) {
		r.Problems = append(r.Problems, "no policy is named that permits it")
	}
	if len(r.Problems) > 0 {
		r.Outcome = Route
	}
	return r
}

// candidates resolves whom to ask, in the catalogue's order, each held to the
// policy's approve action. Nobody is a candidate for a request of their own or
// for their own benefit. When nobody is left, or nobody who can be reached, the
// security queue is asked.
func (s *Service) candidates(ctx context.Context, d Decision) (ids []PrincipalID, fallback bool) {
	f, a := d.Facts, d.Assessment
	for _, ref := range f.Entitlement.Approvers {
		for _, p := range s.resolve(ctx, ref, f) {
			if s.mayAnswer(f, a, p, false) {
				ids = appendNew(ids, p.ID)
			}
		}
	}
	if len(d.reachable(ids)) > 0 {
		return ids, false
	}
	for _, id := range s.Fallback {
		if p, err := s.active(ctx, id); err == nil && s.mayAnswer(f, a, p, true) {
			ids = appendNew(ids, id)
		}
	}
	return ids, true
}

// mayAnswer holds one person to the rules for answering a request.
func (s *Service) mayAnswer(f Facts, a Assessment, p Principal, fallback bool) bool {
	if p.Inactive || p.ID == "" || p.ID == f.Requester.ID || p.ID == f.Beneficiary.ID {
		return false
	}
	v := s.Policy.MayApprove(f, a, p)
	if fallback {
		return !v.Forbidden
	}
	return v.Allowed && !v.Forbidden
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
