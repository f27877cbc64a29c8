package approvals

import "context"

// Foresee takes the decision that a request would get now, and stores nothing:
// it answers "who can approve this?" before anybody is asked. It is no promise.
// What the ask leaves open has the catalogue's defaults.
func (s *Service) Foresee(ctx context.Context, actor Actor, ask Ask) (Request, Decision, error) {
	if _, err := s.asks(ctx, actor, ask); err != nil {
		return Request{}, Decision{}, err
	}
	r, err := s.fill(ctx, s.newDraft(ask), ask)
	if err != nil {
		return r, Decision{}, err
	}
	if r.Entitlement == "" {
		return r, Decision{}, Errorf(CodeInvalid, "Say which access you mean.")
	}
	d, err := s.decide(ctx, r, Decision{})
	return r, d, err
}
