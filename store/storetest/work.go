package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

var revokes = []approvals.TaskKind{approvals.TaskRevoke}

func put(t *testing.T, s *store.Store, tasks ...approvals.Task) {
	t.Helper()
	apply(t, s, approvals.Change{Tasks: tasks})
}

func revoke(key string, run time.Time) approvals.Task {
	return approvals.Task{Kind: approvals.TaskRevoke, Key: key, RunAt: run}
}

// claim takes all revoke tasks that are due.
func claim(t *testing.T, s *store.Store, now time.Time) []approvals.Lease {
	t.Helper()
	return must(s.ClaimTasks(bg, revokes, now, time.Minute, 100))(t)
}

func taskLifeCycle(t *testing.T, s *store.Store) {
	put(t, s, revoke("g1", Epoch))
	same(t, 0, len(claim(t, s, Epoch.Add(-time.Millisecond))))
	same(t, 0, len(must(s.ClaimTasks(bg, []approvals.TaskKind{approvals.TaskLapse}, Epoch, time.Minute, 9))(t)))
	same(t, 0, len(must(s.ClaimTasks(bg, nil, Epoch, time.Minute, 9))(t)))
	first := claim(t, s, Epoch)
	same(t, []approvals.Lease{{Task: revoke("g1", Epoch), Attempt: 1, Until: Epoch.Add(time.Minute)}}, first)
	same(t, 0, len(claim(t, s, Epoch)))

	again := Epoch.Add(30 * time.Second)
	check(t, s.RetryTask(bg, first[0], again, "429"))
	same(t, 0, len(claim(t, s, Epoch)))
	next := claim(t, s, again)
	same(t, []approvals.Lease{{Task: revoke("g1", again), Attempt: 2, Until: again.Add(time.Minute), LastError: "429"}}, next)
	check(t, s.FinishTask(bg, next[0]))
	code(t, approvals.CodeConflict, s.FinishTask(bg, next[0]))
	code(t, approvals.CodeConflict, s.RetryTask(bg, next[0], again, ""))
	same(t, 0, len(claim(t, s, again.Add(time.Hour))))

	put(t, s, revoke("g1", again))
	reopened := claim(t, s, again)
	same(t, 1, len(reopened))
	same(t, "", reopened[0].LastError)
	check(t, s.FinishTask(bg, reopened[0]))
}

func tasksOldestFirst(t *testing.T, s *store.Store) {
	for i := range 6 {
		kind := []approvals.TaskKind{approvals.TaskRevoke, approvals.TaskRemind}[i%2]
		put(t, s, approvals.Task{Kind: kind, Key: fmt.Sprint(i), RunAt: Epoch.Add(-time.Duration(i) * time.Second)})
	}
	var got []string
	for range 4 {
		for _, l := range must(s.ClaimTasks(bg, []approvals.TaskKind{approvals.TaskRevoke, approvals.TaskRemind}, Epoch, time.Minute, 2))(t) {
			got = append(got, l.Key)
		}
	}
	same(t, []string{"5", "4", "3", "2", "1", "0"}, got)
}

func noTaskClaimedTwice(t *testing.T, s *store.Store) {
	const tasks = 60
	var all []approvals.Task
	for i := range tasks {
		all = append(all, revoke(fmt.Sprint(i), Epoch))
	}
	put(t, s, append(all, all[0], all[1])...)
	var mu sync.Mutex
	claims := make(map[string]int)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				leases, err := s.ClaimTasks(bg, revokes, Epoch, time.Minute, 3)
				if err != nil {
					t.Error(err)
				}
				if len(leases) == 0 {
					return
				}
				for _, l := range leases {
					mu.Lock()
					claims[l.Key]++
					mu.Unlock()
					if err := s.FinishTask(bg, l); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	for len(claims) < tasks { // a claimer that found all rows locked by others may have left early
		for _, l := range claim(t, s, Epoch) {
			claims[l.Key]++
		}
	}
	for key, n := range claims {
		if n != 1 {
			t.Errorf("task %s was claimed %d times", key, n)
		}
	}
}

func expiredLease(t *testing.T, s *store.Store) {
	put(t, s, revoke("g1", Epoch))
	slow := claim(t, s, Epoch)[0]
	same(t, 0, len(claim(t, s, slow.Until.Add(-time.Millisecond))))
	quick := claim(t, s, slow.Until)
	same(t, 1, len(quick))
	same(t, 2, quick[0].Attempt)
	code(t, approvals.CodeConflict, s.FinishTask(bg, slow))
	code(t, approvals.CodeConflict, s.RetryTask(bg, slow, Epoch, "x"))
	check(t, s.FinishTask(bg, quick[0]))
	same(t, 0, len(claim(t, s, Epoch.Add(time.Hour))))
}

func putAndCancel(t *testing.T, s *store.Store) {
	put(t, s, revoke("g1", Epoch), revoke("g2", Epoch))
	held := claim(t, s, Epoch)
	later := Epoch.Add(time.Hour)
	apply(t, s, approvals.Change{Tasks: []approvals.Task{revoke("g1", later)}, Cancel: []approvals.Task{{Kind: approvals.TaskRevoke, Key: "g2"}, {Kind: approvals.TaskRevoke, Key: "none"}}})
	for _, l := range held {
		code(t, approvals.CodeConflict, s.FinishTask(bg, l))
		code(t, approvals.CodeConflict, s.RetryTask(bg, l, Epoch, "x"))
	}
	same(t, 0, len(claim(t, s, later.Add(-time.Millisecond))))
	moved := claim(t, s, later)
	same(t, 1, len(moved))
	same(t, "g1", moved[0].Key)

	// A lease from before a cancel is not one of after, even at the same instant.
	put(t, s, revoke("g2", Epoch))
	fresh := claim(t, s, Epoch)
	same(t, 1, len(fresh))
	code(t, approvals.CodeConflict, s.FinishTask(bg, held[1]))
	check(t, s.FinishTask(bg, fresh[0]))

	both := approvals.Change{Tasks: []approvals.Task{revoke("g3", later), revoke("g3", Epoch)}, Cancel: []approvals.Task{revoke("g3", Epoch)}}
	apply(t, s, both)
	same(t, 1, len(claim(t, s, Epoch)))
}

func ticks(t *testing.T, s *store.Store) {
	tick := approvals.Task{Kind: approvals.TaskSweep, Key: "grants@2026-11-21T18:30", RunAt: Epoch}
	var wg sync.WaitGroup
	fresh := make(chan bool, 5)
	for range 5 {
		wg.Go(func() {
			ok, err := s.Tick(bg, tick)
			if err != nil {
				t.Error(err)
			}
			fresh <- ok
		})
	}
	wg.Wait()
	close(fresh)
	count := 0
	for ok := range fresh {
		if ok {
			count++
		}
	}
	same(t, 1, count)
	lease := must(s.ClaimTasks(bg, []approvals.TaskKind{approvals.TaskSweep}, Epoch, time.Minute, 9))(t)
	same(t, 1, len(lease))
	check(t, s.FinishTask(bg, lease[0]))
	if must(s.Tick(bg, tick))(t) {
		t.Error("a tick that was worked off is fresh again")
	}
}

func nextTask(t *testing.T, s *store.Store) {
	kinds := []approvals.TaskKind{approvals.TaskRevoke, approvals.TaskLapse}
	expect := func(want time.Time) {
		t.Helper()
		got, ok, err := s.NextTask(bg, kinds)
		check(t, err)
		if ok != !want.IsZero() || !got.Equal(want) {
			t.Errorf("next task at %v, %v; want %v", got, ok, want)
		}
	}
	expect(time.Time{})
	put(t, s, revoke("g1", Epoch.Add(time.Second)), approvals.Task{Kind: approvals.TaskLapse, Key: "r1", RunAt: Epoch.Add(time.Hour)},
		approvals.Task{Kind: approvals.TaskRemind, Key: "g1", RunAt: Epoch})
	expect(Epoch.Add(time.Second))
	held := claim(t, s, Epoch.Add(2*time.Second))
	expect(held[0].Until)
	check(t, s.FinishTask(bg, held[0]))
	expect(Epoch.Add(time.Hour))
	_, ok, err := s.NextTask(bg, nil)
	check(t, err)
	same(t, false, ok)
}

func prune(t *testing.T, s *store.Store) {
	tick := approvals.Task{Kind: approvals.TaskSweep, Key: "a@1", RunAt: Epoch}
	must(s.Tick(bg, tick))(t)
	check(t, s.FinishTask(bg, must(s.ClaimTasks(bg, []approvals.TaskKind{approvals.TaskSweep}, Epoch, time.Minute, 9))(t)[0]))
	put(t, s, revoke("open", Epoch))
	must(s.Receive(bg, approvals.Inbound{Key: "done", At: Epoch}))(t)
	check(t, s.FinishInbound(bg, must(s.ClaimInbound(bg, Epoch, time.Minute, 9))(t)[0]))
	must(s.Receive(bg, approvals.Inbound{Key: "open", At: Epoch}))(t)

	same(t, int64(0), must(s.Prune(bg, time.Now().Add(-time.Hour)))(t))
	same(t, false, must(s.Receive(bg, approvals.Inbound{Key: "done", At: Epoch}))(t))
	same(t, int64(2), must(s.Prune(bg, time.Now().Add(time.Hour)))(t))
	same(t, true, must(s.Tick(bg, tick))(t))
	same(t, true, must(s.Receive(bg, approvals.Inbound{Key: "done", At: Epoch}))(t))
	same(t, false, must(s.Receive(bg, approvals.Inbound{Key: "open", At: Epoch}))(t))
	same(t, 1, len(claim(t, s, Epoch)))
}

func wake(t *testing.T, s *store.Store) {
	woken := func(ch <-chan struct{}) bool {
		select {
		case <-ch:
			return true
		default:
			return false
		}
	}
	a, b := s.Wake(), s.Wake()
	same(t, false, woken(a))
	put(t, s, revoke("g1", Epoch))
	if !woken(a) || !woken(b) {
		t.Error("Apply did not wake everybody")
	}
	c := s.Wake()
	in := approvals.Inbound{Key: "k", At: Epoch}
	must(s.Receive(bg, in))(t)
	same(t, true, woken(c))
	d := s.Wake()
	must(s.Receive(bg, in))(t)
	code(t, approvals.CodeInternal, s.Apply(bg, approvals.Change{Grants: []approvals.Grant{Grant("g")}}))
	same(t, false, woken(d))
}

func hastened(t *testing.T, s *store.Store) {
	task := func(key string, after time.Duration) approvals.Task {
		return approvals.Task{Kind: approvals.TaskRevoke, Key: key, RunAt: Epoch.Add(after)}
	}
	if err := s.Apply(bg, approvals.Change{Tasks: []approvals.Task{task("held", -time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	held := must(s.ClaimTasks(bg, revokes, Epoch, time.Minute, 10))(t)
	if err := s.Apply(bg, approvals.Change{Tasks: []approvals.Task{task("waits", time.Hour), task("sooner", -time.Second)}}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"held", "waits", "sooner", "missing"} {
		if err := s.Hasten(bg, task(key, 0)); err != nil {
			t.Fatal(err)
		}
	}
	var due []approvals.Task
	for _, l := range must(s.ClaimTasks(bg, revokes, Epoch, time.Minute, 10))(t) {
		due = append(due, l.Task)
	}
	same(t, []approvals.Task{task("sooner", -time.Second), task("waits", 0)}, due)
	if err := s.FinishTask(bg, held[0]); err != nil {
		t.Errorf("the lease of a task that was to be hastened is lost: %v", err)
	}
}
