package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

func TestAListThatShrinksAbsurdlyConcludesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.repairs(approvalstest.Admin, approvals.DriftRemove)
		many := []string{"a1", "a2", "a3", "a4", "a5", "a6", "a7"}
		r.seat("admin", many...)
		r.worker(r.calm())
		pass(cycle)
		var standing []string
		for _, a := range many {
			standing = append(standing, "standing billing-db:admin "+a)
		}
		r.unseat("admin", many[:4]...)
		pass(2 * cycle)
		r.finds(append([]string{"shrunk billing-db:admin "}, standing...)...)
		if told := r.heardOf("olga"); len(told) != 1 || !strings.Contains(told[0], "suddenly lists so few holders") {
			t.Errorf("the owner was told %q", told)
		}
		r.seat("admin", many[:4]...) // it was half a list
		pass(cycle)
		r.finds(append([]string{"shrunk billing-db:admin : gone"}, standing...)...)
	})
}

func TestAShortListIsBelievedOnceAnAdminAcceptsIt(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.seat("admin", "a1", "a2", "a3")
		r.worker(r.calm())
		pass(cycle)
		r.unseat("admin", "a1", "a2", "a3")
		pass(cycle)
		open, err := r.store.Drifts(t.Context(), approvals.DriftFilter{Kinds: []approvals.DriftKind{approvals.DriftShrunk}, Open: true})
		if err != nil || len(open) != 1 {
			t.Fatalf("%v, %v; want one list that is not believed", open, err)
		}
		_, err = r.Service.AcceptDrift(t.Context(), approvals.Person("amy", "cli", ""), open[0].ID, "we cleaned up")
		if approvals.ErrorCode(err) != approvals.CodeForbidden {
			t.Errorf("amy may accept it: %v", err)
		}
		if _, err := r.Service.AcceptDrift(t.Context(), approvals.Person("adam", "cli", ""), open[0].ID, "we cleaned up"); err != nil {
			t.Fatal(err)
		}
		pass(cycle)
		r.finds("shrunk billing-db:admin : accepted", "standing billing-db:admin a1: gone", "standing billing-db:admin a2: gone", "standing billing-db:admin a3: gone")
	})
}

func TestASystemThatDoesNotAnswerOpensNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.seat("admin", "amy@example.com")
		r.worker(r.calm())
		pass(cycle)
		r.hold("bob", approvalstest.Admin, 8*time.Hour)
		pass(cycle)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpList, Err: retryable("down")})
		r.unseat("admin", "amy@example.com", "bob@example.com")
		pass(3 * cycle)
		r.finds("standing billing-db:admin amy@example.com")
	})
}

func TestManyAtOnceAreToldAndLeftAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.repairs(approvalstest.Admin, approvals.DriftRemove)
		r.worker(r.calm())
		pass(cycle)
		var many []string
		for c := range 11 {
			many = append(many, "svc-"+string(rune('a'+c)))
		}
		r.seat("admin", many...)
		pass(3 * cycle)
		if n := r.box.Count(sandbox.OpRevoke, ""); n != 0 {
			t.Errorf("%d of them were taken away", n)
		}
		if n := len(r.drifts()); n != 11 {
			t.Errorf("%d were found, want 11", n)
		}
		if told := r.heardOf("olga"); len(told) != 1 || !strings.Contains(told[0], "6 more has") || !strings.Contains(told[0], "stays as it is") {
			t.Errorf("the owner was told %q", told)
		}
	})
}

func TestAnotherTargetIsAFirstLookAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.Catalogue.Remove(approvalstest.Twin)
		r.Catalogue.Remove(approvalstest.ReadOnly)
		r.repairs(approvalstest.Admin, approvals.DriftRemove)
		r.seat("read-only", "amy@example.com", "bob@example.com")
		r.worker(r.calm())
		pass(cycle)
		r.Catalogue.Change(approvalstest.Admin, func(e *approvals.Entitlement) {
			e.Target = map[string]string{"resource": "billing-db", "level": "read-only"}
		})
		pass(2 * cycle)
		r.finds("standing billing-db:admin amy@example.com", "standing billing-db:admin bob@example.com")
		r.works("amy", "read-only", true)
	})
}

func TestReplicasFindEachDifferenceOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		cfg := r.calm()
		cfg.Observe = "*/10 * * * *"
		r.worker(cfg)
		pass(7 * time.Second)
		r.worker(cfg)
		pass(cycle)
		r.seat("admin", "bob@example.com")
		pass(2 * cycle)
		if n := r.logged(approvals.EventDriftOpened); n != 1 {
			t.Errorf("found %d times, want once", n)
		}
	})
}
