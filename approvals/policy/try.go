package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// answer is what a set says of an example.
type answer struct {
	outcome  string
	by       []string
	problems []string
	quorum   int
	channel  string
	stages   []int
}

// try runs the examples and asks of each policy one example that it decides
// and one that it does not.
func (s *Set) try(examples []example) approvals.Problems {
	var problems approvals.Problems
	decided, spared := map[string]bool{}, map[string]bool{}
	for _, e := range examples {
		problems = append(problems, s.tryOne(e)...)
		for _, id := range e.text.By {
			decided[id] = true
		}
		for _, id := range e.text.Not {
			spared[id] = true
		}
	}
	for _, r := range s.all {
		if r.builtin() {
			continue
		}
		lacks := func(what, key string) {
			problems = append(problems, approvals.Problem{
				File: r.file, Line: r.lineOf("@id"), What: fmt.Sprintf("%s has no example that it %s", r.title(), what),
				Mend: fmt.Sprintf("write one in a *_test.yaml file and name the policy under %s:", key),
			})
		}
		if !decided[r.ref.ID] {
			lacks("decides", "by")
		}
		if !spared[r.ref.ID] {
			lacks("does not decide", "not")
		}
	}
	return problems
}

func (s *Set) tryOne(e example) approvals.Problems {
	var ps approvals.Problems
	wrong := func(key, mend, format string, args ...any) {
		ps = append(ps, e.place.At(key).Problem(mend, "the example %q "+format, append([]any{e.text.Name}, args...)...))
	}
	const mend = "mend the policy, or the example if it is wrong"
	got := s.answer(e)
	want := slices.Sorted(slices.Values(e.text.By))
	if got.outcome != e.text.Expect || !slices.Equal(got.by, want) {
		because := ""
		if len(got.problems) > 0 {
			because = ", because " + strings.Join(got.problems, ", and because ")
		}
		wrong("expect", mend, "expects %s by %s, but the answer is %s by %s%s", e.text.Expect, list(want), got.outcome, list(got.by), because)
	}
	if e.text.Quorum != 0 && e.text.Quorum != got.quorum {
		wrong("quorum", mend, "expects a quorum of %d, but it is %d", e.text.Quorum, got.quorum)
	}
	if e.text.Channel != "" && e.text.Channel != got.channel {
		wrong("channel", mend, "expects the channel %q, but it is %q", e.text.Channel, got.channel)
	}
	if len(e.text.Stages) > 0 && !slices.Equal(e.text.Stages, got.stages) {
		wrong("stages", mend, "expects the stages %v, but they are %v", e.text.Stages, got.stages)
	}
	for _, id := range e.text.Not {
		switch r := s.all.get(cedar.PolicyID(id)); {
		case r == nil:
			wrong("not", "write the @id of a policy", "names the policy %q, which does not exist", id)
		case !r.covers(e.action()):
			wrong("not", "name it in an example of that action", "is not about the action of the policy %q", id)
		case s.holds(r, e):
			wrong("not", mend, "says that the policy %q does not hold, but it does", id)
		}
	}
	return ps
}

// action is what an example asks about.
func (e example) action() cedar.EntityUID {
	switch e.text.Expect {
	case expectMayApprove, expectMayNotApprove:
		return actionApprove
	case expectMayOpen, expectMayNotOpen:
		return actionBreakGlass
	default:
		return actionRequest
	}
}

// question is the example in the engine's terms, with whom it is about.
func (e example) question() (question, []cedar.EntityUID) {
	if e.action() == actionApprove {
		return ask(e.facts, e.assessment, &e.approver), []cedar.EntityUID{user(e.approver.ID)}
	}
	return ask(e.facts, e.assessment, nil), parties(e.facts)
}

// answer decides an example as a real request would be decided.
func (s *Set) answer(e example) answer {
	switch e.action() {
	case actionApprove:
		v := s.MayApprove(e.facts, e.assessment, e.approver)
		return answer{outcome: word(v.Allowed, expectMayApprove, expectMayNotApprove), by: ids(v.Policies), problems: v.Problems, stages: v.Stages}
	case actionBreakGlass:
		v := s.MayBreakGlass(e.facts, e.assessment)
		return answer{outcome: word(v.Allowed, expectMayOpen, expectMayNotOpen), by: ids(v.Policies), problems: v.Problems}
	default:
		r := s.Decide(e.facts, e.assessment)
		return answer{outcome: string(r.Outcome), by: ids(r.Policies), problems: r.Problems, quorum: r.Quorum, channel: r.Channel, stages: stageNumbers(r.Stages)}
	}
}

// holds reports whether a policy's own conditions hold in an example, which an
// answer does not show when a forbid hides a permit. A policy that fails to
// evaluate counts as holding: the example does not show that it does not.
func (s *Set) holds(r *rule, e example) bool {
	q, people := e.question()
	for _, p := range people {
		_, diagnostic := cedar.Authorize(rules{r}, q.entities, q.request(p, e.action()))
		if len(diagnostic.Reasons)+len(diagnostic.Errors) > 0 {
			return true
		}
	}
	return false
}

func stageNumbers(stages []approvals.Stage) (out []int) {
	for _, st := range stages {
		out = append(out, st.Number)
	}
	return out
}

func word(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func ids(refs []approvals.PolicyRef) []string {
	var out []string
	for _, r := range refs {
		out = append(out, r.ID)
	}
	return out
}

func list(ids []string) string {
	if len(ids) == 0 {
		return "no policy"
	}
	return strings.Join(ids, " and ")
}
