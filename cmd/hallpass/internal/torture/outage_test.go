package torture

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// clearWithin is how soon after a system's recovery all that ended meanwhile
// must be gone from it, and proved to be. A machine that runs all tests at once
// is held to less: there, virtual time keeps the promise.
func clearWithin() time.Duration {
	if os.Getenv("HALLPASS_OUTAGE") == "" {
		return 2 * time.Minute
	}
	return 10 * time.Second
}

// ends is how long that access lasts.
const ends = 5 * time.Second

// TestOutageInRealTimeClearsWithinTenSeconds lets a hundred grants end while
// their system is away, for HALLPASS_OUTAGE: seconds in every run of the tests,
// 17 minutes in "make torture". Virtual time does all of it in package lifecycle.
func TestOutageInRealTimeClearsWithinTenSeconds(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits in real time; left out with -short")
	}
	outage, err := time.ParseDuration(cmp.Or(os.Getenv("HALLPASS_OUTAGE"), "4s"))
	if err != nil {
		t.Fatalf("HALLPASS_OUTAGE must be a duration such as 17m: %v", err)
	}
	p := plan{seed: 17, engine: "postgres", replicas: 2, people: 50, outage: outage + time.Minute}
	for i := range p.people {
		for _, what := range []approvals.EntitlementID{"sales:view", "stock:view"} {
			p.wishes = append(p.wishes, wish{Key: fmt.Sprintf("outage:%d:%s", i, what), Who: approvals.PrincipalID(fmt.Sprint("p", i)), What: what, Duration: ends})
		}
	}
	w := newWorld(t, p)
	w.endpoint.fall("holding") // none is gone before all are given, however slow the machine is
	var back time.Time
	w.run(func(ctx context.Context) error {
		given := func() bool { return len(w.endpoint.journal()) >= len(p.wishes) }
		if err := w.await(ctx, patience, 10, given); err != nil {
			return fmt.Errorf("access is not given: %w", err)
		}
		w.endpoint.fall("away")
		pause(ctx, ends+outage)
		back = time.Now()
		w.endpoint.fall("")
		return w.await(ctx, patience, 10, w.quiet)
	})
	if !t.Failed() {
		w.checkClear(back)
		w.check()
	}
	w.report(outage)
}

// checkClear looks whether all was gone, and proved to be, soon after a moment.
func (w *world) checkClear(back time.Time) {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), store.Config{URL: w.database})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			w.t.Error(err)
		}
	}()
	meanwhile, last := 0, time.Duration(0)
	for _, e := range w.endpoint.journal() {
		if e.Given || e.At.Before(back) {
			continue
		}
		g, err := db.Grant(w.t.Context(), e.Grant)
		if err != nil {
			w.t.Fatal(err)
		}
		meanwhile++
		last = max(last, e.At.Sub(back), g.RevokedAt.Sub(back))
	}
	if meanwhile != len(w.wishes) {
		w.t.Errorf("%d grants ended during the outage, want %d", meanwhile, len(w.wishes))
	}
	if most := clearWithin(); last > most {
		w.t.Errorf("the last of %d was clear %s after recovery, want %s at most", meanwhile, last, most)
	}
	w.t.Logf("%d grants were clear %s after recovery", meanwhile, last.Truncate(time.Millisecond))
}
