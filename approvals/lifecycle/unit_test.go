package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"pgregory.net/rapid"
)

func TestPauseDoublesAndIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1_000_000).Draw(t, "n")
		want := longestPause
		if n < 11 {
			want = min(longestPause, time.Second<<max(0, n-1))
		}
		if got := pause(n, longestPause); got < want*8/10 || got > min(longestPause, want*12/10+1) {
			t.Fatalf("pause %d is %s, want about %s", n, got, want)
		}
	})
}

func TestBreakerOpensAfterFiveFailuresInARowAndProbesEveryFewSeconds(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	var b breaker
	for range 20 {
		for range tripAfter - 1 {
			if b.fail(now) {
				t.Fatal("open too early")
			}
		}
		b.succeed()
	}
	for n := 1; n <= 100; n++ {
		if opened := b.fail(now); opened != (n == tripAfter) {
			t.Errorf("failure %d opened it: %v", n, opened)
		}
		if n >= tripAfter {
			b.probe(now)
			if wait := b.probeAt.Sub(now); wait <= 0 || wait > longestProbe {
				t.Errorf("after %d failures the next probe comes in %s", n, wait)
			}
		}
	}
	if b.succeed(); b.open() {
		t.Error("a success left it open")
	}
}

func TestProbesLeaveEverFewerLinesInTheLog(t *testing.T) {
	t.Parallel()
	var b breaker
	var lines []int
	for n := 1; n <= 300; n++ {
		if b.worthALine() {
			lines = append(lines, n)
		}
		b.fail(time.Time{})
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 8, 16, 32, 64, 128, 256}, lines); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// fill puts items of a class into a pool's queue.
func fill(p *pool, c class, n int, until time.Time) {
	for range n {
		p.queue[c] = append(p.queue[c], &item{class: c, pool: p, lease: approvals.Lease{Until: until}})
	}
}

func TestPoolTakesRevocationsFirstAndKeepsASlotForThem(t *testing.T) {
	t.Parallel()
	for concurrency, want := range map[int]string{1: "R", 2: "RR", 3: "RRP", 6: "RRPPP"} {
		p := newPool("x", nil, Limits{Concurrency: concurrency})
		fill(p, provisioning, 3, time.Time{})
		fill(p, revoking, 2, time.Time{})
		got := ""
		for it := p.next(time.Now()); it != nil; it = p.next(time.Now()) {
			got += map[class]string{revoking: "R", provisioning: "P"}[it.class]
		}
		if got != want {
			t.Errorf("with %d slots it takes %s, want %s", concurrency, got, want)
		}
	}
	p := newPool("x", nil, Limits{Concurrency: 3})
	fill(p, provisioning, 9, time.Time{})
	for p.next(time.Now()) != nil {
	}
	fill(p, revoking, 1, time.Time{})
	if it := p.next(time.Now()); it == nil || it.class != revoking {
		t.Error("provisioning took the slot that is kept for revocations")
	}
}

func TestPoolGivesBackWhatWaitsTooLong(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := newPool("x", nil, Limits{CallTimeout: 10 * time.Second})
	fill(p, revoking, 2, now.Add(20*time.Second))
	fill(p, revoking, 3, now.Add(22*time.Second))
	if n := len(p.stale(now)); n != 2 || len(p.queue[revoking]) != 3 {
		t.Errorf("%d given back and %d kept, want 2 and 3", n, len(p.queue[revoking]))
	}
	if n := len(p.empty()); n != 3 || len(p.queue[revoking]) != 0 {
		t.Errorf("%d taken out, %d left", n, len(p.queue[revoking]))
	}
}

func TestForeignErrorsAreClassifiedWithoutTheirWords(t *testing.T) {
	t.Parallel()
	known := &approvals.ConnectorError{Kind: approvals.Permanent, Message: "No such role."}
	for name, c := range map[string]struct {
		err  error
		want *failure
	}{
		"none":     {nil, nil},
		"known":    {fmt.Errorf("grant: %w", known), known},
		"deadline": {fmt.Errorf("dial: %w", context.DeadlineExceeded), &failure{Kind: approvals.Ambiguous, Message: "The system did not answer in time."}},
		"foreign":  {errors.New("password=hunter2"), &failure{Kind: approvals.Retryable, Message: "The system failed in a way that its connector does not know."}},
	} {
		if diff := cmp.Diff(c.want, classify(c.err), cmpopts.IgnoreFields(failure{}, "Err")); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestCallSurvivesAPanicAndAnOutOfTimeContext(t *testing.T) {
	t.Parallel()
	p := newPool("x", nil, Limits{})
	_, fail := call(t.Context(), p, "check", func(context.Context) (int, error) { panic("secret") })
	if fail == nil || fail.Kind != approvals.Ambiguous || fail.Message != "The connector failed in an unexpected way." {
		t.Errorf("a panic is %v", fail)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	called := false
	_, fail = call(over, p, "check", func(context.Context) (int, error) { called = true; return 0, nil })
	if fail == nil || called {
		t.Errorf("called %v with no time left: %v", called, fail)
	}
}

// nothing is a connector that is asked nothing.
type nothing struct{ approvals.Connector }

func TestRateIsHonoured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPool("x", nothing{}, Limits{Rate: 2, Burst: 1})
		begin := time.Now()
		for range 11 {
			if _, fail := ask(t.Context(), p, "check", func(context.Context) (int, error) { return 0, nil }); fail != nil {
				t.Fatal(fail)
			}
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("11 calls at 2 a second took %s, want 5 s", took)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, fail := ask(short, p, "check", func(context.Context) (int, error) { return 0, nil }); fail == nil || fail.After == 0 {
			t.Errorf("a call that can't wait for its turn is %v, want one that comes back later", fail)
		}
	})
}

// idleStore stands for a store in tests that reach none.
type idleStore struct{ Store }

func TestConfigurationThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	good := Config{Service: approvalstest.NewWorld(nil).Service, Store: idleStore{}, Connectors: map[string]approvals.Connector{"a": nothing{}}}
	for name, edit := range map[string]func(*Config){
		"no service":  func(c *Config) { c.Service = nil },
		"no store":    func(c *Config) { c.Store = nil },
		"short lease": func(c *Config) { c.Lease = 29 * time.Second },
		"negative":    func(c *Config) { c.Poll = -1 },
		"bad sweep":   func(c *Config) { c.Sweep = "now and then" },
		"bad observe": func(c *Config) { c.Observe = "* *" },
	} {
		cfg := good
		edit(&cfg)
		if _, err := New(cfg); approvals.ErrorCode(err) != approvals.CodeInvalid {
			t.Errorf("%s: %v, want it to be invalid", name, err)
		}
	}
	w, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	if w.Lease != 70*time.Second || w.Poll != 250*time.Millisecond || w.GiveUp != 30*time.Minute {
		t.Errorf("defaults: lease %s, poll %s, give up %s", w.Lease, w.Poll, w.GiveUp)
	}
}

func TestFirstSuccessAfterAnOutageCutsTheCallsThatHang(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := newPool("x", nil, Limits{})
	fill(p, revoking, 2, now.Add(time.Hour))
	cut := 0
	var running []*item
	for it := p.next(now); it != nil; it = p.next(now) {
		it.cancel = func() { cut++ }
		running = append(running, it)
	}
	for range tripAfter {
		p.breaker[revoking].fail(now)
	}
	p.ended(running[0], finished, now)
	if cut != 1 || !running[1].cut || running[0].cut {
		t.Errorf("%d calls were cut, want the one that hangs", cut)
	}
	if p.ended(running[1], step{down: true}, now); p.breaker[revoking].failures != 0 {
		t.Error("a call that was cut counts as a failure")
	}
}
