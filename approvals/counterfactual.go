package approvals

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// Alternative is a smaller wish that would have been approved at once: what
// the requester could change without anybody else. It is no promise; a new
// request is decided anew.
type Alternative struct {
	Entitlement EntitlementID `json:"entitlement,omitempty"` // a less sensitive level of the same resource; empty: the one asked for
	Level       string        `json:"level,omitempty"`       // that level, for people
	Duration    time.Duration `json:"duration,omitempty"`    // up to so long; zero: as long as asked
	Ticket      bool          `json:"ticket,omitempty"`      // with a ticket, where none was given
	Themselves  bool          `json:"themselves,omitempty"`  // asked for by the beneficiary
}

// Words says the alternative for people: "read-only, for up to 2 hours, with a ticket".
func (a Alternative) Words() string {
	var parts []string
	if a.Entitlement != "" {
		parts = append(parts, a.Level)
	}
	if a.Themselves {
		parts = append(parts, "asked for by the person who needs it")
	}
	if a.Duration > 0 {
		parts = append(parts, "for up to "+Span(a.Duration))
	}
	if a.Ticket {
		parts = append(parts, "with a ticket")
	}
	return strings.Join(parts, ", ")
}

const (
	// alternativesAtMost bounds what is offered, siblingsAtMost what is looked at.
	alternativesAtMost, siblingsAtMost = 3, 4
	// someTicket stands for the ticket that the requester could add. It is of no
	// tracker's form: a policy that looks at more than its presence is not met by it.
	someTicket = "TICKET"
)

// rungs are the durations that are tried, ascending; what lies between the
// longest that is permitted and the next is then halved.
var rungs = []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour,
	24 * time.Hour, 3 * 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

// alternatives looks for smaller wishes that would be approved at once, by the
// same steps that decide a request: fresh facts, evidence, score, policy and
// Restrain. A policy that would deny it for its budget or its schedule denies
// it here. What cannot be read offers nothing.
func (s *Service) alternatives(ctx context.Context, r Request, f Facts) []Alternative {
	if len(f.Problems) > 0 {
		return nil
	}
	permits := func(f Facts) bool {
		var err error
		if f.Evidence, err = s.Scorer.Evidence(ctx, f); err != nil {
			return false
		}
		a := s.Scorer.Assess(f)
		return Restrain(f, a, s.Policy.Decide(f, a)).Outcome == AutoApprove
	}
	found := smaller(f, Alternative{}, permits)
	if r.Requester != r.Beneficiary {
		own := r
		own.Requester = r.Beneficiary
		if g, err := s.freeze(ctx, own, f.Entitlement); err == nil {
			found = append(found, smaller(g, Alternative{Themselves: true}, permits)...)
		}
	}
	for _, e := range s.siblings(ctx, r, f.Entitlement) {
		lower := r
		lower.Entitlement, lower.Duration = e.ID, min(r.Duration, e.MaxDuration)
		g, err := s.freeze(ctx, lower, e)
		if err != nil || s.alreadyThere(ctx, lower, e) != nil {
			continue
		}
		as := Alternative{Entitlement: e.ID, Level: e.Level}
		if lower.Duration < r.Duration {
			as.Duration = lower.Duration
		}
		found = append(found, smaller(g, as, permits)...)
	}
	return found[:min(len(found), alternativesAtMost)]
}

// siblings lists the less sensitive levels of the same resource, the most
// sensitive of them first. A running grant is extended as it is.
func (s *Service) siblings(ctx context.Context, r Request, e Entitlement) []Entitlement {
	if r.Kind != KindAccess {
		return nil
	}
	all, err := s.Catalogue.All(ctx)
	if err != nil {
		return nil
	}
	var below []Entitlement
	for _, o := range all {
		if o.System == e.System && o.Resource == e.Resource && o.Sensitivity.Rank() < e.Sensitivity.Rank() {
			below = append(below, o)
		}
	}
	slices.SortStableFunc(below, func(a, b Entitlement) int { return cmp.Compare(b.Sensitivity.Rank(), a.Sensitivity.Rank()) })
	return below[:min(len(below), siblingsAtMost)]
}

// smaller looks for the least that must change about these facts: nothing more
// than the step already taken, a ticket, less time, or both. It is pure as far
// as permits is, and asks it a bounded number of times.
func smaller(f Facts, step Alternative, permits func(Facts) bool) (found []Alternative) {
	ticketed, lacks := f, f.Ticket == "" && f.Kind != KindExtension // which keeps the ticket of what it extends
	if lacks {
		ticketed.Ticket = someTicket
	}
	modest := ticketed
	modest.Duration = min(f.Duration, rungs[0])
	if !permits(modest) {
		return nil
	}
	if step != (Alternative{}) && permits(f) {
		return []Alternative{step}
	}
	withTicket := step
	withTicket.Ticket = lacks
	if withTicket.Ticket && permits(ticketed) {
		found = append(found, withTicket)
	}
	if d := longest(f, permits); d > 0 {
		step.Duration = d
		return append(found, step)
	}
	if len(found) == 0 && withTicket.Ticket {
		if d := longest(ticketed, permits); d > 0 {
			withTicket.Duration = d
			found = append(found, withTicket)
		}
	}
	return found
}

// longest is the longest shorter duration that is permitted, with every rung
// below it; zero for none.
func longest(f Facts, permits func(Facts) bool) time.Duration {
	at := func(d time.Duration) bool {
		g := f
		g.Duration = d
		return permits(g)
	}
	var low time.Duration
	high := f.Duration
	for _, d := range rungs {
		if d >= f.Duration {
			break
		}
		if !at(d) {
			high = d
			break
		}
		low = d
	}
	for low > 0 && high-low > 5*time.Minute {
		if mid := (low + (high-low)/2).Truncate(5 * time.Minute); mid > low && at(mid) {
			low = mid
		} else {
			high = max(mid, low+5*time.Minute)
		}
	}
	return low
}
