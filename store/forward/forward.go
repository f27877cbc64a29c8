package forward

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// Log is what is needed of the store.
type Log interface {
	TakeForward(ctx context.Context, name string, turn int64, fromNow bool) (store.Forward, error)
	SaveForward(context.Context, store.Forward) error
	Records(ctx context.Context, after int64, limit int) ([]auditlog.Record, error)
}

// Receiver is somebody outside who wants the events. It is used by one
// goroutine at a time.
type Receiver interface {
	// Send hands over events, in order. None: it only looks whether what was
	// handed over before still is. After an error all that is not settled is
	// handed over again.
	Send(context.Context, []approvals.Event) error
	// Settled is the number of the last event that surely arrived, of those handed
	// over since the last error; 0: none did.
	Settled() int64
	Close() error
}

// Target is a receiver with its name, which its position is kept under.
type Target struct {
	Name     string
	Receiver Receiver
	FromNow  bool // a new one gets no events from before
}

// Config is what a Forwarder needs.
type Config struct {
	Log     Log
	Targets []Target
	Poll    time.Duration // how often it is looked for new events; zero: 1 s
	Retry   time.Duration // the first pause after a failure, which doubles; zero: 1 s
	Timeout time.Duration // of one sending; zero: 10 s; at most half a minute
	Alarms  time.Duration // how long a receiver may fail, or be behind, before people are told; zero: 5 min
	// Alarm tells people one sentence. Slot names what it is about, so that they
	// are told once. Nil: only the logger hears.
	Alarm  func(ctx context.Context, slot, words string)
	Now    func() time.Time // nil: time.Now
	Logger *slog.Logger     // nil: nobody hears
}

const (
	mostEvents  = 200              // that are sent at once
	mostRetry   = time.Minute      // between two tries
	otherHasIt  = 5 * time.Second  // between looks whether another process let go
	renewAfter  = 20 * time.Second // of a minute that a process has a receiver to itself
	longestSend = 30 * time.Second
	longestSave = 3 * time.Second
)

// Forwarder serves all receivers.
type Forwarder struct{ Config }

// New makes a forwarder. It fails with CodeInvalid for a configuration that
// cannot work.
func New(c Config) (*Forwarder, error) {
	c.Poll, c.Retry = cmp.Or(c.Poll, time.Second), cmp.Or(c.Retry, time.Second)
	c.Timeout, c.Alarms = cmp.Or(c.Timeout, 10*time.Second), cmp.Or(c.Alarms, 5*time.Minute)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Timeout > longestSend {
		return nil, approvals.Errorf(approvals.CodeInvalid, "Audit events are sent within %s or tried again, not within %s.", longestSend, c.Timeout)
	}
	names := map[string]bool{}
	for _, t := range c.Targets {
		if names[t.Name] || t.Name == "" {
			return nil, approvals.Errorf(approvals.CodeInvalid, "Each receiver of audit events has a name of its own, and %q is none.", t.Name)
		}
		names[t.Name] = true
	}
	return &Forwarder{c}, nil
}

// Run serves the receivers, each at its own pace, until the context ends, and
// returns nil then.
func (f *Forwarder) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, t := range f.Targets {
		wg.Go(func() {
			r := &route{Forwarder: f, Target: t, wait: f.Retry}
			r.run(ctx)
			_ = t.Receiver.Close() // what it has not settled is sent again
		})
	}
	wg.Wait()
	return nil
}

// Later is an error of a receiver that asks to be left alone for a while.
type Later struct {
	After time.Duration
	Err   error
}

func (l *Later) Error() string { return l.Err.Error() }

// Unwrap implements errors.Unwrap.
func (l *Later) Unwrap() error { return l.Err }

// decoded are events as they were stored.
func decoded(page []auditlog.Record) ([]approvals.Event, error) {
	events := make([]approvals.Event, len(page))
	for i, r := range page {
		if err := json.Unmarshal(r.Body, &events[i]); err != nil {
			return nil, fmt.Errorf("read event %d: %w", r.Sequence, err)
		}
	}
	return events, nil
}

// pause waits, and reports whether the context goes on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// after is how long a receiver that failed is left alone.
func after(err error, otherwise time.Duration) time.Duration {
	var later *Later
	if errors.As(err, &later) && later.After > 0 {
		return later.After
	}
	return otherwise
}
