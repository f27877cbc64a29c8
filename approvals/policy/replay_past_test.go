package policy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
)

// past is a made-up history of an organisation: the same seed gives the same.
type past struct {
	rng    *rand.Rand
	people []approvals.Principal
	things []approvals.Entitlement
	n      int
}

func newPast(tb testing.TB, seed uint64, people int) *past {
	tb.Helper()
	c, err := catalog.Load(tb.Context(), "../../examples/access", nil)
	if err != nil {
		tb.Fatal(err)
	}
	p := &past{rng: rand.New(rand.NewPCG(seed, 7))}
	if p.things, err = c.All(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	teams := []string{"Engineering", "Finance", "Customer Support", "Sales", ""}
	groups := [][]string{{"engineering"}, {"engineering", "on-call"}, {"finance"}, {"support"}, {"guests"}, {"security", "engineering"}, nil}
	for i := range people {
		who := approvals.Principal{ID: approvals.PrincipalID(fmt.Sprintf("p%d", i)), Name: fmt.Sprintf("Person \"%d\" Ölçer", i),
			Email: fmt.Sprintf("p%d@example.com", i), Title: []string{"Engineer", "Manager"}[i%2], Department: teams[i%len(teams)],
			Groups: groups[p.rng.IntN(len(groups))], Contractor: p.rng.IntN(10) == 0}
		if i > 3 {
			who.Manager = approvals.PrincipalID(fmt.Sprintf("p%d", i/4))
		}
		p.people = append(p.people, who)
	}
	return p
}

// next is a request as it was, and the answer of then.
func (p *past) next() (approvals.Facts, approvals.Assessment) {
	p.n++
	at := exampleAt.Add(time.Duration(p.n%500_000) * time.Minute)
	who := p.people[p.rng.IntN(len(p.people))]
	thing := p.things[p.rng.IntN(len(p.things))]
	local := at.Add(time.Duration(p.rng.IntN(25)-12) * time.Hour)
	f := approvals.Facts{
		At: at, Kind: approvals.KindAccess, Requester: who, Beneficiary: who, Entitlement: thing,
		Duration: time.Duration(1+p.rng.IntN(30)) * 15 * time.Minute, ReasonLength: 5 + p.rng.IntN(100),
		Weekday: local.Weekday(), MinuteOfDay: local.Hour()*60 + local.Minute(), AutoToday: p.rng.IntN(7),
		Directory: approvals.DirectoryState{Source: "file:people.yaml", AsOf: at.Add(-time.Duration(p.rng.IntN(25)) * time.Hour)},
		Evidence: approvals.Evidence{World: int64(p.n), Counts: []approvals.Count{
			{Name: "peers.team", N: int64(p.rng.IntN(9)), Of: 9}, {Name: "history.entitlement", N: 3, Of: int64(p.rng.IntN(50))},
			{Name: "history.person", N: 12, Of: 40}, {Name: "peers.title", N: 2, Of: 11}, {Name: "world.people", N: 400, Of: 412}}},
	}
	a := approvals.Assessment{Score: p.rng.IntN(101), Confidence: approvals.ConfidenceMedium, Model: "additive-2",
		Factors: []approvals.Factor{{Name: "peers.team", Points: 12, Words: "3 of 9 teammates hold it"}, {Name: "history", Points: -4, Words: "asked for \"often\" before"}}}
	switch p.rng.IntN(30) {
	case 0:
		f.Directory.Stale = true
	case 1:
		f.Problems = []string{"the directory's age is unknown"}
	case 2:
		a = approvals.Assessment{Problem: "no memory"}
	case 3:
		f.Kind = approvals.KindExtension
	case 4, 5:
		f.Requester = p.people[p.rng.IntN(len(p.people))]
	case 6:
		f.Beneficiary.Inactive = true
	case 7, 8:
		f.SkipLevel, f.StartsAt, f.OnDuty = "boss", at.Add(time.Hour), []approvals.PrincipalID{who.ID, "zoe"}
		f.Fields = map[string]string{"change": "standard"}
		f.Conflicts = []approvals.Conflict{{Rule: "pay-and-post", Reason: "Two people.", Ask: true, With: "ledger:post"}}
	}
	if p.rng.IntN(2) == 0 {
		f.Ticket = []string{"INC-4312", "CHG-7", `odd "one"`}[p.rng.IntN(3)]
	}
	return f, a
}

// row is the next decision as the database keeps it, taken by a set.
func (p *past) row(tb testing.TB, by *Set) Stored {
	tb.Helper()
	f, a := p.next()
	return Stored{Request: approvals.RequestID(fmt.Sprintf("req_%d", p.n)), Facts: encode(tb, f), Assessment: encode(tb, a),
		Ruling: encode(tb, approvals.Restrain(f, a, by.Decide(f, a)))}
}

func encode(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// rows gives rows to a replay.
func rows(all []Stored) func(func(Stored) error) error {
	return func(yield func(Stored) error) error {
		scratch := Stored{}
		for _, d := range all { // what was handed over may change at once
			scratch.Request = d.Request
			scratch.Facts = append(scratch.Facts[:0], d.Facts...)
			scratch.Assessment = append(scratch.Assessment[:0], d.Assessment...)
			scratch.Ruling = append(scratch.Ruling[:0], d.Ruling...)
			if err := yield(scratch); err != nil {
				return err
			}
			clear(scratch.Facts)
			clear(scratch.Assessment)
			clear(scratch.Ruling)
		}
		return nil
	}
}

func stringOf(s string) cedar.String { return cedar.String(s) }
