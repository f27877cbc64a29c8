package app

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// scored is what of a Hallpass keeps a score, on a database.
func scored(t *testing.T, dsn string) *App {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{URL: dsn})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := scoring.NewWorld(scoring.Options{})
	return &App{Store: st, world: w, scorer: scoring.New(w, st, nil), log: slog.New(slog.DiscardHandler)}
}

// TestWhatOneReplicaSeesTheOtherScoresWith observes holders, gives access and
// takes it back on one replica, and looks at another's evidence.
func TestWhatOneReplicaSeesTheOtherScoresWith(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	one, two := scored(t, dsn), scored(t, dsn)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	go func() { done <- two.follow(running) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	var people []approvals.Principal
	for i := range 12 {
		people = append(people, approvals.Principal{ID: approvals.PrincipalID(fmt.Sprint("p", i))})
	}
	e, now := approvals.Entitlement{ID: "db:read"}, time.Now()
	two.world.SetPeople(people, approvals.DirectoryState{AsOf: now})
	f := approvals.Facts{At: now, Beneficiary: people[9], Requester: people[9], Entitlement: e, Duration: time.Hour}
	sees := func(what string, want int64) {
		t.Helper()
		for ctx.Err() == nil {
			got, err := two.scorer.Evidence(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			if got.Count("peers.everybody").N == want {
				return
			}
		}
		t.Fatalf("%s: the other replica does not count %d holders", what, want)
	}
	var held []approvals.Holding
	for i, p := range people[:5] {
		held = append(held, approvals.Holding{Entitlement: e.ID, Account: fmt.Sprint("a", i), Principal: p.ID, AsOf: now.Add(-time.Hour)})
	}
	if err := one.Store.SaveHoldings(ctx, e.ID, held); err != nil {
		t.Fatal(err)
	}
	sees("a system's list", 5)
	g := approvals.Grant{ID: "g", Request: "r", Entitlement: e.ID, Principal: people[7].ID, Account: "a7", CreatedAt: now, State: approvals.GrantActive}
	apply := func(kind approvals.EventKind) {
		t.Helper()
		c := approvals.Change{Grants: []approvals.Grant{g}, Events: []approvals.Event{{At: now, Kind: kind, Actor: approvals.System("test")}}}
		if err := one.Store.Apply(ctx, c); err != nil {
			t.Fatal(err)
		}
		g.Version++
	}
	apply(approvals.EventGrantActive)
	sees("a grant", 6)
	g.State, g.RevokedAt = approvals.GrantRevoked, now
	apply(approvals.EventGrantRevoked)
	sees("its end", 5)
}
