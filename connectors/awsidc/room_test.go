package awsidc

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestRevocationHasRoomWhereGrantsWait(t *testing.T) {
	t.Parallel()
	q := newQuota(Config{Replicas: 5, Now: time.Now, Wait: pause}) // two calls at a time
	hold, inside := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = q.under(t.Context(), "1", true, func() error { close(inside); <-hold; return nil })
	})
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nothing := func() error { return nil }
	var f *failure
	if err := q.under(ctx, "2", true, nothing); !errors.As(err, &f) || f.Kind != approvals.Retryable {
		t.Errorf("a second grant: %v, want it to wait", err)
	}
	if err := q.under(t.Context(), "3", false, nothing); err != nil {
		t.Errorf("a revocation beside a grant: %v", err)
	}
	if err := q.under(ctx, "1", false, nothing); err == nil {
		t.Error("an account works on two roles at once")
	}
	close(hold)
	wg.Wait()
	if err := q.under(t.Context(), "1", false, nothing); err != nil {
		t.Errorf("after the grant: %v", err)
	}
}

func TestTurnThatComesTooLateIsNotTaken(t *testing.T) {
	t.Parallel()
	now := time.Now()
	q := newQuota(Config{Replicas: 10, Now: func() time.Time { return now }, Wait: func(context.Context, time.Duration) error {
		t.Error("it waited")
		return nil
	}})
	if err := q.turn(t.Context(), q.calls); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithDeadline(t.Context(), time.Now()) // the next turn is in a second
	defer cancel()
	if err := q.turn(soon, q.calls); !isKind(err, approvals.Retryable) {
		t.Errorf("%v, want it retryable", err)
	}
}

// Three processes become one, five and two; each learns it within five seconds.
func TestProcessesShareTheQuotasAsTheyComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var living atomic.Int32
		crew := func(context.Context) (int, error) { return int(living.Load()), nil }
		var mu sync.Mutex
		made, running, busiest := 0, 0, 0
		process := func(ctx context.Context) {
			q := newQuota(Config{Replicas: 1, Crew: crew, Now: time.Now, Wait: pause})
			for range 20 {
				go func() {
					for ctx.Err() == nil && q.turn(ctx, q.calls) == nil {
						mu.Lock()
						made++
						mu.Unlock()
					}
				}()
				account := rand.Text()
				go func() {
					for ctx.Err() == nil {
						_ = q.under(ctx, account, false, func() error {
							mu.Lock()
							running++
							busiest = max(busiest, running)
							mu.Unlock()
							err := pause(ctx, 700*time.Millisecond)
							mu.Lock()
							running--
							mu.Unlock()
							return err
						})
					}
				}()
			}
		}
		for _, n := range []int{3, 1, 5, 2} {
			ctx, end := context.WithCancel(t.Context())
			living.Store(int32(n))
			for range n {
				process(ctx)
			}
			for second := range 30 {
				mu.Lock()
				made, busiest = 0, 0
				mu.Unlock()
				if err := pause(ctx, time.Second); err != nil {
					t.Fatal(err)
				}
				mu.Lock()
				if made > perSecond || busiest > outstanding || second > 0 && (made < perSecond/2 || busiest < outstanding/n*n) {
					t.Errorf("second %d of %d processes: %d requests, want %d to %d; %d calls at once, want %d", second, n, made, perSecond/2, perSecond, busiest, outstanding/n*n)
				}
				mu.Unlock()
			}
			end()
			synctest.Wait()
		}
	})
}

// What is in use beyond a smaller share is not taken by who waits for it.
func TestASmallerShareHoldsAlsoWhereManyWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		defer end()
		b := newBerths()
		var inside atomic.Int32
		for range 3 * outstanding {
			go func() {
				for b.Acquire(ctx, 1) == nil {
					inside.Add(1)
					_ = pause(ctx, time.Second)
					inside.Add(-1)
					b.Release(1)
				}
			}()
		}
		for _, size := range []int64{3, 1, 7, 0, outstanding} {
			synctest.Wait()
			b.resize(size)
			_ = pause(ctx, 1500*time.Millisecond)
			synctest.Wait()
			if got := int64(inside.Load()); got != size {
				t.Errorf("%d at once, want %d", got, size)
			}
		}
	})
}

// A process that is there already makes room for others, and takes it back when
// they are gone. While nobody can say how many there are, its share stays.
func TestShareOfAProcessFollowsTheOthers(t *testing.T) {
	t.Parallel()
	now := time.Now()
	n, fails := 1, error(nil)
	q := newQuota(Config{Replicas: 1, Crew: func(context.Context) (int, error) { return n, fails }, Now: func() time.Time { return now }, Wait: pause, Logger: slog.New(slog.DiscardHandler)})
	slots := func() (free int) {
		for q.slots.TryAcquire(1) {
			free++
		}
		q.slots.Release(int64(free))
		return free
	}
	for i, c := range []struct {
		living int
		fails  error
		slots  int
		limit  rate.Limit
	}{{1, nil, 10, 16}, {3, nil, 3, 5}, {3, errors.New("gone"), 3, 5}, {10, nil, 1, 1}, {25, nil, 1, 1}, {2, nil, 5, 8}, {1, nil, 10, 16}} {
		n, fails, now = c.living, c.fails, now.Add(crewEvery)
		if err := q.under(t.Context(), "1", false, func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		if got, limit := slots(), q.calls.Limit(); got != c.slots || limit != c.limit {
			t.Errorf("look %d, %d processes: %d slots and %v calls a second, want %d and %v", i, c.living, got, limit, c.slots, c.limit)
		}
	}
}

func TestSessionDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": time.Hour, "PT1H": time.Hour, "PT12H": 12 * time.Hour, "PT1H30M": 90 * time.Minute,
		"PT3600S": time.Hour, "PT90M": 90 * time.Minute, "PT13H": longest, "PT": longest, "8h": longest, "P1D": longest, "PT0H": longest, "PT1H\n": longest} {
		if got := sessionDuration(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
