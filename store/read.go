package store

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

var (
	selectRequest = "SELECT " + requestTable.list("requests.") + " FROM requests "
	selectGrant   = "SELECT " + grantTable.list("") + " FROM grants "
	selectBinding = "SELECT " + bindingTable.list("") + " FROM bindings "
)

// live is the predicate of GrantState.Live, in the words of the partial indexes.
const live = "state NOT IN ('revoked', 'failed')"

// Request finds a request by id.
func (s *Store) Request(ctx context.Context, id approvals.RequestID) (approvals.Request, error) {
	return s.gathers.requests.one(ctx, s, string(id), "There is no such request.")
}

// RequestByKey finds a request by the idempotency key of its door.
func (s *Store) RequestByKey(ctx context.Context, key string) (approvals.Request, error) {
	return single(ctx, s, "read a request by key", "There is no such request.", readRequest,
		selectRequest+"WHERE key = $1", key)
}

// PendingRequests lists a beneficiary's pending requests, oldest first; an
// empty entitlement means all.
func (s *Store) PendingRequests(ctx context.Context, beneficiary approvals.PrincipalID, entitlement approvals.EntitlementID) ([]approvals.Request, error) {
	all, err := s.gathers.pending.rows(ctx, s, string(beneficiary))
	return of(all, entitlement, func(r approvals.Request) approvals.EntitlementID { return r.Entitlement }), err
}

// BundleRequests lists the requests of a bundle, in the order they were asked.
func (s *Store) BundleRequests(ctx context.Context, bundle approvals.BundleID) ([]approvals.Request, error) {
	if bundle == "" {
		return nil, nil
	}
	return list(ctx, s, "list a bundle's requests", readRequest,
		selectRequest+"WHERE bundle = $1 AND bundle <> '' ORDER BY created_at, length(key), key", string(bundle)) // …/1, …/2, …, …/10
}

// Waiting lists the ids of pending requests, those after the given one, at
// most limit: pages for a sweep.
func (s *Store) Waiting(ctx context.Context, after approvals.RequestID, limit int) ([]approvals.RequestID, error) {
	return list(ctx, s, "list requests that wait", func(scan scan) (id approvals.RequestID, err error) { return id, scan(&id) },
		"SELECT id FROM requests WHERE state = 'pending' AND id > $1 ORDER BY id LIMIT $2", string(after), int64(limit))
}

// RequestsBy lists the requests that a person made or benefits from, newest
// first, at most limit.
func (s *Store) RequestsBy(ctx context.Context, person approvals.PrincipalID, limit int) ([]approvals.Request, error) {
	// Each half reads its own index and stops at the limit; UNION drops what is in both.
	return list(ctx, s, "list a person's requests", readRequest,
		`WITH mine AS (
			SELECT * FROM (SELECT id FROM requests WHERE requester = $1 ORDER BY created_at DESC, id DESC LIMIT $2) a
			UNION
			SELECT * FROM (SELECT id FROM requests WHERE beneficiary = $1 ORDER BY created_at DESC, id DESC LIMIT $2) b
		) `+selectRequest+`JOIN mine ON mine.id = requests.id ORDER BY created_at DESC, requests.id DESC LIMIT $2`,
		string(person), int64(limit))
}

// AwaitingAnswer lists the pending requests whose latest decision names the
// approver and which that person has not answered, oldest first.
func (s *Store) AwaitingAnswer(ctx context.Context, approver approvals.PrincipalID) ([]approvals.Request, error) {
	return list(ctx, s, "list requests that await an answer", readRequest,
		selectRequest+`JOIN askings ON askings.request_id = requests.id
			WHERE askings.approver = $1 AND requests.state = 'pending' AND NOT EXISTS (
				SELECT 1 FROM approvals WHERE approvals.request_id = requests.id AND approvals.approver = $1)
			ORDER BY requests.created_at, requests.id`, string(approver))
}

// RequestsDue lists pending requests whose time to lapse has come, the
// longest overdue first, at most limit.
func (s *Store) RequestsDue(ctx context.Context, now time.Time, limit int) ([]approvals.Request, error) {
	return list(ctx, s, "list requests that lapse", readRequest,
		selectRequest+"WHERE state = 'pending' AND lapses_at <= $1 ORDER BY lapses_at, id LIMIT $2", at(now), int64(limit))
}

// AutoApprovals counts a beneficiary's requests that a policy alone approved
// at or after a time.
func (s *Store) AutoApprovals(ctx context.Context, beneficiary approvals.PrincipalID, since time.Time) (int, error) {
	return single(ctx, s, "count automatic approvals", "", readInt,
		"SELECT count(*) FROM requests WHERE state = 'approved' AND decided_by = '' AND beneficiary = $1 AND decided_at >= $2",
		string(beneficiary), at(since))
}

func readInt(scan scan) (n int, err error) { return n, scan(&n) }

// Decision is the latest decision of a request.
func (s *Store) Decision(ctx context.Context, id approvals.RequestID) (approvals.Decision, error) {
	return single(ctx, s, "read a decision", "This request has no decision yet.", readDecision,
		"SELECT "+decisionTable.list("")+" FROM decisions WHERE request_id = $1 ORDER BY sequence DESC LIMIT 1", string(id))
}

// Approvals lists the answers that people gave to a request, in the order given.
func (s *Store) Approvals(ctx context.Context, id approvals.RequestID) ([]approvals.Approval, error) {
	return list(ctx, s, "list answers", readApproval,
		"SELECT "+approvalTable.list("")+" FROM approvals WHERE request_id = $1 ORDER BY sequence, approver", string(id))
}

// Summary is the prose that a model wrote for a request.
func (s *Store) Summary(ctx context.Context, id approvals.RequestID) (approvals.Summary, error) {
	return single(ctx, s, "read a summary", "This request has no summary.",
		func(scan scan) (v approvals.Summary, err error) {
			var written stamp
			err = scan(&v.Request, &v.Text, &v.Model, &v.Prompt, &written)
			v.At = written.Time
			return v, err
		}, "SELECT "+summaryTable.list("")+" FROM summaries WHERE request_id = $1", string(id))
}

// Binding finds a door's account.
func (s *Store) Binding(ctx context.Context, door, workspace, subject string) (approvals.Binding, error) {
	return single(ctx, s, "read a binding", "This account is not bound to anybody.", readBinding,
		selectBinding+"WHERE door = $1 AND workspace = $2 AND subject = $3", door, workspace, subject)
}

// BindingsOnHold lists the accounts of a door that an admin must confirm, the
// oldest first.
func (s *Store) BindingsOnHold(ctx context.Context, door string, limit int) ([]approvals.Binding, error) {
	return list(ctx, s, "list bindings on hold", readBinding,
		selectBinding+"WHERE door = $1 AND state = 'blocked' ORDER BY bound_at, workspace, subject LIMIT $2", door, limit)
}

// BindingOf finds the account at which a principal is reached through a door:
// of several, an active one before one that is not confirmed yet, this before
// a blocked one, then the oldest.
func (s *Store) BindingOf(ctx context.Context, door string, principal approvals.PrincipalID) (approvals.Binding, error) {
	return single(ctx, s, "read a principal's binding", "This person has no account bound here.", readBinding,
		selectBinding+`WHERE door = $1 AND principal = $2
			ORDER BY CASE state WHEN 'active' THEN 0 WHEN 'blocked' THEN 2 ELSE 1 END, bound_at, workspace, subject LIMIT 1`, door, string(principal))
}
