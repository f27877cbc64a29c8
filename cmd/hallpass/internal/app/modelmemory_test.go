package app_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/scoring"
)

// memory is a store in memory, so that many thousand requests are decided in
// seconds. Of the tasks only those that ask a model are handed out.
type memory struct {
	*approvalstest.Store

	mu   sync.Mutex
	open map[string]approvals.Lease // by key; Until: when it may be handed out
}

func newMemory() *memory {
	return &memory{Store: approvalstest.NewStore(), open: map[string]approvals.Lease{}}
}

func (m *memory) Apply(ctx context.Context, c approvals.Change) error {
	if err := m.Store.Apply(ctx, c); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range c.Tasks {
		if t.Kind == approvals.TaskExplain {
			m.open[t.Key] = approvals.Lease{Task: t, Until: t.RunAt}
		}
	}
	return nil
}

func (m *memory) ClaimTasks(_ context.Context, kinds []approvals.TaskKind, now time.Time, lease time.Duration, limit int) ([]approvals.Lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var leases []approvals.Lease
	if !slices.Contains(kinds, approvals.TaskExplain) {
		return nil, nil
	}
	for key, l := range m.open {
		if l.Until.After(now) || len(leases) == limit {
			continue
		}
		l.Attempt, l.Until = l.Attempt+1, now.Add(lease)
		m.open[key] = l
		leases = append(leases, l)
	}
	return leases, nil
}

func (m *memory) FinishTask(_ context.Context, l approvals.Lease) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.open, l.Key)
	return nil
}

func (m *memory) RetryTask(_ context.Context, l approvals.Lease, again time.Time, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	l.Until = again
	m.open[l.Key] = l
	return nil
}

func (m *memory) NextTask(context.Context, []approvals.TaskKind) (due time.Time, ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.open {
		if !ok || l.Until.Before(due) {
			due, ok = l.Until, true
		}
	}
	return due, ok, nil
}

func (m *memory) Tick(context.Context, approvals.Task) (bool, error)               { return false, nil }
func (m *memory) Adrift(context.Context, time.Time, int) ([]approvals.Task, error) { return nil, nil }
func (m *memory) Wake() <-chan struct{}                                            { return nil }
func (m *memory) GrantsDue(context.Context, time.Time, int) ([]approvals.Grant, error) {
	return nil, nil
}
func (m *memory) Overdue(context.Context, time.Time) (n int, d time.Duration, err error) { return }
func (m *memory) SaveHoldings(context.Context, approvals.EntitlementID, []approvals.Holding) error {
	return nil
}

// feed is the memory as the score reads it.
type feed struct{ *memory }

// EachLearned passes on human decisions after a sequence.
func (f feed) EachLearned(_ context.Context, after int64, each func(approvals.Learned) error) error {
	for _, l := range f.LearnedAfter(after) {
		if err := each(l); err != nil {
			return err
		}
	}
	return nil
}

// Generation is never known: each scoring looks.
func (f feed) Generation() (uint64, bool) { return 0, false }

// inMemory is a Hallpass of the real service, policy, score and worker over a
// store in memory that has the stage's past.
func (s *stage) inMemory(t *testing.T) *run {
	t.Helper()
	r := &run{t: t, ctx: t.Context()}
	m := newMemory()
	for _, l := range s.past {
		if err := m.Apply(r.ctx, approvals.Change{Learned: []approvals.Learned{l},
			Events: []approvals.Event{{At: l.At, Kind: approvals.EventRequestApproved, Actor: approvals.System("import"), Request: l.Request}}}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(s.files(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	access, err := app.LoadAccess(r.ctx, c, app.Options{Now: r.now})
	if err != nil {
		t.Fatal(err)
	}
	people, err := access.People.People(r.ctx)
	if err != nil {
		t.Fatal(err)
	}
	state, err := access.People.State(r.ctx)
	if err != nil {
		t.Fatal(err)
	}
	world := scoring.NewWorld(scoring.Options{People: len(people)})
	world.SetPeople(people, state)
	for e, holders := range s.holders {
		world.SetHoldings(e, holders)
	}
	r.service = &approvals.Service{Store: m, Directory: access.People, Catalogue: access.Catalogue, Scorer: scoring.New(world, feed{m}, nil),
		Policy: access.Policy, Fallback: []approvals.PrincipalID{people[0].ID, people[1].ID}}
	if r.worker, err = lifecycle.New(lifecycle.Config{Service: r.service, Store: m, Now: r.now}); err != nil {
		t.Fatal(err)
	}
	r.store = m
	r.events = func() []approvals.Event { return m.Events() }
	return r
}
