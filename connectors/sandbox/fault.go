package sandbox

import (
	"context"
	"errors"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Op names a call to the system, or what the system does by itself.
type Op string

// The operations. Those of the system itself, and those by hand, take no faults.
const (
	OpGrant       Op = "grant"
	OpRevoke      Op = "revoke"
	OpCheck       Op = "check"
	OpList        Op = "list"
	OpSetEnd      Op = "set_end"
	OpEndSessions Op = "end_sessions"
	OpExpire      Op = "expire" // the system's own sweep
	OpSeat        Op = "seat"   // by hand
	OpUnseat      Op = "unseat" // by hand
)

// Fault is one way to misbehave. Fields combine: a fault with a Delay and an
// Err waits, then fails.
type Fault struct {
	Op    Op
	Times int // calls that it spoils; 0: all, until Heal

	Delay      time.Duration // before the effect
	Err        error         // the answer; anything but a ConnectorError becomes a retryable one
	AnswerLost bool          // the effect happens, then the answer is Err, or ambiguous
	Lie        bool          // says done and does nothing
	Stale      bool          // Check: answers as it was before the holding's last change
	Hold       time.Time     // Revoke, EndSessions: open sessions cannot be ended before
}

func (f Fault) zero() bool {
	return f.Delay == 0 && f.Err == nil && !f.AnswerLost && !f.Lie && !f.Stale && f.Hold.IsZero()
}

// Inject makes later calls misbehave. Faults of one operation are used up in
// the order in which they came.
func (s *Sandbox) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Script asks f before each call, with the grant's id, which fault to show;
// the zero Fault is none. Injected faults go first. nil ends it.
func (s *Sandbox) Script(f func(Op, string) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = f
}

// Heal ends all misbehaviour.
func (s *Sandbox) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.script = nil, nil
}

// next takes the fault that the coming call shows.
func (s *Sandbox) next(op Op, grant string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Op != op {
			continue
		}
		found := *f
		if f.Times == 1 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		f.Times--
		return found
	}
	if s.script != nil {
		return s.script(op, grant)
	}
	return Fault{}
}

// call runs effect as the fault at hand allows. effect runs under the lock.
func (s *Sandbox) call(ctx context.Context, op Op, grant string, effect func(Fault) error) error {
	f := s.next(op, grant)
	if !f.zero() {
		s.cfg.Logger.DebugContext(ctx, "sandbox misbehaves as told", "op", op, "grant", grant)
	}
	if err := wait(ctx, f.Delay); err != nil {
		return &approvals.ConnectorError{Kind: approvals.Retryable, Message: "The call was cancelled before anything happened.", Err: err}
	}
	if f.Err != nil && !f.AnswerLost {
		return asConnectorError(f.Err)
	}
	s.mu.Lock()
	err := s.answers()
	if err == nil {
		err = effect(f)
	}
	s.mu.Unlock()
	if err != nil {
		return asConnectorError(err)
	}
	if f.AnswerLost {
		if f.Err != nil {
			return asConnectorError(f.Err)
		}
		return fail(approvals.Ambiguous, "The sandbox did not answer in time.")
	}
	return nil
}

func asConnectorError(err error) error {
	if ce, ok := errors.AsType[*approvals.ConnectorError](err); ok {
		return ce
	}
	return &approvals.ConnectorError{Kind: approvals.Retryable, Message: "The sandbox failed; it is tried again.", Err: err}
}

func wait(ctx context.Context, d time.Duration) error {
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}
