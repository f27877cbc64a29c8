package lifecycle_test

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// misfortune is what one seed brings: the same for each run, whatever order
// the goroutines of that run take.
type misfortune struct {
	seed uint64

	mu     sync.Mutex
	calls  map[string]uint64
	calm   bool
	absent bool // the database is gone for all
}

// draw is a number from 0 to 99 for the nth time that something is done.
func (m *misfortune) draw(what string) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calm {
		return 99
	}
	m.calls[what]++
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, m.seed, what, m.calls[what])
	return h.Sum64() % 100
}

func (m *misfortune) set(calm, absent bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calm, m.absent = calm, absent
}

// system spoils three calls of ten.
func (m *misfortune) system(op sandbox.Op, grant string) sandbox.Fault {
	switch n := m.draw(string(op) + grant); {
	case n < 8:
		return sandbox.Fault{Err: retryable("The system fails: 500.")}
	case n < 13:
		return sandbox.Fault{Err: &approvals.ConnectorError{Kind: approvals.Retryable, After: 20 * time.Second, Message: "Too many requests: 429."}}
	case n < 20:
		return sandbox.Fault{AnswerLost: true}
	case n < 25:
		return sandbox.Fault{Delay: 9 * time.Second, AnswerLost: true}
	case n < 30:
		return sandbox.Fault{Delay: time.Minute}
	}
	return sandbox.Fault{}
}

// flaky is a database that is away at times, and now and then does not say
// whether it did what it was told.
type flaky struct {
	database
	luck *misfortune
}

func (f flaky) away(what string) (before, after error) {
	f.luck.mu.Lock()
	absent := f.luck.absent
	f.luck.mu.Unlock()
	gone := &approvals.Error{Code: approvals.CodeUnavailable, Message: "The database does not answer."}
	switch n := f.luck.draw(what); {
	case absent, n < 3:
		return gone, nil
	case n < 5:
		return nil, gone
	}
	return nil, nil
}

func (f flaky) Apply(ctx context.Context, c approvals.Change) error {
	what := "apply"
	for _, e := range c.Events {
		what += string(e.Kind) + string(e.Grant)
	}
	before, after := f.away(what)
	if before != nil {
		return before
	}
	return cmp.Or(f.database.Apply(ctx, c), after)
}

func (f flaky) Grant(ctx context.Context, id approvals.GrantID) (approvals.Grant, error) {
	if before, _ := f.away("read" + string(id)); before != nil {
		return approvals.Grant{}, before
	}
	return f.database.Grant(ctx, id)
}

func (f flaky) ClaimTasks(ctx context.Context, kinds []approvals.TaskKind, now time.Time, lease time.Duration, limit int) ([]approvals.Lease, error) {
	before, after := f.away("claim")
	if before != nil {
		return nil, before
	}
	leases, err := f.database.ClaimTasks(ctx, kinds, now, lease, limit)
	if err = cmp.Or(err, after); err != nil {
		return nil, err // what it may have claimed is lost until the leases run out
	}
	return leases, nil
}

// afflicted is the worker's configuration of a process that meets misfortune
// and dies at the end of its life; nil lives on.
func (r *rig) afflicted(m *misfortune, l *life, off time.Duration) lifecycle.Config {
	if l == nil {
		l = &life{left: 1 << 30}
	}
	cfg := r.config()
	service := *r.Service
	db := mortalStore{flaky{r.store, m}, l}
	service.Now = func() time.Time { return time.Now().Add(off) }
	service.Store, cfg.Service, cfg.Store, cfg.Now = db, &service, db, service.Now
	cfg.Connectors = map[string]approvals.Connector{"postgres": mortalBox{r.box, l}}
	return cfg
}

// stormy is for how long everything goes wrong, and restful how long after that
// all must be at rest: a lease, and the pause after as many failures in a row as
// a system that fails in three of ten calls leads to.
const (
	stormy  = 40 * time.Minute
	restful = 20 * time.Minute
)

// fate is one seed: people ask, extend and give back while processes die,
// system and database fail, and clocks are apart.
func (r *rig) fate(seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	m := &misfortune{seed: seed, calls: map[string]uint64{}}
	r.box.Script(m.system)
	standing := rng.IntN(3) == 0
	if standing {
		if err := r.box.Seat("billing-db", "read-only", "bob@example.com"); err != nil {
			r.t.Fatal(err)
		}
	}
	over, stop := context.WithCancel(context.Background())
	var living sync.WaitGroup
	for i := range 1 + rng.IntN(3) {
		own := rand.New(rand.NewPCG(seed, uint64(2+i)))
		living.Go(func() { r.lives(over, m, own, time.Duration(i-1)*2*time.Second) })
	}
	grants := r.story(m, rng)
	m.set(true, false)
	r.box.Heal()
	last := time.Now()
	for _, id := range grants {
		if g := r.grant(id); g.State.Live() && g.EndsAt.After(last) {
			last = g.EndsAt
		}
	}
	pass(time.Until(last) + restful)
	stop()
	living.Wait()
	r.judge(grants, standing)
}

// lives runs one process after the other: each of the first few dies.
func (r *rig) lives(over context.Context, m *misfortune, rng *rand.Rand, off time.Duration) {
	for n := rng.IntN(5); ; n-- {
		var l *life
		if n > 0 {
			l = &life{left: 1 + rng.IntN(80), after: rng.IntN(2) == 0}
		}
		w, err := lifecycle.New(r.afflicted(m, l, off))
		if err != nil {
			r.t.Error(err)
			return
		}
		ctx, cancel := context.WithCancel(over)
		if l != nil {
			l.bury = cancel
		}
		if err := w.Run(ctx); err != nil {
			r.t.Error(err)
		}
		cancel()
		select {
		case <-over.Done():
			return
		case <-time.After(time.Duration(rng.IntN(60)) * time.Second):
		}
	}
}

// story is what people do for as long as the storm lasts; the database is gone
// for five minutes of it.
func (r *rig) story(m *misfortune, rng *rand.Rand) (grants []approvals.GrantID) {
	gone := time.Duration(rng.IntN(30)) * time.Minute
	ctx := context.Background()
	for at := time.Duration(0); at < stormy; {
		step := time.Duration(1+rng.IntN(120)) * time.Second
		pass(step)
		at += step
		m.set(false, at > gone && at < gone+5*time.Minute)
		who := []approvals.PrincipalID{"amy", "bob", "mia"}[rng.IntN(3)]
		actor := approvals.Person(who, "test", "")
		switch n := rng.IntN(10); {
		case n < 5:
			what := []approvals.EntitlementID{approvalstest.ReadOnly, approvalstest.Twin}[rng.IntN(2)]
			r.asked++
			req, err := r.Service.Draft(ctx, actor, approvals.Ask{Requester: who, Entitlement: what, Duration: time.Duration(1+rng.IntN(15)) * time.Minute,
				Reason: "a refund is stuck", Key: fmt.Sprintf("test:%d", r.asked)})
			if err == nil {
				req, err = r.Service.Submit(ctx, actor, req.ID)
			}
			if err == nil {
				grants = append(grants, req.Grant)
			}
		case len(grants) == 0:
		case n < 7: // what is refused is part of life: ended grants, somebody else's
			_, _ = r.Service.Release(ctx, actor, grants[rng.IntN(len(grants))])
		case n < 9:
			id := grants[rng.IntN(len(grants))]
			_, _ = r.Service.Extend(ctx, actor, id, time.Duration(1+rng.IntN(10))*time.Minute, "more", fmt.Sprint("extend", at, id))
		}
	}
	return grants
}

// judge compares the system's truth with the log.
func (r *rig) judge(grants []approvals.GrantID, standing bool) {
	r.t.Helper()
	if (r.member("bob", "read-only") != nil) != standing {
		r.t.Errorf("bob had standing access: %v, and has access: %v", standing, !standing)
	}
	for _, who := range []approvals.PrincipalID{"amy", "mia"} {
		if r.member(who, "read-only") != nil {
			r.t.Errorf("%s still has access", who)
		}
	}
	for _, id := range grants {
		g := r.grant(id)
		if g.State.Live() {
			r.t.Errorf("grant %s of %s is %s %s after everything was mended, attempts %d: %s", id, g.Principal, g.State, restful, g.Attempts, g.LastError)
		}
		if n, m := r.box.Count(sandbox.OpGrant, string(id)), r.box.Count(sandbox.OpRevoke, string(id)); n > 1 || m > 1 {
			r.t.Errorf("grant %s was given %d times and taken away %d times in effect", id, n, m)
		}
		for _, kind := range []approvals.EventKind{approvals.EventGrantActive, approvals.EventGrantRevoking, approvals.EventGrantRevoked} {
			if n := len(r.events(id, kind)); n > 1 {
				r.t.Errorf("grant %s has %d events %s", id, n, kind)
			}
		}
		if double, ok := r.store.(*approvalstest.Store); ok && !g.ActiveAt.IsZero() {
			told := 0
			for _, n := range double.Notices() {
				if n.Kind == approvals.NoticeEnded && n.Grant == id {
					told++
				}
			}
			if told != 1 {
				r.t.Errorf("the end of grant %s was told %d times", id, told)
			}
		}
	}
}

// fates are the seeds that are tried, HALLPASS_SEEDS of them from HALLPASS_SEED
// on. Each fiftieth is on SQLite.
func fates(t *testing.T) (from, n uint64) {
	t.Helper()
	for name, into := range map[string]*uint64{"HALLPASS_SEED": &from, "HALLPASS_SEEDS": &n} {
		v, err := strconv.ParseUint(cmp.Or(os.Getenv(name), map[string]string{"HALLPASS_SEED": "0", "HALLPASS_SEEDS": "60"}[name]), 10, 32)
		if err != nil {
			t.Fatalf("%s must be a number", name)
		}
		*into = v
	}
	return from, n
}

func TestWhateverHappensNothingIsLostDoubledOrLeftOpen(t *testing.T) {
	t.Parallel()
	from, n := fates(t)
	for part := range uint64(4) {
		t.Run(fmt.Sprint("part=", part), func(t *testing.T) {
			t.Parallel()
			for seed := from + part; seed < from+n; seed += 4 {
				onSQLite := ""
				if seed%50 == 0 {
					onSQLite = storetest.EmptySQLite(t)
				}
				synctest.Test(t, func(t *testing.T) {
					t.Cleanup(func() {
						if t.Failed() {
							t.Logf("repeat it with: HALLPASS_SEED=%d HALLPASS_SEEDS=1 go test -count=1 -run Whatever ./approvals/lifecycle", seed)
						}
					})
					var db database = approvalstest.NewStore()
					if onSQLite != "" {
						db = openSQLite(t, onSQLite)
					}
					newRig(t, db).fate(seed)
				})
			}
		})
	}
}
