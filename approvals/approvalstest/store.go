package approvalstest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Store is an approvals.Store in memory. It is safe for concurrent use. What
// is read from it is a copy of the rows, not of the maps and slices in them.
type Store struct {
	mu        sync.Mutex
	before    func(approvals.Change) error
	requests  map[approvals.RequestID]approvals.Request
	grants    map[approvals.GrantID]approvals.Grant
	bindings  map[account]approvals.Binding
	decisions map[approvals.RequestID][]approvals.Decision
	answers   map[approvals.RequestID][]approvals.Approval
	summaries map[approvals.RequestID]approvals.Summary
	comments  []approvals.Comment
	glass     map[approvals.RequestID]approvals.BreakGlassReview
	tasks     map[taskKey]*task
	holdings  map[approvals.EntitlementID][]approvals.Holding
	wake      chan struct{}
	learned   []approvals.Learned
	events    []approvals.Event
	notices   []approvals.Notice
	order     []approvals.RequestID
	given     []approvals.GrantID
	spent     map[approvals.Spending]int
	reviews   reviews
}

type account struct{ door, workspace, subject string }

var _ approvals.Store = (*Store)(nil)

// NewStore makes an empty store.
func NewStore() *Store {
	return &Store{
		requests: make(map[approvals.RequestID]approvals.Request), grants: make(map[approvals.GrantID]approvals.Grant),
		bindings: make(map[account]approvals.Binding), decisions: make(map[approvals.RequestID][]approvals.Decision),
		answers: make(map[approvals.RequestID][]approvals.Approval), summaries: make(map[approvals.RequestID]approvals.Summary),
		tasks: make(map[taskKey]*task), holdings: make(map[approvals.EntitlementID][]approvals.Holding), wake: make(chan struct{}),
		spent: make(map[approvals.Spending]int), glass: make(map[approvals.RequestID]approvals.BreakGlassReview),
	}
}

// Before sets a function that each Apply calls first, outside the store's
// lock: what it does happens just before the change, and an error from it
// refuses the change. nil ends that.
func (s *Store) Before(f func(approvals.Change) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = f
}

// Apply stores a change whole or not at all; see approvals.Store.
func (s *Store) Apply(ctx context.Context, c approvals.Change) error {
	s.mu.Lock()
	before := s.before
	s.mu.Unlock()
	if before != nil {
		if err := before(c); err != nil {
			return err
		}
	}
	if err := c.Validate(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return &approvals.Error{Code: approvals.CodeUnavailable, Message: "The database does not answer.", Err: ctx.Err()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(c); err != nil {
		return err
	}
	s.write(c)
	return nil
}

// check refuses what the real store's constraints refuse.
func (s *Store) check(c approvals.Change) error {
	for _, r := range c.Requests {
		old, found := s.requests[r.ID]
		if err := version("request", old.Version, r.Version, found); err != nil {
			return err
		}
		for _, o := range s.requests {
			if o.Key == r.Key && o.ID != r.ID {
				return approvals.Errorf(approvals.CodeDuplicate, "This request was stored already, under the same key.")
			}
		}
	}
	for _, g := range c.Grants {
		old, found := s.grants[g.ID]
		if err := version("grant", old.Version, g.Version, found); err != nil {
			return err
		}
	}
	for _, b := range c.Bindings {
		old, found := s.bindings[account{b.Door, b.Workspace, b.Subject}]
		if err := version("binding", old.Version, b.Version, found); err != nil {
			return err
		}
	}
	for _, d := range c.Decisions {
		if slices.ContainsFunc(s.decisions[d.Request], func(o approvals.Decision) bool { return o.Sequence == d.Sequence }) {
			return approvals.Errorf(approvals.CodeDuplicate, "This decision was stored already.")
		}
	}
	for _, a := range c.Approvals {
		if slices.ContainsFunc(s.answers[a.Request], func(o approvals.Approval) bool { return o.Approver == a.Approver }) {
			return approvals.Errorf(approvals.CodeDuplicate, "This person has answered this request already.")
		}
	}
	for _, m := range c.Comments {
		if slices.ContainsFunc(s.comments, func(o approvals.Comment) bool { return o.Key == m.Key || o.ID == m.ID }) {
			return approvals.Errorf(approvals.CodeDuplicate, "This comment was stored already.")
		}
	}
	if err := s.checkGlass(c); err != nil {
		return err
	}
	if err := s.reviews.check(c); err != nil {
		return err
	}
	for _, p := range c.Spend {
		if s.spent[approvals.Spending{Budget: p.Budget, Day: p.Day}] >= p.Limit {
			return approvals.Errorf(approvals.CodeOverBudget, "The budget %s is used up.", p.Budget)
		}
	}
	return nil
}

func version(what string, stored, given int64, found bool) error {
	switch {
	case given == 0 && found:
		return approvals.Errorf(approvals.CodeDuplicate, "This %s was stored already.", what)
	case given != stored:
		return approvals.Errorf(approvals.CodeConflict, "This %s was changed in the meantime.", what)
	}
	return nil
}

func (s *Store) write(c approvals.Change) {
	first := int64(len(s.events)) + 1
	for _, r := range c.Requests {
		if r.Version == 0 {
			s.order = append(s.order, r.ID)
		}
		r.Version++
		s.requests[r.ID] = r
	}
	for _, g := range c.Grants {
		if g.Version == 0 {
			s.given = append(s.given, g.ID)
		}
		g.Version++
		s.grants[g.ID] = g
	}
	for _, b := range c.Bindings {
		b.Version++
		s.bindings[account{b.Door, b.Workspace, b.Subject}] = b
	}
	for _, d := range c.Decisions {
		s.decisions[d.Request] = append(s.decisions[d.Request], d)
	}
	for _, a := range c.Approvals {
		s.answers[a.Request] = append(s.answers[a.Request], a)
	}
	for _, sum := range c.Summaries {
		s.summaries[sum.Request] = sum
	}
	s.comments = append(s.comments, c.Comments...)
	for _, b := range c.BreakGlass {
		b.Version++
		s.glass[b.Request] = b
	}
	for _, l := range c.Learned {
		l.Sequence = first
		s.learned = append(s.learned, l)
	}
	for i, e := range c.Events {
		e.Sequence = first + int64(i)
		s.events = append(s.events, e)
	}
	s.reviews.write(c)
	for _, p := range c.Spend {
		s.spent[approvals.Spending{Budget: p.Budget, Day: p.Day}]++
	}
	s.put(c.Cancel, c.Tasks)
	for _, n := range c.Notices {
		n.ID = int64(len(s.notices)) + 1
		s.notices = append(s.notices, n)
	}
	s.woken()
}

func missing(what string) error {
	return approvals.Errorf(approvals.CodeNotFound, "There is no such %s.", what)
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
	var live []approvals.Grant
	for _, id := range s.given {
		if g := s.grants[id]; g.Principal == p && g.State.Live() && (e == "" || g.Entitlement == e) {
			live = append(live, g)
		}
	}
	return live, nil
}

// PendingRequests lists a beneficiary's requests that nobody has settled.
func (s *Store) PendingRequests(_ context.Context, p approvals.PrincipalID, e approvals.EntitlementID) ([]approvals.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var pending []approvals.Request
	for _, id := range s.order {
		r := s.requests[id]
		if r.Beneficiary == p && r.State == approvals.RequestPending && (e == "" || r.Entitlement == e) {
			pending = append(pending, r)
		}
	}
	return pending, nil
}

// BundleRequests lists the requests of a bundle.
func (s *Store) BundleRequests(_ context.Context, b approvals.BundleID) ([]approvals.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []approvals.Request
	for _, id := range s.order {
		if r := s.requests[id]; b != "" && r.Bundle == b {
			all = append(all, r)
		}
	}
	return all, nil
}

// GrantsOf lists a principal's grants, newest first.
func (s *Store) GrantsOf(_ context.Context, p approvals.PrincipalID, limit int) ([]approvals.Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []approvals.Grant
	for _, id := range slices.Backward(s.given) {
		if g := s.grants[id]; g.Principal == p && len(all) < limit {
			all = append(all, g)
		}
	}
	return all, nil
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
func (s *Store) Learned() []approvals.Learned {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.learned)
}

// Summary finds a model's prose about a request.
func (s *Store) Summary(id approvals.RequestID) (approvals.Summary, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum, ok := s.summaries[id]
	return sum, ok
}
