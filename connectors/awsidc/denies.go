package awsidc

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/hallpass-dev/hallpass/approvals"
)

// skew is how far this clock may be behind AWS's.
const skew = time.Minute

// manyAccounts is from how many AWS accounts on a denial is for all of them:
// their numbers would fill the policy, and provisioning one by one takes long.
const manyAccounts = 10

// denies ends sessions by statements in permission sets' inline policies.
// There is no state but those: any replica lifts what another has placed.
type denies struct {
	c *Connector

	mu     sync.Mutex
	lines  map[string]*line // by permission set
	wanted map[string]bool  // permission sets whose policies are looked at often
}

// line is who waits for one permission set's policy. The first takes the wish
// of all with it, so that many ends at once are one change.
type line struct {
	turn    *semaphore.Weighted
	mu      sync.Mutex
	waiting []*wish
}

// wish is one user's denial.
type wish struct {
	user     string
	accounts []string // sorted
	life     time.Duration
	done     bool
	refused  string // why it can't be; empty: it is placed
}

func newDenies(c *Connector) *denies {
	return &denies{c: c, lines: map[string]*line{}, wanted: map[string]bool{}}
}

func (d *denies) line(set string) *line {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted[set] = true
	l := d.lines[set]
	if l == nil {
		l = &line{turn: semaphore.NewWeighted(1)}
		d.lines[set] = l
	}
	return l
}

// scope are the accounts that a denial names.
func (r role) scope() []string {
	if len(r.accounts) >= manyAccounts {
		return nil
	}
	sorted := slices.Clone(r.accounts)
	slices.Sort(sorted)
	return sorted
}

// place denies a user the sessions of a role and provisions that. It returns
// why that can't be, "" when it is done.
func (d *denies) place(ctx context.Context, r role, user string) (refused string, err error) {
	l, w := d.line(r.set), &wish{user: user, accounts: r.scope(), life: r.life}
	l.mu.Lock()
	l.waiting = append(l.waiting, w)
	l.mu.Unlock()
	defer l.leave(w)
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return "", errQueue(err)
	}
	defer l.turn.Release(1)
	if !w.done {
		err = d.placeAll(ctx, r.set, l.undone())
	}
	return w.refused, err
}

// undone are the wishes that wait; the caller has the line's turn.
func (l *line) undone() []*wish {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.waiting), func(w *wish) bool { return w.done })
}

func (l *line) leave(w *wish) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(o *wish) bool { return o == w })
}

// placeAll writes as many wishes as the policy has room for. The time that
// sessions are denied before lies ahead, since one may begin until the
// assignment is removed; whole minutes let many share a statement.
func (d *denies) placeAll(ctx context.Context, set string, wishes []*wish) error {
	p, err := d.read(ctx, set)
	if err != nil {
		return d.settle(set, wishes, err)
	}
	before := d.c.cfg.Now().Add(d.c.cfg.Timeout + skew).Add(time.Minute - 1).Truncate(time.Minute).UTC()
	var placed []*wish
	for _, w := range wishes {
		tried := p
		tried.add(w.user, w.accounts, before, before.Add(w.life))
		if text, err := tried.text(); err != nil || !fits(text) {
			w.refused, w.done = "the permission set's inline policy has no room for one more denial", true
			continue
		}
		p, placed = tried, append(placed, w)
	}
	if len(placed) == 0 {
		return nil
	}
	if err := d.write(ctx, set, p); err != nil {
		return d.settle(set, placed, err)
	}
	var accounts []string
	all := false
	for _, w := range placed {
		accounts, all = append(accounts, w.accounts...), all || len(w.accounts) == 0
	}
	return d.settle(set, placed, d.provision(ctx, set, accounts, all))
}

// settle tells the wishes how it went. What can't be done for good is no
// error: the end is said to be residual instead. Other failures are the
// caller's own; the next in line tries afresh.
func (d *denies) settle(set string, wishes []*wish, err error) error {
	refused := ""
	switch {
	case err == nil:
	case errors.Is(err, errAbsent):
		refused = "the permission set is no longer provisioned there, so nothing can be denied to them"
	case isKind(err, approvals.Misconfigured), isKind(err, approvals.Permanent):
		refused = "AWS does not let Hallpass write the permission set's inline policy"
		d.c.cfg.Logger.Warn("sessions can't be ended", slog.String("permission_set", set), slog.String("error", err.Error()))
	default:
		return err
	}
	for _, w := range wishes {
		w.done, w.refused = true, refused
	}
	return nil
}

// covered reports whether a denial covers all that a user's sessions of a role
// could have begun with: it is there, and its time is not yet over.
func (d *denies) covered(ctx context.Context, r role, user string) (bool, error) {
	p, err := d.read(ctx, r.set)
	if err != nil {
		return false, err
	}
	now := d.c.cfg.Now()
	return slices.ContainsFunc(p.denies, func(x deny) bool { return x.covers(user, r.scope()) && !now.After(x.before.Add(-skew)) }), nil
}

// narrow lets sessions of a new grant work, while those of before stay denied.
func (d *denies) narrow(ctx context.Context, r role, user string) error {
	l := d.line(r.set)
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return errQueue(err)
	}
	defer l.turn.Release(1)
	p, err := d.read(ctx, r.set)
	if err != nil || !p.narrow(user, r.scope(), d.c.cfg.Now().Truncate(time.Second).UTC()) {
		return err
	}
	if err := d.write(ctx, r.set, p); err != nil {
		return err
	}
	return d.provision(ctx, r.set, r.scope(), len(r.scope()) == 0)
}

// lift takes out of one permission set the denials of sessions that have died.
func (d *denies) lift(ctx context.Context, set string) error {
	l := d.line(set)
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return errQueue(err)
	}
	defer l.turn.Release(1)
	p, err := d.read(ctx, set)
	if err != nil {
		return skipAbsent(err)
	}
	accounts, all, changed := p.expire(d.c.cfg.Now())
	if len(p.denies) == 0 {
		defer d.forget(set)
	}
	if !changed {
		return nil
	}
	if err := d.write(ctx, set, p); err != nil {
		return skipAbsent(err)
	}
	// An account that the permission set has left by now needs nothing.
	if err := d.provision(ctx, set, accounts, all); !isKind(err, approvals.Permanent) {
		return skipAbsent(err)
	}
	return nil
}

func (d *denies) forget(set string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.wanted, set)
}

// sets are the permission sets whose policies may hold denials of ours.
func (d *denies) sets() (all []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for set := range d.wanted {
		all = append(all, set)
	}
	slices.Sort(all)
	return all
}
