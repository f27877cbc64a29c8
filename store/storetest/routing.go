package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// spent is a submission that takes from budgets.
func spent(request string, spend ...approvals.Spending) approvals.Change {
	c := Submission(request)
	c.Spend = spend
	return c
}

func budgetsHold(t *testing.T, s *store.Store) {
	rule := approvals.Spending{Budget: "rule/auto", Day: "2026-11-21", Limit: 5}
	const n = 20
	var mu sync.Mutex
	codes := map[approvals.Code]int{}
	var wg sync.WaitGroup
	for i := range n {
		person := approvals.Spending{Budget: fmt.Sprintf("person/p%d", i), Day: rule.Day, Limit: 1}
		wg.Go(func() {
			err := s.Apply(bg, spent(fmt.Sprintf("r%d", i), rule, person))
			mu.Lock()
			defer mu.Unlock()
			codes[approvals.ErrorCode(err)]++
		})
	}
	wg.Wait()
	same(t, map[approvals.Code]int{"": rule.Limit, approvals.CodeOverBudget: n - rule.Limit}, codes)
	same(t, rule.Limit, len(must(s.PendingRequests(bg, "bob", ""))(t))) // what is over budget leaves nothing behind
	for i := range n {                                                  // nor does it take from the person's budget
		_, err := s.Request(bg, approvals.RequestID(fmt.Sprintf("r%d", i)))
		person := approvals.Spending{Budget: fmt.Sprintf("person/p%d", i), Day: rule.Day, Limit: 1}
		want := approvals.CodeOverBudget
		if err != nil {
			want = ""
		}
		code(t, want, s.Apply(bg, spent(fmt.Sprintf("again%d", i), person)))
	}
	rule.Day = "2026-11-22"
	apply(t, s, spent("tomorrow", rule))
	rule.Limit = 0
	code(t, approvals.CodeInternal, s.Apply(bg, spent("senseless", rule)))
}

// budgetsAreForgotten: a day that is over is counted no longer, and rows that
// nobody reads any more go.
func budgetsAreForgotten(t *testing.T, s *store.Store) {
	on := func(day string) approvals.Spending {
		return approvals.Spending{Budget: "person/bob", Day: day, Limit: 1}
	}
	for i, day := range []string{"2026-11-13", "2026-11-14", "2026-11-21"} {
		apply(t, s, spent(fmt.Sprintf("r%d", i), on(day)))
	}
	same(t, int64(1), must(s.Prune(bg, time.Date(2026, 11, 14, 23, 59, 0, 0, time.UTC)))(t))
	apply(t, s, spent("gone", on("2026-11-13")))
	for i, day := range []string{"2026-11-14", "2026-11-21"} {
		code(t, approvals.CodeOverBudget, s.Apply(bg, spent(fmt.Sprintf("kept%d", i), on(day))))
	}
}

func bundlesAreFound(t *testing.T, s *store.Store) {
	for i, bundle := range []approvals.BundleID{"", "b1", "b1", "b2"} {
		c := Submission(fmt.Sprintf("r%d", i))
		c.Requests[0].Bundle, c.Requests[0].CreatedAt = bundle, Epoch.Add(-time.Duration(i)*time.Second)
		apply(t, s, c)
	}
	same(t, []approvals.RequestID{"r2", "r1"}, ids(must(s.BundleRequests(bg, "b1"))(t)))
	var asked []approvals.RequestID // of one instant, and their ids in no order
	for i := 11; i > 0; i-- {
		c := Submission(fmt.Sprintf("t%d", (i*7)%12))
		c.Requests[0].Bundle, c.Requests[0].Key = "b3", fmt.Sprintf("slack/Ev1/%d", i)
		asked = append([]approvals.RequestID{c.Requests[0].ID}, asked...)
		apply(t, s, c)
	}
	same(t, asked, ids(must(s.BundleRequests(bg, "b3"))(t)))
	same(t, 0, len(must(s.BundleRequests(bg, ""))(t)))
	same(t, 0, len(must(s.BundleRequests(bg, "b9"))(t)))
}

func waitingPages(t *testing.T, s *store.Store) {
	for i := range 5 {
		apply(t, s, Submission(fmt.Sprintf("r%d", i)))
	}
	settle(t, s, "r1", approvals.RequestDenied, "mia", Epoch)
	same(t, []approvals.RequestID{"r0", "r2"}, must(s.Waiting(bg, "", 2))(t))
	same(t, []approvals.RequestID{"r3", "r4"}, must(s.Waiting(bg, "r2", 9))(t))
	same(t, 0, len(must(s.Waiting(bg, "r4", 9))(t)))
}

func holdingsOfPeople(t *testing.T, s *store.Store) {
	held := func(e approvals.EntitlementID, account string, who approvals.PrincipalID) approvals.Holding {
		return approvals.Holding{Entitlement: e, Account: account, Principal: who, AsOf: Epoch}
	}
	check(t, s.SaveHoldings(bg, "b:x", []approvals.Holding{held("b:x", "amy@x", "amy"), held("b:x", "stranger", "")}))
	check(t, s.SaveHoldings(bg, "a:x", []approvals.Holding{held("a:x", "amy@x", "amy"), held("a:x", "bob@x", "bob")}))
	same(t, []approvals.Holding{held("a:x", "amy@x", "amy"), held("b:x", "amy@x", "amy")}, must(s.HoldingsOf(bg, "amy"))(t))
	same(t, 0, len(must(s.HoldingsOf(bg, ""))(t)))
	check(t, s.SaveHoldings(bg, "b:x", nil))
	same(t, []approvals.Holding{held("a:x", "amy@x", "amy")}, must(s.HoldingsOf(bg, "amy"))(t))
}

func laterStartsAreNotLost(t *testing.T, s *store.Store) {
	g := Grant("g1")
	g.State, g.ActiveAt, g.EndsAt, g.StartsAt = approvals.GrantScheduled, time.Time{}, time.Time{}, Epoch.Add(time.Hour)
	apply(t, s, Granted(g))
	same(t, 0, len(must(s.Adrift(bg, Epoch.Add(time.Hour-time.Millisecond), 9))(t)))
	same(t, []approvals.Task{{Kind: approvals.TaskProvision, Key: "g1", RunAt: Epoch.Add(time.Hour)}}, must(s.Adrift(bg, Epoch.Add(time.Hour), 9))(t))
}
