package review_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/review"
)

// given is a verdict that somebody was told is taken.
type given struct {
	by      approvals.PrincipalID
	verdict approvals.ReviewVerdict
}

// machine is two replicas of a review Service on one store, and what must be
// true of it whatever they do, in whichever order, and wherever one of them dies.
type machine struct {
	*desk
	drawn   *rapid.T
	given   map[string]given
	passed  map[string][]approvals.PrincipalID
	started int
}

var staff = []approvals.PrincipalID{"amy", "bob", "mia", "olga", "sol", "sue", "adam", "ivan"}

// newMachine has a year of decisions, by a rule of several people, of one or of
// nobody.
func newMachine(t *testing.T, r *rapid.T) *machine {
	m := &machine{desk: newDesk(t), drawn: r, given: map[string]given{}, passed: map[string][]approvals.PrincipalID{}}
	m.Share = 5
	owner := rapid.SampledFrom([]string{"security", "security", "payments", "mia@example.com", "olga", "legal"}).Draw(r, "owner")
	whose := rapid.SampledFrom(staff[:6])
	m.approved(rapid.IntRange(1, 60).Draw(r, "decisions"), owner, func(_ int, c *approvals.Change) {
		c.Requests[0].Beneficiary = whose.Draw(r, "beneficiary")
		c.Events[0].Beneficiary = c.Requests[0].Beneficiary
		c.Events[0].Detail["sensitivity"] = rapid.SampledFrom([]string{"low", "low", "low", "critical"}).Draw(r, "sensitivity")
	})
	return m
}

// trouble lets the next change meet a process that dies before it or just
// after, or a second replica that is faster.
func (m *machine) trouble() {
	dies := &approvals.Error{Code: approvals.CodeUnavailable, Message: "killed"}
	kind := rapid.SampledFrom([]string{"", "", "", "before", "after", "overtaken"}).Draw(m.drawn, "trouble")
	if kind == "" {
		return
	}
	m.world.Store.Before(func(c approvals.Change) error {
		m.world.Store.Before(nil)
		switch kind {
		case "before":
			return dies
		case "after":
			if err := m.world.Store.Apply(bg, c); err != nil {
				return err
			}
			return dies
		}
		m.act()
		return nil
	})
}

func (m *machine) campaigns() []approvals.Campaign {
	all, err := m.world.Store.Campaigns(bg, false, 100)
	if err != nil {
		m.drawn.Fatal(err)
	}
	return all
}

// act does one thing that a server, a person or time does.
func (m *machine) act() {
	what := rapid.SampledFrom([]string{"start", "advance", "advance", "advance", "answer", "answer", "answer", "answer", "answer", "answer", "checkpoint", "close", "clock", "lift", "edit"}).Draw(m.drawn, "what")
	all := m.campaigns()
	switch what {
	case "start":
		kind := rapid.SampledFrom([]approvals.CampaignKind{approvals.CampaignYearly, approvals.CampaignYearly, approvals.CampaignBlind}).Draw(m.drawn, "kind")
		m.started++
		_, _ = m.Start(bg, approvals.System("test"), review.Plan{ID: approvals.CampaignID(fmt.Sprintf("rv_%d", m.started)), Kind: kind, From: year, To: year.AddDate(1, 0, 0)})
	case "checkpoint":
		m.world.Store.Checkpoint(fmt.Sprintf("log.example\n%d\nroot\n\n— signed\n", len(m.world.Store.Events())))
	case "clock":
		m.at = m.at.Add(time.Duration(rapid.IntRange(1, 20).Draw(m.drawn, "days")) * 24 * time.Hour)
	case "edit":
		m.rules["easy"] = rapid.SampledFrom([]string{"v1", "v2"}).Draw(m.drawn, "version")
	case "lift":
		_ = m.Lift(bg, approvals.Person("adam", "test", ""), "easy", "looked")
	case "advance", "answer", "close":
		if len(all) == 0 {
			return
		}
		c := rapid.SampledFrom(all).Draw(m.drawn, "campaign")
		switch what {
		case "advance":
			_, _ = m.Advance(bg, c.ID)
		case "close":
			_, _ = m.Close(bg, approvals.System("test"), c.ID)
		default:
			m.answers(c)
		}
	}
}

// answers lets somebody, mostly who is asked, say something about a decision.
func (m *machine) answers(c approvals.Campaign) {
	items, err := m.world.Store.ReviewItems(bg, c.ID)
	if err != nil || len(items) == 0 {
		return
	}
	item := rapid.SampledFrom(items).Draw(m.drawn, "item")
	who := item.Asked
	if who == "" || rapid.IntRange(0, 3).Draw(m.drawn, "other") == 0 {
		who = rapid.SampledFrom(staff).Draw(m.drawn, "who")
	}
	v := rapid.SampledFrom([]approvals.ReviewVerdict{approvals.VerdictRight, approvals.VerdictRight, approvals.VerdictRight, approvals.VerdictWrong, approvals.VerdictUnsure}).Draw(m.drawn, "verdict")
	got, err := m.Answer(bg, approvals.Person(who, "test", ""), c.ID, item.Request, v, "because")
	if err != nil {
		return
	}
	if key := string(c.ID) + " " + string(item.Request); got.Open() {
		m.passed[key] = append(m.passed[key], who)
	} else if old, ok := m.given[key]; ok {
		m.drawn.Fatalf("%s was answered by %s, and again by %s", key, old.by, who)
	} else {
		m.given[key] = given{who, v}
	}
}

// check holds what is stored to what must be true.
func (m *machine) check() {
	all := m.campaigns()
	lapses, err := m.world.Store.Lapses(bg)
	if err != nil {
		m.drawn.Fatal(err)
	}
	underWay := map[approvals.CampaignKind]int{}
	for _, c := range all {
		if c.State != approvals.CampaignClosed {
			underWay[c.Kind]++
		}
		m.checkSample(c)
		m.checkVerdicts(c)
		for _, st := range c.Strata {
			ended := slices.ContainsFunc(lapses, func(l approvals.Lapse) bool {
				return l.Campaign == c.ID && l.Text == st.Versions["easy"] && l.Holds() != m.restored(l)
			})
			if (st.Outcome == approvals.StratumFailed || st.Outcome == approvals.StratumLate) && c.Kind == approvals.CampaignYearly && !ended {
				m.drawn.Fatalf("%s of %s is %s, and its rule approves by itself", st.Name, c.ID, st.Outcome)
			}
		}
		if n := m.about(approvals.EventReviewClosed, c.ID); (n == 1) != (c.State == approvals.CampaignClosed) || n > 1 || (c.Result != "") != (n == 1) {
			m.drawn.Fatalf("%s is %s, with %d ends on the record and the result %q", c.ID, c.State, n, c.Result)
		}
	}
	for kind, n := range underWay {
		if n > 1 {
			m.drawn.Fatalf("%d %s reviews are under way", n, kind)
		}
	}
}

// restored reports whether the last that the record says of a lapse is that
// somebody lifted it.
func (m *machine) restored(l approvals.Lapse) bool {
	var last approvals.EventKind
	for _, e := range m.world.Store.Events() {
		if (e.Kind == approvals.EventRuleLapsed || e.Kind == approvals.EventRuleRestored) && e.Detail["campaign"] == string(l.Campaign) && e.Detail["text"] == l.Text {
			last = e.Kind
		}
	}
	return last == approvals.EventRuleRestored
}

func (m *machine) about(kind approvals.EventKind, id approvals.CampaignID) (n int) {
	for _, e := range m.world.Store.Events() {
		if e.Kind == kind && e.Detail["campaign"] == string(id) {
			n++
		}
	}
	return n
}

// checkSample draws again what was drawn: by the seed and the frozen population
// alone, the same comes out.
func (m *machine) checkSample(c approvals.Campaign) {
	items, err := m.world.Store.ReviewItems(bg, c.ID)
	if err != nil {
		m.drawn.Fatal(err)
	}
	if c.Seed == "" {
		if len(items) > 0 {
			m.drawn.Fatalf("%s asks about decisions before it is drawn", c.ID)
		}
		return
	}
	parts, err := m.Redraw(bg, c)
	if err != nil {
		m.drawn.Fatal(err)
	}
	want := map[approvals.RequestID]string{}
	for i, p := range parts {
		for k, id := range p.Ordered[:c.Strata[i].Size] {
			want[id] = fmt.Sprintf("%s %d", p.Name, k+1)
		}
	}
	for _, i := range items {
		if at := fmt.Sprintf("%s %d", i.Stratum, i.Place); want[i.Request] != at {
			m.drawn.Fatalf("%s of %s is at %q, and the seed has it at %q", i.Request, c.ID, at, want[i.Request])
		}
	}
	if len(items) != len(want) {
		m.drawn.Fatalf("%s has %d decisions in its sample, and the seed draws %d", c.ID, len(items), len(want))
	}
}

// checkVerdicts looks that nothing answered is lost, nothing counted that nobody
// said, and nobody's own among it.
func (m *machine) checkVerdicts(c approvals.Campaign) {
	items, err := m.world.Store.ReviewItems(bg, c.ID)
	if err != nil {
		m.drawn.Fatal(err)
	}
	tally := map[string]int{}
	answered := 0
	for _, i := range items {
		key := string(c.ID) + " " + string(i.Request)
		if g, ok := m.given[key]; ok && (i.By != g.by || i.Verdict != g.verdict) {
			m.drawn.Fatalf("%s: %s said %s, and it is stored as %s by %s", key, g.by, g.verdict, i.Verdict, i.By)
		}
		for _, who := range m.passed[key] {
			if !slices.Contains(i.Passed, who) {
				m.drawn.Fatalf("%s: that %s left it to others is lost", key, who)
			}
		}
		if i.Open() {
			continue
		}
		answered++
		tally[i.Stratum]++
		if m.own(c, i) {
			m.drawn.Fatalf("%s is reviewed by %s, whose own it is", key, i.By)
		}
	}
	for _, st := range c.Strata {
		if st.Answered() != tally[st.Name] {
			m.drawn.Fatalf("%s of %s counts %d verdicts of %d", st.Name, c.ID, st.Answered(), tally[st.Name])
		}
	}
	if n := m.about(approvals.EventReviewAnswered, c.ID); n != answered {
		m.drawn.Fatalf("%s has %d verdicts, and the record %d", c.ID, answered, n)
	}
}

// own reports whether whoever reviewed a decision asked for it, was granted it,
// or owns its rule alone.
func (m *machine) own(c approvals.Campaign, i approvals.ReviewItem) bool {
	k, err := m.Case(bg, c.ID, i.Request)
	if err != nil {
		m.drawn.Fatal(err)
	}
	alone := map[string]approvals.PrincipalID{"mia@example.com": "mia", "olga": "olga"}
	return i.By == k.Request.Requester || i.By == k.Request.Beneficiary || i.By == "ivan" ||
		c.Kind == approvals.CampaignYearly && i.By == alone[k.Event.Policies[0].Owner]
}

func TestReviewsHoldWhateverHappensInWhichOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := newMachine(t, r)
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			m.trouble()
			m.act()
			m.world.Store.Before(nil)
			m.check()
		}
	})
}
