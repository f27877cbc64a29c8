package approvalstest

import (
	"context"
	"slices"
	"sync"

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
	drift     drift
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
	if err := s.drift.check(c); err != nil {
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
	s.drift.write(c)
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
