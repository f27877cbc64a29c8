package awsidc

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestRevocationHasRoomWhereGrantsWait(t *testing.T) {
	t.Parallel()
	q := newQuota(Config{Replicas: 5, Now: time.Now, Wait: pause}) // two calls at a time
	hold, inside := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = q.under(t.Context(), "1", true, func() error { close(inside); <-hold; return nil })
	})
	<-inside
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nothing := func() error { return nil }
	var f *failure
	if err := q.under(ctx, "2", true, nothing); !errors.As(err, &f) || f.Kind != approvals.Retryable {
		t.Errorf("a second grant: %v, want it to wait", err)
	}
	if err := q.under(t.Context(), "3", false, nothing); err != nil {
		t.Errorf("a revocation beside a grant: %v", err)
	}
	if err := q.under(ctx, "1", false, nothing); err == nil {
		t.Error("an account works on two roles at once")
	}
	close(hold)
	wg.Wait()
	if err := q.under(t.Context(), "1", false, nothing); err != nil {
		t.Errorf("after the grant: %v", err)
	}
}

func TestTurnThatComesTooLateIsNotTaken(t *testing.T) {
	t.Parallel()
	now := time.Now()
	q := newQuota(Config{Replicas: 10, Now: func() time.Time { return now }, Wait: func(context.Context, time.Duration) error {
		t.Error("it waited")
		return nil
	}})
	if err := q.turn(t.Context(), q.calls); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithDeadline(t.Context(), time.Now()) // the next turn is in a second
	defer cancel()
	if err := q.turn(soon, q.calls); !isKind(err, approvals.Retryable) {
		t.Errorf("%v, want it retryable", err)
	}
}

func TestSessionDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": time.Hour, "PT1H": time.Hour, "PT12H": 12 * time.Hour, "PT1H30M": 90 * time.Minute,
		"PT3600S": time.Hour, "PT90M": 90 * time.Minute, "PT13H": longest, "PT": longest, "8h": longest, "P1D": longest, "PT0H": longest, "PT1H\n": longest} {
		if got := sessionDuration(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
