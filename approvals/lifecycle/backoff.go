package lifecycle

import (
	"math/rand/v2"
	"time"
)

// The pauses between tries. A revocation is never given up, so its pause is
// long at last; provisioning ends after Config.GiveUp, so its pause stays short.
const (
	firstPause      = time.Second
	longestPause    = 15 * time.Minute
	provisionPause  = time.Minute
	conflictPause   = 200 * time.Millisecond // somebody else changed it: look again soon
	tripAfter       = 5                      // failures in a row until a connector counts as down
	longestProbe    = 5 * time.Second        // how often one that is down is tried
	provisionTries  = 20
	explainTries    = 3
	explainTimeout  = 30 * time.Second
	watchEvery      = 5 * time.Second
	defaultTimeout  = 10 * time.Second
	callSettles     = 2 * time.Second // what a system may take to act on a call that was given up
	leaseReserve    = time.Second     // a run ends this long before its lease
	claimGap        = 5 * time.Millisecond
	claimBatch      = 256
	claimsPerPass   = 16
	readsAtOnce     = 64      // the database answers what comes together together
	queueAtMost     = 100_000 // a kilobyte each; what is given back for want of room comes late
	sweepBatch      = 1000
	overdueAtMost   = 10_000
	storeTimeout    = 15 * time.Second
	residualNear    = 5 * time.Second // replicas' clocks differ by less
	readBackTries   = 3
	readBackPause   = 300 * time.Millisecond
	defaultInFlight = 8
	houseInFlight   = 256  // tasks that wait for the database only
	houseFull       = 4096 // of them that wait for a slot, until no more are claimed
	storingAtMost   = 256  // tasks of a connector that only wait for the database
	resultsAtMost   = 1024 // that wait while the loop looks at the task table
	longestGap      = 50 * time.Millisecond
)

// pause is how long to wait after the nth failure, from 1: doubling from a
// second up to longest, and a fifth more or less, so that those who failed
// together do not come back together.
func pause(n int, longest time.Duration) time.Duration {
	d := longest
	if n < 20 {
		d = min(longest, firstPause<<max(0, n-1))
	}
	return min(longest, d-d/5+rand.N(2*d/5+1)) //nolint:gosec // Nobody gains by guessing a pause.
}

// breaker counts failures in a row of one connector for one class of tasks.
// Open, it lets one task try every few seconds; the first success closes it,
// and all that waits goes on at once.
type breaker struct {
	failures int
	probeAt  time.Time
}

func (b *breaker) open() bool { return b.failures >= tripAfter }

func (b *breaker) succeed() { b.failures = 0 }

// fail counts a failure and reports whether it opened the breaker.
func (b *breaker) fail(now time.Time) bool {
	b.failures++
	if b.failures != tripAfter {
		return false
	}
	b.probe(now)
	return true
}

// probe notes that one task tries its luck now.
func (b *breaker) probe(now time.Time) {
	b.probeAt = now.Add(min(longestProbe, pause(b.failures-tripAfter+1, longestProbe)))
}

// worthALine reports whether the next failure belongs in the audit log. While
// a connector is down its probes fail every few seconds; of those, ever fewer.
func (b *breaker) worthALine() bool {
	n := b.failures + 1
	return n <= tripAfter || n&(n-1) == 0
}
