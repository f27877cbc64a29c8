package torture

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hallpass-dev/hallpass/approvals"
)

// number is one that the environment names.
func number(t *testing.T, name, usual string) uint64 {
	t.Helper()
	v, err := strconv.ParseUint(cmp.Or(os.Getenv(name), usual), 10, 32)
	if err != nil {
		t.Fatalf("%s must be a number", name)
	}
	return v
}

// patience is how long a world may take to come to rest.
const patience = 4 * time.Minute

// TestProcessesThatAreKilledLoseNothingAndDoubleNothing lives through
// HALLPASS_TORTURE_SEEDS seeds from HALLPASS_TORTURE_SEED on, one death each,
// HALLPASS_TORTURE_ROUNDS of them in one world, one after the other. Worlds are
// side by side: they wait most of the time, so that many are had for the price
// of one.
func TestProcessesThatAreKilledLoseNothingAndDoubleNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it kills processes for many seconds; left out with -short")
	}
	from, n, rounds := number(t, "HALLPASS_TORTURE_SEED", "5"), number(t, "HALLPASS_TORTURE_SEEDS", "2"), number(t, "HALLPASS_TORTURE_ROUNDS", "1")
	began, deaths := time.Now(), &tally{}
	t.Run("worlds", func(t *testing.T) {
		for seed := from; seed < from+n; seed += rounds {
			t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
				t.Parallel()
				torture(t, planned(seed, min(rounds, from+n-seed)), deaths)
			})
		}
	})
	deaths.report(t, int(n), time.Since(began))
}

// torture lives through the rounds of one world.
func torture(t *testing.T, p plan, deaths *tally) {
	t.Helper()
	began := time.Now()
	w := newWorld(t, p)
	w.tally = deaths
	w.run(w.rounds)
	w.finish()
	w.report(time.Since(began))
}

// run lets the processes live while something happens, and until something is
// done.
func (w *world) run(until func(context.Context) error) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	running, ctx := errgroup.WithContext(ctx)
	for i := range w.specs {
		running.Go(func() error { return w.replica(ctx, i) })
	}
	if w.roles != nil {
		running.Go(func() error { return w.roles.watch(ctx) })
	}
	running.Go(func() error {
		defer cancel()
		return until(ctx)
	})
	if err := running.Wait(); err != nil {
		w.t.Error(err)
	}
}

// await waits until something has been true for some tenths of a second.
func (w *world) await(ctx context.Context, most time.Duration, tenths int, is func() bool) error {
	began := time.Now()
	for calm := 0; calm < tenths && ctx.Err() == nil; pause(ctx, 100*time.Millisecond) {
		if time.Since(began) > most {
			return fmt.Errorf("it did not come to rest within %s: %s", most, strings.TrimPrefix(fmt.Sprintf("%s; all processes live: %v", w.unrest(), w.up()), "; "))
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
	w.t.Logf("%s\nrepeat it with: HALLPASS_TORTURE_SEED=%d HALLPASS_TORTURE_SEEDS=%d HALLPASS_TORTURE_ROUNDS=%[3]d go test -count=1 -run Killed ./cmd/hallpass/internal/torture", w, w.seed, w.plan.rounds)
	if dir := os.Getenv("HALLPASS_TORTURE_KEEP"); dir != "" {
		_ = exec.Command("cp", "-r", w.dir, fmt.Sprintf("%s/%d", dir, w.seed)).Run()
	}
}

// storms makes lines and systems bad for a time, and then good.
func (w *world) storms(ctx context.Context, lasts time.Duration, seed uint64) error {
	for _, system := range w.systems {
		system.weather(true)
		defer system.weather(false)
	}
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	return w.lines.storm(ctx, draw(seed, 3))
}

// tally counts deaths over all worlds. It is safe for concurrent use.
type tally struct {
	mu     sync.Mutex
	deaths map[string][2]int // before the effect and after it
	n      int
	late   time.Duration // the most after its end that access was proved to be gone
	lives  map[string]int
	again  int // announcements that a channel got once more
}

// lived counts what became of access.
func (y *tally) lived(b biography) {
	v := b.wish
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.lives == nil {
		y.lives = map[string]int{}
	}
	for what, so := range map[string]bool{"grants": true, "ends moved": b.extended, "of them by people": b.extended && v.Asked, "wishes for more too late": v.More > 0 && !b.extended,
		"given back": b.grant.EndReason == approvals.EndReleased, "of them before they worked": v.Hasty && b.grant.ActiveAt.IsZero(),
		"emergencies": v.Glass, "of them escalated": v.Late, "of them ended by their review": v.Glass && b.grant.EndReason == approvals.EndRevoked} {
		y.lives[what] += count(so)
	}
}

// doubled counts announcements that a channel got twice.
func (y *tally) doubled(n int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.again += n
}

func (y *tally) ended(late time.Duration) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.late = max(y.late, late)
}

func (y *tally) add(e end) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.deaths == nil {
		y.deaths = map[string][2]int{}
	}
	d := y.deaths[e.At]
	if e.After {
		d[1]++
	} else {
		d[0]++
	}
	y.deaths[e.At], y.n = d, y.n+1
}

// report says who died where. Of very many seeds, there must be some for every
// boundary that has a name.
func (y *tally) report(t *testing.T, seeds int, took time.Duration) {
	t.Helper()
	var table strings.Builder
	for _, at := range slices.Sorted(maps.Keys(y.deaths)) {
		fmt.Fprintf(&table, "\n%-26s %6d before, %6d after", at, y.deaths[at][0], y.deaths[at][1])
	}
	t.Logf("%d processes were killed in %s, %s each; each time all came to rest, the last end proved %s after its time:%s",
		y.n, took.Truncate(time.Second), (took / time.Duration(max(1, y.n))).Truncate(time.Millisecond), y.late.Truncate(time.Millisecond), table.String())
	t.Logf("what became of access: %v; %d announcements were said again", y.lives, y.again)
	if seeds < 2000 {
		return
	}
	for what, n := range y.lives {
		if n == 0 {
			t.Errorf("there are no %s", what)
		}
	}
	for _, at := range everywhere() {
		if d := y.deaths[at]; d[0] == 0 || d[1] == 0 {
			t.Errorf("no process died before or after %s: %v", at, d)
		}
	}
}
