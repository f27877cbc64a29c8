package scoring

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/synthetic"
)

// TestHistoryKnowsWhenItWasApprovedLastAndWhatWasRenewed gives somebody a past
// of approvals, some within a month of the one before.
func TestHistoryKnowsWhenItWasApprovedLastAndWhatWasRenewed(t *testing.T) {
	t.Parallel()
	o := small(30)
	w, m := build(o), Shipped()
	const person, wanted, sibling = 33, 7, 8
	w.people[w.ids.get(o.People[person].ID)].asked = askedBy{} // what the company's past has of this person
	var all []approvals.Entitlement
	for i, e := range o.Entitlements {
		all = append(all, approvals.Entitlement{ID: e, System: fmt.Sprint("system", i/10)})
	}
	w.SetCatalogue(all)
	say := func(e, daysAgo int, approver approvals.PrincipalID, approved bool) {
		l := answered(w, o, person, e, 0, approved)
		l.At, l.Approver = synthetic.Now.Add(-time.Duration(daysAgo)*day), approver
		w.Learn(l)
	}
	f := o.Facts(person, wanted)
	counts := func() map[string]approvals.Count {
		t.Helper()
		e, err := New(w, nil, m).Evidence(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]approvals.Count{}
		for _, name := range []string{"last.entitlement", "last.siblings", "renewed"} {
			if c := e.Count(name); c.Of != 0 {
				got[name] = approvals.Count{N: c.N, Of: c.Of}
			}
		}
		return got
	}
	if diff := cmp.Diff(map[string]approvals.Count{}, counts()); diff != "" {
		t.Errorf("nobody approved anything (-want +got):\n%s", diff)
	}
	say(wanted, 200, "ann", true)
	say(wanted, 100, "ann", true) // too late for a renewal
	say(wanted, 80, "ann", true)
	say(wanted, 60, "bob", true)
	say(wanted, 5, "bob", false)
	say(sibling, 12, "ann", true)
	want := map[string]approvals.Count{"last.entitlement": {N: 61, Of: 731}, "last.siblings": {N: 13, Of: 731}, "renewed": {N: 2, Of: 4}}
	if diff := cmp.Diff(want, counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	s := w.subject(&f)
	bob := w.ownHistory(&s, f.At, w.ids.get("bob"))
	if bob.last != (portion{81, 731}) || bob.renewed != (portion{1, 3}) {
		t.Errorf("without bob it was approved last %+v ago and renewed %+v", bob.last, bob.renewed)
	}
	recent := assessed(t, w, m, f)
	for name, words := range map[string]string{
		"last.entitlement": "It was last approved for this person 60 days ago.",
		"last.siblings":    "Other access to the same system was last approved for this person 12 days ago.",
		"renewed":          "This person's own approvals for it: 2 of 4 renewed an earlier one.",
	} {
		if got := named(recent, name); got == nil || got.Points >= 0 || got.Words != words {
			t.Errorf("%s is %+v, want negative points and %q", name, got, words)
		}
	}
	f.At = f.At.Add(400 * day)
	if late := named(assessed(t, w, m, f), "last.entitlement"); late != nil {
		t.Errorf("an approval more than a year ago still gives %+v", late)
	}
}

func TestDaysAgoAreSaid(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]portion{"today": ago(500, 500), "1 day ago": ago(500, 499), "2 days ago": ago(500, 498), "two years ago or earlier": ago(5000, 1)} {
		if got := daysAgo(p); got != want {
			t.Errorf("%+v is said as %q, want %q", p, got, want)
		}
	}
	if early := ago(3, 500); early.n != 1 { // an approval that a slow clock puts after now
		t.Errorf("an approval of tomorrow was %d days ago", early.n)
	}
	if never := ago(500, 0); never.of != 0 {
		t.Errorf("what never was is %+v ago", never)
	}
}
