package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"
)

// perMinute is how many calls of a method Slack lets an app make in a minute,
// by the tiers of its reference (2: 20+, 3: 50+, 4: 100+). For posting it says
// "several hundred" in a workspace, and one a second in a conversation.
var perMinute = map[string]int{
	"chat.postMessage":   600,
	"chat.postEphemeral": 100, "users.info": 100, "views.open": 100, "views.publish": 100, "views.update": 100,
	"chat.update": 50, "conversations.history": 50, "conversations.open": 50, "conversations.replies": 50, "users.lookupByEmail": 50,
	"usergroups.list": 20, "usergroups.users.list": 20, "users.list": 20,
}

// asks are calls that somebody's click waits for: they come in bursts.
var asks = map[string]bool{"conversations.open": true, "usergroups.list": true, "usergroups.users.list": true, "users.info": true, "views.open": true}

const (
	postsPerSecond = 1 // in one conversation
	// postBurst is how many posts may follow each other at once in a
	// conversation that was quiet. Slack allows "short bursts" and gives no figure.
	postBurst = 3
	// burstShare is the part of a method's calls a minute that may come at
	// once. The rest is spread, so that no minute has more than Slack allows.
	burstShare = 0.25
	askShare   = 0.5 // the same for calls that somebody's click waits for
	// turnWithin is how long a call waits for its turn. What would wait longer
	// is put off, and makes room for others.
	turnWithin = 2 * time.Second
	// strainedFor is how long calls come slower after Slack asked for
	// patience: another replica may be calling as well.
	strainedFor = time.Minute
	slowest     = 8 // times slower than usual, at most
	// failuresInARow is after how many calls without an answer a method rests,
	// and longestRest for how long at most until the next is tried.
	failuresInARow = 5
	longestRest    = 30 * time.Second
	// lanesAtMost bounds the memory: beyond it, those at rest are forgotten.
	lanesAtMost = 20000
)

// putOff says that a call was not made because too many went before it.
type putOff struct{ after time.Duration }

func (p *putOff) Error() string { return fmt.Sprintf("put off for %s to keep Slack's pace", p.after) }

// patience is how long Slack, or the pacer, wants a call to wait; ok is false
// when err says no such thing. Such a call had no effect.
func patience(err error) (wait time.Duration, ok bool) {
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		return limited.RetryAfter, true
	}
	var put *putOff
	if errors.As(err, &put) {
		return put.after, true
	}
	return 0, false
}

// pacer spaces calls as Slack wants them: of each method so many a minute, and
// of posts one a second in each conversation.
type pacer struct {
	scale float64 // of Slack's limits
	mu    sync.Mutex
	lanes map[string]*lane // by method, and for posts also by method and conversation
}

// unpaced is a scale at which no call waits unless Slack asks for it.
const unpaced = 1e6

func newPacer(scale float64) *pacer {
	switch {
	case scale == 0:
		scale = 1
	case scale < 0:
		scale = unpaced
	}
	return &pacer{scale: scale, lanes: map[string]*lane{}}
}

// lane is calls that share a limit.
type lane struct {
	tokens *rate.Limiter
	limit  rate.Limit // in calm times
	burst  int
	until  time.Time // Slack asked for patience until then
	last   time.Time // when the last call that was put off may come
	calm   time.Time // when the usual pace is taken up again; zero: it is kept
	failed int       // calls in a row that Slack did not answer
}

func newLane(perSecond float64, burst int) *lane {
	l := &lane{limit: rate.Limit(perSecond), burst: max(1, burst)}
	l.tokens = rate.NewLimiter(l.limit, l.burst)
	return l
}

// enter takes a turn for a call. It returns how long to wait before making it,
// or a putOff.
func (p *pacer) enter(now time.Time, method, channel string) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var wait time.Duration
	var slow *lane
	var taken []*rate.Reservation
	for _, l := range p.of(now, method, channel) {
		l.recover(now)
		d := l.until.Sub(now)
		if d <= 0 {
			r := l.tokens.ReserveN(now, 1)
			taken, d = append(taken, r), r.DelayFrom(now)
		}
		if d > wait {
			wait, slow = d, l
		}
	}
	if wait <= turnWithin {
		return wait, nil
	}
	for _, r := range taken {
		r.CancelAt(now)
	}
	return 0, &putOff{after: slow.turn(now)}
}

// turn is how long until a call that is put off may come: each gets a time of
// its own, so that they don't come all at once to be put off again.
func (l *lane) turn(now time.Time) time.Duration {
	for _, t := range []time.Time{now, l.until} {
		if l.last.Before(t) {
			l.last = t
		}
	}
	l.last = l.last.Add(time.Duration(float64(time.Second) / float64(l.tokens.Limit())))
	return l.last.Sub(now)
}

// recover takes up the usual pace again when Slack has not complained for a while.
func (l *lane) recover(now time.Time) {
	if !l.calm.IsZero() && now.After(l.calm) {
		l.tokens.SetLimitAt(now, l.limit)
		l.tokens.SetBurstAt(now, l.burst)
		l.calm = time.Time{}
	}
}

// refused notes that Slack asked for patience: a post's conversation, or else
// the whole method, rests for that long and then goes slower for a while.
func (p *pacer) refused(now time.Time, method, channel string, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.of(now, method, channel)
	l := all[len(all)-1]
	if until := now.Add(wait); l.until.Before(until) {
		l.until = until
	}
	l.tokens.SetLimitAt(now, max(l.limit/slowest, l.tokens.Limit()/2))
	l.tokens.SetBurstAt(now, 1)
	l.calm = l.until.Add(strainedFor)
}

// answered notes whether Slack answered a call at all. When it did not several
// times in a row, the method rests: each further call would only be another
// failure, and a backlog of them keeps process and database busy.
func (p *pacer) answered(now time.Time, method, channel string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.of(now, method, channel)[0]
	if ok {
		l.failed = 0
		return
	}
	if l.failed++; l.failed >= failuresInARow {
		l.until = now.Add(min(time.Second<<min(l.failed-failuresInARow, 10), longestRest))
	}
}

// of finds the lanes of a call, the narrowest last. p.mu is held.
func (p *pacer) of(now time.Time, method, channel string) []*lane {
	find := func(key string, perSecond, burst float64) *lane {
		if p.lanes[key] == nil {
			p.forget(now)
			p.lanes[key] = newLane(perSecond*p.scale, int(burst*p.scale))
		}
		return p.lanes[key]
	}
	n, share := float64(perMinute[method]), burstShare
	if asks[method] {
		share = askShare
	}
	all := []*lane{find(method, n*(1-share)/60, n*share)}
	if method == "chat.postMessage" {
		all = append(all, find(method+" "+channel, postsPerSecond, postBurst))
	}
	return all
}

// forget makes room when there are too many lanes. p.mu is held.
func (p *pacer) forget(now time.Time) {
	if len(p.lanes) < lanesAtMost {
		return
	}
	for key, l := range p.lanes {
		if now.After(l.last) && now.After(l.until) && l.calm.IsZero() && l.tokens.TokensAt(now) >= float64(l.burst) {
			delete(p.lanes, key)
		}
	}
}

// call makes one Web API call in its turn. What Slack answers to it about
// patience holds for later calls; tokens that Slack refuses end the bot.
func (b *Bot) call(ctx context.Context, method, channel string, f func(context.Context) error) error {
	wait, err := b.pacer.enter(b.cfg.Now(), method, channel)
	if err != nil {
		b.health.count(func(h *Health) { h.PutOff++ })
		return err
	}
	if wait > 0 && !sleep(ctx, wait) {
		return ctx.Err()
	}
	err = f(ctx)
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		b.health.count(func(h *Health) { h.Limited++ })
		b.pacer.refused(b.cfg.Now(), method, channel, limited.RetryAfter)
	}
	var status slack.StatusCodeError
	failed := err != nil && limited == nil && slackCode(err) == "" && (!errors.As(err, &status) || status.Code >= http.StatusInternalServerError)
	if !ended(ctx) {
		b.pacer.answered(b.cfg.Now(), method, channel, !failed)
	}
	if lost(err) {
		b.end(mend(method, err))
	}
	return err
}
