package scoring

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/synthetic"
)

// TestAChangeOfFunctionCountsForThirtyDays changes it while the program looks,
// and while it does not.
func TestAChangeOfFunctionCountsForThirtyDays(t *testing.T) {
	t.Parallel()
	const person = 20
	for name, c := range map[string]struct {
		before, after string
		live          bool
		days          int64
	}{
		"changed":                              {"function 1", "function 2", true, 30},
		"changed while nobody looked":          {"function 1", "function 2", false, 30},
		"taken away":                           {"function 1", "", false, 30},
		"named for the first time, live":       {"", "function 1", true, 30},
		"the directory begins to tell it":      {"", "function 1", false, 0},
		"the same":                             {"function 1", "function 1", true, 0},
		"never named, and the title stands in": {"", "", false, 0},
	} {
		o := company(3)
		o.State.AsOf = synthetic.Now
		p := &o.People[person]
		p.Function = c.before
		w := NewWorld(Options{})
		if c.live {
			w.SetPeople(o.People, o.State)
		}
		w.Learn(approvals.Learned{Sequence: 1, At: synthetic.Now.Add(-time.Hour), Request: "r", Entitlement: o.Entitlements[0], Beneficiary: p.ID,
			Manager: p.Manager, Title: p.Title, Department: p.Department, Location: p.Location, Function: c.before, Approver: "a", Approved: true})
		p.Function = c.after
		w.SetPeople(o.People, o.State)
		if _, days := w.movedFrom(w.ids.get(p.ID), synthetic.Now); days != c.days {
			t.Errorf("%s: %d days are left, want %d", name, days, c.days)
		}
	}
}

// TestATitleStandsForAFunctionThatNobodyNames compares an organisation whose
// directory knows no functions with one that calls them as the titles.
func TestATitleStandsForAFunctionThatNobodyNames(t *testing.T) {
	t.Parallel()
	named, silent := company(4), company(4)
	for _, o := range []*synthetic.Organisation{named, silent} {
		for i := range o.People {
			o.People[i].Function = ""
		}
		for i := range o.Decisions {
			o.Decisions[i].Function = ""
		}
	}
	for i := range named.People {
		named.People[i].Function = named.People[i].Title
	}
	for i := range named.Decisions {
		named.Decisions[i].Function = named.Decisions[i].Title
	}
	one, other := build(named), build(silent)
	for person := range 50 {
		f, g := named.Facts(person, person%20), silent.Facts(person, person%20)
		var a, b observation
		var r, s result
		Shipped().once(one, &f, true, &a, &r)
		Shipped().once(other, &g, true, &b, &s)
		if diff := cmp.Diff(a.counts(), b.counts()); diff != "" || r.raw != s.raw {
			t.Fatalf("person %d scores %d where functions are the titles, %d where there are none (-named +silent):\n%s", person, r.raw, s.raw, diff)
		}
		for _, factor := range factors(&g, &b, &s) {
			if strings.HasSuffix(factor.Name, "function") && !strings.Contains(factor.Words, "title, which stands for the function") {
				t.Errorf("%s hides that the function is not known: %s", factor.Name, factor.Words)
			}
		}
	}
}
