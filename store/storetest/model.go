package storetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"pgregory.net/rapid"
)

// Model drives a store and a simple model of it, in memory, through the same
// random steps, and compares what they say.
func Model(t *testing.T, open Opener) {
	s := open(t)
	run, events := 0, int64(0)
	rapid.Check(t, func(t *rapid.T) {
		run++ // each run has names of its own, so that one database does for all
		old, err := s.Events(context.Background(), store.EventFilter{After: events, Limit: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		events += int64(len(old))
		m := &model{store: s, prefix: fmt.Sprintf("m%d-", run), now: Epoch, events: events, requests: map[string]int64{},
			grants: map[string]int64{}, answers: map[string]bool{}, tasks: map[string]modelTask{}}
		t.Repeat(map[string]func(*rapid.T){
			"apply":   m.apply,
			"claim":   m.claim,
			"end":     m.end,
			"advance": m.advance,
			"orphans": m.orphans,
			"":        m.check,
		})
	})
}

// model is what the store should hold. Maps go from a name to a version.
type model struct {
	store    *store.Store
	prefix   string
	now      time.Time
	events   int64
	requests map[string]int64
	grants   map[string]int64
	answers  map[string]bool // request/approver
	tasks    map[string]modelTask
	leases   []approvals.Lease // all that were ever given out
}

type modelTask struct {
	run, leased time.Time // leased is zero when nobody holds it
	attempt     int
	done        bool
}

// clone copies a model, so that a failed change can be undone.
func (m *model) clone() *model {
	c := *m
	c.requests, c.grants = maps.Clone(m.requests), maps.Clone(m.grants)
	c.answers, c.tasks = maps.Clone(m.answers), maps.Clone(m.tasks)
	return &c
}

func (m *model) advance(t *rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second)
}

func (m *model) kind() approvals.TaskKind { return approvals.TaskKind(m.prefix + "revoke") }

// draw makes a change of few names, so that they collide often.
func (m *model) draw(t *rapid.T) approvals.Change {
	name := rapid.SampledFrom([]string{"a", "b", "c"})
	version := func(have int64) int64 {
		return max(0, have+rapid.SampledFrom([]int64{0, 0, 0, 0, -1, 1}).Draw(t, "stale"))
	}
	var c approvals.Change
	for range rapid.IntRange(0, 2).Draw(t, "requests") {
		id := m.prefix + name.Draw(t, "request")
		c.Requests = append(c.Requests, approvals.Request{ID: approvals.RequestID(id), Version: version(m.requests[id]),
			State: approvals.RequestPending, Key: id, CreatedAt: m.now})
	}
	for range rapid.IntRange(0, 2).Draw(t, "grants") {
		id := m.prefix + name.Draw(t, "grant")
		c.Grants = append(c.Grants, approvals.Grant{ID: approvals.GrantID(id), Version: version(m.grants[id]), State: approvals.GrantActive, CreatedAt: m.now})
	}
	if rapid.IntRange(0, 3).Draw(t, "answers") == 0 {
		c.Approvals = append(c.Approvals, approvals.Approval{Request: approvals.RequestID(m.prefix + name.Draw(t, "answered")),
			Approver: approvals.PrincipalID(name.Draw(t, "approver")), At: m.now})
	}
	for range rapid.IntRange(0, 2).Draw(t, "events") {
		c.Events = append(c.Events, approvals.Event{At: m.now, Kind: approvals.EventRequestAmended, Actor: approvals.System("model")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "tasks") {
		c.Tasks = append(c.Tasks, approvals.Task{Kind: m.kind(), Key: name.Draw(t, "task"),
			RunAt: m.now.Add(time.Duration(rapid.IntRange(-30, 60).Draw(t, "in")) * time.Second)})
	}
	for range rapid.IntRange(0, 1).Draw(t, "cancel") {
		c.Cancel = append(c.Cancel, approvals.Task{Kind: m.kind(), Key: name.Draw(t, "cancelled")})
	}
	return c
}

// apply stores a change in both.
func (m *model) apply(t *rapid.T) {
	c := m.draw(t)
	next := m.clone()
	want := next.replay(c)
	err := m.store.Apply(context.Background(), c)
	expected := approvals.CodeInternal // for a change without its event
	if c.Validate() == nil {
		expected = approvals.ErrorCode(want)
	}
	got := approvals.ErrorCode(err)
	if got != expected {
		t.Fatalf("code %q, want %q: %v", got, expected, err)
	}
	if err == nil {
		*m = *next
	}
	m.compare(t)
}

// replay changes the model as the store should be changed, or says why not.
func (m *model) replay(c approvals.Change) error {
	var requests, grants []versioned
	for _, r := range c.Requests {
		requests = append(requests, versioned{string(r.ID), r.Version})
	}
	for _, g := range c.Grants {
		grants = append(grants, versioned{string(g.ID), g.Version})
	}
	if err := swap(m.requests, requests); err != nil {
		return err
	}
	if err := swap(m.grants, grants); err != nil {
		return err
	}
	for _, a := range c.Approvals {
		key := string(a.Request) + "/" + string(a.Approver)
		if m.answers[key] {
			return approvals.Errorf(approvals.CodeDuplicate, "answered already")
		}
		if m.requests[string(a.Request)] == 0 {
			return approvals.Errorf(approvals.CodeInvalid, "no such request")
		}
		m.answers[key] = true
	}
	for _, task := range c.Cancel {
		if have, ok := m.tasks[task.Key]; ok && !have.done {
			m.tasks[task.Key] = modelTask{run: have.run, attempt: have.attempt + 1, done: true}
		}
	}
	for _, task := range c.Tasks {
		have := m.tasks[task.Key]
		if !have.leased.IsZero() {
			have.attempt++
		}
		m.tasks[task.Key] = modelTask{run: task.RunAt, attempt: have.attempt}
	}
	m.events += int64(len(c.Events))
	return nil
}

type versioned struct {
	id      string
	version int64
}

// swap inserts what has version 0 and then replaces the rest.
func swap(stored map[string]int64, given []versioned) error {
	swapped := make(map[string]bool)
	for _, v := range given {
		if v.version > 0 && swapped[v.id] {
			return approvals.Errorf(approvals.CodeInternal, "swapped twice")
		}
		swapped[v.id] = swapped[v.id] || v.version > 0
	}
	for _, v := range given {
		if v.version == 0 && stored[v.id] > 0 {
			return approvals.Errorf(approvals.CodeDuplicate, "stored already")
		}
		if v.version == 0 {
			stored[v.id] = 1
		}
	}
	for _, v := range given {
		if v.version > 0 && stored[v.id] != v.version {
			return approvals.Errorf(approvals.CodeConflict, "changed in the meantime")
		}
		if v.version > 0 {
			stored[v.id]++
		}
	}
	return nil
}

// claim leases all that is due in both.
func (m *model) claim(t *rapid.T) {
	got, err := m.store.ClaimTasks(context.Background(), []approvals.TaskKind{m.kind()}, m.now, time.Minute, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]int)
	for key, task := range m.tasks {
		if !task.done && !task.run.After(m.now) && !task.leased.After(m.now) {
			task.attempt++
			task.leased = m.now.Add(time.Minute)
			m.tasks[key], want[key] = task, task.attempt
		}
	}
	have := make(map[string]int)
	for _, l := range got {
		have[l.Key] = l.Attempt
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Fatalf("claimed attempts: -want +got\n%s", diff)
	}
	if !slices.IsSortedFunc(got, func(a, b approvals.Lease) int { return a.RunAt.Compare(b.RunAt) }) {
		t.Fatalf("leases are not ordered by time: %v", got)
	}
	m.leases = append(m.leases, got...)
}

// end finishes or retries any lease that was ever given out.
func (m *model) end(t *rapid.T) {
	if len(m.leases) == 0 {
		t.Skip("no lease yet")
	}
	l := rapid.SampledFrom(m.leases).Draw(t, "lease")
	task := m.tasks[l.Key]
	want := approvals.Code("")
	if task.done || task.leased.IsZero() || task.attempt != l.Attempt {
		want = approvals.CodeConflict
	}
	var err error
	retry := rapid.Bool().Draw(t, "retry")
	if retry {
		err = m.store.RetryTask(context.Background(), l, m.now.Add(time.Second), "again")
	} else {
		err = m.store.FinishTask(context.Background(), l)
	}
	if got := approvals.ErrorCode(err); got != want {
		t.Fatalf("code %q, want %q: %v", got, want, err)
	}
	if want != "" {
		return
	}
	task.leased, task.done = time.Time{}, !retry
	if retry {
		task.run = m.now.Add(time.Second)
	}
	m.tasks[l.Key] = task
}

// orphans finds none: the one process that there is lives.
func (m *model) orphans(t *rapid.T) {
	if freed, err := m.store.FreeOrphans(context.Background()); freed != 0 || err != nil {
		t.Fatalf("freed %d leases, %v; want none", freed, err)
	}
}

// compare reads what apply may have changed.
func (m *model) compare(t *rapid.T) {
	for _, name := range []string{"a", "b", "c"} {
		id := m.prefix + name
		r, err := m.store.Request(context.Background(), approvals.RequestID(id))
		if found := err == nil; r.Version != m.requests[id] || found != (m.requests[id] > 0) {
			t.Fatalf("request %s has version %d, want %d: %v", id, r.Version, m.requests[id], err)
		}
		g, err := m.store.Grant(context.Background(), approvals.GrantID(id))
		if found := err == nil; g.Version != m.grants[id] || found != (m.grants[id] > 0) {
			t.Fatalf("grant %s has version %d, want %d: %v", id, g.Version, m.grants[id], err)
		}
	}
}

// check compares the end of the log and the next task.
func (m *model) check(t *rapid.T) {
	events, err := m.store.Events(context.Background(), store.EventFilter{After: max(0, m.events-1), Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	if m.events > 0 && (len(events) != 1 || events[0].Sequence != m.events) {
		t.Fatalf("the log ends with %v, want event %d", events, m.events)
	}
	var due time.Time
	for _, task := range m.tasks {
		at := task.run
		if !task.leased.IsZero() {
			at = task.leased
		}
		if !task.done && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	next, ok, err := m.store.NextTask(context.Background(), []approvals.TaskKind{m.kind()})
	if err != nil || ok != !due.IsZero() || !next.Equal(due) {
		t.Fatalf("next task at %v, %v, %v; want %v", next, ok, err, due)
	}
}
