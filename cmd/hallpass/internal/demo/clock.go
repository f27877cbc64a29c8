package demo

import (
	"sync/atomic"
	"time"
)

// Clock is the machine's clock, moved ahead by hand: the story lets minutes
// pass between two steps.
type Clock struct{ ahead atomic.Int64 }

// Now is the time on this clock.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) { c.ahead.Add(int64(d)) }
