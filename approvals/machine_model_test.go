package approvals_test

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// model is what must be, said as simply as possible.
type model struct {
	stages   []approvals.Stage
	now      time.Time
	lapses   time.Time
	stageAt  time.Time
	reach    int // index of the furthest stage that was asked
	state    approvals.RequestState
	answers  []given
	away     map[approvals.PrincipalID]approvals.PrincipalID
	inactive map[approvals.PrincipalID]bool
}

// given is an answer: of whom, in whose place.
type given struct {
	by, place approvals.PrincipalID
	yes       bool
}

var seats = [][]approvals.PrincipalID{{"mia", "olga"}, {"sol", "sue"}}

func self(id approvals.PrincipalID) bool { return id == "amy" || id == "amy-admin" }

// voters are who may answer in a stage now, and in whose place.
func (m *model) voters(k int) map[approvals.PrincipalID]approvals.PrincipalID {
	voters := map[approvals.PrincipalID]approvals.PrincipalID{}
	for _, id := range seats[k] {
		if _, away := m.away[id]; !away && !m.inactive[id] {
			voters[id] = id
		}
	}
	for _, id := range seats[k] {
		delegate, away := m.away[id]
		_, too := m.away[delegate]
		_, own := m.seat(delegate)
		if away && !m.inactive[id] && delegate != id && !too && !self(delegate) && !m.inactive[delegate] && !own && voters[delegate] == "" && !m.standsIn(delegate, id) {
			voters[delegate] = id
		}
	}
	return voters
}

// standsIn reports whether a delegate takes the place of somebody before.
func (m *model) standsIn(delegate, before approvals.PrincipalID) bool {
	for _, id := range slices.Concat(seats...) {
		if id == before {
			return false
		}
		if m.away[id] == delegate && !m.inactive[id] {
			return true
		}
	}
	return false
}

func (m *model) seat(id approvals.PrincipalID) (int, bool) {
	for k, s := range seats {
		if slices.Contains(s, id) && !m.inactive[id] {
			return k, true
		}
	}
	return 0, false
}

// open are the stages that are asked, and whether all are passed.
func (m *model) open() (open []int, passed bool) {
	counted := map[approvals.PrincipalID]bool{}
	for first := 0; first < 2; {
		last := first
		if first == 0 && m.stages[0].EscalateAfter > 0 {
			last = 1
		}
		open, passed = nil, false
		var places []approvals.PrincipalID
		for k := first; k <= last && !passed; k++ {
			open = append(open, k)
			places = append(places, seats[k]...)
			yes := map[approvals.PrincipalID]bool{}
			for _, of := range [][]approvals.PrincipalID{seats[k], places} { // those of the stage itself first
				for _, g := range m.answers {
					if g.yes && slices.Contains(of, g.place) && !m.inactive[g.place] && !m.inactive[g.by] && !counted[g.place] && len(yes) < m.stages[k].Quorum {
						yes[g.place] = true
					}
				}
			}
			own := slices.ContainsFunc(seats[k], func(id approvals.PrincipalID) bool { return yes[id] })
			waiting := 0
			for by := range m.voters(k) {
				if !slices.ContainsFunc(m.answers, func(g given) bool { return g.by == by }) {
					waiting++
				}
			}
			if passed = own && len(yes) >= m.stages[k].Quorum; passed {
				maps.Copy(counted, yes)
			} else if waiting > 0 && waiting+len(yes) >= m.stages[k].Quorum && k+1 > m.reach {
				break
			}
		}
		if !passed {
			return open, false
		}
		first = last + 1
	}
	return open, true
}

// approvers are who may answer now.
func (m *model) approvers() ids {
	open, _ := m.open()
	var all ids
	for _, k := range open {
		all = append(all, slices.Collect(maps.Keys(m.voters(k)))...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// looked follows a decision that was stored: a stage that is asked anew has its
// own time.
func (m *model) looked() {
	open, passed := m.open()
	if m.state != approvals.RequestPending {
		return
	}
	if passed {
		m.state = approvals.RequestApproved
		return
	}
	if k := open[len(open)-1]; k > m.reach {
		m.reach, m.stageAt = k, m.now
		m.lapses = later(m.lapses, m.now.Add(8*time.Hour))
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// answer is what must come of an answer.
func (m *model) answer(say approvals.Answer, by approvals.PrincipalID) approvals.Code {
	switch {
	case self(by):
		return approvals.CodeSelfApproval
	case m.state == approvals.RequestLapsed:
		return approvals.CodeLapsed
	case m.state != approvals.RequestPending:
		return approvals.CodeAlreadyDecided
	case !m.now.Before(m.lapses):
		return approvals.CodeLapsed
	case m.inactive[by] || m.inactive["amy"]:
		return approvals.CodeForbidden
	case !slices.Contains(m.approvers(), by):
		return approvals.CodeForbidden
	case slices.ContainsFunc(m.answers, func(g given) bool { return g.by == by }):
		return approvals.CodeAlreadyDecided
	}
	place := by
	for k := range seats {
		if p := m.voters(k)[by]; p != "" {
			place = p
			break
		}
	}
	m.answers = append(m.answers, given{by, place, say == approvals.Approved})
	if say == approvals.Denied {
		m.state = approvals.RequestDenied
	}
	m.looked()
	return ""
}

// expect makes a move on the model and returns the code of what must come of
// it.
func (m *model) expect(mv move) approvals.Code {
	switch mv.What {
	case "approve":
		return m.answer(approvals.Approved, mv.Who)
	case "deny":
		return m.answer(approvals.Denied, mv.Who)
	case "abstain":
		return m.answer(approvals.Abstained, mv.Who)
	case "leave":
		m.away[mv.Who] = mv.To
	case "back":
		delete(m.away, mv.Who)
	case "left", "rehired":
		m.inactive[mv.Who] = mv.What == "left"
	case "decide":
		if m.state == approvals.RequestPending && m.inactive["amy"] {
			m.state = approvals.RequestCancelled
		}
		m.looked()
	case "pass":
		m.now = m.now.Add(mv.For)
		return m.pass()
	}
	return ""
}

// pass is what time does: the next stage is asked, or nobody answered.
func (m *model) pass() approvals.Code {
	if m.state != approvals.RequestPending {
		if m.state == approvals.RequestLapsed {
			return approvals.CodeLapsed
		}
		if !m.now.Before(m.lapses) {
			return approvals.CodeAlreadyDecided
		}
		return ""
	}
	if after := m.stages[m.reach].EscalateAfter; after > 0 && !m.now.Before(m.stageAt.Add(after)) {
		if m.inactive["amy"] {
			return approvals.CodeForbidden
		}
		m.reach++
		m.stageAt, m.lapses = m.now, later(m.lapses, m.now.Add(8*time.Hour))
		m.looked()
	}
	if m.state == approvals.RequestPending && !m.now.Before(m.lapses) {
		m.state = approvals.RequestLapsed
	}
	return ""
}

// corners are what a run came by, of what the model is there for.
func (m *model) corners() map[string]bool {
	came := map[string]bool{}
	voted := map[int]int{} // yes of each stage's own
	for _, g := range m.answers {
		came["somebody answered in another's place"] = came["somebody answered in another's place"] || g.by != g.place
		for k := range seats {
			if g.yes && slices.Contains(seats[k], g.place) {
				voted[k]++
			}
		}
	}
	approved := m.state == approvals.RequestApproved
	escalated := m.stages[0].EscalateAfter > 0 && m.reach == 1
	came["approved"] = approved
	came["approved in two stages"] = approved && m.stages[0].EscalateAfter == 0 && voted[0] > 0 && voted[1] > 0
	came["approved by a quorum of two"] = approved && slices.ContainsFunc(m.stages, func(s approvals.Stage) bool { return s.Quorum == 2 }) && len(m.answers) > 2
	came["approved with a delegate's yes"] = approved && slices.ContainsFunc(m.answers, func(g given) bool { return g.yes && g.by != g.place })
	came["escalated"] = escalated
	came["approved after an escalation"] = approved && escalated
	came["lapsed"] = m.state == approvals.RequestLapsed
	came["lapsed after an answer"] = m.state == approvals.RequestLapsed && len(m.answers) > 0
	came["denied"] = m.state == approvals.RequestDenied
	came["cancelled"] = m.state == approvals.RequestCancelled
	came["left open"] = m.state == approvals.RequestPending
	return came
}

// newModel is the model of a request that was just sent.
func newModel(stages []approvals.Stage) *model {
	m := &model{stages: stages, now: epoch, lapses: epoch.Add(8 * time.Hour), stageAt: epoch, state: approvals.RequestPending,
		away: map[approvals.PrincipalID]approvals.PrincipalID{}, inactive: map[approvals.PrincipalID]bool{"ivan": true}}
	m.looked()
	return m
}

// example is the model at the end of one run of many.
func example(seed int) *model {
	m := newModel(plans().Example(seed))
	for _, mv := range moves().Example(seed) {
		m.expect(mv)
	}
	return m
}

const (
	runsDrawn  = 3000
	eachCorner = 2 // runs on the engines
)

// onEngines are the runs for the real engines, which take much longer than the
// double: a few that come by every corner.
var onEngines = sync.OnceValue(func() (seeds []int) {
	seen := map[string]int{}
	for seed := range runsDrawn {
		came := example(seed).corners()
		wanted := false
		for corner, here := range came {
			wanted = wanted || here && seen[corner] < eachCorner
		}
		if !wanted {
			continue
		}
		seeds = append(seeds, seed)
		for corner, here := range came {
			if here {
				seen[corner]++
			}
		}
	}
	return seeds
})

// TestTheRunsComeByEveryCorner: what the runs never came by, they would show
// nothing about.
func TestTheRunsComeByEveryCorner(t *testing.T) {
	t.Parallel()
	var all []int
	for seed := range runsDrawn {
		all = append(all, seed)
	}
	for name, want := range map[string]struct {
		runs []int
		each int
	}{"drawn": {all, 15}, "on both engines": {onEngines(), eachCorner}} {
		seen := map[string]int{}
		for _, seed := range want.runs {
			for corner, here := range example(seed).corners() {
				seen[corner] += map[bool]int{true: 1}[here]
			}
		}
		t.Logf("%s, %d runs: %v", name, len(want.runs), seen)
		for corner, n := range seen {
			if n < want.each {
				t.Errorf("%d of %d runs (%s) came by: %s", n, len(want.runs), name, corner)
			}
		}
	}
}
