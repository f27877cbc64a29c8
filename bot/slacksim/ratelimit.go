package slacksim

import (
	"time"

	"golang.org/x/time/rate"
)

// perMinute are Slack's tiers, in calls a minute for each method. Slack allows "20+" and the like; a strict double allows the
// figure and no more.
var perMinute = map[int]int{1: 1, 2: 20, 3: 50, 4: 100}

const (
	// postPerSecond is Slack's rule for chat.postMessage: one message a second in a channel, with short bursts.
	postPerSecond = 1
	// postBurst is what this workspace takes for a short burst; Slack gives no figure.
	postBurst = 5
	// specialPerMinute stands for "hundreds a minute", what Slack says of the methods with a rule of their own.
	specialPerMinute = 600
)

// bucket counts the calls of one method: either those of the last minute, or by a token bucket.
type bucket struct {
	recent  []time.Time
	limiter *rate.Limiter
}

// allow takes one call of a method. It returns how long to wait when the limit is reached, or zero.
func (w *Workspace) allow(name string, tier int, channel string) time.Duration {
	scale := w.cfg.Rates.Scale
	if scale < 0 {
		return 0
	}
	if scale == 0 {
		scale = 1
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.cfg.Now()
	if name == "chat.postMessage" {
		b := w.bucket(name + " " + channel)
		if b.limiter == nil {
			b.limiter = rate.NewLimiter(rate.Limit(postPerSecond*scale), max(1, int(postBurst*scale)))
		}
		r := b.limiter.ReserveN(now, 1)
		if d := r.DelayFrom(now); d > 0 {
			r.CancelAt(now)
			return d
		}
	}
	n := perMinute[tier]
	if tier == 5 {
		n = specialPerMinute
	}
	return w.bucket(name).take(now, max(1, int(float64(n)*scale)))
}

// bucket finds or makes a bucket. w.mu is held.
func (w *Workspace) bucket(key string) *bucket {
	if w.buckets[key] == nil {
		w.buckets[key] = &bucket{}
	}
	return w.buckets[key]
}

// take counts a call if fewer than n were made in the last minute; otherwise it returns how long until one may be.
func (b *bucket) take(now time.Time, n int) time.Duration {
	since := now.Add(-time.Minute)
	i := 0
	for i < len(b.recent) && !b.recent[i].After(since) {
		i++
	}
	b.recent = b.recent[i:]
	if len(b.recent) >= n {
		return b.recent[len(b.recent)-n].Sub(since)
	}
	b.recent = append(b.recent, now)
	return 0
}
