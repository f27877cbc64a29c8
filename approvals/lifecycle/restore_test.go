package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// restored says that the database is as it was at a time, and had more events.
func (r *rig) restored(until time.Time, ends map[approvals.GrantID]time.Time) {
	r.t.Helper()
	if _, err := r.Service.FoundRestore(r.t.Context(), 10, until, approvals.Lost{Known: 100, Ends: ends}); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) accept() {
	r.t.Helper()
	if _, err := r.Service.AcceptRestore(r.t.Context(), approvals.Person("adam", "cli", ""), "compared with the systems"); err != nil {
		r.t.Fatal(err)
	}
}

func TestAfterARestoreOnlyWhatIsCertainEndsAndNothingIsGranted(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.repairs(approvalstest.Admin, approvals.DriftRemove)
		r.worker(r.config())
		pass(cycle)
		amy := r.hold("amy", approvalstest.Admin, time.Hour) // it may have been extended since
		mia := r.hold("mia", approvalstest.ReadOnly, time.Hour)
		pass(cycle)
		r.restored(time.Now(), nil)
		pass(2 * time.Second) // until each replica has read of it
		bob := r.hold("bob", approvalstest.ReadOnly, time.Hour)
		if _, err := r.Service.Release(t.Context(), approvals.Person("mia", "test", ""), mia); err != nil {
			t.Fatal(err)
		}
		r.seat("admin", "sol@example.com") // granted after the backup, for all that is known
		pass(cycle)
		r.is(mia, approvals.GrantRevoked)
		r.works("mia", "read-only", false)
		r.is(bob, approvals.GrantScheduled)
		r.works("bob", "read-only", false)
		r.finds("outside billing-db:admin sol@example.com")
		r.works("sol", "admin", true)
		pass(time.Hour)
		r.is(amy, approvals.GrantActive)
		r.works("amy", "admin", true)
		told := strings.Join(r.heardOf("adam"), " ")
		if !strings.Contains(told, "its audit log has 10 events and had 100") {
			t.Errorf("the admins were told %q", told)
		}
		pass(2 * time.Second) // for the outbox to give all once more
		if told := r.heardOf("bob"); len(told) != 1 || !strings.Contains(told[0], "approved, but not given yet") || !strings.Contains(told[0], "You need not ask again") {
			t.Errorf("bob, who asked meanwhile, was told %q", told)
		}
		r.accept()
		pass(cycle)
		r.is(amy, approvals.GrantRevoked)
		r.works("amy", "admin", false)
		r.works("sol", "admin", true) // found while it was not known what is right: only told
		r.is(bob, approvals.GrantActive)
		r.works("bob", "read-only", true)
	})
}

func TestAfterARestoreNothingEndsBeforeItsSystemWasAsked(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		pass(cycle)
		id := r.hold("amy", approvalstest.Admin, 20*time.Minute)
		pass(time.Minute)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpList, Err: retryable("down")})
		r.restored(time.Now().Add(time.Hour), nil) // it knows that the end is due
		pass(30 * time.Minute)
		r.is(id, approvals.GrantActive)
		if n := r.box.Count(sandbox.OpRevoke, string(id)); n != 0 {
			t.Errorf("%d removals before the system was asked", n)
		}
		r.box.Heal()
		pass(2 * time.Minute)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "admin", false)
	})
}

func TestKnownEndsSurviveARestore(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		pass(cycle)
		renewed := r.hold("amy", approvalstest.Admin, time.Hour)
		over := r.hold("bob", approvalstest.Admin, 4*time.Hour) // given back after the backup
		kept := r.hold("mia", approvalstest.Admin, time.Hour)
		pass(time.Minute)
		r.unseat("admin", "bob@example.com")
		ends := map[approvals.GrantID]time.Time{renewed: r.grant(renewed).EndsAt.Add(2 * time.Hour), kept: r.grant(kept).EndsAt.Truncate(time.Second), "gr_lost": time.Now().Add(time.Hour)}
		r.restored(time.Now(), ends)
		r.restored(time.Now(), ends) // another replica, or a start after a crash
		pass(2 * time.Minute)
		r.is(over, approvals.GrantRevoked)
		pass(time.Hour)
		r.is(kept, approvals.GrantRevoked)
		r.is(renewed, approvals.GrantActive)
		r.works("amy", "admin", true)
		pass(2 * time.Hour)
		r.is(renewed, approvals.GrantRevoked)
		r.works("amy", "admin", false)
		if n := r.logged(approvals.EventRestoreFound); n != 1 {
			t.Errorf("found %d times, want once", n)
		}
	})
}

func TestWhatWasAboutToBeGivenIsNotGivenAfterARestore(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		id := r.hold("amy", approvalstest.Admin, time.Hour)
		r.restored(time.Now(), nil)
		r.worker(r.config())
		pass(5 * time.Minute)
		r.accept()
		pass(5 * time.Minute)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "admin", false)
	})
}

// TestWhatARestoredDatabaseGaveStays covers a database that was worked with
// before anybody noticed that it had been restored.
func TestWhatARestoredDatabaseGaveStays(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		pass(cycle)
		over := r.hold("amy", approvalstest.Admin, time.Hour)
		pass(time.Minute)
		known := time.Now()
		pass(time.Minute)
		since := r.hold("mia", approvalstest.Admin, time.Hour)
		pass(time.Minute)
		lost := approvals.Lost{Known: 5, At: known, Ends: map[approvals.GrantID]time.Time{}}
		if _, err := r.Service.FoundRestore(t.Context(), 10, time.Now(), lost); err != nil {
			t.Fatal(err)
		}
		told := strings.Join(r.heardOf("adam"), " ")
		if !strings.Contains(told, "of the 5 events that its audit log had, the last are gone") {
			t.Errorf("the admins were told %q", told)
		}
		pass(2 * time.Minute)
		r.is(over, approvals.GrantRevoked)
		r.is(since, approvals.GrantActive)
		r.works("mia", "admin", true)
		pass(time.Hour)
		r.is(since, approvals.GrantRevoked)
		r.works("mia", "admin", false)
	})
}

func TestOnlyAnAdminAcceptsARestore(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		accept := func(who approvals.PrincipalID, reason string) approvals.Code {
			_, err := r.Service.AcceptRestore(t.Context(), approvals.Person(who, "cli", ""), reason)
			return approvals.ErrorCode(err)
		}
		if code := accept("adam", "compared"); code != approvals.CodeNotFound {
			t.Errorf("with nothing restored: %q", code)
		}
		r.restored(time.Now(), nil)
		for who, want := range map[approvals.PrincipalID]approvals.Code{"amy": approvals.CodeForbidden, "olga": approvals.CodeForbidden, "ivan": approvals.CodeForbidden} {
			if code := accept(who, "compared"); code != want {
				t.Errorf("%s: %q, want %q", who, code, want)
			}
		}
		if code := accept("adam", " "); code != approvals.CodeInvalid {
			t.Errorf("without a reason: %q", code)
		}
		if code := accept("adam", "compared"); code != "" {
			t.Errorf("adam: %q", code)
		}
	})
}
