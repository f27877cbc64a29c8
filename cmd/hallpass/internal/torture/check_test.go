package torture

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// mostLate is how long after its end access may be there at the very most: a
// lease of a process that died, the longest pause that failures can have come
// to by then, and clocks that are apart.
const mostLate = 38*time.Second + 32*time.Second + 4*time.Second

func (p plan) mostLate() time.Duration { return mostLate + p.outage }

// quiet reports whether everybody was told that all of it has ended, and the
// systems hold nothing.
func (w *world) quiet() bool {
	told := 0
	for _, texts := range w.desk.said() {
		for _, s := range texts {
			if tellsEnd(s) {
				told++
			}
		}
	}
	members, _ := w.endpoint.truth()
	return told >= len(w.wishes) && len(members) == 0
}

// tellsEnd recognises the one message that says that access has ended; cards
// that say so too are edited in place.
func tellsEnd(text string) bool {
	return strings.HasPrefix(text, "*") && strings.Contains(text, ": Access ended ") && strings.HasSuffix(text, "\nAsk again")
}

// check compares what systems and Slack hold with the audit log, now that all
// processes are gone.
func (w *world) check() {
	w.t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, store.Config{URL: w.database})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			w.t.Error(err)
		}
	}()
	members, journal := w.endpoint.truth()
	if len(members) > 0 {
		w.t.Errorf("the endpoint still has %v", members)
	}
	w.checkRoles(ctx)
	ids := map[approvals.GrantID]bool{}
	for _, v := range w.wishes {
		r, err := db.RequestByKey(ctx, v.Key)
		if err != nil {
			w.t.Errorf("the wish %s is lost: %v", v.Key, err)
			continue
		}
		g, err := db.Grant(ctx, r.Grant)
		if err != nil {
			w.t.Errorf("the wish %s has no grant, its request is %s: %v", v.Key, r.State, err)
			continue
		}
		ids[g.ID] = true
		w.checkGrant(ctx, db, g, journal)
	}
	for _, e := range journal {
		if !ids[e.Grant] {
			w.t.Errorf("the endpoint was changed for %q, which is no grant", e.Grant)
		}
	}
	w.checkWords()
}

func (w *world) checkGrant(ctx context.Context, db *store.Store, g approvals.Grant, journal []effect) {
	w.t.Helper()
	if g.State != approvals.GrantRevoked || g.ActiveAt.IsZero() {
		w.t.Errorf("grant %s of %s is %s, active at %s: %s", g.ID, g.Principal, g.State, g.ActiveAt, g.LastError)
	}
	events, err := db.Events(ctx, store.EventFilter{Grant: g.ID, Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, kind := range []approvals.EventKind{approvals.EventGrantScheduled, approvals.EventGrantActive, approvals.EventGrantRevoking, approvals.EventGrantRevoked} {
		n := 0
		for _, e := range events {
			if e.Kind == kind {
				n++
			}
		}
		if n != 1 {
			w.t.Errorf("grant %s has %d events %s, want 1", g.ID, n, kind)
		}
	}
	given, taken := 0, 0
	for _, e := range journal {
		switch {
		case e.Grant != g.ID:
		case e.Given:
			given++
		default:
			taken++
			if late := e.At.Sub(g.EndsAt); late > w.mostLate() || late < -4*time.Second {
				w.t.Errorf("grant %s was taken away %s after its end", g.ID, late)
			}
		}
	}
	if want := map[bool]int{true: 1}[g.Connector == "hook"]; given != want || taken != want {
		w.t.Errorf("grant %s was given %d times and taken away %d times in effect, want %d", g.ID, given, taken, want)
	}
	if late := g.RevokedAt.Sub(g.EndsAt); late > w.mostLate() {
		w.t.Errorf("grant %s was proved to be gone %s after its end", g.ID, late)
	}
}

// checkRoles looks at the server itself, as its administrator.
func (w *world) checkRoles(ctx context.Context) {
	w.t.Helper()
	conn, err := pgx.Connect(ctx, pgtest.Start(w.t).AdminDSN())
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }() // it only read
	rows, err := conn.Query(ctx, "SELECT rolname::text FROM pg_roles WHERE rolname LIKE $1", "p%\\_"+w.suffix)
	if err != nil {
		w.t.Fatal(err)
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	if len(left) > 0 {
		w.t.Errorf("the server still has the logins %v", left)
	}
}

// checkWords sees to it that nobody is told the same thing twice.
func (w *world) checkWords() {
	w.t.Helper()
	told := 0
	for who, texts := range w.desk.said() {
		slices.Sort(texts)
		for i, s := range texts {
			if tellsEnd(s) {
				told++
			}
			if i > 0 && texts[i-1] == s {
				w.t.Errorf("%s was told twice: %s", who, s)
			}
		}
	}
	if told != len(w.wishes) {
		w.t.Errorf("people were told of %d ends, want %d", told, len(w.wishes))
	}
}

func (w *world) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprintf("seed %d on %s: %d wishes, deaths: %s", w.seed, w.engine, len(w.wishes), strings.Join(w.deaths, "; "))
}
