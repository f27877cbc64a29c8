package approvals

import "context"

// Cancel takes a request back before it is settled. Requester and beneficiary
// may.
func (s *Service) Cancel(ctx context.Context, actor Actor, id RequestID) (Request, error) {
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	if !isSelf(actor.Principal, r) {
		return r, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "cancel", Message: "Only the person who asked can cancel this request."})
	}
	return s.close(ctx, actor, r, RequestCancelled, EventRequestCancelled)
}

// Lapse closes a pending request that nobody answered in time. Before its time
// it does nothing and returns CodeConflict.
func (s *Service) Lapse(ctx context.Context, id RequestID) (Request, error) {
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	if s.now().Before(r.LapsesAt) {
		return r, Errorf(CodeConflict, "This request does not lapse yet.")
	}
	return s.close(ctx, System("worker"), r, RequestLapsed, EventRequestLapsed)
}

func (s *Service) close(ctx context.Context, actor Actor, r Request, to RequestState, kind EventKind) (Request, error) {
	asked := r.State == RequestPending
	if r.State.Final() {
		return r, settled(r)
	}
	r, err := r.Move(to)
	if err != nil {
		return r, err
	}
	r.DecidedAt = s.now()
	c := Change{
		Requests: []Request{r}, Events: []Event{s.event(r.DecidedAt, kind, actor, r)},
		Cancel: requestTasks(r), Notices: requesterCards(r),
	}
	if asked {
		d, err := s.Store.Decision(ctx, r.ID)
		if err != nil {
			return r, err
		}
		c.Events[0] = withDecision(c.Events[0], d)
		c.Notices = append(c.Notices, approverCards(r, d)...)
	}
	if err := s.Store.Apply(ctx, c); err != nil {
		return r, err
	}
	r.Version++
	return r, nil
}

// Chase reminds the approvers of a pending request, once.
func (s *Service) Chase(ctx context.Context, id RequestID) error {
	r, err := s.Store.Request(ctx, id)
	if err != nil || r.State != RequestPending {
		return err
	}
	d, err := s.Store.Decision(ctx, id)
	if err != nil {
		return err
	}
	c := Change{Events: []Event{withDecision(s.event(s.now(), EventRequestReminded, System("worker"), r), d)}}
	c.Notices = threads(NoticeChase, approverCards(r, d))
	return s.Store.Apply(ctx, c)
}
