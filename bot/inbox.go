package bot

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

const (
	handleWithin = 20 * time.Second // one entry's handling
	inboundLease = time.Minute
	triesAtMost  = 5               // of handling one entry
	storeAway    = 2 * time.Second // how long the database is left alone when it does not answer
	triggerLives = 2 * time.Second // Slack's 3 s, less what the way takes
)

// said is an entry being handled.
type said struct {
	entry
	attempt int
	at      time.Time
}

// claimInbound starts handling at most n entries.
func (b *Bot) claimInbound(ctx context.Context, n int, done func()) int {
	leases, err := b.cfg.Store.ClaimInbound(ctx, b.cfg.Now(), inboundLease, n)
	if err != nil && ctx.Err() == nil {
		b.log.ErrorContext(ctx, "the inbox can't be read", "error", err)
		sleep(ctx, storeAway)
	}
	for _, l := range leases {
		go func() {
			defer done()
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleWithin)
			defer cancel()
			b.handleLease(ctx, l)
		}()
	}
	return len(leases)
}

func (b *Bot) handleLease(ctx context.Context, l approvals.InboundLease) {
	before := b.waited.of(l.ID)
	s := said{attempt: l.Attempt - before.early, at: l.At}
	ctx, end := b.cfg.Trace.Begin(ctx, "handle", slog.String("kind", l.Kind), slog.Int("attempt", l.Attempt))
	err := json.Unmarshal(l.Payload, &s.entry)
	defer func() { end(err) }()
	if err == nil {
		err = b.guarded(ctx, func() error { return b.handle(ctx, s) })
	}
	if err != nil {
		wait, patient := patience(err)
		if again, _ := passing(err); again && (patient || l.Attempt-before.times < triesAtMost) {
			if !patient {
				wait = time.Second << min(l.Attempt-before.times, triesAtMost)
			}
			b.handleLater(ctx, l, err, wait)
			return
		}
		b.log.WarnContext(ctx, "an entry of the inbox failed", "key", l.Key, "kind", l.Kind, "attempt", l.Attempt, "error", err)
		b.tell(ctx, s, approvals.ErrorMessage(err))
	}
	b.waited.forget(l.ID)
	if err := b.cfg.Store.FinishInbound(ctx, l); err != nil {
		b.log.ErrorContext(ctx, "an entry could not be finished", "key", l.Key, "error", err)
	}
	b.cfg.Observe("handle", b.cfg.Now().Sub(l.At))
}

// handleLater gives an entry back. Waiting for Slack's pace is no failure.
func (b *Bot) handleLater(ctx context.Context, l approvals.InboundLease, err error, wait time.Duration) {
	level := slog.LevelWarn
	if _, patient := patience(err); patient {
		level = slog.LevelDebug
		b.waited.note(l.ID, errors.As(err, new(*unbegun)))
	}
	b.log.Log(ctx, level, "an entry of the inbox is handled later", "key", l.Key, "kind", l.Kind, "attempt", l.Attempt, "in", wait, "error", err)
	if err := b.cfg.Store.RetryInbound(ctx, l, b.cfg.Now().Add(wait), approvals.ErrorMessage(err)); err != nil {
		b.log.ErrorContext(ctx, "an entry could not be given back", "key", l.Key, "error", err)
	}
	b.inboxDue.in(wait)
}

// unbegun is an error before anything was done.
type unbegun struct{ error }

// Unwrap returns the error itself.
func (u *unbegun) Unwrap() error { return u.error }

// waited remembers of entries that waited for Slack's pace how often they did:
// it does not count as having failed. What is lost with the process only makes
// the next one look for answers that are not there.
type waited struct {
	mu sync.Mutex
	by map[int64]waits
}

// waits are tries that were put off; early, before they had done anything.
type waits struct{ times, early int }

func (w *waited) of(id int64) waits {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.by[id]
}

func (w *waited) note(id int64, early bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by == nil {
		w.by = map[int64]waits{}
	}
	n := w.by[id]
	n.times++
	if early {
		n.early++
	}
	w.by[id] = n
}

func (w *waited) forget(id int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.by, id)
}

// guarded turns a panic into an error, so that one entry that nobody thought
// of can't stop all others, again at each start.
func (b *Bot) guarded(ctx context.Context, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			b.log.ErrorContext(ctx, "a defect", "panic", p, "stack", string(debug.Stack()))
			err = &approvals.Error{Code: approvals.CodeInternal, Err: errDefect}
		}
	}()
	return f()
}

var errDefect = errors.New("a defect; the log has its place")

// handle does what an entry asks for. What the Service refuses is told to the
// person and is no error; an error means that it may be tried again.
func (b *Bot) handle(ctx context.Context, s said) error {
	if s.Kind == kindAccount {
		return b.accountChanged(ctx, s)
	}
	p, err := b.identify(ctx, s.entry)
	if _, patient := patience(err); patient {
		return &unbegun{err}
	}
	if err != nil {
		return b.refused(ctx, s, err)
	}
	switch s.Kind {
	case kindMessage, kindMention:
		err = b.words(ctx, s, p)
	case kindCommand:
		if s.Text == "" {
			err = b.openForm(ctx, s, p, "")
		} else {
			err = b.words(ctx, s, p)
		}
	case kindShortcut:
		err = b.shortcut(ctx, s, p)
	case kindClick:
		err = b.click(ctx, s, p)
	case kindHome:
		err = b.publishHome(ctx, s.User, p)
		if _, patient := patience(err); patient { // what the person presses next must not wait behind it
			err = b.cfg.Service.RedrawHome(ctx, p.ID)
		}
	}
	return b.refused(ctx, s, err)
}

// refused tells a person what the Service, or the bot, answers with no. Only
// what may pass by itself is left as an error.
func (b *Bot) refused(ctx context.Context, s said, err error) error {
	switch approvals.ErrorCode(err) {
	case "":
		return nil
	case approvals.CodeUnavailable, approvals.CodeInternal:
		return err
	}
	if s.Kind == kindHome {
		if err := b.publish(ctx, s.User, cards.HomeFor(approvals.ErrorMessage(err))); err != nil {
			b.log.InfoContext(ctx, "no Home tab for somebody who may not use it", "user", s.User, "error", err)
		}
		return nil
	}
	b.tell(ctx, s, approvals.ErrorMessage(err))
	return nil
}

// accountChanged passes on that an account is no longer what it was. What has
// changed is read from Slack, not from the event.
func (b *Bot) accountChanged(ctx context.Context, s said) error {
	b.forget(s.User)
	u, err := b.profile(ctx, s.User, true)
	if err != nil {
		if approvals.ErrorCode(err) == approvals.CodeForbidden {
			return nil // somebody the bot can't see
		}
		return err
	}
	return b.cfg.Service.AccountChanged(ctx, b.account(u, "", ""))
}

// decides reports whether an entry may settle something: then the person is
// looked up anew.
func decides(e entry) bool {
	if e.Kind == kindSubmission {
		return e.Action == cards.CallbackDeny || e.Action == cards.CallbackLess
	}
	return e.Kind == kindClick && (e.Action == cards.ActionApprove || e.Action == cards.ActionDeny || e.Action == cards.ActionSend || e.Action == cards.ActionConfirm)
}

// actor is a principal acting through an entry.
func actor(p approvals.Principal, e entry) approvals.Actor {
	ref := e.Channel
	if e.TS != "" {
		ref += "/" + e.TS
	}
	return approvals.Person(p.ID, door, ref)
}
