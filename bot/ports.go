package bot

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Store is what the bot needs of the database: the inbox, the outbox, and
// reading what cards show. Readers return approvals.CodeNotFound for what is
// not there.
type Store interface {
	// Receive keeps an entry; it is not fresh when its key came before.
	Receive(context.Context, approvals.Inbound) (fresh bool, err error)
	// ClaimInbound leases entries that wait, of each Order only the oldest.
	ClaimInbound(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]approvals.InboundLease, error)
	FinishInbound(context.Context, approvals.InboundLease) error
	RetryInbound(ctx context.Context, l approvals.InboundLease, again time.Time, cause string) error

	// ClaimNotices leases notices that are due, of each Order only the oldest.
	ClaimNotices(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]approvals.NoticeLease, error)
	// FinishNotice removes a notice and notes where its message is; nil: there is none, or none new.
	FinishNotice(context.Context, approvals.NoticeLease, *approvals.Message) error
	RetryNotice(ctx context.Context, l approvals.NoticeLease, again time.Time, cause string) error
	// Superseded reports whether a later notice for the same slot and order waits.
	Superseded(context.Context, approvals.NoticeLease) (bool, error)
	Message(ctx context.Context, slot string) (approvals.Message, error)
	// MessageAt says which slot's message stands at a place.
	MessageAt(ctx context.Context, channel, ts string) (approvals.Message, error)
	// Wake returns a channel that closes when this process stores something.
	Wake() <-chan struct{}

	Request(context.Context, approvals.RequestID) (approvals.Request, error)
	RequestByKey(ctx context.Context, key string) (approvals.Request, error)
	Grant(context.Context, approvals.GrantID) (approvals.Grant, error)
	Decision(context.Context, approvals.RequestID) (approvals.Decision, error)
	Approvals(context.Context, approvals.RequestID) ([]approvals.Approval, error)
	BundleRequests(context.Context, approvals.BundleID) ([]approvals.Request, error)
	Comments(context.Context, approvals.RequestID) ([]approvals.Comment, error)
	Summary(context.Context, approvals.RequestID) (approvals.Summary, error)
	// RequestsBy lists what a person asked for or benefits from, newest first.
	RequestsBy(ctx context.Context, person approvals.PrincipalID, limit int) ([]approvals.Request, error)
	// HeldAmong counts, by entitlement, how many of some people hold it now.
	HeldAmong(ctx context.Context, people []approvals.PrincipalID) (map[approvals.EntitlementID]int, error)
	AwaitingAnswer(ctx context.Context, approver approvals.PrincipalID) ([]approvals.Request, error)
	// BreakGlassReview finds the review of a break-glass; OpenBreakGlass lists those that are open.
	BreakGlassReview(context.Context, approvals.RequestID) (approvals.BreakGlassReview, error)
	OpenBreakGlass(ctx context.Context, limit int) ([]approvals.BreakGlassReview, error)
	LiveGrants(context.Context, approvals.PrincipalID, approvals.EntitlementID) ([]approvals.Grant, error)
	// Failing lists grants whose current step failed that often and is tried again.
	Failing(ctx context.Context, times, limit int) ([]approvals.Grant, error)
	// Overdue counts grants that outlive their end, and says for how long the oldest does.
	Overdue(ctx context.Context, now time.Time) (count int, oldest time.Duration, err error)
	// LastRestore is when the database was found to be older than what was known of it.
	LastRestore(context.Context) (approvals.Restore, error)
	// CountDrift counts the differences between systems and grants that are open, by kind.
	CountDrift(context.Context) (map[approvals.DriftKind]int, error)
	Binding(ctx context.Context, door, workspace, subject string) (approvals.Binding, error)
	BindingOf(ctx context.Context, door string, principal approvals.PrincipalID) (approvals.Binding, error)
	// BindingsOnHold lists the accounts that an admin must confirm.
	BindingsOnHold(ctx context.Context, door string, limit int) ([]approvals.Binding, error)
}
