package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// failingListed holds Failing to the grants that are tried again.
func failingListed(t *testing.T, s *store.Store) {
	for i, g := range []approvals.Grant{
		{ID: "g0", State: approvals.GrantRevoking, Attempts: 3}, {ID: "g1", State: approvals.GrantRevoking, Attempts: 2},
		{ID: "g2", State: approvals.GrantScheduled, Attempts: 9}, {ID: "g3", State: approvals.GrantFailed, Attempts: 9}, {ID: "g4", State: approvals.GrantActive, Attempts: 3},
	} {
		full := Grant(string(g.ID))
		full.State, full.Attempts, full.CreatedAt = g.State, g.Attempts, Epoch.Add(-time.Duration(i)*time.Minute)
		apply(t, s, Submission("of-"+string(g.ID)))
		full.Request = approvals.RequestID("of-" + string(g.ID))
		apply(t, s, Granted(full))
	}
	var got []approvals.GrantID
	for _, g := range must(s.Failing(bg, 3, 9))(t) {
		got = append(got, g.ID)
	}
	same(t, []approvals.GrantID{"g2", "g0"}, got)
	same(t, 1, len(must(s.Failing(bg, 3, 1))(t)))
}

// settle moves a stored request to a final state.
func settle(t *testing.T, s *store.Store, id approvals.RequestID, to approvals.RequestState, by approvals.PrincipalID, when time.Time) {
	t.Helper()
	r := must(s.Request(bg, id))(t)
	r.State, r.DecidedBy, r.DecidedAt = to, by, when
	apply(t, s, approvals.Change{Requests: []approvals.Request{r}, Events: []approvals.Event{Event(approvals.EventRequestDecided, string(id))}})
}

func pendingAndAwaited(t *testing.T, s *store.Store) {
	for i := range 4 {
		c := Submission(fmt.Sprintf("r%d", i), "mia", "olga")
		c.Requests[0].CreatedAt = Epoch.Add(-time.Duration(i) * time.Minute)
		c.Requests[0].LapsesAt = Epoch.Add(time.Duration(i) * time.Minute)
		if i == 3 {
			c.Requests[0].Entitlement = "other"
		}
		apply(t, s, c)
	}
	same(t, []approvals.RequestID{"r3", "r2", "r1", "r0"}, ids(must(s.PendingRequests(bg, "bob", ""))(t)))
	same(t, []approvals.RequestID{"r3"}, ids(must(s.PendingRequests(bg, "bob", "other"))(t)))
	same(t, []approvals.RequestID(nil), ids(must(s.PendingRequests(bg, "amy", ""))(t)))
	same(t, []approvals.RequestID{"r0", "r1"}, ids(must(s.RequestsDue(bg, Epoch.Add(time.Minute), 9))(t)))
	same(t, []approvals.RequestID{"r3", "r2", "r1", "r0"}, ids(must(s.AwaitingAnswer(bg, "mia"))(t)))

	answer := approvals.Approval{Request: "r0", Approver: "mia", Answer: approvals.Approved, At: Epoch}
	apply(t, s, approvals.Change{Approvals: []approvals.Approval{answer}, Events: []approvals.Event{Event(approvals.EventApprovalGiven, "r0")}})
	again := Decision("r1", "olga")
	again.Sequence = 2
	apply(t, s, approvals.Change{Decisions: []approvals.Decision{again}, Events: []approvals.Event{Event(approvals.EventRequestDecided, "r1")}})
	settle(t, s, "r2", approvals.RequestDenied, "olga", Epoch)
	same(t, []approvals.RequestID{"r3"}, ids(must(s.AwaitingAnswer(bg, "mia"))(t)))
	same(t, []approvals.RequestID{"r3", "r1", "r0"}, ids(must(s.AwaitingAnswer(bg, "olga"))(t)))
	same(t, []approvals.RequestID{"r3", "r1", "r0"}, ids(must(s.PendingRequests(bg, "bob", ""))(t)))
	same(t, []approvals.RequestID{"r0", "r1"}, ids(must(s.RequestsDue(bg, Epoch.Add(2*time.Minute), 9))(t)))
}

func requestsByPerson(t *testing.T, s *store.Store) {
	for i, who := range [][2]approvals.PrincipalID{{"amy", "bob"}, {"bob", "bob"}, {"bob", "amy"}, {"cid", "cid"}} {
		r := Request(fmt.Sprintf("r%d", i))
		r.Requester, r.Beneficiary, r.CreatedAt = who[0], who[1], Epoch.Add(time.Duration(i)*time.Second)
		apply(t, s, approvals.Change{Requests: []approvals.Request{r}, Events: []approvals.Event{Event(approvals.EventRequestSubmitted, string(r.ID))}})
	}
	same(t, []approvals.RequestID{"r2", "r1", "r0"}, ids(must(s.RequestsBy(bg, "bob", 9))(t)))
	same(t, []approvals.RequestID{"r2", "r1"}, ids(must(s.RequestsBy(bg, "bob", 2))(t)))
	same(t, []approvals.RequestID{"r2", "r0"}, ids(must(s.RequestsBy(bg, "amy", 9))(t)))
}

func automaticApprovals(t *testing.T, s *store.Store) {
	for i, by := range []approvals.PrincipalID{"", "", "mia", ""} {
		id := fmt.Sprintf("r%d", i)
		apply(t, s, Submission(id))
		state := approvals.RequestApproved
		if i == 3 {
			state = approvals.RequestDenied
		}
		settle(t, s, approvals.RequestID(id), state, by, Epoch.Add(time.Duration(i)*time.Hour))
	}
	same(t, 2, must(s.AutoApprovals(bg, "bob", Epoch))(t))
	same(t, 1, must(s.AutoApprovals(bg, "bob", Epoch.Add(time.Hour)))(t))
	same(t, 0, must(s.AutoApprovals(bg, "bob", Epoch.Add(time.Hour+time.Millisecond)))(t))
	same(t, 0, must(s.AutoApprovals(bg, "amy", Epoch))(t))
}

var allStates = []approvals.GrantState{approvals.GrantScheduled, approvals.GrantProvisioning, approvals.GrantActive,
	approvals.GrantRevoking, approvals.GrantRevoked, approvals.GrantResidual, approvals.GrantFailed}

func liveGrants(t *testing.T, s *store.Store) {
	var c approvals.Change
	var want []approvals.GrantID
	for i, state := range allStates {
		g := Grant(fmt.Sprintf("g%d", i))
		g.State, g.CreatedAt = state, Epoch.Add(-time.Duration(i)*time.Second)
		c.Grants = append(c.Grants, g)
		if state.Live() {
			want = append([]approvals.GrantID{g.ID}, want...)
		}
	}
	other := Grant("h")
	other.Entitlement, other.CreatedAt = "other", Epoch.Add(time.Hour)
	apply(t, s, Granted(append(c.Grants, other)...))
	same(t, want, grantIDs(must(s.LiveGrants(bg, "bob", "billing-db:read-only"))(t)))
	same(t, append(want, "h"), grantIDs(must(s.LiveGrants(bg, "bob", ""))(t)))
	same(t, []approvals.GrantID(nil), grantIDs(must(s.LiveGrants(bg, "amy", ""))(t)))
	same(t, []approvals.GrantID{"h", "g0", "g1"}, grantIDs(must(s.GrantsOf(bg, "bob", 3))(t)))
	same(t, []approvals.GrantID{"g1", "g2", "g3"}, grantIDs(must(s.LiveGrantsOn(bg, "billing-db:read-only", "g0", 3))(t)))
}

func dueAndOverdue(t *testing.T, s *store.Store) {
	now := Epoch.Add(10 * time.Hour)
	var c approvals.Change
	for i, state := range allStates {
		g := Grant(fmt.Sprintf("g%d", i))
		g.State, g.EndsAt, g.ResidualUntil = state, now.Add(-time.Duration(i+1)*time.Minute), now.Add(-time.Second)
		c.Grants = append(c.Grants, g)
	}
	ordered, later, bare, lives := Grant("ordered"), Grant("later"), Grant("bare"), Grant("lives")
	ordered.State, ordered.EndsAt, ordered.RevokingAt = approvals.GrantRevoking, now.Add(time.Hour), now.Add(-time.Hour)
	later.EndsAt = now.Add(time.Millisecond)
	bare.State, bare.ActiveAt, bare.EndsAt = approvals.GrantRevoking, time.Time{}, time.Time{}
	lives.State, lives.ResidualUntil = approvals.GrantResidual, now.Add(time.Hour)
	apply(t, s, Granted(append(c.Grants, ordered, later, bare, lives)...))

	due := must(s.GrantsDue(bg, now, 9))(t)
	same(t, []approvals.GrantID{"bare", "ordered", "g3", "g2", "g1", "g5"}, grantIDs(due))
	same(t, []approvals.GrantID{"bare", "ordered"}, grantIDs(must(s.GrantsDue(bg, now, 2))(t)))
	count, oldest, err := s.Overdue(bg, now)
	check(t, err)
	same(t, 5, count)
	same(t, 10*time.Hour, oldest)
	for _, g := range due {
		if g.ID != "bare" && g.ID != "g5" && g.Overdue(now) == 0 {
			t.Errorf("grant %s is due here, but not overdue in the domain", g.ID)
		}
	}
	count, oldest, err = s.Overdue(bg, Epoch)
	check(t, err)
	if count != 0 || oldest != 0 {
		t.Errorf("at the start %d are overdue by %v, want none", count, oldest)
	}
}

func grantPages(t *testing.T, s *store.Store) {
	var grants []approvals.Grant
	var want []approvals.GrantID
	for i := range 25 {
		g := Grant(fmt.Sprintf("g%02d", i))
		g.State = allStates[i%len(allStates)]
		grants = append(grants, g)
		if g.State.Live() {
			want = append(want, g.ID)
		}
	}
	apply(t, s, Granted(grants...))
	states := []approvals.GrantState{approvals.GrantResidual, approvals.GrantScheduled, approvals.GrantProvisioning, approvals.GrantActive, approvals.GrantRevoking}
	var got []approvals.GrantID
	for after := approvals.GrantID(""); ; {
		page := grantIDs(must(s.GrantsIn(bg, states, after, 4))(t))
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		after = page[len(page)-1]
	}
	same(t, want, got)
	same(t, []approvals.Grant(nil), must(s.GrantsIn(bg, nil, "", 4))(t))
}

func holdingsReplaced(t *testing.T, s *store.Store) {
	h := func(entitlement, account string, principal approvals.PrincipalID) approvals.Holding {
		return approvals.Holding{Entitlement: approvals.EntitlementID(entitlement), Account: account, Principal: principal, AsOf: Epoch}
	}
	check(t, s.SaveHoldings(bg, "a", []approvals.Holding{h("a", "u3", ""), h("a", "u1", "bob"), h("a", "u1", "amy")}))
	check(t, s.SaveHoldings(bg, "b", []approvals.Holding{h("b", "u1", "bob"), h("b", "u2", "cid")}))
	check(t, s.SaveHoldings(bg, "a", []approvals.Holding{h("a", "u1", "amy"), h("a", "u2", ""), h("a", "u2", "dan")}))
	all := []approvals.Holding{h("a", "u1", "amy"), h("a", "u2", "dan"), h("b", "u1", "bob"), h("b", "u2", "cid")}
	same(t, all[2:], must(s.Holdings(bg, "b", store.HoldingCursor{}, 9))(t))
	var got []approvals.Holding
	for after := (store.HoldingCursor{}); ; {
		page := must(s.Holdings(bg, "", after, 3))(t)
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		after = store.HoldingCursor{Entitlement: page[len(page)-1].Entitlement, Account: page[len(page)-1].Account}
	}
	same(t, all, got)
	check(t, s.SaveHoldings(bg, "a", nil))
	same(t, all[2:], must(s.Holdings(bg, "", store.HoldingCursor{}, 9))(t))
	code(t, approvals.CodeInternal, s.SaveHoldings(bg, "a", all))
}

func adrift(t *testing.T, s *store.Store) {
	now := Epoch.Add(10 * time.Hour)
	grant := func(id string, state approvals.GrantState, ends time.Time) approvals.Grant {
		g := Grant(id)
		g.State, g.EndsAt = state, ends
		return g
	}
	soon := now.Add(10 * time.Minute)
	apply(t, s, Granted(
		grant("due", approvals.GrantActive, now), grant("due-held", approvals.GrantActive, now), grant("due-done", approvals.GrantRevoking, now),
		grant("over", approvals.GrantRevoked, now), grant("new", approvals.GrantScheduled, time.Time{}),
		grant("soon", approvals.GrantActive, soon), grant("soon-told", approvals.GrantActive, soon), grant("far", approvals.GrantActive, soon.Add(time.Millisecond))))
	lapsed := Submission("r1")
	lapsed.Tasks = nil
	open := Submission("r2")
	open.Requests[0].LapsesAt, open.Tasks = now.Add(time.Millisecond), nil
	apply(t, s, lapsed)
	apply(t, s, open)
	put(t, s, revoke("due-held", now.Add(time.Hour)), revoke("due-done", now), approvals.Task{Kind: approvals.TaskRemind, Key: "soon-told", RunAt: now})
	check(t, s.FinishTask(bg, claim(t, s, now)[0]))
	check(t, s.FinishTask(bg, must(s.ClaimTasks(bg, []approvals.TaskKind{approvals.TaskRemind}, now, time.Minute, 9))(t)[0]))

	got := make(map[string]approvals.TaskKind)
	for _, task := range must(s.Adrift(bg, now, 99))(t) {
		got[task.Key] = task.Kind
		same(t, now, task.RunAt)
	}
	same(t, map[string]approvals.TaskKind{"due": approvals.TaskRevoke, "due-done": approvals.TaskRevoke, "new": approvals.TaskProvision,
		"soon": approvals.TaskRemind, "r1": approvals.TaskLapse}, got)
	same(t, 2, len(must(s.Adrift(bg, now, 2))(t)))
}
