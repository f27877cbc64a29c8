package prompts_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hallpass-dev/hallpass/prompts"
)

// offline configures a client whose calls end in handle, in virtual time.
func offline(handle roundTrip) prompts.Config {
	return prompts.Config{Model: "small-model", HTTPClient: &http.Client{Transport: handle}}
}

func reply(status int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body))}, nil
}

// stall answers nothing until the request is given up.
func stall(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// drip sends the head at once and the body never.
func drip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(dripping{r.Context()})}, nil
}

type dripping struct{ ctx context.Context }

func (d dripping) Read([]byte) (int, error) {
	<-d.ctx.Done()
	return 0, d.ctx.Err()
}

func TestSlowEndpointIsLeftAtTheLimit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		handle  roundTrip
		timeout time.Duration
		want    time.Duration
	}{
		{"no answer, default limit", stall, 0, 5 * time.Second},
		{"no answer, own limit", stall, time.Second, time.Second},
		{"endless body", drip, 0, 5 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := offline(tc.handle)
				cfg.Timeout = tc.timeout
				c := newClient(t, cfg)
				start := time.Now()
				_, err := c.Summarize(t.Context(), input())
				if !errors.Is(err, prompts.ErrTimeout) {
					t.Errorf("error %v, want %v", err, prompts.ErrTimeout)
				}
				if took := time.Since(start); took != tc.want {
					t.Errorf("gave up after %v, want %v", took, tc.want)
				}
			})
		})
	}
}

func TestBreakerOpensAndProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked int
		healthy := false
		c := newClient(t, offline(func(*http.Request) (*http.Response, error) {
			asked++
			if healthy {
				return reply(200, answer(honest))
			}
			return reply(503, "")
		}))
		expect := func(when string, want error, calls int) {
			t.Helper()
			_, err := c.Summarize(t.Context(), input())
			if !errors.Is(err, want) {
				t.Errorf("%s: error %v, want %v", when, err, want)
			}
			if asked != calls {
				t.Errorf("%s: %d calls were made, want %d", when, asked, calls)
			}
		}
		for i := range 5 {
			expect("while failing", prompts.ErrUnavailable, i+1)
		}
		expect("after five failures", prompts.ErrBreakerOpen, 5)
		wait(t, 29*time.Second)
		expect("before the cool-down ends", prompts.ErrBreakerOpen, 5)
		wait(t, time.Second)
		expect("the probe", prompts.ErrUnavailable, 6)
		expect("after a failed probe", prompts.ErrBreakerOpen, 6)
		wait(t, 30*time.Second)
		healthy = true
		expect("the second probe", nil, 7)
		healthy = false
		c2 := input()
		c2.Score = 41
		if _, err := c.Summarize(t.Context(), c2); !errors.Is(err, prompts.ErrUnavailable) {
			t.Errorf("one failure after closing gave %v, want %v", err, prompts.ErrUnavailable)
		}
	})
}

// wait lets virtual time pass.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	<-time.After(d)
}

func TestOnlyOneProbeAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		c := newClient(t, offline(func(r *http.Request) (*http.Response, error) {
			if asked.Add(1) <= 5 {
				return reply(500, "")
			}
			return stall(r)
		}))
		for range 5 {
			_, _ = c.Summarize(t.Context(), input())
		}
		wait(t, 30*time.Second)
		var open atomic.Int32
		for range 10 {
			go func() {
				if _, err := c.Summarize(t.Context(), input()); errors.Is(err, prompts.ErrBreakerOpen) {
					open.Add(1)
				}
			}()
		}
		synctest.Wait()
		if got := [2]int32{asked.Load(), open.Load()}; got != [2]int32{6, 9} {
			t.Errorf("calls and refusals are %v, want one probe and nine refusals", got)
		}
		wait(t, 10*time.Second)
	})
}

func TestCallerGivingUpIsNotTheModelsFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var patient bool
		c := newClient(t, offline(func(r *http.Request) (*http.Response, error) {
			if patient {
				return reply(200, answer(honest))
			}
			return stall(r)
		}))
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := c.Summarize(ctx, input())
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || prompts.CodeOf(err) != "" {
				t.Errorf("error %v with code %q, want the caller's own", err, prompts.CodeOf(err))
			}
		}
		patient = true
		if _, err := c.Summarize(t.Context(), input()); err != nil {
			t.Errorf("the breaker opened on the caller's impatience: %v", err)
		}
	})
}

func TestBudgetIsKeptAndRenewsAtMidnightUTC(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		cfg := offline(func(*http.Request) (*http.Response, error) {
			asked++
			return reply(200, answer(honest)) // Says that it took 300 tokens.
		})
		cfg.MaxTokensPerDay = 4000
		c := newClient(t, cfg)
		spend := func() (calls int) {
			before := asked
			for i := range 100 {
				in := input()
				in.Duration = time.Duration(asked*100+i+1) * time.Minute
				_, err := c.Summarize(t.Context(), in)
				if errors.Is(err, prompts.ErrBudget) {
					return asked - before
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			t.Fatal("the budget never ran out")
			return 0
		}
		first := spend()
		// 300 tokens a call, and the last ones held back for what a call might take.
		if first < 3 || first > 13 {
			t.Errorf("%d calls of 300 tokens from a budget of 4000", first)
		}
		if again := spend(); again != 0 {
			t.Errorf("%d calls after the budget was spent", again)
		}
		wait(t, 24*time.Hour)
		if second := spend(); second != first {
			t.Errorf("%d calls on the second day, want %d", second, first)
		}
	})
}

func TestParallelCallsCannotOverspend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		cfg := offline(func(r *http.Request) (*http.Response, error) {
			asked.Add(1)
			return stall(r)
		})
		cfg.MaxTokensPerDay = 5000
		c := newClient(t, cfg)
		for i := range 20 {
			go func() {
				in := input()
				in.Duration = time.Duration(i+1) * time.Hour
				_, _ = c.Summarize(t.Context(), in)
			}()
		}
		synctest.Wait()
		// A call is reserved at its upper bound: more than 1024 and under 2500.
		if n := asked.Load(); n < 2 || n > 4 {
			t.Errorf("%d calls under way on a budget for 2 to 4", n)
		}
		wait(t, 10*time.Second)
	})
}
