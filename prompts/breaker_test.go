package prompts

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever happens, the breaker lets calls through when closed, one probe at a
// time when it has cooled down, and none before.
func TestBreakerStateMachine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(0, 0)
		b := newBreaker(func() time.Time { return now })
		var (
			failures, inside int
			open             bool
			until            time.Time
		)
		leave := func(result callResult) func(*rapid.T) {
			return func(t *rapid.T) {
				// A closed breaker may have many callers inside; we play them one at a time.
				if inside == 0 {
					t.Skip("nobody inside")
				}
				inside--
				opened, closed := b.leave(result)
				wasOpen := open
				switch result {
				case callSucceeded:
					failures, open = 0, false
				case callFailed:
					if failures++; failures >= breakAfter {
						open, until = true, now.Add(coolDown)
					}
				}
				if opened != (open && !wasOpen) || closed != (!open && wasOpen) {
					t.Fatalf("opened %v, closed %v; was open %v, is open %v", opened, closed, wasOpen, open)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"enter": func(t *rapid.T) {
				want := !open || inside == 0 && !now.Before(until)
				if open && inside > 0 {
					want = false
				}
				if !open && inside > 0 {
					t.Skip("one at a time")
				}
				if got := b.enter(); got != want {
					t.Fatalf("enter gave %v, want %v", got, want)
				} else if got {
					inside++
				}
			},
			"success": leave(callSucceeded),
			"failure": leave(callFailed),
			"unknown": leave(callUnknown),
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second)
			},
		})
	})
}

func TestBudgetSettlesOnlyWhatMakesSense(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name         string
		spent, later int
		days         int
		want         bool
	}{
		{"less than reserved is given back", 10, 90, 0, true},
		{"but no more than that", 10, 91, 0, false},
		{"nothing reported keeps the reservation", 0, 1, 0, false},
		{"a negative count keeps it", -5, 1, 0, false},
		{"more than reserved keeps it", 1000, 1, 0, false},
		{"yesterday's does not swell today", 10, 101, 1, false},
		{"today is whole", 10, 100, 1, true},
	} {
		now := time.Date(2026, 1, 1, 23, 0, 0, 0, time.UTC)
		b := newBudget(func() time.Time { return now }, 100)
		day, ok := b.reserve(100)
		if !ok {
			t.Fatal("the whole budget was not there")
		}
		now = now.AddDate(0, 0, tc.days)
		if tc.days > 0 {
			b.reserve(0) // The new day has begun when the old call ends.
		}
		b.settle(day, 100, tc.spent)
		if _, got := b.reserve(tc.later); got != tc.want {
			t.Errorf("%s: reserving %d gave %v", tc.name, tc.later, got)
		}
	}
}
