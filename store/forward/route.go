package forward

import (
	"context"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// route is one receiver, and how far it is.
type route struct {
	*Forwarder
	Target
	state  store.Forward // as the database has it
	taken  time.Time     // when this process last made it its own
	cursor int64         // the last event that was handed over
	behind time.Time     // since when there is always more to send; zero: there is not
	wait   time.Duration // after the next failure
	told   bool          // that it fails or is behind
	lost   bool          // that the database does not answer was logged
}

func (r *route) run(ctx context.Context) {
	for {
		d := r.step(ctx)
		if ctx.Err() != nil || !pause(ctx, d) {
			return
		}
	}
}

// step hands over what there is, and says when to look again.
func (r *route) step(ctx context.Context) time.Duration {
	if r.state.Turn == 0 || r.Now().Sub(r.taken) > renewAfter {
		if err := r.take(ctx); err != nil {
			return r.refused(ctx, err)
		}
	}
	page, err := r.Log.Records(ctx, r.cursor, mostEvents)
	if err != nil {
		return r.unread(ctx, err)
	}
	r.lost = false
	if len(page) == 0 {
		r.behind = time.Time{}
		return r.idle(ctx)
	}
	events, err := decoded(page)
	if err == nil {
		err = r.send(ctx, events)
	}
	if err != nil && ctx.Err() != nil {
		return 0
	}
	if err != nil {
		return r.failed(ctx, err)
	}
	r.cursor = page[len(page)-1].Sequence
	r.works(ctx)
	if len(page) < mostEvents {
		r.behind = time.Time{}
		return r.Poll
	}
	if r.behind.IsZero() {
		r.behind = r.Now()
	}
	if since := r.Now().Sub(r.behind); since >= r.Alarms {
		r.alarm(ctx, fmt.Sprintf("%s takes audit events more slowly than they come, for %s now. None is lost.", r.Name, approvals.Span(since)))
	}
	return 0
}

// idle looks after what was handed over before.
func (r *route) idle(ctx context.Context) time.Duration {
	if err := r.send(ctx, nil); err != nil && ctx.Err() == nil {
		return r.failed(ctx, err)
	}
	if r.Receiver.Settled() > r.state.Sequence {
		r.works(ctx)
	}
	return r.Poll
}

func (r *route) send(ctx context.Context, events []approvals.Event) error {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	return r.Receiver.Send(ctx, events)
}

// take makes the receiver this process' own for another while.
func (r *route) take(ctx context.Context) error {
	now := r.Now()
	state, err := r.Log.TakeForward(ctx, r.Name, r.state.Turn, r.FromNow)
	if err != nil {
		return err
	}
	if state.Turn != r.state.Turn { // it was somebody else's meanwhile, who may have got further
		r.cursor = state.Sequence
	}
	r.state, r.taken = state, now
	return nil
}

// works notes how far the receiver is.
func (r *route) works(ctx context.Context) {
	if !r.state.FailingSince.IsZero() {
		r.Logger.InfoContext(ctx, "audit events arrive again", "receiver", r.Name)
	}
	r.wait, r.told = r.Retry, r.told && !r.behind.IsZero()
	next := r.state
	next.Sequence, next.At = max(next.Sequence, r.Receiver.Settled()), r.Now()
	next.FailingSince, next.LastError = time.Time{}, ""
	r.save(ctx, next)
}

// failed notes why nothing arrives, tells people when that lasts, and goes back
// to what surely arrived.
func (r *route) failed(ctx context.Context, err error) time.Duration {
	next := r.state
	if next.FailingSince.IsZero() {
		next.FailingSince = r.Now()
		r.Logger.WarnContext(ctx, "audit events do not arrive; they are sent until they do", "receiver", r.Name, "error", err)
	}
	next.LastError = approvals.ErrorMessage(err)
	r.save(ctx, next)
	r.cursor = r.state.Sequence
	if since := r.Now().Sub(next.FailingSince); since >= r.Alarms {
		r.alarm(ctx, fmt.Sprintf("Audit events have not reached %s for %s; they wait, and none is lost. %s", r.Name, approvals.Span(since), next.LastError))
	}
	d := after(err, r.wait)
	r.wait = min(2*r.wait, mostRetry)
	return d
}

// save stores how far the receiver is, also while the program stops: what is
// noted is not sent again. Whoever has lost the receiver begins again.
func (r *route) save(ctx context.Context, next store.Forward) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestSave)
	defer cancel()
	err := r.Log.SaveForward(ctx, next)
	switch {
	case err == nil:
		r.state = next
	case approvals.ErrorCode(err) == approvals.CodeConflict:
		r.state, r.taken = store.Forward{}, time.Time{}
	default: // it is noted with the next one; until then more may be sent again
		r.state.FailingSince, r.state.LastError = next.FailingSince, next.LastError
		r.Logger.WarnContext(ctx, "how far a receiver of audit events is could not be noted", "receiver", r.Name, "error", err)
	}
}

// refused waits for the database, or for the process that has the receiver.
func (r *route) refused(ctx context.Context, err error) time.Duration {
	if approvals.ErrorCode(err) != approvals.CodeConflict {
		return r.unread(ctx, err)
	}
	r.state, r.taken = store.Forward{}, time.Time{}
	_ = r.Receiver.Close() // another process sends now
	return otherHasIt
}

// unread waits for the database.
func (r *route) unread(ctx context.Context, err error) time.Duration {
	if !r.lost && ctx.Err() == nil {
		r.lost = true
		r.Logger.WarnContext(ctx, "audit events can't be read to be sent on; it is tried again", "receiver", r.Name, "error", err)
	}
	return otherHasIt
}

// alarm tells people once, until it works again.
func (r *route) alarm(ctx context.Context, words string) {
	if r.told || r.Alarm == nil {
		return
	}
	r.told = true
	r.Alarm(ctx, "audit/forward/"+r.Name+"/"+r.Now().UTC().Format(time.RFC3339), words)
}
