package lifecycle_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// What a database takes, in virtual time, near what PostgreSQL was measured to
// take on two cores: see docs/benchmarks.md.
const (
	perRead        = 2 * time.Millisecond
	perTransaction = 4 * time.Millisecond
	perChange      = 250 * time.Microsecond
	mostAtOnce     = 128 // changes that share a transaction
)

// busyStore is the double with a database's pace: changes are stored one
// transaction after the other, and those that come meanwhile share the next.
type busyStore struct {
	*approvalstest.Store
	of map[approvals.PrincipalID]approvals.GrantID // everybody holds one

	mu           sync.Mutex
	queue        []chan struct{}
	storing      bool
	changes      int
	transactions int
	claims       int
	reads        int
	proved       map[approvals.GrantID]time.Time
}

func (b *busyStore) Apply(ctx context.Context, c approvals.Change) error {
	stored := make(chan struct{})
	b.mu.Lock()
	b.queue = append(b.queue, stored)
	if !b.storing {
		b.storing = true
		go b.store()
	}
	b.mu.Unlock()
	<-stored
	err := b.Store.Apply(ctx, c)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, g := range c.Grants {
		if err == nil && g.State == approvals.GrantRevoked {
			b.proved[g.ID] = time.Now()
		}
	}
	return err
}

func (b *busyStore) store() {
	for {
		b.mu.Lock()
		n := min(len(b.queue), mostAtOnce)
		batch := b.queue[:n]
		b.queue = b.queue[n:]
		b.storing = n > 0
		b.mu.Unlock()
		if n == 0 {
			return
		}
		<-time.After(perTransaction + time.Duration(n)*perChange)
		b.mu.Lock()
		b.transactions, b.changes = b.transactions+1, b.changes+n
		b.mu.Unlock()
		for _, stored := range batch {
			close(stored)
		}
	}
}

func (b *busyStore) read(count *int) {
	b.mu.Lock()
	*count++
	b.mu.Unlock()
	<-time.After(perRead)
}

func (b *busyStore) Grant(ctx context.Context, id approvals.GrantID) (approvals.Grant, error) {
	b.read(&b.reads)
	return b.Store.Grant(ctx, id)
}

func (b *busyStore) Request(ctx context.Context, id approvals.RequestID) (approvals.Request, error) {
	b.read(&b.reads)
	return b.Store.Request(ctx, id)
}

func (b *busyStore) LiveGrants(ctx context.Context, p approvals.PrincipalID, _ approvals.EntitlementID) ([]approvals.Grant, error) {
	g, err := b.Grant(ctx, b.of[p])
	if err != nil || !g.State.Live() {
		return nil, err
	}
	return []approvals.Grant{g}, nil
}

func (b *busyStore) ClaimTasks(ctx context.Context, kinds []approvals.TaskKind, now time.Time, lease time.Duration, limit int) ([]approvals.Lease, error) {
	b.read(&b.claims)
	return b.Store.ClaimTasks(ctx, kinds, now, lease, limit)
}

// Many that end at the same moment are gone at the pace of 100,000 in a minute,
// after a quarter of a second at most, on a database and a system that could do
// it somewhat faster: the worker leaves neither idle, does each thing once, and
// lets none starve. HALLPASS_BURST says how many; 10,000 take 6.25 s.
func TestManyThatEndAtOnceAreProvedAtThePromisedPace(t *testing.T) {
	t.Parallel()
	people, err := strconv.Atoi(cmp.Or(os.Getenv("HALLPASS_BURST"), "1500"))
	if err != nil {
		t.Fatal(err)
	}
	stated := time.Duration(people)*time.Minute/100_000 + 250*time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		b := &busyStore{Store: approvalstest.NewStore(), of: map[approvals.PrincipalID]approvals.GrantID{}, proved: map[approvals.GrantID]time.Time{}}
		r := newRig(t, b)
		r.box.Script(func(sandbox.Op, string) sandbox.Fault { return sandbox.Fault{Delay: 10 * time.Millisecond} })
		end := time.Now().Add(time.Minute)
		r.seated(b, people, end)
		cfg := r.config()
		cfg.Limits = map[string]lifecycle.Limits{"postgres": {Concurrency: 64}}
		r.worker(cfg)
		pass(time.Minute + 2*stated)

		removed := map[string]int{}
		for _, e := range r.box.Snapshot().Journal {
			if e.Op == sandbox.OpRevoke {
				removed[e.Grant]++
			}
		}
		var lags []time.Duration
		for _, id := range b.of {
			if removed[string(id)] != 1 || b.proved[id].IsZero() {
				t.Fatalf("grant %s: %d removals, proved at %s", id, removed[string(id)], b.proved[id])
			}
			lags = append(lags, b.proved[id].Sub(end))
		}
		slices.Sort(lags)
		if last := lags[len(lags)-1]; last > stated {
			t.Errorf("proved after %s in the middle and %s at last, want %s", lags[len(lags)/2], last, stated)
		}
		if b.changes != 2*people {
			t.Errorf("%d changes were stored, want one that orders each end and one that proves it", b.changes)
		}
		for what, n := range map[string][2]int{
			"transactions": {b.transactions, 2 * 2 * people / mostAtOnce},
			"reads":        {b.reads, 6 * people},
			"claims":       {b.claims, people / 10},
		} {
			if n[0] > n[1] {
				t.Errorf("%d %s, want at most %d", n[0], what, n[1])
			}
		}
	})
}

// seated gives access to many, each of whom holds one grant until a time.
func (r *rig) seated(b *busyStore, n int, end time.Time) {
	r.t.Helper()
	now := time.Now()
	request := approvals.Request{ID: "req_all", Key: "all", Kind: approvals.KindAccess, State: approvals.RequestApproved, Requester: "mia", Beneficiary: "mia",
		Entitlement: approvalstest.ReadOnly, CreatedAt: now, SubmittedAt: now, DecidedAt: now}
	c := approvals.Change{Requests: []approvals.Request{request}, Events: []approvals.Event{{At: now, Kind: approvals.EventGrantActive, Actor: approvals.System("test")}}}
	for i := range n {
		who := approvals.PrincipalID(fmt.Sprintf("p%05d", i))
		g := approvals.Grant{ID: approvals.GrantID("gr_" + string(who)), Request: request.ID, Entitlement: request.Entitlement, Principal: who,
			State: approvals.GrantActive, Connector: "postgres", Account: string(who) + "@example.com", Target: map[string]string{"resource": "billing-db", "level": "read-only"},
			Duration: time.Hour, CreatedAt: now, Prechecked: true, ActiveAt: now, EndsAt: end}
		if err := r.box.Seat("billing-db", "read-only", g.Account); err != nil {
			r.t.Fatal(err)
		}
		b.of[who] = g.ID
		c.Grants, c.Tasks = append(c.Grants, g), append(c.Tasks, approvals.Task{Kind: approvals.TaskRevoke, Key: string(g.ID), RunAt: g.EndsAt})
	}
	if err := b.Store.Apply(r.t.Context(), c); err != nil {
		r.t.Fatal(err)
	}
}
