package approvalstest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

func missing(what string) error {
	return approvals.Errorf(approvals.CodeNotFound, "There is no such %s.", what)
}

// those are the rows that are wanted, in the order of their ids.
func those[K comparable, V any](order []K, rows map[K]V, wanted func(V) bool) []V {
	var all []V
	for _, id := range order {
		if v := rows[id]; wanted(v) {
			all = append(all, v)
		}
	}
	return all
}

// Request finds a request.
func (s *Store) Request(_ context.Context, id approvals.RequestID) (approvals.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.requests[id]
	if !ok {
		return r, missing("request")
	}
	return r, nil
}

// RequestByKey finds a request by its idempotency key.
func (s *Store) RequestByKey(_ context.Context, key string) (approvals.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if r.Key == key {
			return r, nil
		}
	}
	return approvals.Request{}, missing("request")
}

// Grant finds a grant.
func (s *Store) Grant(_ context.Context, id approvals.GrantID) (approvals.Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.grants[id]
	if !ok {
		return g, missing("grant")
	}
	return g, nil
}

// Decision finds the latest decision of a request.
func (s *Store) Decision(_ context.Context, id approvals.RequestID) (approvals.Decision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ds := s.decisions[id]
	if len(ds) == 0 {
		return approvals.Decision{}, missing("decision")
	}
	return slices.MaxFunc(ds, func(a, b approvals.Decision) int { return cmp.Compare(a.Sequence, b.Sequence) }), nil
}

// Approvals lists the answers to a request in the order they came.
func (s *Store) Approvals(_ context.Context, id approvals.RequestID) ([]approvals.Approval, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.answers[id]), nil
}

// Comments lists what was said about a request in the order it was said.
func (s *Store) Comments(_ context.Context, id approvals.RequestID) ([]approvals.Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.comments), func(c approvals.Comment) bool { return c.Request != id }), nil
}

// LiveGrants lists a principal's grants that may mean access.
func (s *Store) LiveGrants(_ context.Context, p approvals.PrincipalID, e approvals.EntitlementID) ([]approvals.Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return those(s.given, s.grants, func(g approvals.Grant) bool {
		return g.Principal == p && g.State.Live() && (e == "" || g.Entitlement == e)
	}), nil
}

// PendingRequests lists a beneficiary's requests that nobody has settled.
func (s *Store) PendingRequests(_ context.Context, p approvals.PrincipalID, e approvals.EntitlementID) ([]approvals.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return those(s.order, s.requests, func(r approvals.Request) bool {
		return r.Beneficiary == p && r.State == approvals.RequestPending && (e == "" || r.Entitlement == e)
	}), nil
}

// BundleRequests lists the requests of a bundle.
func (s *Store) BundleRequests(_ context.Context, b approvals.BundleID) ([]approvals.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return those(s.order, s.requests, func(r approvals.Request) bool { return b != "" && r.Bundle == b }), nil
}

// GrantsOf lists a principal's grants, newest first.
func (s *Store) GrantsOf(_ context.Context, p approvals.PrincipalID, limit int) ([]approvals.Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := those(s.given, s.grants, func(g approvals.Grant) bool { return g.Principal == p })
	slices.Reverse(all)
	return all[:min(limit, len(all))], nil
}

// HoldingsOf lists what was saved last of a principal.
func (s *Store) HoldingsOf(_ context.Context, p approvals.PrincipalID) ([]approvals.Holding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []approvals.Holding
	for _, held := range s.holdings {
		for _, h := range held {
			if h.Principal == p && p != "" {
				all = append(all, h)
			}
		}
	}
	slices.SortFunc(all, func(a, b approvals.Holding) int {
		return cmp.Or(cmp.Compare(a.Entitlement, b.Entitlement), cmp.Compare(a.Account, b.Account))
	})
	return all, nil
}

// Binding finds the binding of a door's account.
func (s *Store) Binding(_ context.Context, door, workspace, subject string) (approvals.Binding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.bindings[account{door, workspace, subject}]
	if !ok {
		return b, missing("binding")
	}
	return b, nil
}

// BindingOf finds a binding of a principal at a door; an active one first.
func (s *Store) BindingOf(_ context.Context, door string, p approvals.PrincipalID) (approvals.Binding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []approvals.Binding
	for _, b := range s.bindings {
		if b.Door == door && b.Principal == p {
			found = append(found, b)
		}
	}
	if len(found) == 0 {
		return approvals.Binding{}, missing("binding")
	}
	order := []approvals.BindingState{approvals.BindingActive, approvals.BindingUnconfirmed, approvals.BindingBlocked}
	return slices.MinFunc(found, func(a, b approvals.Binding) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State)), a.BoundAt.Compare(b.BoundAt))
	}), nil
}

// AutoApprovals counts a beneficiary's requests that a policy alone approved.
func (s *Store) AutoApprovals(_ context.Context, p approvals.PrincipalID, since time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if r.Beneficiary == p && r.State == approvals.RequestApproved && r.DecidedBy == "" && !r.DecidedAt.Before(since) {
			n++
		}
	}
	return n, nil
}

// Events lists the audit log.
func (s *Store) Events() []approvals.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// Notices lists everything that people were to be told.
func (s *Store) Notices() []approvals.Notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notices)
}

// Learned lists the human decisions that were stored for the score.
func (s *Store) Learned() []approvals.Learned { return s.LearnedAfter(0) }

// LearnedAfter lists those with a higher sequence; a score that catches up
// after each decision would otherwise have all of them copied each time.
func (s *Store) LearnedAfter(sequence int64) []approvals.Learned {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, _ := slices.BinarySearchFunc(s.learned, sequence+1, func(l approvals.Learned, want int64) int { return cmp.Compare(l.Sequence, want) })
	return slices.Clone(s.learned[i:])
}

// Summary finds a model's prose about a request.
func (s *Store) Summary(id approvals.RequestID) (approvals.Summary, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum, ok := s.summaries[id]
	return sum, ok
}
