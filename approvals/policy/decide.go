package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

var _ approvals.Policy = (*Set)(nil)

// Decide says what becomes of a request. When requester and beneficiary
// differ, both must be permitted for an automatic approval, and a forbid that
// meets either counts.
func (s *Set) Decide(f approvals.Facts, a approvals.Assessment) (r approvals.Ruling) {
	defer s.broken(&r)
	return s.rule(ask(f, a, nil), f, s.doubts(f, a))
}

// broken makes a defect of the engine a question to people.
func (s *Set) broken(r *approvals.Ruling) {
	if v := recover(); v != nil {
		*r = approvals.Ruling{
			Outcome: approvals.Route, Version: s.version, Quorum: 1,
			Problems: []string{"the policy engine broke down on this request"},
			Words:    "A person decides, because the policies could not be applied.",
		}
	}
}

// rule is Decide for facts that are put into the engine's terms.
func (s *Set) rule(q question, f approvals.Facts, doubts []string) (r approvals.Ruling) {
	defer s.broken(&r)
	found := s.evaluate(q, s.request, actionRequest, f.At, parties(f))
	r = approvals.Ruling{Outcome: approvals.Route, Version: s.version}
	r.Problems = append(slices.Clone(doubts), found.problems...)

	denials := found.denials()
	switch {
	case len(denials) > 0 && len(doubts) == 0 && !found.malformed:
		r.Outcome, r.Words, r.Policies = approvals.Refuse, reasons(denials), refs(denials)
	case found.permitted && len(r.Problems) == 0:
		r.Outcome, r.Words, r.Policies = approvals.AutoApprove, reasons(found.matched), refs(found.matched)
	default:
		s.route(&r, q, found)
	}
	return r
}

// parties are those for whom a request must be permitted.
func parties(f approvals.Facts) []cedar.EntityUID {
	if f.Requester.ID == f.Beneficiary.ID {
		return []cedar.EntityUID{user(f.Beneficiary.ID)}
	}
	return []cedar.EntityUID{user(f.Beneficiary.ID), user(f.Requester.ID)}
}

// doubts are the reasons why facts must not approve or refuse by themselves.
func (s *Set) doubts(f approvals.Facts, a approvals.Assessment) []string {
	doubts := slices.Clone(f.Problems)
	doubt := func(when bool, format string, args ...any) {
		if when {
			doubts = append(doubts, fmt.Sprintf(format, args...))
		}
	}
	age := f.At.Sub(f.Directory.AsOf)
	doubt(f.Directory.Stale || f.Directory.AsOf.IsZero() || age > s.maxDirectoryAge,
		"the directory is out of date, so nobody's role is certain")
	doubt(age < -time.Hour, "the directory claims to come from the future")
	doubt(a.Problem != "", "there is no score: %s", a.Problem)
	doubt(a.Problem == "" && (a.Score < 0 || a.Score > 100), "the score %d is not between 0 and 100", a.Score)
	doubt(f.Entitlement.TicketRequired && f.Ticket == "", "the catalogue asks for a ticket, and none is given")
	return append(doubts, unfit(f)...)
}

// finding is what the engine says of one question for all its principals.
type finding struct {
	permitted bool    // for every principal, by a permit that counts, and no forbid matched
	matched   []*rule // those that decided, ordered by id
	problems  []string
	malformed bool // the question itself does not fit the schema
	failed    bool // a forbid could not be evaluated
}

// evaluate asks the engine for each principal in turn. A permit whose review
// date has passed, or that a review of its decisions ended, opens nothing by
// itself any more; who may answer does not depend on it.
func (s *Set) evaluate(q question, set rules, action cedar.EntityUID, at time.Time, principals []cedar.EntityUID) finding {
	found := finding{permitted: true}
	var stale []*rule
	for _, principal := range principals {
		if err := q.check(principal, action); err != nil {
			found.malformed, found.permitted = true, false
			found.problems = append(found.problems, "the facts do not fit the policies' schema")
			continue
		}
		decision, diagnostic := cedar.Authorize(q.meant(set, principal), q.entities, q.request(principal, action))
		permitted := false
		found.matched = slices.Grow(found.matched, len(diagnostic.Reasons))
		for _, reason := range diagnostic.Reasons {
			r := set.get(reason.PolicyID)
			if r.permits() && action != actionApprove && (r.overdue(at) || r.lapsed(q.lapsed) != nil) {
				stale = append(stale, r)
				continue
			}
			permitted = permitted || r.permits() && r.ref.Owner != ""
			found.matched = append(found.matched, r)
		}
		found.permitted = found.permitted && permitted && decision == cedar.Allow
		for _, e := range diagnostic.Errors {
			r := set.get(e.PolicyID)
			found.failed = found.failed || !r.permits()
			found.problems = append(found.problems, fmt.Sprintf("the policy %q could not be evaluated: %s", r.ref.ID, e.Message))
		}
	}
	if !found.permitted {
		for _, r := range stale {
			why := "was due for review by " + r.reviewBy.AddDate(0, 0, -1).Format("2 January 2006")
			if r.lapsed(q.lapsed) != nil {
				why = "stopped approving by itself after a review"
			}
			found.problems = append(found.problems, fmt.Sprintf("the policy %q would permit it, but %s", r.ref.ID, why))
		}
	}
	slices.SortFunc(found.matched, func(a, b *rule) int { return strings.Compare(a.ref.ID, b.ref.ID) })
	found.matched = slices.Compact(found.matched)
	slices.Sort(found.problems)
	found.problems = slices.Compact(found.problems)
	return found
}

func refs(rs []*rule) []approvals.PolicyRef {
	if len(rs) == 0 {
		return nil
	}
	refs := make([]approvals.PolicyRef, len(rs))
	for i, r := range rs {
		refs[i] = r.ref
	}
	return refs
}

func (f finding) denials() (denials []*rule) {
	for _, r := range f.matched {
		if r.deny {
			denials = append(denials, r)
		}
	}
	return denials
}

func (f finding) forbids() (forbids []*rule) {
	for _, r := range f.matched {
		if !r.permits() {
			forbids = append(forbids, r)
		}
	}
	return forbids
}

// reasons joins the policies' own words, in the order of their ids.
func reasons(rs []*rule) string {
	var words []string
	for _, r := range rs {
		if !slices.Contains(words, r.ref.Reason) {
			words = append(words, r.ref.Reason)
		}
	}
	return strings.Join(words, " ")
}
