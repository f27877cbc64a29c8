package torture

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// seeds are how many worlds are tortured, from HALLPASS_TORTURE_SEED on.
func seeds(t *testing.T) (from, n uint64) {
	t.Helper()
	number := func(name, usual string) uint64 {
		v, err := strconv.ParseUint(cmp.Or(os.Getenv(name), usual), 10, 32)
		if err != nil {
			t.Fatalf("%s must be a number", name)
		}
		return v
	}
	return number("HALLPASS_TORTURE_SEED", "3"), number("HALLPASS_TORTURE_SEEDS", "2")
}

// patience is how long a world may take to come to rest.
const patience = 4 * time.Minute

func TestProcessesThatAreKilledLoseNothingAndDoubleNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it kills processes for many seconds; left out with -short")
	}
	from, n := seeds(t)
	for seed := from; seed < from+n; seed++ {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			torture(t, planned(seed))
		})
	}
}

// torture runs one seed.
func torture(t *testing.T, p plan) {
	t.Helper()
	began := time.Now()
	w := newWorld(t, p)
	w.run(func(ctx context.Context) error { return w.await(ctx, patience, w.quiet) }, w.storms)
	if !t.Failed() {
		w.check()
	}
	w.report(time.Since(began))
}

// run lets the processes live while something happens, and until something is
// done.
func (w *world) run(until func(context.Context) error, happens ...func(context.Context) error) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	running, ctx := errgroup.WithContext(ctx)
	for i := range w.specs {
		running.Go(func() error { return w.replica(ctx, i) })
	}
	if w.roles != nil {
		happens = append(happens, w.roles.watch)
	}
	for _, f := range happens {
		running.Go(func() error { return f(ctx) })
	}
	running.Go(func() error {
		defer cancel()
		return until(ctx)
	})
	if err := running.Wait(); err != nil {
		w.t.Error(err)
	}
}

// await waits until something has been true for a second.
func (w *world) await(ctx context.Context, most time.Duration, is func() bool) error {
	began := time.Now()
	for calm := 0; calm < 10 && ctx.Err() == nil; pause(ctx, 100*time.Millisecond) {
		if time.Since(began) > most {
			return fmt.Errorf("it did not come to rest within %s: %s", most, w.unrest())
		}
		if calm++; !is() {
			calm = 0
		}
	}
	return nil
}

func (w *world) report(took time.Duration) {
	w.t.Helper()
	if !w.t.Failed() {
		w.t.Logf("%s; %s", w, took.Truncate(time.Millisecond))
		return
	}
	w.t.Logf("%s\nrepeat it with: HALLPASS_TORTURE_SEED=%d HALLPASS_TORTURE_SEEDS=1 go test -count=1 -run Killed ./cmd/hallpass/internal/torture", w, w.seed)
	if dir := os.Getenv("HALLPASS_TORTURE_KEEP"); dir != "" {
		_ = exec.Command("cp", "-r", w.dir, fmt.Sprintf("%s/%d", dir, w.seed)).Run()
	}
}

// storms makes lines and systems bad for the plan's time, and then good.
func (w *world) storms(ctx context.Context) error {
	for _, system := range w.systems {
		system.weather(true)
		defer system.weather(false)
	}
	ctx, cancel := context.WithTimeout(ctx, w.storm)
	defer cancel()
	return w.lines.storm(ctx, w.rng)
}
