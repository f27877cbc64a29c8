package lifecycle_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
	"github.com/hallpass-dev/hallpass/store"
)

// cycle is time enough for the next look.
const cycle = 11 * time.Minute

// calm is the configuration of a worker that looks less often at what these
// tests are not about: hours pass in them.
func (r *rig) calm() lifecycle.Config {
	cfg := r.config()
	cfg.Watch, cfg.Sweep = time.Hour, "@every 1h"
	return cfg
}

// drifts lists what was ever found, as "KIND ACCOUNT" and how it ended, in
// order.
func (r *rig) drifts() (said []string) {
	r.t.Helper()
	all, err := r.store.Drifts(context.Background(), approvals.DriftFilter{})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, d := range all {
		s := string(d.Kind) + " " + string(d.Entitlement) + " " + d.Account
		if !d.Open() {
			s += ": " + string(d.Resolution)
		}
		said = append(said, s)
	}
	slices.Sort(said)
	return said
}

// finds fails the test unless exactly these were found.
func (r *rig) finds(want ...string) {
	r.t.Helper()
	if diff := cmp.Diff(want, r.drifts()); diff != "" {
		r.t.Errorf("drift: -want +got\n%s", diff)
	}
}

// heardOf lists the alerts that one person, or a channel, was sent about drift.
func (r *rig) heardOf(reader string) (words []string) {
	r.t.Helper()
	var all []approvals.Notice
	switch db := r.store.(type) {
	case *approvalstest.Store:
		all = db.Notices()
	case *store.Store:
		leases, err := db.ClaimNotices(context.Background(), time.Now().Add(time.Hour), time.Second, 1000)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, l := range leases {
			all = append(all, l.Notice)
		}
	}
	for _, n := range all {
		if n.Kind == approvals.NoticeAlert && (string(n.To) == reader || n.Channel == reader) {
			words = append(words, n.Words)
		}
	}
	return words
}

// logged counts the audit events of a kind.
func (r *rig) logged(kind approvals.EventKind) (n int) {
	r.t.Helper()
	for _, e := range r.log("") {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// seat gives accounts access behind Hallpass' back, unseat takes it away.
func (r *rig) seat(level string, accounts ...string) {
	r.t.Helper()
	for _, a := range accounts {
		if err := r.box.Seat("billing-db", level, a); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) unseat(level string, accounts ...string) {
	r.t.Helper()
	for _, a := range accounts {
		if err := r.box.Unseat("billing-db", level, a); err != nil {
			r.t.Fatal(err)
		}
	}
}

// repairs sets what the catalogue says about drift on an entitlement.
func (r *rig) repairs(e approvals.EntitlementID, how approvals.DriftRepair) {
	r.Catalogue.Change(e, func(e *approvals.Entitlement) { e.Drift = how })
}

func TestFirstLookFindsStandingAccessAndTellsNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.repairs(approvalstest.Admin, approvals.DriftRemove)
		r.seat("admin", "amy@example.com", "svc-backup")
		r.worker(r.calm())
		pass(3 * cycle)
		r.finds("standing billing-db:admin amy@example.com", "standing billing-db:admin svc-backup")
		r.works("amy", "admin", true)
		if got := r.heardOf("olga"); len(got) > 0 {
			t.Errorf("the owner was told %q", got)
		}
		if n := r.logged(approvals.EventDriftBaseline); n != 2 {
			t.Errorf("%d first looks are in the log, want one for each of 2 holdings", n)
		}
	})
}

func TestAccessGivenByHandIsToldOnceWithinACycle(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		r.worker(r.calm())
		pass(cycle)
		r.seat("admin", "bob@example.com")
		pass(cycle)
		r.finds("outside billing-db:admin bob@example.com")
		told := r.heardOf("olga")
		if len(told) != 1 || !strings.HasPrefix(told[0], "bob@example.com (Bob Brandt) has Billing database, admin (billing-db:admin), which nobody granted.") {
			t.Errorf("the owner was told %q", told)
		}
		if db, ok := r.store.(*approvalstest.Store); ok {
			pass(3 * cycle)
			if n := len(r.heardOf("sol")); n != 1 {
				t.Errorf("security was told %d times, want once", n)
			}
			d, err := db.Drifts(t.Context(), approvals.DriftFilter{Open: true})
			if err != nil || len(d) != 1 || d[0].LastSeen.Sub(d[0].FirstSeen) < 2*cycle {
				t.Errorf("seen %+v, %v; want it seen again with each look", d, err)
			}
		}
		r.works("bob", "admin", true)
		r.unseat("admin", "bob@example.com")
		pass(cycle)
		r.finds("outside billing-db:admin bob@example.com: gone")
		if opened, resolved := r.logged(approvals.EventDriftOpened), r.logged(approvals.EventDriftResolved); opened != 1 || resolved != 1 {
			t.Errorf("the log has %d opened and %d resolved, want 1 and 1", opened, resolved)
		}
	})
}

func TestAccessGivenByHandIsTakenAwayWhereTheCatalogueSaysSo(t *testing.T) {
	inBubbles(t, func(t *testing.T, r *rig) {
		r.repairs(approvalstest.Admin, approvals.DriftRemove)
		r.seat("admin", "mia@example.com")
		r.worker(r.calm())
		pass(cycle)
		r.seat("admin", "bob@example.com")
		pass(cycle)
		r.finds("outside billing-db:admin bob@example.com: removed", "standing billing-db:admin mia@example.com")
		r.works("bob", "admin", false)
		r.works("mia", "admin", true)
		// Whoever was there from the start is told of when they come back, and no more.
		r.unseat("admin", "mia@example.com")
		pass(cycle)
		r.seat("admin", "mia@example.com")
		pass(2 * cycle)
		r.finds("outside billing-db:admin bob@example.com: removed", "outside billing-db:admin mia@example.com", "standing billing-db:admin mia@example.com: gone")
		r.works("mia", "admin", true)
	})
}

func TestARemovalThatFailsIsTriedAgainAndTold(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.repairs(approvalstest.Admin, approvals.DriftRemove)
		r.worker(r.calm())
		pass(cycle)
		r.seat("admin", "bob@example.com")
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Err: &approvals.ConnectorError{Kind: approvals.Permanent, Message: "The role is protected."}})
		pass(cycle)
		told := r.heardOf("olga")
		if len(told) != 2 || !strings.Contains(told[1], "can't be repaired: The role is protected.") {
			t.Errorf("the owner was told %q", told)
		}
		r.finds("outside billing-db:admin bob@example.com")
		r.box.Heal()
		pass(cycle)
		r.finds("outside billing-db:admin bob@example.com: removed")
		r.works("bob", "admin", false)
	})
}

func TestDeclaredStandingAccessIsNeverTakenAway(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.Catalogue.Change(approvalstest.Admin, func(e *approvals.Entitlement) {
			e.Drift, e.Standing = approvals.DriftRemove, []string{"SVC-Backup"}
		})
		r.worker(r.calm())
		pass(cycle)
		r.seat("admin", "svc-backup")
		pass(2 * cycle)
		r.finds("standing billing-db:admin svc-backup")
		if n := r.box.Count(sandbox.OpRevoke, ""); n != 0 {
			t.Errorf("%d removals", n)
		}
	})
}

func TestGrantedAccessIsNoDrift(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.repairs(approvalstest.Admin, approvals.DriftRemove)
		r.repairs(approvalstest.ReadOnly, approvals.DriftRemove)
		r.worker(r.calm())
		pass(cycle)
		a := r.hold("amy", approvalstest.Admin, 30*time.Minute)
		r.hold("bob", approvalstest.Twin, 40*time.Minute) // another entry for the same holding
		pass(time.Hour + cycle)
		r.is(a, approvals.GrantRevoked)
		r.finds()
		if opened := r.logged(approvals.EventDriftOpened); opened != 0 {
			t.Errorf("%d differences were found", opened)
		}
	})
}

func TestAGrantWhoseAccessVanishedIsToldAndRestoredWhereTheCatalogueSaysSo(t *testing.T) {
	for _, restore := range []bool{false, true} {
		t.Run(map[bool]string{false: "report", true: "restore"}[restore], func(t *testing.T) {
			inBubbles(t, func(t *testing.T, r *rig) {
				want := "vanished billing-db:admin amy@example.com"
				if restore {
					r.repairs(approvalstest.Admin, approvals.DriftRestore)
					want += ": restored"
				}
				r.worker(r.calm())
				pass(cycle)
				id := r.hold("amy", approvalstest.Admin, 2*time.Hour)
				pass(cycle)
				ends := r.grant(id).EndsAt
				r.unseat("admin", "amy@example.com")
				pass(cycle)
				r.finds(want)
				r.works("amy", "admin", restore)
				if got := r.grant(id); !got.EndsAt.Equal(ends) || got.State != approvals.GrantActive {
					t.Errorf("the grant is %s until %s, want it as it was, until %s", got.State, got.EndsAt, ends)
				}
				pass(2 * time.Hour)
				r.is(id, approvals.GrantRevoked)
				r.works("amy", "admin", false)
				if !restore {
					r.finds(want + ": ended")
				}
			})
		})
	}
}

func TestAGrantThatNoLongerHoldsIsNotRestored(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.repairs(approvalstest.Admin, approvals.DriftRestore)
		r.worker(r.calm())
		pass(cycle)
		id := r.hold("amy", approvalstest.Admin, 2*time.Hour)
		pass(cycle)
		r.unseat("admin", "amy@example.com")
		r.Directory.Change("amy", func(p *approvals.Principal) { p.Inactive = true })
		pass(2 * cycle)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "admin", false)
	})
}

func TestAChangedRoleIsToldAsOne(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.calm())
		pass(cycle)
		r.hold("amy", approvalstest.ReadOnly, 2*time.Hour)
		pass(cycle)
		r.unseat("read-only", "amy@example.com")
		r.seat("admin", "amy@example.com")
		pass(cycle)
		r.finds("changed billing-db:admin amy@example.com", "vanished billing-db:read-only amy@example.com")
		told := r.heardOf("olga")
		if !slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, "in place of billing-db:read-only, which was granted") }) {
			t.Errorf("the owner was told %q", told)
		}
	})
}
