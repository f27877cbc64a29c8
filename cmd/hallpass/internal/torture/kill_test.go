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
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	running, ctx := errgroup.WithContext(ctx)
	for i := range w.specs {
		running.Go(func() error { return w.replica(ctx, i) })
	}
	running.Go(func() error { return w.storms(ctx) })
	running.Go(func() error {
		defer cancel()
		for calm := 0; calm < 10; {
			if pause(ctx, 100*time.Millisecond); ctx.Err() != nil {
				return nil
			}
			if time.Since(began) > patience {
				return fmt.Errorf("it did not come to rest within %s", patience)
			}
			if calm++; !w.quiet() {
				calm = 0
			}
		}
		return nil
	})
	if err := running.Wait(); err != nil {
		t.Error(err)
	}
	if !t.Failed() {
		w.check()
	}
	if t.Failed() {
		t.Logf("%s\nrepeat it with: HALLPASS_TORTURE_SEED=%d HALLPASS_TORTURE_SEEDS=1 go test -count=1 -run Killed ./cmd/hallpass/internal/torture", w, w.seed)
		if dir := os.Getenv("HALLPASS_TORTURE_KEEP"); dir != "" {
			_ = exec.Command("cp", "-r", w.dir, fmt.Sprintf("%s/%d", dir, w.seed)).Run()
		}
		return
	}
	t.Logf("%s; %s", w, time.Since(began).Truncate(time.Millisecond))
}

// storms makes lines and endpoint bad for the plan's time, and then good.
func (w *world) storms(ctx context.Context) error {
	w.endpoint.weather(true)
	defer w.endpoint.weather(false)
	ctx, cancel := context.WithTimeout(ctx, w.storm)
	defer cancel()
	return w.lines.storm(ctx, w.rng)
}
