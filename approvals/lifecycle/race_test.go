package lifecycle_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

func TestReleaseWhileProvisioningIsUnderWay(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		r.box.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, Delay: 5 * time.Second})
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		pass(time.Second)
		r.is(id, approvals.GrantProvisioning)
		if _, err := r.Service.Release(t.Context(), approvals.Person("amy", "test", ""), id); err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Second)
		r.is(id, approvals.GrantRevoking) // absent now, but the call may still land
		pass(3 * time.Second)
		r.works("amy", "read-only", false) // it landed, and was undone at once
		r.is(id, approvals.GrantRevoking)
		until := r.grant(id).CallUntil
		pass(10 * time.Second)
		r.is(id, approvals.GrantRevoked)
		if at := r.grant(id).RevokedAt; at.Before(until) {
			t.Errorf("proved at %s, while a call could land until %s", at, until)
		}
		r.works("amy", "read-only", false)
		if !r.grant(id).ActiveAt.IsZero() {
			t.Error("a released grant was active")
		}
	})
}

func TestExtensionMovesTheEndWithoutABlink(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		id := r.hold("amy", approvalstest.ReadOnly, 30*time.Minute)
		pass(20 * time.Minute)
		planned := r.grant(id).EndsAt
		if _, err := r.Service.Extend(t.Context(), approvals.Person("amy", "test", ""), id, 30*time.Minute, "not done", "test:more"); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if m := r.member("amy", "read-only"); !m.EndsAt.Equal(planned.Add(30 * time.Minute)) {
			t.Errorf("the system ends it at %s, want %s", m.EndsAt, planned.Add(30*time.Minute))
		}
		pass(time.Until(planned) + time.Minute)
		r.is(id, approvals.GrantActive)
		r.works("amy", "read-only", true)
		pass(31 * time.Minute)
		r.is(id, approvals.GrantRevoked)
		if n := r.box.Count(sandbox.OpRevoke, string(id)); n != 1 {
			t.Errorf("%d removals, want 1", n)
		}
	})
}

// replica is a worker configuration of its own on the shared store, with a
// clock that is off.
func (r *rig) replica(off time.Duration) lifecycle.Config {
	cfg := r.config()
	service := *r.Service
	service.Now = func() time.Time { return time.Now().Add(off) }
	cfg.Service, cfg.Now = &service, service.Now
	return cfg
}

func TestReplicasWithClocksApartMakeOneEffect(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		for _, off := range []time.Duration{-2 * time.Second, 0, 2 * time.Second} {
			r.worker(r.replica(off))
		}
		var ids []approvals.GrantID
		for _, who := range []approvals.PrincipalID{"amy", "bob", "mia", "olga", "sol", "sue", "adam"} {
			ids = append(ids, r.hold(who, approvalstest.ReadOnly, 10*time.Minute))
		}
		pass(5 * time.Second)
		for _, id := range ids {
			r.is(id, approvals.GrantActive)
		}
		pass(10*time.Minute + 5*time.Second)
		for _, id := range ids {
			r.is(id, approvals.GrantRevoked)
			g := r.grant(id)
			if early, late := g.EndsAt.Add(-2*time.Second), g.EndsAt.Add(7*time.Second); g.RevokingAt.Before(early) || g.RevokedAt.After(late) {
				t.Errorf("%s ended %s from its time", id, g.RevokedAt.Sub(g.EndsAt))
			}
			if n, m := r.box.Count(sandbox.OpGrant, string(id)), r.box.Count(sandbox.OpRevoke, string(id)); n != 1 || m != 1 {
				t.Errorf("%d grants and %d removals in effect, want one each", n, m)
			}
			if n := len(r.events(id, approvals.EventGrantActive)); n != 1 {
				t.Errorf("active %d times in the log", n)
			}
		}
	})
}

func TestClockThatJumpsAheadEndsNothingTwiceAndNothingLate(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		off := time.Duration(0)
		cfg := r.config()
		now := func() time.Time { return time.Now().Add(off) }
		r.Service.Now, cfg.Now = now, now
		r.once(cfg)
		id := r.hold("amy", approvalstest.ReadOnly, 30*time.Minute)
		r.once(cfg)
		r.is(id, approvals.GrantActive)
		off = -time.Hour // back: the end is farther away, and stays absolute
		r.once(cfg)
		r.is(id, approvals.GrantActive)
		off = time.Hour
		r.once(cfg)
		r.is(id, approvals.GrantRevoked)
		off = 0
		r.once(cfg)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
		if n := r.box.Count(sandbox.OpRevoke, string(id)); n != 1 {
			t.Errorf("%d removals, want 1", n)
		}
	})
}

func TestPolicyTightenedBeforeProvisioningGivesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		r.Policy.Rule(approvalstest.Refused("Payments is frozen."))
		r.worker(r.config())
		pass(time.Minute)
		r.is(id, approvals.GrantFailed)
		if n := r.box.Count(sandbox.OpGrant, string(id)); n != 0 {
			t.Errorf("%d effects, want none", n)
		}
	})
}

func TestDeactivatedPersonLosesAccessAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		pass(time.Minute)
		r.Directory.Change("amy", func(p *approvals.Principal) { p.Inactive = true })
		if err := r.Service.Deactivate(t.Context(), approvals.System("directory"), "amy"); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
	})
}

func TestWorkerStopsGracefully(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		stop := r.worker(r.config())
		r.box.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, Delay: 5 * time.Second})
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		pass(time.Second)
		begin := time.Now()
		stop() // the call that is under way is finished and recorded
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("it took %s to stop", took)
		}
		r.is(id, approvals.GrantActive)
		later := r.hold("bob", approvalstest.ReadOnly, time.Hour)
		pass(time.Minute)
		r.is(later, approvals.GrantScheduled)
		r.worker(r.config())
		pass(time.Second)
		r.is(later, approvals.GrantActive)
	})
}

func TestCallThatLandsAfterTheProofIsUndone(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		r.box.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, Delay: 8 * time.Second})
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		pass(time.Second)
		// Another run of the same task overtakes the call that hangs.
		again := approvals.Task{Kind: approvals.TaskProvision, Key: string(id), RunAt: time.Now()}
		if err := r.store.Apply(t.Context(), approvals.Change{Tasks: []approvals.Task{again}}); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		r.is(id, approvals.GrantActive)
		if _, err := r.Service.Release(t.Context(), approvals.Person("amy", "test", ""), id); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		r.is(id, approvals.GrantRevoked)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Times: 3, Err: retryable("The system is down.")})
		pass(6 * time.Second)
		r.works("amy", "read-only", true) // the call has landed, and the first try to undo it has failed
		pass(30 * time.Second)
		r.works("amy", "read-only", false)
	})
}
