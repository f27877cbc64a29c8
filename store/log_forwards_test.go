package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hallpass-dev/hallpass/approvals"
)

func TestAReceiverIsOneProcessAtATime(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		s.now = func() time.Time { return now }
		migrated(t, s, 0)
		take := func(turn int64) (Forward, approvals.Code) {
			f, err := s.TakeForward(t.Context(), "siem", turn, false)
			return f, approvals.ErrorCode(err)
		}
		one, code := take(0)
		if one.Turn != 1 || one.Sequence != 0 || code != "" {
			t.Fatalf("it begins with %+v, %s", one, code)
		}
		// Over SQLite nobody else can have the file open: what a process that is
		// gone had is free at once.
		other, code := take(0)
		if free := s.dialect == sqlite; free != (code == "") || !free && code != approvals.CodeConflict {
			t.Errorf("another process gets %+v, %q", other, code)
		}
		if s.dialect == sqlite {
			one = other
		}
		one.Sequence, one.At = 12, now
		if err := s.SaveForward(t.Context(), one); err != nil {
			t.Fatal(err)
		}
		if again, code := take(one.Turn); code != "" || !cmp.Equal(one, again) {
			t.Errorf("it keeps %+v as %+v, %s", one, again, code)
		}
		now = now.Add(forwardLease)
		two, code := take(0)
		if two.Turn != one.Turn+1 || two.Sequence != 12 || code != "" {
			t.Errorf("after the lease it goes on with %+v, %s", two, code)
		}
		if err := s.SaveForward(t.Context(), one); approvals.ErrorCode(err) != approvals.CodeConflict {
			t.Errorf("whoever had it before still notes: %v", err)
		}
	})
}

func TestWhatWaitsForAReceiverIsCounted(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		write(t, s, 7)
		from := map[string]bool{"all": false, "late": true}
		for name, now := range from {
			if _, err := s.TakeForward(t.Context(), name, 0, now); err != nil {
				t.Fatal(err)
			}
		}
		write(t, s, 2)
		first := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
		want := []Forward{{Name: "all", Turn: 1, Waiting: 9, Oldest: first}, {Name: "late", Turn: 1, Sequence: 7, Waiting: 2, Oldest: first}}
		got, err := s.Forwards(t.Context())
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("%v, -want +got\n%s", err, diff)
		}
		for name, now := range from { // what is there stays as it is
			if f, err := s.TakeForward(t.Context(), name, 1, now); err != nil || f.Sequence != map[bool]int64{true: 7}[now] {
				t.Errorf("%s: %+v, %v", name, f, err)
			}
		}
	})
}
