package sandbox_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

func mustGrant(t *testing.T, s *sandbox.Sandbox, id string) approvals.Receipt {
	t.Helper()
	r, err := s.Grant(t.Context(), grant(id))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustLogin(t *testing.T, s *sandbox.Sandbox) (session string) {
	t.Helper()
	id, err := s.Login(maya, "billing-db")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAHeldSessionIsResidualUntilItsTimeAndGoneAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := build(t, sandbox.Config{})
		r := mustGrant(t, s, "g1")
		session := mustLogin(t, s)
		until := time.Now().Add(10 * time.Minute).UTC()
		s.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Times: 1, Hold: until})
		for call := range 2 { // a second call changes nothing about it
			got, err := s.Revoke(t.Context(), grant("g1"), r)
			if !got.ResidualUntil.Equal(until) || got.Reason == "" || got.SessionsEnded != 0 || err != nil {
				t.Errorf("call %d: removal %+v, %v; want it residual until %s", call+1, got, err, until)
			}
		}
		if p, err := s.Check(t.Context(), grant("g1"), r); p.Present || p.Sessions != 1 || err != nil {
			t.Errorf("check before its time: %+v, %v; want absent with 1 session", p, err)
		}
		if _, err := s.Read(session); err != nil {
			t.Errorf("the held session must read on: %v", err)
		}
		<-time.After(10 * time.Minute)
		if p, err := s.Check(t.Context(), grant("g1"), r); p.Sessions != 0 || err != nil {
			t.Errorf("check after its time: %+v, %v; want no session", p, err)
		}
		if _, err := s.Read(session); approvals.ErrorCode(err) != approvals.CodeForbidden {
			t.Errorf("read after its time: %v", err)
		}
	})
}

func TestTheNativeEndHoldsWithoutAnybodyCalling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := build(t, sandbox.Config{SweepLag: time.Minute})
		r := mustGrant(t, s, "g1")
		session := mustLogin(t, s)
		if err := s.SetEnd(t.Context(), grant("g1"), r, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Hour + time.Minute - time.Second)
		if _, err := s.Read(session); err != nil {
			t.Errorf("read before the system's sweep: %v", err)
		}
		<-time.After(time.Second)
		if _, err := s.Read(session); approvals.ErrorCode(err) != approvals.CodeForbidden {
			t.Errorf("read after the system's sweep: %v", err)
		}
		snap := s.Snapshot()
		if len(snap.Ended) != 1 || !snap.Ended[0].Native || snap.Ended[0].Sessions != 1 {
			t.Errorf("ended: %+v, want one native end with its session", snap.Ended)
		}
		if _, err := s.Revoke(t.Context(), grant("g1"), r); err != nil || s.Count(sandbox.OpRevoke, "g1") != 0 {
			t.Errorf("revoking what ran out: %v with %d effects, want success with none", err, s.Count(sandbox.OpRevoke, "g1"))
		}
		err := s.SetEnd(t.Context(), grant("g1"), r, time.Now())
		if ce, ok := errors.AsType[*approvals.ConnectorError](err); !ok || ce.Kind != approvals.Permanent {
			t.Errorf("an end for what is gone: %v, want permanent", err)
		}
	})
}

func TestFaultsAreUsedUpInOrderAndHeal(t *testing.T) {
	t.Parallel()
	s := build(t, sandbox.Config{})
	boom := errors.New("boom")
	s.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 2, Err: boom})
	s.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, AnswerLost: true})
	s.Script(func(op sandbox.Op, id string) sandbox.Fault {
		if op == sandbox.OpGrant && id == "g1" {
			return sandbox.Fault{Lie: true}
		}
		return sandbox.Fault{}
	})
	var kinds []approvals.FailureKind
	for range 4 {
		_, err := s.Grant(t.Context(), grant("g1"))
		ce, _ := errors.AsType[*approvals.ConnectorError](err)
		if ce == nil {
			ce = &approvals.ConnectorError{}
		}
		kinds = append(kinds, ce.Kind)
	}
	want := []approvals.FailureKind{approvals.Retryable, approvals.Retryable, approvals.Ambiguous, ""}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
	if n := s.Count(sandbox.OpGrant, "g1"); n != 1 {
		t.Errorf("%d effects, want the one whose answer was lost", n)
	}
	s.Inject(sandbox.Fault{Op: sandbox.OpList, Err: boom})
	e := approvals.Entitlement{ID: "e", Target: grant("g1").Target}
	for range 3 {
		if _, err := s.List(t.Context(), e); !errors.Is(err, boom) {
			t.Errorf("list under a fault without a count: %v", err)
		}
	}
	s.Heal()
	if held, err := s.List(t.Context(), e); err != nil || len(held) != 1 {
		t.Errorf("list after healing: %+v, %v", held, err)
	}
}

func TestASlowCallThatIsCancelledHasNoEffect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := build(t, sandbox.Config{})
		s.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, Delay: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Grant(ctx, grant("g1"))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("slow call: %v, want the deadline", err)
		}
		if n := s.Count(sandbox.OpGrant, "g1"); n != 0 {
			t.Errorf("%d effects after a cancelled call, want none", n)
		}
		s.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, Delay: time.Minute})
		start := time.Now()
		mustGrant(t, s, "g1")
		if took := time.Since(start); took != time.Minute {
			t.Errorf("the slow call took %s, want a minute", took)
		}
	})
}

func TestAccessTakenByHandLeavesItsSessionToBeFound(t *testing.T) {
	t.Parallel()
	s := build(t, sandbox.Config{})
	r := mustGrant(t, s, "g1")
	session := mustLogin(t, s)
	if err := s.Unseat("billing-db", "read-only", maya); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Check(t.Context(), grant("g1"), r); p.Present || p.Sessions != 1 || err != nil {
		t.Errorf("check: %+v, %v; want absent with 1 session", p, err)
	}
	if got, err := s.Revoke(t.Context(), grant("g1"), r); got.SessionsEnded != 1 || err != nil {
		t.Errorf("revoke: %+v, %v; want the session ended", got, err)
	}
	if _, err := s.Read(session); err == nil {
		t.Error("the session reads on")
	}
	if err := s.Seat("billing-db", "no-such-level", maya); approvals.ErrorCode(err) != approvals.CodeNotFound {
		t.Errorf("a seat at no level: %v", err)
	}
}
