package approvals

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// Review takes a second look at running or scheduled access because the
// directory, the catalogue or the policy changed: the request is decided again
// as it was, at the time and with the score of its last decision, but for the
// people that the directory knows now, by the policy that holds now. What is
// forbidden now, what no permit allows any longer that a permit alone allowed,
// and what a changed person's approvers may no longer answer for, ends with the
// reason; so does the younger of two that may not be held together by now.
// What runs on ends no later than the catalogue allows from now. Nothing
// changed, nothing is decided; and while the directory is out of date nobody
// loses access by it.
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
	d, changed, err := s.asOf(ctx, r, old, state)
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
	return s.goesOn(ctx, g, r, old, d)
}

// goesOn stores that access holds by the decision of now as well, with an end
// that the catalogue of now allows.
func (s *Service) goesOn(ctx context.Context, g Grant, r Request, old, d Decision) (Grant, error) {
	d.Sequence++
	ev := withDecision(grantEvent(s.now(), EventGrantReviewed, System("review"), g), d)
	c := Change{Decisions: []Decision{d}, Notices: s.tellOfConflicts(ctx, g, old, d)}
	if sooner := g.within(d.Facts.Entitlement.MaxDuration, ev.At); sooner.Duration < g.Duration {
		g = sooner
		c.Grants, c.Notices = []Grant{g}, append(append(c.Notices, requesterCards(r)...), nudge(g))
		ev.Detail = map[string]string{"duration": Span(g.Duration)}
		if g.State == GrantActive {
			c.Tasks = append(grantTasks(g), Task{Kind: TaskProvision, Key: string(g.ID), RunAt: ev.At}) // sets the system's own end date
			ev.Detail["ends_at"] = g.EndsAt.Format(time.RFC3339)
		}
	}
	c.Events = []Event{ev}
	if err := s.Store.Apply(ctx, c); err != nil {
		return g, err
	}
	return s.Store.Grant(ctx, g.ID)
}

// within is the grant with an end that lies no further ahead than so long.
func (g Grant) within(longest time.Duration, now time.Time) Grant {
	beyond := g.Duration - longest
	if g.State == GrantActive {
		beyond = g.EndsAt.Sub(now) - longest
	}
	if beyond <= 0 {
		return g
	}
	g.Duration -= beyond
	if g.State == GrantActive {
		g.EndsAt = g.EndsAt.Add(-beyond)
	}
	return g
}

// tellOfConflicts tells admins what somebody holds together that the catalogue
// keeps apart by now, where it asks people rather than refuses: nobody was
// asked then.
func (s *Service) tellOfConflicts(ctx context.Context, g Grant, old, d Decision) (ns []Notice) {
	for _, c := range d.Facts.Conflicts {
		if !slices.Contains(old.Facts.Conflicts, c) {
			ns = append(ns, s.alert(ctx, "duties/"+c.Rule+"/"+string(g.ID), fmt.Sprintf(
				"%s holds %s together with %s, which the catalogue keeps apart by now: %s Nothing was ended. Take one of them back if it should not be so.",
				d.Facts.Beneficiary.Name, d.Facts.Entitlement.Name, c.With, c.Reason))...)
		}
	}
	return ns
}

// asOf is an old decision taken again for the people, the entitlement and the
// policy of now. It reports whether any of them differ from those of then.
func (s *Service) asOf(ctx context.Context, r Request, old Decision, state DirectoryState) (d Decision, changed bool, err error) {
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
	f.Entitlement, f.Duration = e, min(f.Duration, e.MaxDuration)
	if f.Conflicts, err = s.conflicts(ctx, r, e, f.Beneficiary, younger); err != nil {
		return d, true, err
	}
	f.Directory = DirectoryState{Source: state.Source, AsOf: f.At}
	d = old
	d.Facts = f
	d.Ruling = s.judge(f, d.Assessment)
	changed = d.Ruling.Version != old.Ruling.Version || s.moved(old, d) ||
		!reflect.DeepEqual(e, old.Facts.Entitlement) || !slices.Equal(f.Conflicts, old.Facts.Conflicts)
	return d, changed, nil
}

// moved reports whether the beneficiary is no longer who they were when the
// decision was taken, as far as a decision looks. That the directory now names a
// function where it named none is no change of theirs.
func (s *Service) moved(old, d Decision) bool {
	was, is := old.Facts.Beneficiary, d.Facts.Beneficiary
	return was.Manager != is.Manager || was.Department != is.Department || was.Title != is.Title || was.Location != is.Location ||
		was.Function != "" && was.Function != is.Function || was.Contractor != is.Contractor || !reflect.DeepEqual(was.Groups, is.Groups)
}

// gone says why access no longer holds, or "".
func (s *Service) gone(ctx context.Context, r Request, old, d Decision, given []Approval) (string, error) {
	switch {
	case d.Ruling.Outcome == Refuse:
		return refusedNow(d), nil
	case r.Kind == KindAdoption: // nobody approved it in the ordinary way; it has an end, and renewing it is decided
		return "", nil
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
