package approvals

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Extend asks for a later end of running access. The policy decides as for any
// request: at once, by people, or not; denied, the access ends as planned. The
// holder, or whoever asked for the holder, may extend. What remains and what is
// added may together not exceed the catalogue's maximum.
func (s *Service) Extend(ctx context.Context, actor Actor, id GrantID, by time.Duration, reason, key string) (Request, error) {
	if old, err := s.Store.RequestByKey(ctx, key); err == nil || ErrorCode(err) != CodeNotFound {
		return old, err
	}
	if key == "" {
		return Request{}, Errorf(CodeInvalid, "A request needs an idempotency key.")
	}
	g, first, err := s.grantAndRequest(ctx, id)
	if err != nil {
		return first, err
	}
	r := Request{
		ID: RequestID(s.newID("req_")), Kind: KindExtension, State: RequestPending, Requester: actor.Principal,
		Beneficiary: g.Principal, Entitlement: g.Entitlement, Grant: g.ID, Duration: by.Truncate(time.Minute),
		Reason: strings.TrimSpace(reason), Ticket: first.Ticket, Key: key, Origin: first.Origin, CreatedAt: s.now(),
	}
	if r.Reason == "" {
		r.Reason = first.Reason
	}
	if actor.Principal != g.Principal && actor.Principal != first.Requester {
		return r, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "extend", Message: "Only the person who holds this access, or who asked for it, can extend it."})
	}
	if err := s.extendable(ctx, g, r); err != nil {
		return r, err
	}
	d, err := s.decide(ctx, r, Decision{})
	if err != nil {
		return r, err
	}
	r.SubmittedAt, r.LapsesAt = d.At, minTime(d.At.Add(s.patience(d.Ruling)), g.EndsAt)
	done, err := s.settle(ctx, actor, r, d, s.submitted(d.At, actor, r))
	if ErrorCode(err) == CodeDuplicate { // a redelivery was faster
		return s.Store.RequestByKey(ctx, key)
	}
	return done, err
}

// extendable says why a grant cannot be extended by that much now.
func (s *Service) extendable(ctx context.Context, g Grant, r Request) error {
	now := s.now()
	e, err := s.Catalogue.Entitlement(ctx, g.Entitlement)
	if err != nil {
		return err
	}
	switch left := e.MaxDuration - g.EndsAt.Sub(now); {
	case g.State != GrantActive || g.Expired(now):
		return Errorf(CodeInvalid, "This access has ended, so there is nothing left to extend. Ask for it anew.")
	case r.Duration < time.Minute:
		return Errorf(CodeInvalid, "Extend by at least one minute.")
	case utf8.RuneCountInString(r.Reason) > reasonAtMost:
		return Errorf(CodeInvalid, "Please say it in at most %d characters.", reasonAtMost)
	case left < time.Minute:
		return Errorf(CodeInvalid, "%s may run for at most %s from now, and it does already.", e.Name, Span(e.MaxDuration))
	case r.Duration > left:
		return Errorf(CodeInvalid, "%s may run for at most %s from now: extend by %s or less.", e.Name, Span(e.MaxDuration), Span(left))
	}
	pending, err := s.Store.PendingRequests(ctx, g.Principal, g.Entitlement)
	if err != nil {
		return err
	}
	for _, p := range pending {
		if p.Kind == KindExtension && p.Grant == g.ID {
			return Errorf(CodeConflict, "An extension is already asked for and waits for an answer.")
		}
	}
	return nil
}

func (s *Service) grantAndRequest(ctx context.Context, id GrantID) (Grant, Request, error) {
	g, err := s.Store.Grant(ctx, id)
	if err != nil {
		return g, Request{}, err
	}
	r, err := s.Store.Request(ctx, g.Request)
	return g, r, err
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
