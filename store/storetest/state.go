package storetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

var bg = context.Background()

func requestReadsBack(t *testing.T, s *store.Store) {
	want := Request("r1")
	want.Grant, want.DecidedAt, want.DecidedBy, want.Note = "g1", Epoch.Add(time.Hour), "mia", "fine"
	apply(t, s, approvals.Change{Requests: []approvals.Request{want}, Events: []approvals.Event{Event(approvals.EventRequestSubmitted, "r1")}})
	want.Version = 1
	same(t, want, must(s.Request(bg, "r1"))(t))
	same(t, want, must(s.RequestByKey(bg, want.Key))(t))

	want.State, want.Note = approvals.RequestApproved, "changed"
	apply(t, s, approvals.Change{Requests: []approvals.Request{want}, Events: []approvals.Event{Event(approvals.EventRequestApproved, "r1")}})
	want.Version = 2
	same(t, want, must(s.Request(bg, "r1"))(t))

	draft := approvals.Request{ID: "r2", Kind: approvals.KindAccess, State: approvals.RequestDraft, Requester: "amy", Key: "k2", CreatedAt: Epoch}
	apply(t, s, approvals.Change{Requests: []approvals.Request{draft}, Events: []approvals.Event{Event(approvals.EventRequestDrafted, "r2")}})
	draft.Version = 1
	same(t, draft, must(s.Request(bg, "r2"))(t))
}

func grantReadsBack(t *testing.T, s *store.Store) {
	want := Grant("g1")
	bare := approvals.Grant{ID: "g2", Request: "r2", State: approvals.GrantScheduled, CreatedAt: Epoch}
	apply(t, s, Granted(want, bare))
	want.Version, bare.Version = 1, 1
	same(t, want, must(s.Grant(bg, "g1"))(t))
	got := must(s.Grant(bg, "g2"))(t)
	same(t, bare, got)
	if got.Target != nil || got.Receipt != nil {
		t.Errorf("absent maps read back as %v and %v, want nil", got.Target, got.Receipt)
	}

	want.State, want.Standing, want.EndReason, want.EndedBy, want.EndNote = approvals.GrantResidual, true, approvals.EndRevoked, "mia", "enough"
	want.RevokingAt, want.RevokedAt, want.ResidualUntil = Epoch.Add(time.Hour), Epoch.Add(2*time.Hour), Epoch.Add(3*time.Hour)
	want.Attempts, want.LastError = 3, "time-out"
	apply(t, s, Granted(want))
	want.Version = 2
	same(t, want, must(s.Grant(bg, "g1"))(t))
}

func decisionKeepsDigest(t *testing.T, s *store.Store) {
	apply(t, s, Submission("r1", "mia", "olga"))
	want := Decision("r1", "mia", "olga")
	got := must(s.Decision(bg, "r1"))(t)
	same(t, want, got)
	if want.Facts.Digest() != got.Facts.Digest() {
		t.Errorf("facts digest changed from %s to %s", want.Facts.Digest(), got.Facts.Digest())
	}

	second := Decision("r1", "olga")
	second.Sequence, second.Fallback = 2, true
	second.Facts.At = time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 2*3600))
	second.Facts.Problems = []string{"\u2028 </script> \x7f é"}
	apply(t, s, approvals.Change{Decisions: []approvals.Decision{second}, Events: []approvals.Event{Event(approvals.EventRequestDecided, "r1")}})
	got = must(s.Decision(bg, "r1"))(t)
	same(t, second, got)
	same(t, second.Facts.Digest(), got.Facts.Digest())

	broken := second
	broken.Sequence, broken.Facts.Ticket = 3, "\xff"
	code(t, approvals.CodeInvalid, s.Apply(bg, approvals.Change{Decisions: []approvals.Decision{broken}, Events: []approvals.Event{Event(approvals.EventRequestDecided, "r1")}}))
	broken.Facts.Ticket = "\ufffd \\ufffd"
	apply(t, s, approvals.Change{Decisions: []approvals.Decision{broken}, Events: []approvals.Event{Event(approvals.EventRequestDecided, "r1")}})
	got = must(s.Decision(bg, "r1"))(t)
	same(t, broken.Facts.Digest(), got.Facts.Digest())
}

func approvalsKeepOrder(t *testing.T, s *store.Store) {
	apply(t, s, Submission("r1", "mia", "olga"))
	var want []approvals.Approval
	for i, who := range []approvals.PrincipalID{"olga", "mia", "anna"} {
		a := approvals.Approval{Request: "r1", Approver: who, Answer: approvals.Approved, Note: "ok", At: Epoch.Add(-time.Duration(i) * time.Second),
			FactsDigest: "d", Version: approvals.PolicyVersion{Digest: "x", Commit: "y"}, Policies: []approvals.PolicyRef{{ID: "p", Effect: "permit"}}, Via: "slack"}
		apply(t, s, approvals.Change{Approvals: []approvals.Approval{a}, Events: []approvals.Event{Event(approvals.EventApprovalGiven, "r1")}})
		want = append(want, a)
	}
	same(t, want, must(s.Approvals(bg, "r1"))(t))
	same(t, []approvals.Approval(nil), must(s.Approvals(bg, "r2"))(t))
}

func bindingsFound(t *testing.T, s *store.Store) {
	bound := []approvals.Event{{At: Epoch, Kind: approvals.EventIdentityBound, Actor: approvals.System("slack")}}
	first := approvals.Binding{Door: "slack", Workspace: "T1", Subject: "U1", Principal: "bob", Email: "Bob@example.com", State: approvals.BindingActive, BoundAt: Epoch}
	second := first
	second.Workspace, second.BoundAt = "T2", Epoch.Add(time.Hour)
	apply(t, s, approvals.Change{Bindings: []approvals.Binding{second, first}, Events: bound})
	first.Version, second.Version = 1, 1
	same(t, first, must(s.Binding(bg, "slack", "T1", "U1"))(t))
	same(t, first, must(s.BindingOf(bg, "slack", "bob"))(t))

	first.State, first.Note = approvals.BindingBlocked, "its email changed"
	apply(t, s, approvals.Change{Bindings: []approvals.Binding{first}, Events: bound})
	first.Version = 2
	same(t, first, must(s.Binding(bg, "slack", "T1", "U1"))(t))
	same(t, second, must(s.BindingOf(bg, "slack", "bob"))(t))
	same(t, []approvals.Binding{first}, must(s.BindingsOnHold(bg, "slack", 9))(t))
	same(t, 0, len(must(s.BindingsOnHold(bg, "irc", 9))(t)))
	second.State = approvals.BindingUnconfirmed
	apply(t, s, approvals.Change{Bindings: []approvals.Binding{second}, Events: bound})
	second.Version = 2
	same(t, second, must(s.BindingOf(bg, "slack", "bob"))(t))
	code(t, approvals.CodeConflict, s.Apply(bg, approvals.Change{Bindings: []approvals.Binding{{Door: "slack", Workspace: "T1", Subject: "U1", Version: 1}}, Events: bound}))
}

func summaryReplaced(t *testing.T, s *store.Store) {
	apply(t, s, Submission("r1"))
	for _, text := range []string{"first", "second"} {
		want := approvals.Summary{Request: "r1", Text: text, Model: "m", Prompt: "p1", At: Epoch}
		apply(t, s, approvals.Change{Summaries: []approvals.Summary{want}, Events: []approvals.Event{Event(approvals.EventSummaryWritten, "r1")}})
		same(t, want, must(s.Summary(bg, "r1"))(t))
	}
}

func staleVersionConflicts(t *testing.T, s *store.Store) {
	apply(t, s, Submission("r1"))
	apply(t, s, Granted(Grant("g1")))
	event := []approvals.Event{Event(approvals.EventRequestAmended, "r1")}
	for _, version := range []int64{2, 7} {
		r := Request("r1")
		r.Version = version
		err := s.Apply(bg, approvals.Change{Requests: []approvals.Request{r}, Events: event})
		code(t, approvals.CodeConflict, err)
		if !strings.Contains(approvals.ErrorMessage(err), "r1") {
			t.Errorf("the conflict does not name the request: %q", approvals.ErrorMessage(err))
		}
		g := Grant("g1")
		g.Version = version
		err = s.Apply(bg, approvals.Change{Grants: []approvals.Grant{g}, Events: event})
		code(t, approvals.CodeConflict, err)
		if !strings.Contains(approvals.ErrorMessage(err), "g1") {
			t.Errorf("the conflict does not name the grant: %q", approvals.ErrorMessage(err))
		}
	}
	absent := Request("r2")
	absent.Version = 1
	code(t, approvals.CodeConflict, s.Apply(bg, approvals.Change{Requests: []approvals.Request{absent}, Events: event}))
	_, err := s.Request(bg, "r2")
	code(t, approvals.CodeNotFound, err)
}

func takenKeysAreDuplicates(t *testing.T, s *store.Store) {
	apply(t, s, Submission("r1", "mia"))
	event := []approvals.Event{Event(approvals.EventRequestSubmitted, "r1")}
	answer := approvals.Approval{Request: "r1", Approver: "mia", Answer: approvals.Denied, At: Epoch}
	binding := approvals.Binding{Door: "slack", Workspace: "T1", Subject: "U1", Principal: "bob", State: approvals.BindingActive, BoundAt: Epoch}
	apply(t, s, approvals.Change{Approvals: []approvals.Approval{answer}, Bindings: []approvals.Binding{binding}, Grants: []approvals.Grant{Grant("g1")}, Events: event})
	sameKey := Request("r2")
	sameKey.Key = Request("r1").Key
	for name, c := range map[string]approvals.Change{
		"request id":       {Requests: []approvals.Request{Request("r1")}},
		"request key":      {Requests: []approvals.Request{sameKey}},
		"second answer":    {Approvals: []approvals.Approval{answer}},
		"binding":          {Bindings: []approvals.Binding{binding}},
		"grant id":         {Grants: []approvals.Grant{Grant("g1")}},
		"decision":         {Decisions: []approvals.Decision{Decision("r1")}},
		"twice in one":     {Grants: []approvals.Grant{Grant("g2"), Grant("g2")}},
		"key twice in one": {Requests: []approvals.Request{Request("r3"), func() approvals.Request { r := Request("r4"); r.Key = "slack:r3"; return r }()}},
	} {
		c.Events = event
		if err := s.Apply(bg, c); approvals.ErrorCode(err) != approvals.CodeDuplicate {
			t.Errorf("%s: %v, want %s", name, err, approvals.CodeDuplicate)
		}
	}
}

func identifiersAreCaseSensitive(t *testing.T, s *store.Store) {
	apply(t, s, Submission("r1"))
	apply(t, s, Submission("R1"))
	_, err := s.RequestByKey(bg, "SLACK:r1")
	code(t, approvals.CodeNotFound, err)
	same(t, approvals.RequestID("R1"), must(s.Request(bg, "R1"))(t).ID)
	same(t, 0, len(must(s.PendingRequests(bg, "Bob", ""))(t)))
	fresh := must(s.Receive(bg, approvals.Inbound{Key: "k", At: Epoch}))(t)
	upper := must(s.Receive(bg, approvals.Inbound{Key: "K", At: Epoch}))(t)
	if !fresh || !upper {
		t.Error("keys that differ in case count as one")
	}
}

func timesAreInstants(t *testing.T, s *store.Store) {
	oslo := time.FixedZone("CET", 3600)
	r := Request("r1")
	r.CreatedAt = time.Date(2026, 10, 25, 2, 30, 0, 123_999_999, oslo)
	r.LapsesAt = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	r.SubmittedAt = time.Date(1, 1, 1, 0, 0, 0, 1_000_000, time.UTC)
	apply(t, s, approvals.Change{Requests: []approvals.Request{r}, Events: []approvals.Event{Event(approvals.EventRequestSubmitted, "r1")}})
	got := must(s.Request(bg, "r1"))(t)
	want := time.Date(2026, 10, 25, 1, 30, 0, 123_000_000, time.UTC)
	if got.CreatedAt != want {
		t.Errorf("read back %v, want %v in UTC", got.CreatedAt, want)
	}
	same(t, r.LapsesAt, got.LapsesAt)
	same(t, r.SubmittedAt, got.SubmittedAt)

	r = Request("r2")
	r.LapsesAt = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	code(t, approvals.CodeInvalid, s.Apply(bg, approvals.Change{Requests: []approvals.Request{r}, Events: []approvals.Event{Event(approvals.EventRequestSubmitted, "r2")}}))
}

func missingThingsAreNotFound(t *testing.T, s *store.Store) {
	for name, err := range map[string]error{
		"request": second(s.Request(bg, "x")), "key": second(s.RequestByKey(bg, "x")), "grant": second(s.Grant(bg, "x")),
		"decision": second(s.Decision(bg, "x")), "summary": second(s.Summary(bg, "x")), "binding": second(s.Binding(bg, "a", "b", "c")),
		"binding of": second(s.BindingOf(bg, "a", "b")), "message": second(s.Message(bg, "x")),
	} {
		if approvals.ErrorCode(err) != approvals.CodeNotFound {
			t.Errorf("%s: %v, want %s", name, err, approvals.CodeNotFound)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func hostileText(t *testing.T, s *store.Store) {
	event := []approvals.Event{Event(approvals.EventRequestSubmitted, "r1")}
	for _, bad := range []string{"a\x00b", "\xff\xfe", "\xed\xa0\x80"} {
		r := Request("r1")
		r.Reason = bad
		code(t, approvals.CodeInvalid, s.Apply(bg, approvals.Change{Requests: []approvals.Request{r}, Events: event}))
		_, err := s.Request(bg, approvals.RequestID(bad))
		code(t, approvals.CodeInvalid, err)
	}
	for i, odd := range []string{strings.Repeat("🙂", 1<<18), "'; DROP TABLE grants; --", "$1 ? ?1 :x @y %s", "\u202e\u0007\r\n", ""} {
		r := Request("ok" + string(rune('a'+i)))
		r.Reason = odd
		apply(t, s, approvals.Change{Requests: []approvals.Request{r}, Events: event})
		if got := must(s.Request(bg, r.ID))(t); got.Reason != odd {
			t.Errorf("text of %d bytes came back changed", len(odd))
		}
	}
	payload := []byte{0, 0xff, 0xfe, '\'', 0}
	must(s.Receive(bg, approvals.Inbound{Key: "k", Payload: payload, At: Epoch}))(t)
	leases := must(s.ClaimInbound(bg, Epoch, time.Minute, 1))(t)
	same(t, payload, leases[0].Payload)
	check(t, s.RetryInbound(bg, leases[0], Epoch, "the system said \x00\xff"+strings.Repeat("é", 5000)))
}

func failedChangeLeavesNothing(t *testing.T, s *store.Store) {
	apply(t, s, Submission("r1"))
	bad := Submission("r2", "mia")
	stale := Request("r1")
	stale.Version = 9
	bad.Requests = append(bad.Requests, stale)
	bad.Cancel = []approvals.Task{{Kind: approvals.TaskLapse, Key: "r1"}}
	code(t, approvals.CodeConflict, s.Apply(bg, bad))

	late := Submission("r3", "mia") // fails after its events were written
	late.Approvals = []approvals.Approval{{Request: "r1", Approver: "x", At: Epoch}, {Request: "r1", Approver: "x", At: Epoch}}
	code(t, approvals.CodeDuplicate, s.Apply(bg, late))

	for _, id := range []approvals.RequestID{"r2", "r3"} {
		_, err := s.Request(bg, id)
		code(t, approvals.CodeNotFound, err)
	}
	same(t, 2, len(must(s.Events(bg, store.EventFilter{}))(t)))
	tasks := must(s.ClaimTasks(bg, []approvals.TaskKind{approvals.TaskLapse, approvals.TaskChase}, Epoch.Add(24*time.Hour), time.Minute, 10))(t)
	same(t, 2, len(tasks))
	same(t, 0, len(must(s.AwaitingAnswer(bg, "mia"))(t)))
	notices := must(s.ClaimNotices(bg, time.Now().Add(time.Hour), time.Minute, 10))(t)
	same(t, 1, len(notices))
	apply(t, s, Submission("r4"))
	same(t, int64(4), lastSequence(t, s))
}

func lastSequence(t *testing.T, s *store.Store) int64 {
	t.Helper()
	events := must(s.Events(bg, store.EventFilter{}))(t)
	return events[len(events)-1].Sequence
}

func changeWithoutEventIsRefused(t *testing.T, s *store.Store) {
	c := Submission("r1")
	c.Events = nil
	code(t, approvals.CodeInternal, s.Apply(bg, c))
	_, err := s.Request(bg, "r1")
	code(t, approvals.CodeNotFound, err)
	check(t, s.Apply(bg, approvals.Change{}))
	check(t, s.Apply(bg, approvals.Change{Tasks: []approvals.Task{{Kind: approvals.TaskSweep, Key: "x", RunAt: Epoch}}}))
}

func oneSwapWins(t *testing.T, s *store.Store) {
	apply(t, s, Granted(Grant("g1")))
	var wg sync.WaitGroup
	var mu sync.Mutex
	won, conflicts := 0, 0
	for range 12 {
		wg.Go(func() {
			g := Grant("g1")
			g.Version = 1
			err := s.Apply(bg, Granted(g))
			mu.Lock()
			defer mu.Unlock()
			switch approvals.ErrorCode(err) {
			case "":
				won++
			case approvals.CodeConflict:
				conflicts++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 || conflicts != 11 {
		t.Errorf("%d won and %d conflicted, want 1 and 11", won, conflicts)
	}
	same(t, int64(2), must(s.Grant(bg, "g1"))(t).Version)
	same(t, 2, len(must(s.Events(bg, store.EventFilter{}))(t)))
}
