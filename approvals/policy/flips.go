package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Replay is what a changed policy set would have answered in the past.
type Replay struct {
	Version   approvals.PolicyVersion `json:"version"`
	Decisions int                     `json:"decisions"` // decided again
	Flips     int                     `json:"flips"`     // of them, those that would end otherwise
	// MoreApprovers and FewerApprovers count requests that people are asked about
	// then as now, with another quorum.
	MoreApprovers  int                   `json:"more_approvers"`
	FewerApprovers int                   `json:"fewer_approvers"`
	Turns          []Turn                `json:"turns"` // from what to what, most first
	ByRule         []Share               `json:"by_rule"`
	ByTeam         []Share               `json:"by_team"` // the beneficiary's department then
	ByEntitlement  []Share               `json:"by_entitlement"`
	Latest         []Flip                `json:"latest"`               // flips to an automatic approval first, then the newest
	Unreadable     []approvals.RequestID `json:"unreadable,omitempty"` // the first of those that could not be read
	UnreadableAll  int                   `json:"unreadable_count"`

	// Sole counts, by permit, the flips to an automatic approval that it alone
	// brings about.
	Sole map[string]int `json:"-"`
}

// Turn is one way to flip.
type Turn struct {
	From  approvals.Outcome `json:"from"`
	To    approvals.Outcome `json:"to"`
	Count int               `json:"count"`
}

// Share is how many flips fall on a rule, a team or an entitlement. A rule's
// are those in which it decides then and not now, or now and not then.
type Share struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Turns []Turn `json:"turns"`
}

// Flip is one request whose answer changes.
type Flip struct {
	Request     approvals.RequestID `json:"request"`
	At          time.Time           `json:"at"`
	Team        string              `json:"team,omitempty"`
	Entitlement string              `json:"entitlement"`
	From        approvals.Outcome   `json:"from"`
	To          approvals.Outcome   `json:"to"`
	Rules       []string            `json:"rules,omitempty"` // those that decide only then or only now
}

// flipsShown bounds Latest, unreadableShown Unreadable.
const flipsShown, unreadableShown = 20, 20

// tally counts for one worker.
type tally struct {
	decisions, more, fewer int
	bad                    []approvals.RequestID
	badAll                 int
	turns                  turns
	rules, teams, things   map[string]turns
	latest                 []Flip
	sole                   map[string]int
}

type turns map[[2]approvals.Outcome]int

func newTally() *tally {
	return &tally{turns: turns{}, rules: map[string]turns{}, teams: map[string]turns{}, things: map[string]turns{}, sole: map[string]int{}}
}

func (t *tally) unreadable(id approvals.RequestID) {
	t.badAll++
	t.bad = smallest(append(t.bad, id), unreadableShown, func(a, b approvals.RequestID) int { return cmp.Compare(a, b) })
}

func (t *tally) quorum(was, now int) {
	switch {
	case now > was:
		t.more++
	case now < was:
		t.fewer++
	}
}

func (t *tally) flip(id approvals.RequestID, who subject, was approvals.Ruling, now verdict) {
	turn := [2]approvals.Outcome{was.Outcome, now.outcome}
	f := Flip{Request: id, At: who.at, Team: who.team, Entitlement: who.entitlement, From: was.Outcome, To: now.outcome,
		Rules: difference(ids(was.Policies), ids(now.policies))}
	t.turns[turn]++
	if now.outcome == approvals.AutoApprove && len(now.policies) == 1 {
		t.sole[now.policies[0].ID]++
	}
	for _, rule := range f.Rules {
		count(t.rules, rule, turn, 1)
	}
	count(t.teams, f.Team, turn, 1)
	count(t.things, f.Entitlement, turn, 1)
	t.latest = smallest(append(t.latest, f), flipsShown, worstFirst)
}

// difference is what is in one list alone, sorted.
func difference(a, b []string) []string {
	var out []string
	for _, pair := range [][2][]string{{a, b}, {b, a}} {
		for _, s := range pair[0] {
			if !slices.Contains(pair[1], s) {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func count(of map[string]turns, name string, turn [2]approvals.Outcome, n int) {
	if of[name] == nil {
		of[name] = turns{}
	}
	of[name][turn] += n
}

// worstFirst orders flips for a person who has time for a few.
func worstFirst(a, b Flip) int {
	return cmp.Or(bitOf(b.To == approvals.AutoApprove)-bitOf(a.To == approvals.AutoApprove), b.At.Compare(a.At), cmp.Compare(a.Request, b.Request))
}

func bitOf(b bool) int { return int(bit(b)) }

// smallest keeps the n first of a list, of which all but the last are in order.
func smallest[T any](list []T, n int, order func(a, b T) int) []T {
	last := len(list) - 1
	if last == n && order(list[last], list[last-1]) >= 0 {
		return list[:n]
	}
	slices.SortStableFunc(list, order)
	return list[:min(n, len(list))]
}

// report adds the workers' tallies up. Its order does not depend on theirs.
func (s *Set) report(tallies []*tally) *Replay {
	r := &Replay{Version: s.version}
	sum := newTally()
	for _, t := range tallies {
		r.Decisions += t.decisions
		r.MoreApprovers, r.FewerApprovers = r.MoreApprovers+t.more, r.FewerApprovers+t.fewer
		r.UnreadableAll += t.badAll
		for _, id := range t.bad {
			r.Unreadable = smallest(append(r.Unreadable, id), unreadableShown, func(a, b approvals.RequestID) int { return cmp.Compare(a, b) })
		}
		for _, f := range t.latest {
			r.Latest = smallest(append(r.Latest, f), flipsShown, worstFirst)
		}
		for turn, n := range t.turns {
			sum.turns[turn] += n
			r.Flips += n
		}
		for rule, n := range t.sole {
			sum.sole[rule] += n
		}
		for _, part := range []struct{ from, to map[string]turns }{{t.rules, sum.rules}, {t.teams, sum.teams}, {t.things, sum.things}} {
			for name, of := range part.from {
				for turn, n := range of {
					count(part.to, name, turn, n)
				}
			}
		}
	}
	r.Turns, r.Sole = sum.turns.list(), sum.sole
	r.ByRule, r.ByTeam, r.ByEntitlement = shares(sum.rules), shares(sum.teams), shares(sum.things)
	return r
}

func (t turns) list() []Turn {
	list := make([]Turn, 0, len(t))
	for turn, n := range t {
		list = append(list, Turn{From: turn[0], To: turn[1], Count: n})
	}
	slices.SortFunc(list, func(a, b Turn) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(string(a.From), string(b.From)), strings.Compare(string(a.To), string(b.To)))
	})
	return list
}

func shares(of map[string]turns) []Share {
	list := make([]Share, 0, len(of))
	for name, t := range of {
		s := Share{Name: name, Turns: t.list()}
		for _, turn := range s.Turns {
			s.Count += turn.Count
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Share) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Name, b.Name)) })
	return list
}
