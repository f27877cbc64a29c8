package prompts

import (
	"sync"
	"time"
)

// budget counts tokens from one midnight UTC to the next.
type budget struct {
	now func() time.Time
	max int

	mu   sync.Mutex
	day  time.Time
	used int
}

func newBudget(now func() time.Time, tokens int) *budget { return &budget{now: now, max: tokens} }

// reserve sets tokens aside for a call before it is made, so that calls in
// parallel cannot overspend together. It reports whether they were there, and
// the day they were taken from.
func (b *budget) reserve(tokens int) (day time.Time, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if today := b.now().UTC().Truncate(24 * time.Hour); !today.Equal(b.day) {
		b.day, b.used = today, 0
	}
	if b.used+tokens > b.max {
		return b.day, false
	}
	b.used += tokens
	return b.day, true
}

// settle replaces a reservation by what the endpoint says was spent. A number
// that makes no sense leaves the reservation, which is the upper bound; so does
// a failed call, which may have been paid for.
func (b *budget) settle(day time.Time, reserved, spent int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if spent > 0 && spent < reserved && day.Equal(b.day) {
		b.used -= reserved - spent
	}
}
