package approvals

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Proposal is what a language model takes a person's words to mean. Propose
// alone takes one, and it touches nothing but what a draft leaves open: the
// person looks at it and sends it, or does not. No type that reaches a
// decision can carry one.
type Proposal struct {
	Request     RequestID
	Version     int64 // of the draft as the words made it: one that changed since is left alone
	Entitlement EntitlementID
	Duration    time.Duration
	Reason      string // the person's own words
	Ticket      string
	Origin      string // the door's reference, with what was proposed; replaces the draft's
	Model       string
	Prompt      string // version of the prompt
}

// Propose fills in what a draft leaves open, and shows it to its requester
// anew. What the draft says stays; what the catalogue does not have or does not
// allow is left out. A draft that was changed, sent or cancelled meanwhile is
// left alone (CodeConflict). Nothing is sent by it, and nothing decided.
func (s *Service) Propose(ctx context.Context, p Proposal) (Request, error) {
	r, err := s.Store.Request(ctx, p.Request)
	if err != nil {
		return r, err
	}
	if r.State != RequestDraft || r.Version != p.Version {
		return r, Errorf(CodeConflict, "This draft was changed meanwhile.")
	}
	slots, r := s.adopt(ctx, r, p)
	if len(slots) == 0 {
		return r, nil
	}
	r.Origin = p.Origin
	ev := s.event(s.now(), EventRequestProposed, Actor{Kind: ActorSystem, Via: "model"}, r)
	ev.Detail = map[string]string{"model": p.Model, "prompt": p.Prompt, "slots": strings.Join(slots, " ")}
	err = s.Store.Apply(ctx, Change{Requests: []Request{r}, Events: []Event{ev},
		Notices: []Notice{{Slot: "request/" + string(r.ID), Order: string(r.ID), Kind: NoticeDraft, Request: r.ID, To: r.Requester}}})
	if err != nil {
		return r, err
	}
	r.Version++
	return r, nil
}

// adopt takes over what a draft leaves open, and names those slots.
func (s *Service) adopt(ctx context.Context, r Request, p Proposal) (slots []string, _ Request) {
	if r.Entitlement == "" && p.Entitlement != "" {
		e, err := s.Catalogue.Entitlement(ctx, p.Entitlement)
		if err == nil {
			r.Entitlement, slots = e.ID, append(slots, "entitlement")
			if r.Duration <= 0 && p.Duration >= time.Minute && p.Duration <= e.MaxDuration {
				r.Duration, slots = p.Duration.Truncate(time.Minute), append(slots, "duration")
			}
			if r.Duration <= 0 {
				r.Duration = e.DefaultDuration
			}
		}
	}
	if r.Reason == "" && p.Reason != "" && utf8.RuneCountInString(p.Reason) <= reasonAtMost {
		r.Reason, slots = strings.TrimSpace(p.Reason), append(slots, "reason")
	}
	if r.Ticket == "" && p.Ticket != "" && utf8.RuneCountInString(p.Ticket) <= 100 {
		r.Ticket, slots = strings.TrimSpace(p.Ticket), append(slots, "ticket")
	}
	return slots, r
}
