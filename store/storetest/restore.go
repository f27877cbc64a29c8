package storetest

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

func restoresKept(t *testing.T, s *store.Store) {
	_, err := s.LastRestore(bg)
	code(t, approvals.CodeNotFound, err)
	same(t, true, must(s.LastEventAt(bg))(t).IsZero())
	r := approvals.Restore{ID: "rs_1", FoundAt: Epoch, Had: 10, Known: 100, Until: Epoch.Add(-time.Hour), Whole: true, Listed: []string{"postgres", "aws"}}
	change := func(kind approvals.EventKind) approvals.Change {
		return approvals.Change{Restores: []approvals.Restore{r}, Events: []approvals.Event{Event(kind, "")}}
	}
	silent := change("")
	silent.Events = nil
	code(t, approvals.CodeInternal, s.Apply(bg, silent))
	apply(t, s, change(approvals.EventRestoreFound))
	r.Version = 1
	same(t, r, must(s.LastRestore(bg))(t))
	same(t, Event(approvals.EventRestoreFound, "").At, must(s.LastEventAt(bg))(t))

	second := r
	second.ID, second.Version, second.FoundAt = "rs_2", 0, Epoch.Add(time.Second)
	another := approvals.Change{Restores: []approvals.Restore{second}, Events: []approvals.Event{Event(approvals.EventRestoreFound, "")}}
	code(t, approvals.CodeDuplicate, s.Apply(bg, another)) // one is open

	r.AcceptedAt, r.AcceptedBy = Epoch.Add(time.Minute), "adam"
	apply(t, s, change(approvals.EventRestoreAccepted))
	code(t, approvals.CodeConflict, s.Apply(bg, change(approvals.EventRestoreAccepted)))
	r.Version = 2
	same(t, r, must(s.LastRestore(bg))(t))
	apply(t, s, another)
	same(t, "rs_2", must(s.LastRestore(bg))(t).ID)
}

func journalMergedOnce(t *testing.T, s *store.Store) {
	merge := func(ids ...string) error {
		return s.Apply(bg, approvals.Change{Journal: ids, Events: []approvals.Event{Event(approvals.EventJournalMerged, "")}})
	}
	check(t, merge("a", "b"))
	code(t, approvals.CodeDuplicate, merge("c", "b"))
	check(t, merge("c"))
	code(t, approvals.CodeInternal, s.Apply(bg, approvals.Change{Journal: []string{"d"}}))
}
