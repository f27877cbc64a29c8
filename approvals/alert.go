package approvals

import "context"

// Alert tells every admin one sentence, once a slot. It is for what concerns
// Hallpass itself and no request; the sentence is ours and holds no secret.
func (s *Service) Alert(ctx context.Context, slot, words string) error {
	notices := s.alert(ctx, slot, words)
	if len(notices) == 0 {
		return nil
	}
	return s.Store.Apply(ctx, Change{Notices: notices})
}
