package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"golang.org/x/mod/sumdb/note"
)

// testLog is the name of the tests' log.
const testLog = "log.example/test"

// notary signs the checkpoints of a test.
type notary struct {
	note.Signer
	public string
	keys   note.Verifiers
}

func newNotary(tb testing.TB) notary {
	tb.Helper()
	secret, public, err := auditlog.NewKey(testLog)
	if err != nil {
		tb.Fatal(err)
	}
	signer, err := auditlog.Signer(secret)
	if err != nil {
		tb.Fatal(err)
	}
	keys, err := auditlog.Verifiers(public)
	if err != nil {
		tb.Fatal(err)
	}
	return notary{signer, public, keys}
}

// seal signs a checkpoint, which must work.
func (n notary) seal(tb testing.TB, s *Store) SignedCheckpoint {
	tb.Helper()
	_, c, err := s.Seal(context.Background(), testLog, n)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// write puts n events into the log; every third holds words.
func write(tb testing.TB, s *Store, n int) {
	tb.Helper()
	var c approvals.Change
	for i := range n {
		score := i % 100
		e := approvals.Event{At: time.Date(2026, 11, 22, 1, 2, 3, i*1e6, time.UTC), Kind: approvals.EventRequestSubmitted,
			Actor: approvals.Person("amy", "slack", "C1/1700.1"), Request: approvals.RequestID(fmt.Sprint("r", i)), Entitlement: "billing-db:<read-only>",
			Beneficiary: "bob", Score: &score, Detail: map[string]string{"ä": "é \u2028 \"quoted\"\n"}}
		if i%3 == 0 {
			e.Words = map[string]string{"reason": fmt.Sprintf("the refund of customer %d — “urgent”", i), "ticket": "INC-7"}
		}
		c.Events = append(c.Events, e)
	}
	if err := s.Apply(context.Background(), c); err != nil {
		tb.Fatal(err)
	}
}

func TestAuditLogVerifies(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		n := newNotary(t)
		for _, more := range []int{1, 2, 300, 255, 1, 100} {
			write(t, s, more)
			n.seal(t, s)
		}
		write(t, s, 3) // not signed yet
		report, err := s.VerifyLog(t.Context(), n.keys)
		if err != nil {
			t.Fatal(err)
		}
		want := auditlog.Report{Events: 662, First: 1, Last: 662, Checkpoints: 6, Signed: 659, Texts: 446, Findings: []auditlog.Finding{}}
		if diff := cmp.Diff(want, report); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		sealed, c, err := s.Seal(t.Context(), testLog, n)
		if err != nil || !sealed || c.Size != 662 {
			t.Errorf("sealed %v at %d, %v", sealed, c.Size, err)
		}
		if sealed, _, err := s.Seal(t.Context(), testLog, n); err != nil || sealed {
			t.Errorf("sealed again with nothing new: %v, %v", sealed, err)
		}
	})
}

func TestEventsAreHashedAsCanonicalJSON(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		write(t, s, 4)
		records, err := s.Records(t.Context(), 0, 10)
		if err != nil || len(records) != 4 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		for _, r := range records {
			again, err := auditlog.Canonical(r.Body)
			if err != nil || string(again) != string(r.Body) {
				t.Errorf("not canonical: %s, %v", r.Body, err)
			}
			if r.Leaf == nil || *r.Leaf != auditlog.LeafHash(r.Body) {
				t.Errorf("the leaf of event %d is not that of its body", r.Sequence)
			}
			if strings.Contains(string(r.Body), "refund") || strings.Contains(string(r.Body), "INC-7") {
				t.Errorf("people's words stand in the log: %s", r.Body)
			}
		}
	})
}

func TestInclusionAndConsistencyAreProved(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		n := newNotary(t)
		var points []auditlog.Checkpoint
		for _, more := range []int{1, 299, 213, 1, 400} {
			write(t, s, more)
			c, err := auditlog.OpenCheckpoint(n.seal(t, s).Note, n.keys)
			if err != nil {
				t.Fatal(err)
			}
			points = append(points, c)
		}
		records, err := s.Records(t.Context(), 0, 2000)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range points {
			for _, sequence := range []int64{1, 2, c.Size / 2, c.Size - 1, c.Size} {
				if sequence < 1 || sequence > c.Size {
					continue
				}
				p, err := s.Prove(t.Context(), sequence, c.Size)
				if err != nil || !p.Holds(records[sequence-1].Body, c) {
					t.Errorf("event %d of %d is not proved: %v", sequence, c.Size, err)
				}
				if p.Holds(records[sequence%c.Size].Body, c) && c.Size > 1 {
					t.Errorf("the proof of event %d holds for another", sequence)
				}
			}
		}
		for i, from := range points {
			for _, to := range points[i:] {
				if _, err := s.ProveConsistency(t.Context(), from.Size, to.Size); err != nil {
					t.Errorf("from %d to %d: %v", from.Size, to.Size, err)
				}
			}
		}
		for _, c := range [][2]int64{{0, 5}, {6, 5}} {
			if _, err := s.Prove(t.Context(), c[0], c[1]); approvals.ErrorCode(err) != approvals.CodeInvalid {
				t.Errorf("event %d of %d: %v", c[0], c[1], err)
			}
			if _, err := s.ProveConsistency(t.Context(), c[0], c[1]); approvals.ErrorCode(err) != approvals.CodeInvalid {
				t.Errorf("from %d to %d: %v", c[0], c[1], err)
			}
		}
	})
}

func TestOldEventsAreHashedAsTheyAre(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 9) // the version before the tree
		const many = hashPage + 300
		var rows []string
		for i := 1; i <= many; i++ {
			rows = append(rows, fmt.Sprintf(`(%d, '2026-01-02T03:04:05.678Z', 'policy.loaded', '', '', '{"sequence":%d,"at":"2026-01-02T03:04:05.678Z","kind":"policy.loaded","actor":{"kind":"system"}}')`, i, i))
		}
		for page := range slices.Chunk(rows, 500) {
			exec(t, s, "INSERT INTO events (sequence, at, kind, request_id, grant_id, body) VALUES "+strings.Join(page, ", "))
		}
		exec(t, s, fmt.Sprintf("UPDATE event_head SET sequence = %d", many))
		migrated(t, s, 0)
		n := newNotary(t)
		n.seal(t, s)
		write(t, s, 5)
		report, err := s.VerifyLog(t.Context(), n.keys)
		if err != nil || !report.Sound() || report.Events != many+5 || report.Signed != many {
			t.Errorf("report %+v, %v", report, err)
		}
		migrated(t, s, 0) // again: nothing is left to do
	})
}

func TestInterruptedHashingRefusesWritesAndGoesOn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		exec(t, s, "UPDATE event_head SET sequence = 2, frontier = NULL") // as if the process had died while it hashed
		err := s.Apply(t.Context(), approvals.Change{Events: []approvals.Event{{At: s.now(), Kind: approvals.EventPolicyLoaded, Actor: approvals.System("x")}}})
		if approvals.ErrorCode(err) != approvals.CodeUnavailable || !strings.Contains(approvals.ErrorMessage(err), "hallpass migrate") {
			t.Errorf("writing before the old events are hashed: %v", err)
		}
		if err := s.Migrate(t.Context()); !strings.Contains(approvals.ErrorMessage(err), "ends with event 0 and says that it has 2") {
			t.Errorf("hashing a log that is cut off: %v", err)
		}
	})
}
