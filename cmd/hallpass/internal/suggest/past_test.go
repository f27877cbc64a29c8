package suggest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/analytics"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/suggest"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// past is what a test says of the past, in memory.
type past struct {
	decisions []approvals.PastDecision
	grants    []approvals.PastGrant
	laws      map[string]string
	kept      []approvals.KeptLaw
}

func (p *past) FirstDecisions(_ context.Context, since time.Time, yield func(approvals.RequestID, []byte, []byte, []byte) error) error {
	return p.each(func(d approvals.PastDecision) bool { return d.Sequence == 1 && !d.DecidedAt.Before(since) }, func(d approvals.PastDecision) error {
		return yield(d.Request, d.Facts, d.Assessment, d.Ruling)
	})
}

func (p *past) PastDecisions(_ context.Context, since time.Time, yield func(approvals.PastDecision) error) error {
	return p.each(func(d approvals.PastDecision) bool { return !d.DecidedAt.Before(since) }, yield)
}

func (p *past) PastDenials(_ context.Context, yield func(approvals.PastDecision) error) error {
	return p.each(func(d approvals.PastDecision) bool { return d.State == approvals.RequestDenied }, yield)
}

func (p *past) each(which func(approvals.PastDecision) bool, yield func(approvals.PastDecision) error) error {
	for _, d := range p.decisions {
		if which(d) {
			if err := yield(d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *past) PastGrants(_ context.Context, yield func(approvals.PastGrant) error) error {
	for _, g := range p.grants {
		if err := yield(g); err != nil {
			return err
		}
	}
	return nil
}

func (p *past) PastEnds(context.Context, time.Time, func(approvals.Event) error) error { return nil }

func (p *past) AdoptedGrants(context.Context, approvals.EntitlementID) ([]approvals.AdoptedGrant, error) {
	return nil, nil
}

func (p *past) KeptLaws(context.Context, string) ([]approvals.KeptLaw, error) {
	return append([]approvals.KeptLaw{}, p.kept...), nil
}

func (p *past) Law(_ context.Context, _, name string) (string, error) { return p.laws[name], nil }

// keep says that a set was in force from a time on.
func (p *past) keep(set *policy.Set, since time.Time) {
	if p.laws == nil {
		p.laws = map[string]string{}
	}
	p.laws[set.Version().Digest] = set.Pin()
	p.kept = append(p.kept, approvals.KeptLaw{Name: set.Version().Digest, Since: since})
}

const things = `systems:
  - name: shop
    connector: sandbox
    owners: [olga@example.com]
    approvers: [manager]
    sensitivity: medium
    default_duration: 1h
    max_duration: 8h
    resources:
      - {name: refunds, levels: [{name: issue}, {name: view}]}
`

const rules = `@id("managers")
@owner("olga@example.com")
@reason("Managers answer.")
@review_by("2030-01-01")
permit (principal, action == Action::"approve", resource) unless { principal.contractor };

@id("never-used")
@owner("olga@example.com")
@reason("For the fair.")
@review_by("2030-01-01")
permit (principal, action == Action::"request", resource == Entitlement::"refunds:view")
when { principal has department && principal.department == "Fair" };
`

const shown = `examples:
  - name: a manager
    ask: refunds:issue
    approver: {id: boss}
    expect: may_approve
    by: [managers]
  - name: a contractor
    ask: refunds:issue
    approver: {contractor: true}
    expect: may_not_approve
    not: [managers]
  - name: at the fair
    ask: refunds:view
    who: {department: Fair}
    score: 10
    expect: auto_approve
    by: [never-used]
  - name: elsewhere
    ask: refunds:view
    score: 10
    expect: route
    not: [never-used]
`

// folder writes an access folder and says what suggestions are made from.
func folder(t testing.TB, cedar, examples string) suggest.Source {
	t.Helper()
	from := suggest.Source{Now: now, Since: now.Add(-analytics.QuietDays * day), Dir: t.TempDir(), Past: &past{}}
	for name, text := range map[string]string{"catalog/things.yaml": things, "policies/rules.cedar": cedar, "policies/rules_test.yaml": examples} {
		path := filepath.Join(from.Dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := catalog.Load(t.Context(), from.Dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if from.Catalogue, err = all.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range from.Catalogue {
		from.Catalogue[i].Owners = []approvals.PrincipalID{"olga"}
	}
	for _, id := range []string{"olga", "boss0", "boss1"} {
		from.People = append(from.People, approvals.Principal{ID: approvals.PrincipalID(id), Email: id + "@example.com"})
	}
	if from.Folder, err = policy.OpenFolder(t.Context(), policy.Options{Dir: from.Dir, Catalogue: all}); err != nil {
		t.Fatal(err)
	}
	return from
}

// asked is one request for refunds:issue as people answered it.
type asked struct {
	who        int
	score      int
	length     time.Duration
	ticket     string
	department string
	ago        time.Duration
	state      approvals.RequestState
	by         approvals.PrincipalID
}

func usual(i int) asked {
	return asked{who: i % 6, score: 10, length: time.Hour, ticket: "T-1", department: "Billing", ago: time.Duration(1+i) * day, state: approvals.RequestApproved,
		by: approvals.PrincipalID(fmt.Sprint("boss", i%2))}
}

func (a asked) decision(t testing.TB, from suggest.Source, n int) approvals.PastDecision {
	t.Helper()
	id := fmt.Sprint("p", a.who)
	at := now.Add(-a.ago)
	p := approvals.Principal{ID: approvals.PrincipalID(id), Email: id + "@example.com", Department: a.department}
	f := approvals.Facts{At: at, Kind: approvals.KindAccess, Requester: p, Beneficiary: p, Entitlement: from.Catalogue[0], Duration: a.length, Ticket: a.ticket,
		Weekday: at.Weekday(), Directory: approvals.DirectoryState{AsOf: at}}
	s := approvals.Assessment{Score: a.score, Confidence: approvals.ConfidenceHigh}
	d := approvals.PastDecision{Request: approvals.RequestID(fmt.Sprint("r", n)), Sequence: 1, Kind: f.Kind, State: a.state, DecidedBy: a.by, DecidedAt: at, Entitlement: f.Entitlement.ID}
	for to, v := range map[*[]byte]any{&d.Facts: f, &d.Assessment: s, &d.Ruling: approvals.Restrain(f, s, from.Folder.Set.Decide(f, s))} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		*to = b
	}
	return d
}

// enough is a past that speaks for a permit.
func enough(t testing.TB, from suggest.Source) *past {
	t.Helper()
	p := &past{}
	for i := range 70 {
		p.decisions = append(p.decisions, usual(i).decision(t, from, i))
	}
	return p
}

func suggestions(t testing.TB, from suggest.Source) *suggest.Suggestions {
	t.Helper()
	found, err := suggest.Make(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
