package notary

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// post carries checkpoints to one anchor, the newest each time, at its own pace.
type post struct {
	notary  *Notary
	anchor  Anchor
	next    chan store.SignedCheckpoint // of capacity 1: the newest one that waits
	done    int64                       // size of the last one that arrived
	failing time.Time                   // since when; zero: it does not
	alarmed bool
	checked bool // what the anchor holds was compared with the log
}

// offer replaces the checkpoint that waits by a newer one. Only one goroutine
// offers.
func (p *post) offer(c store.SignedCheckpoint) {
	select {
	case <-p.next:
	default:
	}
	p.next <- c
}

func (p *post) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-p.next:
			for p.carry(ctx, c); !p.failing.IsZero(); p.carry(ctx, c) {
				pause := time.NewTimer(anchorPause)
				select {
				case <-ctx.Done():
					pause.Stop()
					return
				case <-pause.C:
				}
				select { // a newer one makes this one needless
				case c = <-p.next:
				default:
				}
			}
		}
	}
}

// carry makes one try.
func (p *post) carry(ctx context.Context, c store.SignedCheckpoint) {
	if !p.checked {
		p.compare(ctx)
	}
	if c.Size <= p.done {
		p.failing = time.Time{}
		return
	}
	try, cancel := context.WithTimeout(ctx, anchorTimeout)
	defer cancel()
	err := p.anchor.Put(try, c)
	if ctx.Err() != nil {
		p.failing = time.Time{}
		return
	}
	n, now := p.notary, p.notary.Now()
	state := store.Anchor{Name: p.anchor.Name(), Size: p.done}
	if err == nil {
		if !p.failing.IsZero() {
			n.Logger.InfoContext(ctx, "checkpoints arrive again", "anchor", p.anchor.Name())
		}
		p.done, p.failing, p.alarmed = c.Size, time.Time{}, false
		state.Size, state.At = c.Size, now
	} else {
		p.failed(ctx, now, err)
		state.FailingSince, state.LastError = p.failing, approvals.ErrorMessage(err)
	}
	if err := n.Log.SaveAnchor(ctx, state); err != nil && ctx.Err() == nil {
		n.Logger.WarnContext(ctx, "how far an anchor is could not be noted", "anchor", state.Name, "error", err)
	}
}

// failed notes a failure, and tells people when it lasts.
func (p *post) failed(ctx context.Context, now time.Time, err error) {
	n := p.notary
	if p.failing.IsZero() {
		p.failing = now
		n.Logger.ErrorContext(ctx, "a checkpoint could not be anchored; it is tried until it arrives", "anchor", p.anchor.Name(), "error", err)
	}
	if !p.alarmed && now.Sub(p.failing) >= n.Alarms {
		p.alarmed = true
		n.alarm(ctx, "audit/anchor/"+p.anchor.Name(), fmt.Sprintf(
			"Checkpoints of the audit log have not reached %s for %s. %s", p.anchor.Name(), approvals.Span(now.Sub(p.failing)), approvals.ErrorMessage(err)))
	}
}

// compare looks, once, whether the anchor knows of more events than the log has.
func (p *post) compare(ctx context.Context) {
	n := p.notary
	try, cancel := context.WithTimeout(ctx, anchorTimeout)
	defer cancel()
	head, err := n.Log.Head(try)
	if err != nil {
		return // looked at again with the next checkpoint
	}
	beyond, err := p.anchor.Beyond(try, head.Size())
	switch {
	case errors.Is(err, errors.ErrUnsupported):
	case err != nil:
		n.Logger.WarnContext(ctx, "what an anchor holds could not be compared", "anchor", p.anchor.Name(), "error", err)
		return
	case beyond != nil:
		claimed, _ := auditlog.Peek(beyond)
		n.Logger.ErrorContext(ctx, "the database was rolled back", "anchor", p.anchor.Name(), "events", head.Size(), "anchored", claimed.Size)
		n.alarm(ctx, "audit/rollback/"+p.anchor.Name(), fmt.Sprintf(
			"The database was rolled back: its audit log has %d events, and %s holds a checkpoint of %d. If a backup was restored, compare what is in the systems before anything else.",
			head.Size(), p.anchor.Name(), claimed.Size))
	}
	p.checked = true
}
