package suggest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/suggest"
)

func TestAProposalIsDroppedForWhatSpeaksAgainstIt(t *testing.T) {
	t.Parallel()
	const id = "suggested-refunds-issue-billing"
	permit := func(name, conditions string) (string, string) {
		return fmt.Sprintf("\n@id(%q)\n@owner(\"olga@example.com\")\n@reason(\"r\")\n@review_by(\"2030-01-01\")\n%s;\n", name, conditions),
			"  - {name: it, ask: refunds:issue, who: {department: Billing}, score: 10, expect: %s, by: [" + name + "]}\n" +
				"  - {name: not it, ask: refunds:view, score: 10, expect: route, not: [" + name + "]}\n"
	}
	for _, tc := range []struct {
		name   string
		law    string
		expect string
		as     string
		change func(*testing.T, suggest.Source, *past)
		why    string // empty: it is proposed
	}{
		{name: "nothing does"},
		{name: "a denial within its bounds, long ago", why: "it would have approved what was denied, 1 times", change: func(t *testing.T, from suggest.Source, p *past) {
			d := usual(0)
			d.state, d.ago = approvals.RequestDenied, 300*day
			p.decisions = append(p.decisions, d.decision(t, from, 999))
		}},
		{name: "a later look at a denial, within its bounds", why: "it would have approved what was denied", change: func(t *testing.T, from suggest.Source, p *past) {
			d := usual(0)
			d.state, d.ago, d.score = approvals.RequestDenied, 300*day, 60
			first := d.decision(t, from, 999)
			d.score = 5
			second := d.decision(t, from, 999)
			second.Sequence = 2
			p.decisions = append(p.decisions, first, second)
		}},
		{name: "a denial beyond its bounds, long ago", change: func(t *testing.T, from suggest.Source, p *past) {
			d := usual(0)
			d.state, d.ago, d.length = approvals.RequestDenied, 300*day, 2*time.Hour
			p.decisions = append(p.decisions, d.decision(t, from, 999))
		}},
		{name: "a decision that can't be read", why: "1 stored decisions can't be read", change: func(t *testing.T, from suggest.Source, p *past) {
			d := usual(0).decision(t, from, 999)
			d.Facts = []byte("{")
			p.decisions = append(p.decisions, d)
		}},
		{name: "a permit that approves the same by now", as: "already", law: `permit (principal, action == Action::"request", resource == Entitlement::"refunds:issue")`,
			expect: "auto_approve", why: "it alone would have approved 0 of them"},
		{name: "a forbid in the way", as: "asked", law: `forbid (principal, action == Action::"request", resource == Entitlement::"refunds:issue")`,
			expect: "route", why: "stands in the way"},
		{name: "a permit of its name", as: id, law: `permit (principal, action == Action::"request", resource == Entitlement::"refunds:issue") when { context.on_behalf == false }`,
			expect: "auto_approve", why: "the policies have a permit " + id + " already"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cedar, examples := rules, shown
			from := folder(t, cedar, examples)
			p := enough(t, from) // decided before the law of today
			if tc.law != "" {
				more, example := permit(tc.as, tc.law)
				from = folder(t, cedar+more, examples+fmt.Sprintf(example, tc.expect))
			}
			if tc.change != nil {
				tc.change(t, from, p)
			}
			from.Past = p
			found := suggestions(t, from)
			if tc.why == "" {
				if len(found.Proposals) != 1 || found.Proposals[0].ID != id || found.Proposals[0].Approves != 70 || found.Proposals[0].Flips != 0 {
					t.Fatalf("proposed: %+v\nnot: %+v", found.Proposals, found.NotProposed)
				}
				return
			}
			if len(found.Proposals) != 0 || len(found.NotProposed) != 1 || !strings.Contains(strings.Join(found.NotProposed[0].WhyNot, ";"), tc.why) {
				t.Errorf("proposed: %+v\nnot: %+v", found.Proposals, found.NotProposed)
			}
			if strings.Contains(suggest.Patch(found.Edits), id) {
				t.Error("the diff proposes it all the same")
			}
		})
	}
}

// Whatever people answered: with a proposal in force, nothing that was denied
// is approved, decided by the plain path of a real request. HALLPASS_SEEDS says
// how many pasts are tried.
func TestAProposalNeverFlipsAPastDenial(t *testing.T) {
	t.Parallel()
	seeds := 8
	if n, err := strconv.Atoi(os.Getenv("HALLPASS_SEEDS")); err == nil {
		seeds = n
	}
	base := folder(t, rules, shown)
	proposed, denied := 0, 0
	for seed := range seeds {
		from, p := base, somePast(t, base, rand.New(rand.NewPCG(uint64(seed), 59)))
		from.Past = p
		found := suggestions(t, from)
		proposed += len(found.Proposals)
		law := apply(t, from, found)
		for _, d := range p.decisions {
			if d.State != approvals.RequestDenied {
				continue
			}
			denied++
			var f approvals.Facts
			var a approvals.Assessment
			if err := errors.Join(json.Unmarshal(d.Facts, &f), json.Unmarshal(d.Assessment, &a)); err != nil {
				t.Fatal(err)
			}
			if r := approvals.Restrain(f, a, law.Decide(f, a)); r.Outcome == approvals.AutoApprove {
				t.Errorf("seed %d: %s was denied, and is approved by %v", seed, d.Request, r.Policies)
			}
		}
	}
	if proposed == 0 || proposed == seeds || denied == 0 {
		t.Errorf("of %d pasts %d speak for a permit and %d requests were denied, so little was shown", seeds, proposed, denied)
	}
}

// somePast is mostly approved, within bounds that vary, and has some denials,
// most of them old.
func somePast(t *testing.T, from suggest.Source, r *rand.Rand) *past {
	t.Helper()
	p := &past{}
	maxScore, maxHours := 5+r.IntN(25), 1+r.IntN(4)
	for i := range 61 + r.IntN(30) {
		a := usual(i)
		a.score, a.length = r.IntN(maxScore+1), time.Duration(1+r.IntN(maxHours))*time.Hour
		p.decisions = append(p.decisions, a.decision(t, from, i))
	}
	for i := range 1 + r.IntN(3) {
		a := usual(i)
		a.state, a.ago = approvals.RequestDenied, time.Duration(181+r.IntN(300))*day
		a.score, a.length = r.IntN(61), time.Duration(1+r.IntN(8))*time.Hour
		a.ticket = []string{"", "T-9"}[r.IntN(2)]
		a.department = []string{"Billing", "Billing", "Sales", ""}[r.IntN(4)]
		p.decisions = append(p.decisions, a.decision(t, from, 1000+i))
	}
	return p
}

// apply loads the policies as they would be with all that is proposed.
func apply(t *testing.T, from suggest.Source, found *suggest.Suggestions) *policy.Set {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from.Dir)); err != nil {
		t.Fatal(err)
	}
	for _, e := range found.Edits {
		if err := os.WriteFile(filepath.Join(dir, e.Path), []byte(e.Text()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := catalog.Load(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := policy.Load(t.Context(), policy.Options{Dir: dir, Catalogue: all})
	if err != nil {
		t.Fatal(err)
	}
	return set
}
