package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/hallpass-dev/hallpass/approvals"
)

// failure is a connector's error, never nil inside a step.
type failure = approvals.ConnectorError

// admit waits until the connector's rate allows one more call.
func (p *pool) admit(ctx context.Context) *failure {
	if p.conn == nil {
		return &failure{Kind: approvals.Misconfigured,
			Message: fmt.Sprintf("No connector named %q is configured, so this system can't be reached.", p.name)}
	}
	if err := p.limiter.Wait(ctx); err != nil {
		return &failure{Kind: approvals.Retryable, After: firstPause, Message: "Too many calls wait for this system.", Err: err}
	}
	return nil
}

// ask makes one call to the connector, in its time and at its rate. op is what
// the connector's method does, for who traces.
func ask[T any](ctx context.Context, p *pool, op string, f func(context.Context) (T, error)) (T, *failure) {
	if fail := p.admit(ctx); fail != nil {
		var zero T
		return zero, fail
	}
	return call(ctx, p, op, f)
}

// call makes one call that was admitted. A panic inside is a failure of which
// nobody knows how far it came.
func call[T any](ctx context.Context, p *pool, op string, f func(context.Context) (T, error)) (v T, fail *failure) {
	ctx, end := p.trace.Begin(ctx, "connector call", slog.String("connector", p.name), slog.String("op", op))
	defer func() {
		if fail != nil {
			end(fail)
			return
		}
		end(nil)
	}()
	ctx, cancel := context.WithTimeout(ctx, p.limits.CallTimeout)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			fail = &failure{Kind: approvals.Ambiguous, Message: "The connector failed in an unexpected way.", Err: fmt.Errorf("panic: %v", r)}
		}
	}()
	if ctx.Err() != nil {
		return v, &failure{Kind: approvals.Retryable, After: firstPause, Message: "There was no time left for this call."}
	}
	v, err := f(ctx)
	return v, classify(err)
}

// classify makes every error one of the vocabulary. The message of a foreign
// error is not shown to people: nobody knows what it quotes.
func classify(err error) *failure {
	var known *approvals.ConnectorError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &failure{Kind: approvals.Ambiguous, Message: "The system did not answer in time.", Err: err}
	default:
		return &failure{Kind: approvals.Retryable, Message: "The system failed in a way that its connector does not know.", Err: err}
	}
}

// unanswered reports whether a failure says that the system is down rather
// than that this one call was refused.
func unanswered(f *failure) bool {
	return f.After == 0 && (f.Kind == approvals.Retryable || f.Kind == approvals.Ambiguous)
}
