package store_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// leaserEnv names the database in which TestLeaser holds leases for another test.
const leaserEnv = "HALLPASS_TEST_LEASE"

// TestLeaser is the process that TestLeasesOfAKilledProcessAreFreedAtOnce kills.
func TestLeaser(t *testing.T) {
	if os.Getenv(leaserEnv) == "" {
		t.Skip("only runs for TestLeasesOfAKilledProcessAreFreedAtOnce")
	}
	held, err := json.Marshal(storetest.Hold(t, open(t, os.Getenv(leaserEnv))))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.Write(append(held, '\n'))
	_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed, or the other test ends
}

func TestLeasesOfAKilledProcessAreFreedAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, engine, url string) {
		leaser := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLeaser$")
		leaser.Env = append(os.Environ(), leaserEnv+"="+url)
		if _, err := leaser.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		out, err := leaser.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := leaser.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadBytes('\n')
		if err != nil {
			t.Fatalf("the other process said %q, %v", line, err)
		}
		var held storetest.Held
		if err := json.Unmarshal(line, &held); err != nil {
			t.Fatalf("the other process said %q, %v", line, err)
		}
		var s *store.Store
		if engine == "postgres" {
			s = open(t, url)
			if freed, err := s.FreeOrphans(t.Context()); freed != 0 || err != nil {
				t.Errorf("freed %d leases of a process that lives, %v", freed, err)
			}
		}
		if err := leaser.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = leaser.Wait() // it says "killed"
		if s == nil {
			s = open(t, url)
		}
		storetest.Inherit(t, s, held)
	})
}

func TestLeasesOfAClosedStoreAreFreedAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, _, url string) {
		first, err := store.Open(t.Context(), store.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		held := storetest.Hold(t, first)
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		storetest.Inherit(t, open(t, url), held)
	})
}

func TestOrphansAreNotLookedForBeforeMigration(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, _, url string) {
		s, err := store.Open(t.Context(), store.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		if _, err := s.FreeOrphans(t.Context()); approvals.ErrorCode(err) != approvals.CodeUnavailable {
			t.Errorf("before migration: %v", err)
		}
	})
}

// TestLivingReplicasLoseNoLease lets replicas come, work, look for orphans
// and go, all at once: whatever one of them leased it can finish.
func TestLivingReplicasLoseNoLease(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Start(t).Database(t)
	watcher := open(t, dsn)
	const replicas, rounds, each = 3, 4, 10
	var work approvals.Change
	for i := range replicas * rounds * each {
		work.Tasks = append(work.Tasks, approvals.Task{Kind: approvals.TaskRevoke, Key: fmt.Sprint(i), RunAt: storetest.Epoch})
	}
	if err := watcher.Apply(t.Context(), work); err != nil {
		t.Fatal(err)
	}
	var finished atomic.Int64
	replica := func() error {
		s, err := store.Open(t.Context(), store.Config{URL: dsn, MaxConns: 2})
		if err != nil {
			return err
		}
		defer func() { _ = s.Close() }()
		leases, err := s.ClaimTasks(t.Context(), []approvals.TaskKind{approvals.TaskRevoke}, storetest.Epoch, time.Hour, each)
		if err != nil {
			return err
		}
		if freed, err := s.FreeOrphans(t.Context()); freed != 0 || err != nil {
			return fmt.Errorf("freed %d leases: %w", freed, err)
		}
		for _, l := range leases {
			if err := s.FinishTask(t.Context(), l); err != nil {
				return err
			}
			finished.Add(1)
		}
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	var watching, working sync.WaitGroup
	watching.Go(func() {
		for ctx.Err() == nil {
			if freed, err := watcher.FreeOrphans(t.Context()); freed != 0 || err != nil {
				t.Errorf("freed %d leases, %v; want none", freed, err)
			}
		}
	})
	for range replicas {
		working.Go(func() {
			for range rounds {
				if err := replica(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	working.Wait()
	cancel()
	watching.Wait()
	if n := finished.Load(); n == 0 {
		t.Error("nothing was leased")
	}
}
