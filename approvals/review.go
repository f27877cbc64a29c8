package approvals

import (
	"context"
	"reflect"
)

// Review takes a second look at running or scheduled access because the
// directory, the catalogue or the policy changed: the request is decided again
// as it was, at the time and with the score of its last decision, but for the
// people that the directory knows now, by the policy that holds now. What is
// forbidden now, what no permit allows any longer that a permit alone allowed,
// and what a changed person's approvers may no longer answer for, ends with the
// reason. Nothing changed, nothing is decided; and while the directory is out
// of date nobody loses access by it.
func (s *Service) Review(ctx context.Context, id GrantID) (Grant, error) {
	g, r, err := s.grantAndRequest(ctx, id)
	if err != nil {
		return g, err
	}
	if g.State != GrantActive && g.State != GrantScheduled {
		return g, nil
	}
	state, err := s.Directory.State(ctx)
	if err != nil || state.Stale {
		return g, nil //nolint:nilerr // who cannot be asked about keeps what they have
	}
	old, err := s.Store.Decision(ctx, r.ID)
	if err != nil {
		return g, err
	}
	d, changed, err := s.asOf(ctx, old, state)
	switch {
	case ErrorCode(err) == CodeForbidden || ErrorCode(err) == CodeNotFound:
		return s.end(ctx, System("review"), g, EndDeactivated, ErrorMessage(err))
	case err != nil || !changed:
		return g, err
	}
	given, err := s.Store.Approvals(ctx, r.ID)
	if err != nil {
		return g, err
	}
	why, err := s.gone(ctx, r, old, d, given)
	if err != nil {
		return g, err
	}
	if why != "" {
		return s.end(ctx, System("review"), g, EndNoLonger, why)
	}
	d.Sequence++
	ev := withDecision(grantEvent(s.now(), EventGrantReviewed, System("review"), g), d)
	return g, s.Store.Apply(ctx, Change{Decisions: []Decision{d}, Events: []Event{ev}})
}

// asOf is an old decision taken again for the people, the entitlement and the
// policy of now. It reports whether any of them differ from those of then.
func (s *Service) asOf(ctx context.Context, old Decision, state DirectoryState) (d Decision, changed bool, err error) {
	f := old.Facts
	if f.Requester, err = s.active(ctx, f.Requester.ID); err != nil && old.Facts.Requester.ID == old.Facts.Beneficiary.ID {
		return d, true, err
	}
	if err != nil { // whoever asked for somebody else may leave
		f.Requester = old.Facts.Requester
	}
	if f.Beneficiary, err = s.active(ctx, f.Beneficiary.ID); err != nil {
		return d, true, err
	}
	if f.SkipLevel, err = s.skipLevel(ctx, f.Beneficiary); err != nil {
		return d, true, err
	}
	e, err := s.Catalogue.Entitlement(ctx, f.Entitlement.ID)
	if err != nil {
		return d, true, err
	}
	f.Entitlement = e
	f.Directory = DirectoryState{Source: state.Source, AsOf: f.At}
	d = old
	d.Facts = f
	d.Ruling = s.judge(f, d.Assessment)
	changed = d.Ruling.Version != old.Ruling.Version || s.moved(old, d) || !reflect.DeepEqual(e, old.Facts.Entitlement)
	return d, changed, nil
}

// moved reports whether the beneficiary is no longer who they were when the
// decision was taken, as far as a decision looks.
func (s *Service) moved(old, d Decision) bool {
	was, is := old.Facts.Beneficiary, d.Facts.Beneficiary
	return was.Manager != is.Manager || was.Department != is.Department || was.Title != is.Title || was.Location != is.Location ||
		was.Contractor != is.Contractor || !reflect.DeepEqual(was.Groups, is.Groups)
}

// gone says why access no longer holds, or "".
func (s *Service) gone(ctx context.Context, r Request, old, d Decision, given []Approval) (string, error) {
	switch {
	case d.Ruling.Outcome == Refuse:
		return refusedNow(d), nil
	case r.DecidedBy == "" && d.Ruling.Outcome != AutoApprove:
		return "What allowed this at once no longer holds for you, and nobody was asked. Please ask again.", nil
	case r.DecidedBy != "" && d.Ruling.Outcome == Route && s.moved(old, d):
		if _, passed, err := s.walk(ctx, d, given); err != nil {
			return "", err
		} else if !passed {
			return "You have moved since this was approved, and those who approved it no longer answer for you. Please ask again.", nil
		}
	}
	return "", nil
}

// refusedNow is why something that was allowed is refused at a second look.
func refusedNow(d Decision) string {
	if len(d.Facts.Conflicts) > 0 {
		return "This is refused by now: " + d.Ruling.Words
	}
	return "The policy has changed and now refuses this: " + d.Ruling.Words
}
