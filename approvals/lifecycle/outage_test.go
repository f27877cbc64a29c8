package lifecycle_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// crowd adds people and gives each of them access.
func (r *rig) crowd(n int, how time.Duration) (ids []approvals.GrantID) {
	r.t.Helper()
	for i := range n {
		id := approvals.PrincipalID(fmt.Sprintf("p%03d", i))
		r.Directory.Put(approvals.Principal{ID: id, Name: "Pat " + string(id), Email: string(id) + "@example.com", Manager: "mia"})
		ids = append(ids, r.hold(id, approvalstest.ReadOnly, how))
	}
	return ids
}

func (r *rig) count(ids []approvals.GrantID, state approvals.GrantState) (n int) {
	r.t.Helper()
	for _, id := range ids {
		if r.grant(id).State == state {
			n++
		}
	}
	return n
}

func TestOutageOfSeventeenMinutesClearsWithinTenSeconds(t *testing.T) {
	outages := map[string]sandbox.Fault{
		"refuses": {Err: retryable("The system is down.")},
		"hangs":   {Delay: time.Hour},
	}
	for name, fault := range outages {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, r *rig) {
				cfg := r.config()
				var most, left atomic.Int64
				cfg.Overdue = func(count int, _ time.Duration) {
					most.Store(max(most.Load(), int64(count)))
					left.Store(int64(count))
				}
				r.worker(cfg)
				ids := r.crowd(100, 20*time.Minute)
				pass(10 * time.Second)
				if n := r.count(ids, approvals.GrantActive); n != 100 {
					t.Fatalf("%d active, want 100", n)
				}
				var down atomic.Bool
				r.box.Script(func(sandbox.Op, string) sandbox.Fault {
					if down.Load() {
						return fault
					}
					return sandbox.Fault{}
				})
				down.Store(true)
				pass(37*time.Minute + 17*time.Second) // they end after 20 minutes; it stays away for 17 more
				if n := r.count(ids, approvals.GrantRevoking); n != 100 {
					t.Fatalf("%d are being revoked, want 100", n)
				}
				if most.Load() != 100 {
					t.Errorf("at most %d were counted as overdue, want 100", most.Load())
				}
				down.Store(false)
				pass(10 * time.Second)
				if n := r.count(ids, approvals.GrantRevoked); n != 100 {
					t.Errorf("%d of 100 are clear 10 s after recovery", n)
				}
				if n := len(r.box.Snapshot().Members); n != 0 {
					t.Errorf("%d members are left in the system", n)
				}
				pass(5 * time.Second)
				if left.Load() != 0 {
					t.Errorf("%d are still counted as overdue", left.Load())
				}
			})
		})
	}
}

func TestOverdueAccessIsToldOnceToOwnersAndOnceToAdmins(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.replica(0))
		r.worker(r.replica(0)) // two replicas tell it once
		id := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Minute)
		r.told("", id)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Err: retryable("The system is down.")})
		end := r.grant(id).EndsAt
		pass(time.Until(end) + 59*time.Second)
		if n := len(r.events(id, approvals.EventGrantOverdue)); n != 0 {
			t.Errorf("told %d times before a minute was over", n)
		}
		pass(7 * time.Second)
		told := func() (words []string) {
			for _, e := range r.events(id, approvals.EventGrantOverdue) {
				words = append(words, e.Detail["told"])
			}
			return words
		}
		if diff := cmp.Diff([]string{"owners"}, told()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		pass(13 * time.Minute)
		if diff := cmp.Diff([]string{"owners"}, told()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		r.told("", id)
		pass(time.Hour)
		if diff := cmp.Diff([]string{"owners", "admins"}, told()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if diff := cmp.Diff([]approvals.PrincipalID{"adam"}, r.told(approvals.NoticeAlert, "")); diff != "" {
			t.Errorf("admins told, -want +got\n%s", diff)
		}
		if n := len(r.events(id, approvals.EventGrantRetried)); n > 30 {
			t.Errorf("%d lines of failed tries in the log for an hour of outage", n)
		}
	})
}

func TestSlowSystemDelaysNobodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		slow, err := sandbox.New(sandbox.Config{Resources: []sandbox.Resource{{Name: "warehouse", Levels: []string{"read"}}}})
		if err != nil {
			t.Fatal(err)
		}
		r.Catalogue.Change("warehouse:read", func(e *approvals.Entitlement) {
			e.System, e.Connector, e.Name = "warehouse", "warehouse", "Warehouse"
			e.DefaultDuration, e.MaxDuration = time.Hour, 8*time.Hour
			e.Target = map[string]string{"resource": "warehouse", "level": "read"}
		})
		cfg := r.config()
		cfg.Connectors["warehouse"] = slow
		r.worker(cfg)
		for i := range 50 {
			id := approvals.PrincipalID(fmt.Sprintf("w%02d", i))
			r.Directory.Put(approvals.Principal{ID: id, Name: "Wim", Email: string(id) + "@example.com"})
			r.hold(id, "warehouse:read", 10*time.Minute)
		}
		quick := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Minute)
		slow.Script(func(sandbox.Op, string) sandbox.Fault { return sandbox.Fault{Delay: 9 * time.Second} })
		pass(9*time.Minute + 2*time.Second)
		r.is(quick, approvals.GrantRevoked)
		if lag := r.grant(quick).RevokedAt.Sub(r.grant(quick).EndsAt); lag > time.Second {
			t.Errorf("the quick system's revocation came %s late", lag)
		}
	})
}

func TestRevocationGoesBeforeProvisioning(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		held := r.hold("amy", approvalstest.ReadOnly, time.Minute)
		pass(30 * time.Second)
		r.box.Script(func(op sandbox.Op, _ string) sandbox.Fault {
			if op == sandbox.OpGrant {
				return sandbox.Fault{Delay: 9 * time.Second}
			}
			return sandbox.Fault{}
		})
		r.crowd(40, time.Hour) // more than there are slots
		pass(32 * time.Second)
		r.is(held, approvals.GrantRevoked)
		if lag := r.grant(held).RevokedAt.Sub(r.grant(held).EndsAt); lag > time.Second {
			t.Errorf("the revocation came %s late, behind provisioning", lag)
		}
	})
}
