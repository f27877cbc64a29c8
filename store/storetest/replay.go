package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// firstDecisions: each request's first decision is handed over once, as it was
// stored, and later looks at it are not.
func firstDecisions(t *testing.T, s *store.Store) {
	want := map[approvals.RequestID]approvals.Decision{}
	for i := range 5 {
		c := Submission(fmt.Sprint("r", i), "mia")
		c.Decisions[0].At = Epoch.Add(time.Duration(i) * time.Hour)
		c.Decisions[0].Facts.Ticket = fmt.Sprint("OPS-", i)
		apply(t, s, c)
		if i >= 2 {
			want[c.Requests[0].ID] = c.Decisions[0]
		}
	}
	again := Decision("r3", "mia")
	again.Sequence, again.At = 2, Epoch.Add(10*time.Hour)
	apply(t, s, approvals.Change{Decisions: []approvals.Decision{again}, Events: []approvals.Event{Event(approvals.EventRequestDecided, "r3")}})

	got := map[approvals.RequestID]approvals.Decision{}
	read := func(id approvals.RequestID, facts, assessment, ruling []byte) error {
		d := want[id]
		d.Facts, d.Assessment, d.Ruling = approvals.Facts{}, approvals.Assessment{}, approvals.Ruling{}
		if _, twice := got[id]; twice {
			t.Errorf("%s comes twice", id)
		}
		err := errors.Join(json.Unmarshal(facts, &d.Facts), json.Unmarshal(assessment, &d.Assessment), json.Unmarshal(ruling, &d.Ruling))
		got[id] = d
		return err
	}
	check(t, s.FirstDecisions(bg, Epoch.Add(2*time.Hour), read))
	same(t, want, got)

	enough := errors.New("enough")
	seen := 0
	err := s.FirstDecisions(bg, time.Time{}, func(approvals.RequestID, []byte, []byte, []byte) error {
		if seen++; seen == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || seen != 2 {
		t.Errorf("after %d rows: %v", seen, err)
	}
	same(t, 1, len(maps.Collect(func(yield func(approvals.RequestID, bool) bool) {
		check(t, s.FirstDecisions(bg, Epoch.Add(4*time.Hour), func(id approvals.RequestID, _, _, _ []byte) error { yield(id, true); return nil }))
	})))
}
