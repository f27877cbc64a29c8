package store

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
)

// adopt is a change that stores one grant, with its event.
func adopt(id string, version int64) approvals.Change {
	at := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	return approvals.Change{
		Grants: []approvals.Grant{{ID: approvals.GrantID(id), Version: version, State: approvals.GrantActive, CreatedAt: at}},
		Events: []approvals.Event{{At: at, Kind: approvals.EventGrantActive, Actor: approvals.System("test"), Grant: approvals.GrantID(id)}},
	}
}

// bubble runs a test on a migrated SQLite store in virtual time.
func bubble(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openInside(t, "sqlite:"+dir)
		migrated(t, s, 0)
		test(t, s)
	})
}

// together hands changes to the store so that they wait for one transaction,
// and returns their outcomes.
func together(t *testing.T, s *Store, waiting ...*pending) []approvals.Code {
	t.Helper()
	for _, p := range waiting {
		p.ctx, p.done = t.Context(), make(chan error, 1)
		s.batcher.add(p)
	}
	s.drain()
	codes := make([]approvals.Code, len(waiting))
	for i, p := range waiting {
		codes[i] = approvals.ErrorCode(<-p.done)
	}
	return codes
}

func TestOneBadChangeSpoilsNoOther(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		task := approvals.Task{Kind: approvals.TaskRevoke, Key: "g1", RunAt: s.now()}
		if err := s.Apply(t.Context(), approvals.Change{Tasks: []approvals.Task{task}}); err != nil {
			t.Fatal(err)
		}
		leases, err := s.ClaimTasks(t.Context(), []approvals.TaskKind{task.Kind}, s.now(), time.Minute, 1)
		if err != nil || len(leases) != 1 {
			t.Fatalf("leases = %v, %v", leases, err)
		}
		stale := leases[0]
		stale.Key = "g9"
		nul := adopt("a\x00", 0)
		got := together(t, s,
			&pending{change: adopt("g1", 0)}, &pending{change: adopt("g2", 7)}, &pending{finish: &leases[0]}, &pending{change: nul},
			&pending{finish: &stale}, &pending{change: adopt("g3", 0)}, &pending{change: adopt("g3", 0)}, &pending{change: adopt("g1", 1)})
		want := []approvals.Code{"", approvals.CodeConflict, "", approvals.CodeInvalid, approvals.CodeConflict, "", approvals.CodeDuplicate, ""}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		events, err := s.Events(t.Context(), EventFilter{})
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range events {
			if e.Sequence != int64(i+1) {
				t.Errorf("event %d has sequence %d", i+1, e.Sequence)
			}
		}
		if len(events) != 3 {
			t.Errorf("%d events, want 3", len(events))
		}
	})
}

func TestManyWaitingChangesAllArriveInOrder(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		var waiting []*pending
		for i := range batchChanges*2 + 3 {
			waiting = append(waiting, &pending{change: adopt(fmt.Sprint("g", i), 0)})
		}
		for i, code := range together(t, s, waiting...) {
			if code != "" {
				t.Errorf("change %d: %s", i, code)
			}
		}
		events, err := s.Events(t.Context(), EventFilter{})
		if err != nil || len(events) != len(waiting) {
			t.Fatalf("%d events, %v; want %d", len(events), err, len(waiting))
		}
		for i, e := range events {
			if want := waiting[i].change.Grants[0].ID; e.Grant != want {
				t.Fatalf("event %d is of grant %s, want %s", i+1, e.Grant, want)
			}
		}
	})
}

func TestChangesThatTouchTheSameThingWaitForEachOther(t *testing.T) {
	t.Parallel()
	request := func(id, key string) approvals.Change {
		return approvals.Change{Requests: []approvals.Request{{ID: approvals.RequestID(id), Key: key}}}
	}
	task := []approvals.Task{{Kind: approvals.TaskRevoke, Key: "g1"}}
	for name, c := range map[string]struct {
		a, b  *pending
		apart bool
	}{
		"two requests":          {&pending{change: request("a", "1")}, &pending{change: request("b", "2")}, false},
		"one request":           {&pending{change: request("a", "1")}, &pending{change: request("a", "2")}, true},
		"one key":               {&pending{change: request("a", "1")}, &pending{change: request("b", "1")}, true},
		"request and decision":  {&pending{change: request("a", "1")}, &pending{change: approvals.Change{Decisions: []approvals.Decision{{Request: "a"}}}}, true},
		"request and answer":    {&pending{change: request("a", "1")}, &pending{change: approvals.Change{Approvals: []approvals.Approval{{Request: "a"}}}}, true},
		"request and summary":   {&pending{change: request("a", "1")}, &pending{change: approvals.Change{Summaries: []approvals.Summary{{Request: "a"}}}}, true},
		"grant and its request": {&pending{change: adopt("a", 0)}, &pending{change: request("a", "1")}, false},
		"put and cancel":        {&pending{change: approvals.Change{Tasks: task}}, &pending{change: approvals.Change{Cancel: task}}, true},
		"put and finish":        {&pending{change: approvals.Change{Tasks: task}}, &pending{finish: &approvals.Lease{Task: task[0]}}, true},
		"one account":           {&pending{change: approvals.Change{Bindings: []approvals.Binding{{Door: "d"}}}}, &pending{change: approvals.Change{Bindings: []approvals.Binding{{Door: "d"}}}}, true},
	} {
		var b batcher
		b.add(c.a)
		b.add(c.b)
		if apart := len(b.next()) == 1; apart != c.apart {
			t.Errorf("%s: apart = %v, want %v", name, apart, c.apart)
		}
	}
}

func TestCallerThatGivesUpLearnsWhetherAnythingHappened(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, s *Store) {
		busy, err := s.db.Conn(t.Context()) // the only connection
		if err != nil {
			t.Fatal(err)
		}
		begun := make(chan error)
		go func() { begun <- s.Apply(context.Background(), adopt("g1", 0)) }()
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		err = s.Apply(ctx, adopt("g2", 0))
		if approvals.ErrorCode(err) != approvals.CodeUnavailable || context.Cause(ctx) == nil {
			t.Errorf("err = %v, want %s after the time limit", err, approvals.CodeUnavailable)
		}
		if err := busy.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-begun; err != nil {
			t.Error(err)
		}
		if _, err := s.Grant(t.Context(), "g2"); approvals.ErrorCode(err) != approvals.CodeNotFound {
			t.Errorf("the change that was given up: %v", err)
		}
		if err := s.Apply(ctx, adopt("g3", 0)); approvals.ErrorCode(err) != approvals.CodeUnavailable {
			t.Errorf("with a context that has ended: %v", err)
		}
	})
}

func TestLeasesRunOutInVirtualTime(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, s *Store) {
		kinds := []approvals.TaskKind{approvals.TaskRevoke}
		end := time.Now().Add(4 * time.Hour)
		if err := s.Apply(t.Context(), approvals.Change{Tasks: []approvals.Task{{Kind: approvals.TaskRevoke, Key: "g1", RunAt: end}}}); err != nil {
			t.Fatal(err)
		}
		for attempt := 1; attempt <= 3; attempt++ {
			due, ok, err := s.NextTask(t.Context(), kinds)
			if err != nil || !ok {
				t.Fatalf("next task: %v, %v", ok, err)
			}
			<-time.After(time.Until(due))
			leases, err := s.ClaimTasks(t.Context(), kinds, time.Now(), time.Minute, 1)
			if err != nil || len(leases) != 1 || leases[0].Attempt != attempt {
				t.Fatalf("attempt %d: leases = %v, %v", attempt, leases, err)
			}
		}
		if late := time.Since(end); late != 2*time.Minute {
			t.Errorf("the third attempt came %v after the end, want 2m", late)
		}
	})
}
