package lifecycle_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
)

func (r *rig) request(id approvals.RequestID) approvals.Request {
	r.t.Helper()
	req, err := r.store.Request(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return req
}

func TestApproversAreRemindedOnceAndTheRequestLapses(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.Policy.Rule(approvalstest.Routed(1))
		r.worker(r.config())
		req := r.ask("amy", approvalstest.ReadOnly, time.Hour)
		pass(3*time.Hour + 59*time.Minute)
		if who := r.told(approvals.NoticeChase, ""); len(who) > 0 {
			t.Errorf("%v were reminded early", who)
		}
		pass(2 * time.Minute)
		if diff := cmp.Diff([]approvals.PrincipalID{"mia"}, r.told(approvals.NoticeChase, "")); diff != "" {
			t.Errorf("reminded, -want +got\n%s", diff)
		}
		pass(4*time.Hour - 3*time.Minute)
		if got := r.request(req.ID).State; got != approvals.RequestPending {
			t.Errorf("it is %s before its time", got)
		}
		pass(3 * time.Minute)
		if got := r.request(req.ID).State; got != approvals.RequestLapsed {
			t.Errorf("it is %s, want lapsed", got)
		}
		if who := r.told(approvals.NoticeChase, ""); len(who) > 0 {
			t.Errorf("%v were reminded again", who)
		}
	})
}

func TestLapseWaitsForAClockThatIsBehind(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.Policy.Rule(approvalstest.Routed(1))
		req := r.ask("amy", approvalstest.ReadOnly, time.Hour)
		ahead := r.replica(0)
		ahead.Now = func() time.Time { return time.Now().Add(3 * time.Second) } // takes tasks too early
		r.worker(ahead)
		pass(time.Until(req.LapsesAt) - time.Second)
		if got := r.request(req.ID).State; got != approvals.RequestPending {
			t.Errorf("it is %s before its time", got)
		}
		pass(5 * time.Second)
		if got := r.request(req.ID).State; got != approvals.RequestLapsed {
			t.Errorf("it is %s, want lapsed", got)
		}
	})
}

// explainer answers by a function.
type explainer func(context.Context, approvals.Decision) (approvals.Summary, error)

func (e explainer) Explain(ctx context.Context, d approvals.Decision) (approvals.Summary, error) {
	return e(ctx, d)
}

func TestExplanationIsStoredBesideTheDecision(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.Policy.Rule(approvalstest.Routed(1))
		r.Service.Explain = true
		cfg := r.config()
		cfg.Explainer = explainer(func(_ context.Context, d approvals.Decision) (approvals.Summary, error) {
			return approvals.Summary{Text: "Bob's team holds it.", Model: "m", Prompt: "p1"}, nil
		})
		r.worker(cfg)
		req := r.ask("amy", approvalstest.ReadOnly, time.Hour)
		pass(time.Second)
		sum, ok := r.double().Summary(req.ID)
		if !ok || sum.Text != "Bob's team holds it." || sum.Request != req.ID || sum.At.IsZero() {
			t.Errorf("summary %+v, %v", sum, ok)
		}
	})
}

func TestExplainerThatFailsIsGivenUpAndHoldsNothingUp(t *testing.T) {
	for name, explain := range map[string]explainer{
		"fails": func(context.Context, approvals.Decision) (approvals.Summary, error) {
			return approvals.Summary{}, errors.New("no")
		},
		"panics": func(context.Context, approvals.Decision) (approvals.Summary, error) { panic("no") },
		"hangs": func(ctx context.Context, _ approvals.Decision) (approvals.Summary, error) {
			<-ctx.Done()
			return approvals.Summary{}, ctx.Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, r *rig) {
				r.Policy.Rule(approvalstest.Routed(1))
				r.Service.Explain = true
				var log bytes.Buffer
				var calls atomic.Int32
				cfg := r.config()
				cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
				cfg.Explainer = explainer(func(ctx context.Context, d approvals.Decision) (approvals.Summary, error) {
					calls.Add(1)
					return explain(ctx, d)
				})
				stop := r.worker(cfg)
				req := r.ask("amy", approvalstest.ReadOnly, time.Hour)
				pass(time.Second)
				if _, err := r.Service.Approve(t.Context(), approvals.Person("mia", "test", ""), req.ID, ""); err != nil {
					t.Fatal(err)
				}
				pass(time.Second)
				r.is(r.request(req.ID).Grant, approvals.GrantActive)
				pass(10 * time.Minute)
				stop()
				if n := calls.Load(); n != 3 {
					t.Errorf("the model was asked %d times, want 3", n)
				}
				if n := strings.Count(log.String(), "no explanation was written"); n != 1 {
					t.Errorf("it was logged %d times, want once:\n%s", n, log.String())
				}
			})
		})
	}
}

func TestWithoutAModelNobodyIsAsked(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.Policy.Rule(approvalstest.Routed(1))
		r.Service.Explain = true
		r.worker(r.config())
		r.ask("amy", approvalstest.ReadOnly, time.Hour)
		pass(time.Second)
		if due, ok, err := r.store.NextTask(context.Background(), []approvals.TaskKind{approvals.TaskExplain}); ok || err != nil {
			t.Errorf("the task is still there, due %s, %v", due, err)
		}
	})
}
