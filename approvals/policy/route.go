package policy

import (
	"slices"
	"time"

	"github.com/cedar-policy/cedar-go"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"github.com/hallpass-dev/hallpass/approvals"
)

// route says who is asked and why. The quorum is the highest that any policy
// wants which sent the request to people, or which could let somebody approve
// it; the channel is that of the first such policy.
func (s *Set) route(r *approvals.Ruling, q question, found finding) {
	forbids := found.forbids()
	r.Outcome, r.Quorum, r.Policies = approvals.Route, 1, refs(forbids)
	permits := s.mayApply(q)
	for _, rule := range slices.Concat(forbids, permits) {
		r.Quorum = max(r.Quorum, rule.quorum)
		if r.Channel == "" {
			r.Channel = rule.channel
		}
		r.EscalateAfter = shorter(r.EscalateAfter, rule.escalateAfter)
		r.LapseAfter = shorter(r.LapseAfter, rule.lapseAfter)
	}
	if slices.ContainsFunc(permits, func(p *rule) bool { return p.stage > 0 }) {
		stage(r, forbids, permits)
	}
	switch {
	case len(forbids) > 0:
		r.Words = reasons(forbids)
	case len(r.Problems) > 0:
		r.Words = "A person decides, because not everything could be made certain."
	default:
		r.Words = "No policy approves this at once, so a person decides."
	}
}

// stage parts the permits to approve into the stages that they name; one that
// names none is of the first. What a forbid says counts for all stages together:
// its quorum is what the last one makes up to, its channel is that of stages
// without one, its escalation follows the last.
func stage(r *approvals.Ruling, forbids, permits []*rule) {
	whole := approvals.Ruling{Quorum: 1}
	for _, f := range forbids {
		whole.Quorum = max(whole.Quorum, f.quorum)
		whole.EscalateAfter = shorter(whole.EscalateAfter, f.escalateAfter)
		if whole.Channel == "" {
			whole.Channel = f.channel
		}
	}
	byNumber := map[int]approvals.Stage{}
	for _, p := range permits {
		number := max(p.stage, 1)
		st := byNumber[number]
		st.Number, st.Quorum = number, max(st.Quorum, p.quorum, 1)
		st.EscalateAfter = shorter(st.EscalateAfter, p.escalateAfter)
		if st.Channel == "" {
			st.Channel = p.channel
		}
		if p.stage > 0 {
			st.Approvers = appendRef(st.Approvers, p.named())
		}
		byNumber[number] = st
	}
	r.Stages, r.EscalateAfter = nil, 0
	for _, st := range byNumber {
		if st.Channel == "" {
			st.Channel = whole.Channel
		}
		r.Stages = append(r.Stages, st)
	}
	slices.SortFunc(r.Stages, func(a, b approvals.Stage) int { return a.Number - b.Number })
	last := &r.Stages[len(r.Stages)-1]
	if last.EscalateAfter == 0 {
		last.EscalateAfter = whole.EscalateAfter
	}
	before := 0 // approvals that the steps before the last one need
	for first, k := 0, 0; k < len(r.Stages); k++ {
		step := r.Stages[first : k+1]
		switch {
		case k == len(r.Stages)-1:
			for i := range step { // whoever stands in for whom, the whole quorum holds
				step[i].Quorum = max(step[i].Quorum, whole.Quorum-before)
			}
			r.Quorum = before + fewest(step)
		case r.Stages[k].EscalateAfter == 0:
			before, first = before+fewest(step), k+1
		}
	}
	r.Channel = r.Stages[0].Channel
}

// fewest is the smallest quorum of stages that stand in for each other.
func fewest(step []approvals.Stage) int {
	return slices.MinFunc(step, func(a, b approvals.Stage) int { return a.Quorum - b.Quorum }).Quorum
}

// mayApply lists the permits to approve that say how people are asked, or all
// where any of them names a stage, and whose conditions hold for this request,
// whoever the approver will be. A condition that cannot be told without the
// approver counts as holding: too many approvals are asked for rather than too
// few.
func (s *Set) mayApply(q question) (out []*rule) {
	env := eval.Env{
		Principal: eval.Variable("principal"), Action: actionApprove,
		Resource: q.resource, Context: q.context, Entities: q.entities,
	}
	resource := q.whereIs(q.resource)
	for _, r := range s.approve {
		if !s.routes(r) || !r.head.resource.fits(resource) {
			continue
		}
		if _, keep := eval.PartialPolicy(env, (*xast.Policy)(r.policy.AST())); keep {
			out = append(out, r)
		}
	}
	return out
}

// routes reports whether a permit to approve matters for how people are asked:
// it says so itself, or another names a stage, and so parts them all.
func (s *Set) routes(r *rule) bool {
	says := r.quorum != 0 || r.channel != "" || r.escalateAfter != 0 || r.lapseAfter != 0
	return r.permits() && (says || s.staged)
}

// named is whom a rule names in its head: "" for nobody in particular.
func (r *rule) named() approvals.ApproverRef {
	ref := func(e cedar.EntityUID) approvals.ApproverRef {
		if e.Type == typeGroup {
			return approvals.ApproverRef("group:" + e.ID)
		}
		return approvals.ApproverRef("person:" + e.ID)
	}
	switch scope := (*xast.Policy)(r.policy.AST()).Principal.(type) {
	case xast.ScopeTypeEq:
		return ref(scope.Entity)
	case xast.ScopeTypeIn:
		return ref(scope.Entity)
	case xast.ScopeTypeIsIn:
		return ref(scope.Entity)
	default:
		return ""
	}
}

func appendRef(refs []approvals.ApproverRef, ref approvals.ApproverRef) []approvals.ApproverRef {
	if ref == "" || slices.Contains(refs, ref) {
		return refs
	}
	return append(refs, ref)
}

// shorter is the shorter of two times of which zero says nothing.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// seats are the numbers of the stages in which some permits let somebody
// answer; nil when none of them names one.
func seats(matched []*rule) (numbers []int) {
	staged := false
	for _, r := range matched {
		if r.permits() {
			staged = staged || r.stage > 0
			numbers = append(numbers, max(r.stage, 1))
		}
	}
	if !staged {
		return nil
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}
