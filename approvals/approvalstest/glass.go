package approvalstest

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/hallpass-dev/hallpass/approvals"
)

// checkGlass refuses a second open review of one requester.
func (s *Store) checkGlass(c approvals.Change) error {
	for _, b := range c.BreakGlass {
		old, found := s.glass[b.Request]
		if err := version("review", old.Version, b.Version, found); err != nil {
			return err
		}
		for _, o := range s.glass {
			if b.Open() && o.Open() && o.Requester == b.Requester && o.Request != b.Request {
				return approvals.Errorf(approvals.CodeDuplicate, "This person's last break-glass is not reviewed yet.")
			}
		}
	}
	return nil
}

// BreakGlassReview finds the review of a break-glass.
func (s *Store) BreakGlassReview(_ context.Context, id approvals.RequestID) (approvals.BreakGlassReview, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.glass[id]
	if !ok {
		return b, missing("review")
	}
	return b, nil
}

// OpenBreakGlass lists the reviews that nobody has closed, oldest first.
func (s *Store) OpenBreakGlass(_ context.Context, limit int) ([]approvals.BreakGlassReview, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []approvals.BreakGlassReview
	for _, b := range s.glass {
		if b.Open() {
			open = append(open, b)
		}
	}
	slices.SortFunc(open, func(a, b approvals.BreakGlassReview) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Request, b.Request))
	})
	return open[:min(limit, len(open))], nil
}

// BreakGlassPolicy is an approvals.BreakGlassPolicy whose answer a test sets.
// Until then it permits nobody.
type BreakGlassPolicy struct {
	mu  sync.Mutex
	say func(approvals.Facts, approvals.Assessment) approvals.Verdict
}

var _ approvals.BreakGlassPolicy = (*BreakGlassPolicy)(nil)

// Say makes every verdict what f says.
func (p *BreakGlassPolicy) Say(f func(approvals.Facts, approvals.Assessment) approvals.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say = f
}

// Permit lets everybody break glass.
func (p *BreakGlassPolicy) Permit() {
	p.Say(func(approvals.Facts, approvals.Assessment) approvals.Verdict {
		return approvals.Verdict{Allowed: true, Policies: []approvals.PolicyRef{{ID: "emergency", Effect: "permit"}}}
	})
}

// MayBreakGlass answers as it was told.
func (p *BreakGlassPolicy) MayBreakGlass(f approvals.Facts, a approvals.Assessment) approvals.Verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.say == nil {
		return approvals.Verdict{}
	}
	return p.say(f, a)
}

// Version is that of the other rulings.
func (p *BreakGlassPolicy) Version() approvals.PolicyVersion {
	return approvals.PolicyVersion{Digest: "law-1"}
}
