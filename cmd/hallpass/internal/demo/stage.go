package demo

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/review"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/store"
)

var _ Stage = (*Demo)(nil)

// Workspace is the local Slack workspace.
func (d *Demo) Workspace() *slacksim.Workspace { return d.workspace }

// Advance lets time pass for the bot and the sandbox.
func (d *Demo) Advance(by time.Duration) { d.Clock.Advance(by) }

// Try lets an account try a resource of the sandbox: it signs in, or goes on
// with the session that it has.
func (d *Demo) Try(_ context.Context, account, resource string) (bool, string, error) {
	a, err := d.Sandbox.Try(account, resource)
	if code := approvals.ErrorCode(err); err != nil && code != approvals.CodeForbidden {
		return false, "", err
	}
	return a.Allowed, a.Words, nil
}

// Ends reads the sandbox's own end date.
func (d *Demo) Ends(_ context.Context, account, resource string) (time.Time, error) {
	return d.nativeEnd(account, resource), nil
}

// SetAvailable switches the sandbox's administration off, or on again.
func (d *Demo) SetAvailable(_ context.Context, on bool) error { return d.Sandbox.SetAvailable(on) }

func (s *System) nativeEnd(account, resource string) time.Time {
	for _, m := range s.Sandbox.Snapshot().Members {
		if m.Account == account && m.Resource == resource {
			return m.EndsAt
		}
	}
	return time.Time{}
}

// Review starts a review, and signs the checkpoint that draws its sample.
func (s *System) Review(ctx context.Context, since time.Duration) error {
	now := s.options.Now().UTC().Truncate(time.Millisecond)
	if _, err := s.App.Reviews.Start(ctx, approvals.System("schedule"), review.Plan{Kind: approvals.CampaignYearly, From: now.Add(-since), To: now}); err != nil {
		return err
	}
	keys, err := app.LoadAuditKeys(s.config, false)
	if err != nil {
		return err
	}
	_, _, err = s.App.Store.Seal(ctx, keys.Signers[0].Name(), keys.Signers...)
	return err
}

// Events reads the audit log.
func (d *Demo) Events(ctx context.Context, after int64) ([]approvals.Event, error) {
	return d.App.Store.Events(ctx, store.EventFilter{After: after, Limit: 1000})
}

// Between does nothing: in one process nobody is killed.
func (d *Demo) Between(context.Context, string) error { return nil }
