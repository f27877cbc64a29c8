package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// holdFor is far longer than any test takes.
const holdFor = time.Hour

// Held is a lease of each kind that there is.
type Held struct {
	Now     time.Time // of the claim
	Task    approvals.Lease
	Notice  store.NoticeLease
	Inbound store.InboundLease
}

// Hold stores one task, one notice and one inbound entry in an empty store,
// and takes leases on them for an hour.
func Hold(tb testing.TB, s *store.Store) Held {
	tb.Helper()
	h := Held{Now: later()}
	apply(tb, s, approvals.Change{Tasks: []approvals.Task{revoke("g1", Epoch)},
		Notices: []approvals.Notice{{Slot: "s", Order: "o", Kind: approvals.NoticeRequest, To: "bob"}}})
	must(s.Receive(bg, approvals.Inbound{Key: "k", Order: "o", At: Epoch}))(tb)
	h.Task, h.Notice, h.Inbound = only(tb, s, h.Now)
	return h
}

// only claims what Hold stored.
func only(tb testing.TB, s *store.Store, now time.Time) (approvals.Lease, store.NoticeLease, store.InboundLease) {
	tb.Helper()
	tasks := must(s.ClaimTasks(bg, revokes, now, holdFor, 9))(tb)
	notices := must(s.ClaimNotices(bg, now, holdFor, 9))(tb)
	inbound := must(s.ClaimInbound(bg, now, holdFor, 9))(tb)
	if len(tasks) != 1 || len(notices) != 1 || len(inbound) != 1 {
		tb.Fatalf("claimed %d tasks, %d notices and %d inbound entries; want one of each", len(tasks), len(notices), len(inbound))
	}
	return tasks[0], notices[0], inbound[0]
}

// Free calls FreeOrphans until it has freed as many leases as are wanted: a
// server may take a moment to notice that a process is dead.
func Free(tb testing.TB, s *store.Store, want int64) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for freed := int64(0); freed != want; {
		n, err := s.FreeOrphans(ctx)
		if err != nil {
			tb.Fatalf("freed %d leases of %d: %v", freed, want, err)
		}
		if freed += n; freed > want {
			tb.Fatalf("freed %d leases, want %d", freed, want)
		}
	}
}

// Inherit checks that a store can take over at once what another one held
// that is dead, and that the dead one's leases stay lost.
func Inherit(tb testing.TB, s *store.Store, h Held) {
	tb.Helper()
	same(tb, 0, len(must(s.ClaimTasks(bg, revokes, h.Now, holdFor, 9))(tb)))
	same(tb, 0, len(must(s.ClaimNotices(bg, h.Now, holdFor, 9))(tb)))
	same(tb, 0, len(must(s.ClaimInbound(bg, h.Now, holdFor, 9))(tb)))
	woken := s.Wake()
	Free(tb, s, 3)
	select {
	case <-woken:
	default:
		tb.Error("nobody was woken for what was freed")
	}
	lost := func() {
		tb.Helper()
		for _, err := range []error{
			s.FinishTask(bg, h.Task), s.RetryTask(bg, h.Task, Epoch, "x"),
			s.FinishNotice(bg, h.Notice, nil), s.RetryNotice(bg, h.Notice, Epoch, "x"),
			s.FinishInbound(bg, h.Inbound), s.RetryInbound(bg, h.Inbound, Epoch, "x"),
		} {
			code(tb, approvals.CodeConflict, err)
		}
	}
	lost()
	task, notice, inbound := only(tb, s, h.Now)
	lost()
	same(tb, []int{h.Task.Attempt + 1, h.Notice.Attempt + 1, h.Inbound.Attempt + 1}, []int{task.Attempt, notice.Attempt, inbound.Attempt})
	same(tb, true, notice.Sending)
	same(tb, []any{h.Task.Task, h.Notice.Notice, h.Inbound.Inbound}, []any{task.Task, notice.Notice, inbound.Inbound})
	keeps(tb, s, Held{h.Now, task, notice, inbound})
}

// keeps checks that a store's own leases are not freed, and are good.
func keeps(tb testing.TB, s *store.Store, h Held) {
	tb.Helper()
	same(tb, int64(0), must(s.FreeOrphans(bg))(tb))
	check(tb, s.FinishTask(bg, h.Task))
	check(tb, s.FinishNotice(bg, h.Notice, nil))
	check(tb, s.FinishInbound(bg, h.Inbound))
	same(tb, int64(0), must(s.FreeOrphans(bg))(tb))
}

func ownLeasesStay(t *testing.T, s *store.Store) {
	woken := s.Wake()
	same(t, int64(0), must(s.FreeOrphans(bg))(t))
	select {
	case <-woken:
		t.Error("woken for nothing")
	default:
	}
	keeps(t, s, Hold(t, s))
}
