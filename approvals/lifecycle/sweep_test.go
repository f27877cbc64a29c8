package lifecycle_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// lose removes tasks behind everybody's back.
func (r *rig) lose(tasks ...approvals.Task) {
	r.t.Helper()
	if err := r.store.Apply(context.Background(), approvals.Change{Cancel: tasks}); err != nil {
		r.t.Fatal(err)
	}
}

func TestSweepPutsBackWhatGotLost(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		fresh := r.hold("bob", approvalstest.ReadOnly, time.Hour)
		r.lose(approvals.Task{Kind: approvals.TaskProvision, Key: string(fresh)})
		r.worker(r.config())
		held := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(5 * time.Second)
		r.is(fresh, approvals.GrantScheduled)
		r.is(held, approvals.GrantActive)
		r.lose(approvals.Task{Kind: approvals.TaskRevoke, Key: string(held)})
		pass(time.Minute)
		r.is(fresh, approvals.GrantActive)
		pass(time.Until(r.grant(held).EndsAt) + 61*time.Second)
		r.is(held, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
	})
}

func TestSweepPutsBackALostLapse(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.Policy.Rule(approvalstest.Routed(1))
		req := r.ask("amy", approvalstest.ReadOnly, time.Hour)
		r.lose(approvals.Task{Kind: approvals.TaskLapse, Key: string(req.ID)})
		r.worker(r.config())
		pass(8*time.Hour + 2*time.Minute)
		got, err := r.store.Request(context.Background(), req.ID)
		if err != nil || got.State != approvals.RequestLapsed {
			t.Errorf("the request is %s, %v; want lapsed", got.State, err)
		}
	})
}

func TestReplicasSweepOnceATick(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		lists := 0
		r.box.Script(func(op sandbox.Op, _ string) sandbox.Fault {
			if op == sandbox.OpList {
				lists++
			}
			return sandbox.Fault{}
		})
		cfg := r.config()
		cfg.Observe = "*/10 * * * *"
		r.worker(cfg)
		pass(7 * time.Second) // replicas start at different moments
		r.worker(cfg)
		pass(20*time.Minute + 30*time.Second)
		if lists != 6 {
			t.Errorf("%d lists in two ticks of three entitlements, want 6", lists)
		}
	})
}

func TestObserverSavesWhoHoldsWhat(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.Directory.Change("bob", func(p *approvals.Principal) { p.Accounts = map[string]string{"postgres": "BBrandt"} })
		for _, account := range []string{"amy@example.com", "bbrandt", "nobody@example.org"} {
			if err := r.box.Seat("billing-db", "admin", account); err != nil {
				t.Fatal(err)
			}
		}
		r.worker(r.config())
		pass(11 * time.Minute)
		want := []approvals.Holding{
			{Entitlement: approvalstest.Admin, Account: "amy@example.com", Principal: "amy"},
			{Entitlement: approvalstest.Admin, Account: "bbrandt", Principal: "bob"},
			{Entitlement: approvalstest.Admin, Account: "nobody@example.org"},
		}
		holdings := func() []approvals.Holding { return r.double().Holdings(approvalstest.Admin) }
		if diff := cmp.Diff(want, holdings(), cmpopts.IgnoreFields(approvals.Holding{}, "AsOf")); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		r.box.Inject(sandbox.Fault{Op: sandbox.OpList, Err: retryable("down")})
		if err := r.box.Unseat("billing-db", "admin", "bbrandt"); err != nil {
			t.Fatal(err)
		}
		pass(11 * time.Minute)
		if n := len(holdings()); n != 3 {
			t.Errorf("a system that does not answer leaves %d holdings, want the 3 known last", n)
		}
		r.box.Heal()
		pass(11 * time.Minute)
		if n := len(holdings()); n != 2 {
			t.Errorf("%d holdings, want 2", n)
		}
	})
}

func TestAccountClaimedTwiceBelongsToNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		for _, id := range []approvals.PrincipalID{"amy", "bob"} {
			r.Directory.Change(id, func(p *approvals.Principal) { p.Accounts = map[string]string{"postgres": "shared"} })
		}
		if err := r.box.Seat("billing-db", "admin", "shared"); err != nil {
			t.Fatal(err)
		}
		r.worker(r.config())
		pass(11 * time.Minute)
		if hs := r.double().Holdings(approvalstest.Admin); len(hs) != 1 || hs[0].Principal != "" {
			t.Errorf("holdings %+v; want one of nobody", hs)
		}
	})
}
