package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

// law puts policies into force, as a reload does.
func (y *lived) law(ctx context.Context, live *policy.Live) error {
	if err := y.db.KeepLaw(ctx, "policies", live.Version().Digest, live.Set().Pin()); err != nil {
		return err
	}
	y.Service.Policy, y.Service.Glass = live, approvals.BreakGlassRules{Policy: live}
	return y.Service.Law(ctx, live.Version(), "")
}

// wrong does, between the requests, what the evidence must find, and signs the
// log once a month.
func (y *lived) wrong(ctx context.Context, _ *Year, submitted int) error {
	if month := int(y.now.Month()); month > y.months {
		y.months = month
		if _, _, err := y.db.Seal(ctx, y.signer.Name(), y.signer); err != nil {
			return err
		}
	}
	for len(y.due) > 0 && submitted >= y.Requests*y.due[0].tenth/10 {
		do := y.due[0].do
		y.due = y.due[1:]
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// due is what is done when so many tenths of the requests were submitted.
type due struct {
	tenth int
	do    func(context.Context) error
}

// wrongs are what the evidence must find, each at its time.
func (y *lived) wrongs() []due {
	law := func(change func(string)) func(context.Context) error {
		return func(ctx context.Context) error {
			_, access := y.access(change)
			return y.law(ctx, access.Policy)
		}
	}
	return []due{{0, law(nil)}, {3, y.selfApproval}, {4, y.withoutPermit}, {5, law(y.loosen)}, {6, law(nil)}, {7, y.forget}}
}

// forget lets the end of the next access be forgotten.
func (y *lived) forget(context.Context) error {
	y.Forget = true
	return nil
}

// loosen lets reading of production go on for eight hours instead of four, and
// bends the example that stands in the way.
func (y *lived) loosen(dir string) {
	for name, change := range map[string][2]string{
		"requests.cedar":     {"context.duration_minutes <= 240", "context.duration_minutes <= 480"},
		"requests_test.yaml": {"for: 5h", "for: 9h"},
	} {
		path := filepath.Join(dir, "policies", name)
		text, err := os.ReadFile(path)
		y.must(err)
		y.must(os.WriteFile(path, []byte(strings.Replace(string(text), change[0], change[1], 1)), 0o600))
	}
}

// selfApproval is what a forger stores who writes through the program: a
// request that its own beneficiary approved.
func (y *lived) selfApproval(ctx context.Context) error {
	who := approvals.Person("amara.dube", "slack", "")
	who.Principal = y.People[7].ID
	r, err := y.Service.Draft(ctx, who, approvals.Ask{Requester: who.Principal, Entitlement: "payments:release", Duration: time.Hour, Reason: "forged", Key: "forged/1"})
	if err != nil {
		return err
	}
	r.State, r.SubmittedAt, r.DecidedAt, r.DecidedBy = approvals.RequestApproved, y.now, y.now, who.Principal
	asked := approvals.Event{At: y.now, Kind: approvals.EventRequestSubmitted, Actor: who, Request: r.ID, Entitlement: r.Entitlement, Beneficiary: who.Principal}
	agreed := asked
	agreed.Kind, agreed.Approvers = approvals.EventRequestApproved, []approvals.PrincipalID{who.Principal}
	y.submitted++
	return y.db.Apply(ctx, approvals.Change{Requests: []approvals.Request{r}, Events: []approvals.Event{asked, agreed}})
}

// withoutPermit stores that a policy approved at once what it asks people about.
func (y *lived) withoutPermit(ctx context.Context) error {
	who := approvals.Person(y.People[9].ID, "slack", "")
	var e approvals.Entitlement
	for _, c := range y.Catalog {
		if c.Sensitivity == approvals.Critical {
			e = c
		}
	}
	r, d, err := y.Service.Foresee(ctx, who, approvals.Ask{Requester: who.Principal, Entitlement: e.ID, Duration: time.Hour, Reason: "a forged permit", Ticket: "INC-1", Fields: fields(e.ID, y.Catalog)})
	if err != nil {
		return err
	}
	if d.Ruling.Outcome != approvals.Route {
		return fmt.Errorf("%s is %s, and people should be asked", e.ID, d.Ruling.Outcome)
	}
	r.ID, r.Key, r.State, r.CreatedAt, r.SubmittedAt, r.DecidedAt = "req_forged", "forged/2", approvals.RequestApproved, y.now, y.now, y.now
	d.Request, d.Sequence, d.At = r.ID, 1, y.now
	d.Ruling.Outcome, d.Ruling.Policies = approvals.AutoApprove, []approvals.PolicyRef{{ID: "low-sensitivity", Effect: "permit"}}
	asked := approvals.Event{At: y.now, Kind: approvals.EventRequestSubmitted, Actor: who, Request: r.ID, Entitlement: e.ID, Beneficiary: who.Principal}
	score := d.Assessment.Score
	decided := approvals.Event{At: y.now, Kind: approvals.EventRequestDecided, Actor: approvals.Actor{Kind: approvals.ActorPolicy, Via: "policy"}, Request: r.ID, Entitlement: e.ID,
		Beneficiary: who.Principal, Policies: d.Ruling.Policies, Version: d.Ruling.Version, FactsDigest: d.Facts.Digest(), Score: &score, Model: d.Assessment.Model,
		Detail: map[string]string{"outcome": string(approvals.AutoApprove)}}
	y.submitted++
	return y.db.Apply(ctx, approvals.Change{Requests: []approvals.Request{r}, Decisions: []approvals.Decision{d}, Events: []approvals.Event{asked, decided}})
}
