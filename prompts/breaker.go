package prompts

import (
	"sync"
	"time"
)

const (
	breakAfter = 5                // consecutive failures that open the breaker
	coolDown   = 30 * time.Second // how long it stays open before one probe
)

// breaker leaves a failing model alone: after breakAfter failures in a row it
// is open for coolDown, then lets one probe through. The probe's success
// closes it and its failure opens it again.
type breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int
	until    time.Time // open until then; the zero time when closed
	probing  bool
}

func newBreaker(now func() time.Time) *breaker { return &breaker{now: now} }

// enter reports whether a call may be made. Each true is followed by exactly
// one call of leave.
func (b *breaker) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return true
	}
	if b.probing || b.now().Before(b.until) {
		return false
	}
	b.probing = true
	return true
}

// verdicts on a call that the breaker let through.
type callResult int

const (
	callUnknown   callResult = iota // the caller gave up: says nothing about the model
	callSucceeded                   // a usable answer
	callFailed                      // none
)

// leave records how a call went. It reports whether that opened or closed the
// breaker, for the log.
func (b *breaker) leave(result callResult) (opened, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	wasOpen := !b.until.IsZero()
	switch result {
	case callUnknown:
		b.probing = false
	case callSucceeded:
		b.failures, b.until, b.probing = 0, time.Time{}, false
		return false, wasOpen
	case callFailed:
		b.probing = false
		if b.failures++; b.failures >= breakAfter {
			b.until = b.now().Add(coolDown)
			return !wasOpen, false
		}
	}
	return false, false
}
