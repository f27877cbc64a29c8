package awstest

import (
	"context"
	"sync"
	"time"
)

// Clock is a clock that moves when somebody waits.
type Clock struct {
	mu    sync.Mutex
	now   time.Time
	since time.Time // the machine's time at now; zero: the clock stands
}

// NewClock makes a clock that shows a time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// Running makes a clock that goes with the machine's, for processes of which
// each has its own.
func Running() *Clock {
	now := time.Now()
	return &Clock{now: now, since: now}
}

// Now is what it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.since.IsZero() {
		return c.now.Add(time.Since(c.since))
	}
	return c.now
}

// Advance moves it.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Wait moves it by d, unless the context has ended.
func (c *Clock) Wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.Advance(d)
	return nil
}
