package approvals_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func TestOverBudgetPeopleAreAsked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		budgets approvals.Budgets
		own     int // the permit's own
		second  func(*approvals.Ask)
		want    approvals.RequestState
		spent   string
	}{
		"no budget":                  {want: approvals.RequestApproved},
		"of the person":              {approvals.Budgets{Person: 1}, 0, twin, approvals.RequestPending, "person/amy"},
		"of another person":          {approvals.Budgets{Person: 1}, 0, forBob, approvals.RequestApproved, ""},
		"of the entitlement":         {approvals.Budgets{Entitlement: 1}, 0, forBob, approvals.RequestPending, "entitlement/billing-db:read-only"},
		"of another entitlement":     {approvals.Budgets{Entitlement: 1}, 0, twin, approvals.RequestApproved, ""},
		"of the rule":                {approvals.Budgets{Rule: 1}, 0, forBob, approvals.RequestPending, "rule/auto"},
		"the rule's own goes before": {approvals.Budgets{Rule: 1}, 2, forBob, approvals.RequestApproved, ""},
		"the rule's own":             {approvals.Budgets{}, 1, forBob, approvals.RequestPending, "rule/auto"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Service.Budgets = c.budgets
			r.Policy.RuleBy(func(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
				if len(f.Problems) > 0 {
					return approvalstest.Routed(1)
				}
				ruling := approvalstest.Automatic()
				ruling.Policies[0].Budget = c.own
				return ruling
			})
			same(t, "the first", approvals.RequestApproved, r.ask(nil).State)
			if c.second == nil {
				c.second = twin
			}
			req := r.ask(c.second)
			same(t, "the second", c.want, req.State)
			if c.want == approvals.RequestPending {
				d := r.decision(req.ID)
				same(t, "words", "The budget of automatic approvals for today is used up, so a person decides.", d.Ruling.Words)
				same(t, "why", []string{"the budget of automatic approvals is used up: The budget " + c.spent + " is used up."}, d.Facts.Problems)
				same(t, "asked", ids{"mia"}, d.Asked)
			}
			r.pass(12 * time.Hour) // the next day in UTC
			same(t, "the next day", approvals.RequestApproved, r.ask(func(a *approvals.Ask) { a.Requester = "mia" }).State)
		})
	}
}

func twin(a *approvals.Ask) { a.Entitlement = approvalstest.Twin }

func TestABudgetIsNotOverdrawnByManyAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Service.Budgets = approvals.Budgets{Rule: 3}
	r.Policy.RuleBy(func(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
		if len(f.Problems) > 0 {
			return approvalstest.Routed(1)
		}
		return approvalstest.Automatic()
	})
	const n = 12
	states := make(chan approvals.RequestState, n)
	for i := range n {
		who := approvals.PrincipalID(fmt.Sprint("p", i))
		r.Directory.Put(approvals.Principal{ID: who, Name: "P", Email: string(who) + "@example.com", Manager: "mia"})
		draft, err := r.draft(func(a *approvals.Ask) { a.Requester = who })
		code(t, "", err)
		go func() {
			done, err := r.Service.Submit(t.Context(), by(who), draft.ID)
			code(t, "", err)
			states <- done.State
		}()
	}
	automatic := 0
	for range n {
		if <-states == approvals.RequestApproved {
			automatic++
		}
	}
	same(t, "automatic", 3, automatic)
}
