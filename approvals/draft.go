package approvals

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Draft stores a wish as it was understood, for its requester to look at and
// send. What is missing or unclear stays empty; nothing is decided. The same
// Key gives the same draft.
func (s *Service) Draft(ctx context.Context, actor Actor, ask Ask) (Request, error) {
	if old, err := s.Store.RequestByKey(ctx, ask.Key); err == nil || ErrorCode(err) != CodeNotFound {
		return old, err
	}
	r := s.newDraft(ask)
	if r.Key == "" {
		return r, Errorf(CodeInvalid, "A request needs an idempotency key.")
	}
	if _, err := s.asks(ctx, actor, ask); err != nil {
		return r, err
	}
	r, err := s.fill(ctx, r, ask)
	if err != nil {
		return r, err
	}
	change := Change{
		Requests: []Request{r},
		Events:   []Event{s.event(r.CreatedAt, EventRequestDrafted, actor, r)},
		Notices:  []Notice{{Slot: "request/" + string(r.ID), Order: string(r.ID), Kind: NoticeDraft, Request: r.ID, To: r.Requester}},
	}
	if err := s.Store.Apply(ctx, change); err != nil {
		if ErrorCode(err) == CodeDuplicate { // a redelivery was faster
			return s.Store.RequestByKey(ctx, ask.Key)
		}
		return r, err
	}
	r.Version++
	return r, nil
}

func (s *Service) newDraft(ask Ask) Request {
	return Request{ID: RequestID(s.newID("req_")), Kind: KindAccess, State: RequestDraft,
		Requester: ask.Requester, Key: ask.Key, Origin: ask.Origin, CreatedAt: s.now()}
}

// asks returns who asks, if that is who acts and they may.
func (s *Service) asks(ctx context.Context, actor Actor, ask Ask) (Principal, error) {
	if actor.Principal != ask.Requester {
		return Principal{}, Errorf(CodeForbidden, "A request is written by the person who asks.")
	}
	return s.active(ctx, ask.Requester)
}

// Amend replaces what a draft says; an empty Origin and nil Fields leave those
// that it has. Only its requester may, and only before it is sent.
func (s *Service) Amend(ctx context.Context, actor Actor, id RequestID, ask Ask) (Request, error) {
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	if actor.Principal != r.Requester {
		return r, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "amend", Message: "Only the person who asked can change this request."})
	}
	if r.State != RequestDraft {
		return r, settled(r)
	}
	if r, err = s.fill(ctx, r, ask); err != nil {
		return r, err
	}
	if ask.Origin != "" {
		r.Origin = ask.Origin
	}
	change := Change{
		Requests: []Request{r},
		Events:   []Event{s.event(s.now(), EventRequestAmended, actor, r)},
		Notices:  []Notice{{Slot: "request/" + string(r.ID), Order: string(r.ID), Kind: NoticeDraft, Request: r.ID, To: r.Requester}},
	}
	if r.Bundle != "" {
		change.Notices = requesterCards(r)[:1]
	}
	if err := s.Store.Apply(ctx, change); err != nil {
		return r, err
	}
	r.Version++
	return r, nil
}

// fill copies the ask into the request, with the catalogue's defaults.
func (s *Service) fill(ctx context.Context, r Request, ask Ask) (Request, error) {
	r.Beneficiary = ask.Beneficiary
	if r.Beneficiary == "" {
		r.Beneficiary = r.Requester
	}
	if r.Beneficiary != r.Requester {
		if _, err := s.active(ctx, r.Beneficiary); err != nil {
			return r, err
		}
	}
	r.Entitlement, r.Duration = ask.Entitlement, ask.Duration.Truncate(time.Minute)
	r.Reason, r.Ticket = strings.TrimSpace(ask.Reason), strings.TrimSpace(ask.Ticket)
	if ask.Fields != nil {
		r.Fields = trimmed(ask.Fields)
	}
	r.StartsAt = time.Time{}
	if start := ask.StartsAt.UTC().Truncate(time.Minute); start.After(s.now()) {
		r.StartsAt = start
	}
	if r.Entitlement != "" {
		e, err := s.Catalogue.Entitlement(ctx, r.Entitlement)
		if err != nil {
			return r, err
		}
		if r.Duration <= 0 {
			r.Duration = e.DefaultDuration
		}
	}
	return r, nil
}

// complete says what a request still lacks before it can be decided.
func (s *Service) complete(r Request, e Entitlement) error {
	switch {
	case r.StartsAt.After(s.now().Add(startsWithin)):
		return Errorf(CodeInvalid, "Ask at most %s ahead.", Span(startsWithin))
	case r.Entitlement == "":
		return Errorf(CodeInvalid, "Say which access you need.")
	case r.Duration < time.Minute:
		return Errorf(CodeInvalid, "Say for how long: at least one minute.")
	case r.Duration > e.MaxDuration:
		return Errorf(CodeInvalid, "%s can be had for at most %s at a time.", e.Name, Span(e.MaxDuration))
	case strings.TrimSpace(r.Reason) == "":
		return Errorf(CodeInvalid, "Say in a few words what you need it for: the approver and the audit log want to know.")
	case utf8.RuneCountInString(r.Reason) > reasonAtMost:
		return Errorf(CodeInvalid, "Please say it in at most %d characters.", reasonAtMost)
	case utf8.RuneCountInString(r.Ticket) > 100:
		return Errorf(CodeInvalid, "A ticket number has at most 100 characters.")
	case e.TicketRequired && r.Ticket == "":
		return Errorf(CodeInvalid, "%s needs a ticket number.", e.Name)
	}
	return checkFields(r, e)
}

// startsWithin is how far ahead access may be asked for.
const startsWithin = 90 * 24 * time.Hour

// settled explains that a request is past the point where it could change.
func settled(r Request) *Error {
	if r.State == RequestLapsed {
		return Errorf(CodeLapsed, "This request lapsed: nobody had answered in time. It can be asked again.")
	}
	return Errorf(CodeAlreadyDecided, "This request is already %s.", r.State)
}
