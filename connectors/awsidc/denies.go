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

// denies ends sessions by statements in permission sets' inline policies and in
// a service control policy; each is a document, told apart by isControl. There is no state but those: any replica lifts what another has placed.
type denies struct {
	c *Connector

	mu     sync.Mutex
	lines  map[string]*line // by document
	wanted map[string]bool  // documents that are looked at often
}

// line is who waits for one document. The first takes the wish
// of all with it, so that many ends at once are one change.
type line struct {
	turn    *semaphore.Weighted
	mu      sync.Mutex
	waiting []*wish
}

// wish is one user's denial.
type wish struct {
	user    string
	scope   scope
	life    time.Duration
	done    bool
	refused string // why it can't be; empty: it is placed
}

func newDenies(c *Connector) *denies {
	return &denies{c: c, lines: map[string]*line{}, wanted: map[string]bool{}}
}

func (d *denies) line(doc string) *line {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted[doc] = true
	l := d.lines[doc]
	if l == nil {
		l = &line{turn: semaphore.NewWeighted(1)}
		d.lines[doc] = l
	}
	return l
}

// scope is what a denial names.
func (r role) scope() (s scope) {
	if r.control != "" {
		s.set = r.name
	}
	if len(r.accounts) < manyAccounts {
		s.accounts = slices.Clone(r.accounts)
		slices.Sort(s.accounts)
	}
	return s
}

// place denies a user the sessions of a role and provisions that. It returns
// why that can't be, "" when it is done.
func (d *denies) place(ctx context.Context, r role, user string) (refused string, err error) {
	l, w := d.line(r.document()), &wish{user: user, scope: r.scope(), life: r.life}
	l.mu.Lock()
	l.waiting = append(l.waiting, w)
	l.mu.Unlock()
	defer l.leave(w)
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return "", errQueue(err)
	}
	defer l.turn.Release(1)
	if !w.done {
		err = d.placeAll(ctx, r.document(), l.undone())
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
func (d *denies) placeAll(ctx context.Context, doc string, wishes []*wish) error {
	p, err := d.read(ctx, doc)
	if err != nil {
		return d.settle(doc, wishes, err)
	}
	before := d.c.cfg.Now().Add(d.c.cfg.Timeout + skew).Add(time.Minute - 1).Truncate(time.Minute).UTC()
	var placed []*wish
	for _, w := range wishes {
		tried := p
		tried.add(w.user, w.scope, before, before.Add(w.life))
		if text, err := tried.text(); err != nil || !room(doc, text) {
			w.refused, w.done = "the "+kindOf(doc)+" has no room for one more denial", true
			continue
		}
		p, placed = tried, append(placed, w)
	}
	if len(placed) == 0 {
		return nil
	}
	if err := d.write(ctx, doc, p); err != nil {
		return d.settle(doc, placed, err)
	}
	var accounts []string
	all := false
	for _, w := range placed {
		accounts, all = append(accounts, w.scope.accounts...), all || len(w.scope.accounts) == 0
	}
	return d.settle(doc, placed, d.provision(ctx, doc, accounts, all))
}

// settle tells the wishes how it went. What can't be done for good is no
// error: the end is said to be residual instead. Other failures are the
// caller's own; the next in line tries afresh.
func (d *denies) settle(doc string, wishes []*wish, err error) error {
	refused := ""
	switch {
	case err == nil:
	case errors.Is(err, errAbsent) && isControl(doc):
		refused = "the service control policy is gone"
	case errors.Is(err, errAbsent):
		refused = "the permission set is no longer provisioned there, so nothing can be denied to them"
	case isKind(err, approvals.Misconfigured), isKind(err, approvals.Permanent):
		refused = "AWS does not let Hallpass write the " + kindOf(doc)
		d.c.cfg.Logger.Warn("sessions can't be ended", slog.String("document", doc), slog.String("error", err.Error()))
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
	p, err := d.read(ctx, r.document())
	if err != nil {
		return false, err
	}
	now := d.c.cfg.Now()
	return slices.ContainsFunc(p.denies, func(x deny) bool { return x.covers(user, r.scope()) && !now.After(x.before.Add(-skew)) }), nil
}

// narrow lets sessions of a new grant work, while those of before stay denied.
func (d *denies) narrow(ctx context.Context, r role, user string) error {
	doc := r.document()
	l := d.line(doc)
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return errQueue(err)
	}
	defer l.turn.Release(1)
	p, err := d.read(ctx, doc)
	if err != nil || !p.narrow(user, r.scope(), d.c.cfg.Now().Truncate(time.Second).UTC()) {
		return err
	}
	if err := d.write(ctx, doc, p); err != nil {
		return err
	}
	return d.provision(ctx, doc, r.scope().accounts, len(r.scope().accounts) == 0)
}

// lift takes out of one document the denials of sessions that have died.
func (d *denies) lift(ctx context.Context, doc string) error {
	l := d.line(doc)
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return errQueue(err)
	}
	defer l.turn.Release(1)
	p, err := d.read(ctx, doc)
	if err != nil {
		return skipAbsent(err)
	}
	accounts, all, changed := p.expire(d.c.cfg.Now())
	if len(p.denies) == 0 {
		defer d.forget(doc)
	}
	if !changed {
		return nil
	}
	if err := d.write(ctx, doc, p); err != nil {
		return skipAbsent(err)
	}
	// An account that the permission set has left by now needs nothing.
	if err := d.provision(ctx, doc, accounts, all); !isKind(err, approvals.Permanent) {
		return skipAbsent(err)
	}
	return nil
}

func (d *denies) forget(doc string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.wanted, doc)
}

// documents are those that may hold denials of ours.
func (d *denies) documents() (all []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for doc := range d.wanted {
		all = append(all, doc)
	}
	slices.Sort(all)
	return all
}
