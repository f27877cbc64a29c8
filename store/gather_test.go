package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// onBoth runs a test against a new store of each engine.
func onBoth(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, openSQLite(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		pgtest.Start(t)
		test(t, openPostgres(t))
	})
}

func TestReadsThatComeTogetherSeeWhatWasStoredBeforeThem(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				g := storetest.Grant(fmt.Sprint("g", i))
				g.Principal = approvals.PrincipalID(fmt.Sprint("p", i))
				if err := s.Apply(t.Context(), storetest.Granted(g)); err != nil {
					t.Error(err)
					return
				}
				for version := int64(1); version < 4; version++ {
					got, err := s.Grant(t.Context(), g.ID)
					if err != nil || got.Version != version || got.ID != g.ID {
						t.Errorf("grant %s is %s at version %d after version %d was stored: %v", g.ID, got.ID, got.Version, version, err)
						return
					}
					live, err := s.LiveGrants(t.Context(), g.Principal, "")
					if err != nil || len(live) != 1 || live[0].ID != g.ID {
						t.Errorf("%s holds %v: %v", g.Principal, live, err)
					}
					if err := s.Apply(t.Context(), storetest.Granted(got)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}

func TestReadOfNothingAmongOthersIsNotFound(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		if err := s.Apply(t.Context(), storetest.Granted(storetest.Grant("g"))); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				if _, err := s.Grant(t.Context(), "g"); err != nil {
					t.Error(err)
				}
				if _, err := s.Grant(t.Context(), approvals.GrantID(fmt.Sprint("none", i))); approvals.ErrorCode(err) != approvals.CodeNotFound {
					t.Errorf("%v, want %s", err, approvals.CodeNotFound)
				}
				if _, err := s.Grant(t.Context(), "bad\x00id"); approvals.ErrorCode(err) != approvals.CodeInvalid {
					t.Errorf("%v, want %s", err, approvals.CodeInvalid)
				}
			})
		}
		all.Wait()
	})
}

func TestReaderThatGivesUpSpoilsNobodysRead(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		if err := s.Apply(t.Context(), storetest.Granted(storetest.Grant("g"))); err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if _, err := s.Grant(gone, "g"); approvals.ErrorCode(err) != approvals.CodeUnavailable {
					t.Errorf("%v, want %s", err, approvals.CodeUnavailable)
				}
				if g, err := s.Grant(t.Context(), "g"); err != nil || g.ID != "g" {
					t.Errorf("%v, %v", g.ID, err)
				}
			})
		}
		all.Wait()
	})
}
