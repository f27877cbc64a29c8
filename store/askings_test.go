package store

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// TestAskingsGoWhenARequestIsSettled keeps the table of open questions small.
func TestAskingsGoWhenARequestIsSettled(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
		store := func(r approvals.Request, decisions ...approvals.Decision) {
			t.Helper()
			event := approvals.Event{At: now, Kind: approvals.EventRequestDecided, Actor: approvals.System("test"), Request: r.ID}
			if err := s.Apply(t.Context(), approvals.Change{Requests: []approvals.Request{r}, Decisions: decisions, Events: []approvals.Event{event}}); err != nil {
				t.Fatal(err)
			}
		}
		count := func(want int) {
			t.Helper()
			var n int
			if err := s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM askings").Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n != want {
				t.Errorf("%d askings, want %d", n, want)
			}
		}
		asked := []approvals.PrincipalID{"mia", "olga", "mia"}
		decided := func(id approvals.RequestID) approvals.Decision {
			return approvals.Decision{Request: id, Sequence: 1, At: now, Approvers: asked}
		}
		open := approvals.Request{ID: "r1", Key: "k1", State: approvals.RequestPending, CreatedAt: now}
		store(open, decided("r1"))
		count(2)
		store(approvals.Request{ID: "r2", Key: "k2", State: approvals.RequestApproved, CreatedAt: now}, decided("r2"))
		count(2)
		open.Version, open.State = 1, approvals.RequestLapsed
		store(open)
		count(0)

		exec(t, s, "INSERT INTO askings VALUES ('r1', 'mia')")
		if waiting, err := s.AwaitingAnswer(t.Context(), "mia"); err != nil || len(waiting) != 0 {
			t.Errorf("a lapsed request awaits an answer: %v, %v", waiting, err)
		}
	})
}
