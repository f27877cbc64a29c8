package approvals

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Finding is what a review of a break-glass came to.
type Finding string

// The findings; empty while the review is open.
const (
	Justified    Finding = "justified"
	NotJustified Finding = "not_justified"
)

// BreakGlassReview is the look that somebody else takes at a break-glass
// afterwards. While it is open, nobody who was part of it breaks glass again.
type BreakGlassReview struct {
	Request     RequestID     `json:"request"`
	Version     int64         `json:"version"` // 0: not stored yet
	Requester   PrincipalID   `json:"requester"`
	Beneficiary PrincipalID   `json:"beneficiary"`
	Entitlement EntitlementID `json:"entitlement"`
	Grant       GrantID       `json:"grant"`
	OpenedAt    time.Time     `json:"opened_at"`
	DueAt       time.Time     `json:"due_at"`                // when it is escalated, unless it is closed by then
	Escalations int           `json:"escalations,omitempty"` // how often it was
	Told        []PrincipalID `json:"told,omitempty"`        // who has a card of it
	ToldIn      []string      `json:"told_in,omitempty"`     // the channels that have one
	Finding     Finding       `json:"finding,omitempty"`
	ClosedAt    time.Time     `json:"closed_at,omitzero"`
	ClosedBy    PrincipalID   `json:"closed_by,omitempty"`
	Note        string        `json:"note,omitempty"` // the reviewer's words
}

// Open reports whether nobody has closed the review.
func (b BreakGlassReview) Open() bool { return b.ClosedAt.IsZero() }

// cards tell of a break-glass, or edit what was told.
func (b BreakGlassReview) cards() []Notice {
	order := string(b.Request)
	var ns []Notice
	for _, channel := range b.ToldIn {
		ns = append(ns, Notice{Slot: "breakglass/" + order + "/" + channel, Order: order, Kind: NoticeBreakGlass, Request: b.Request, Channel: channel})
	}
	for _, id := range b.Told {
		ns = append(ns, Notice{Slot: "breakglass/" + order + "/" + string(id), Order: order, Kind: NoticeBreakGlass, Request: b.Request, To: id})
	}
	return ns
}

// ReviewBreakGlass closes the review of a break-glass, once. The security
// queue, the entitlement's owners, the beneficiary's manager and admins may;
// whoever asked or benefited may not, by no account (CodeSelfApproval). What
// was not justified needs a note, and ends at once if it still runs.
func (s *Service) ReviewBreakGlass(ctx context.Context, actor Actor, id RequestID, f Finding, note string) (BreakGlassReview, error) {
	note = strings.TrimSpace(note)
	switch {
	case f != Justified && f != NotJustified:
		return BreakGlassReview{}, Errorf(CodeInvalid, "Say whether it was justified.")
	case f == NotJustified && note == "":
		return BreakGlassReview{}, Errorf(CodeInvalid, "Say why it was not justified: the person and the audit log want to know.")
	case utf8.RuneCountInString(note) > reasonAtMost:
		return BreakGlassReview{}, Errorf(CodeInvalid, "Please say it in at most %d characters.", reasonAtMost)
	}
	for range answerTries {
		b, err := s.reviewOnce(ctx, actor, id, f, note)
		if ErrorCode(err) != CodeConflict {
			return b, err
		}
	}
	return BreakGlassReview{}, Errorf(CodeUnavailable, "Others are changing this review right now. Please try again.")
}

func (s *Service) reviewOnce(ctx context.Context, actor Actor, id RequestID, f Finding, note string) (BreakGlassReview, error) {
	b, err := s.Store.BreakGlassReview(ctx, id)
	if err != nil {
		return b, err
	}
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return b, err
	}
	if err := s.mayReview(ctx, actor, r, b); err != nil {
		return b, err
	}
	if !b.Open() {
		return b, Errorf(CodeAlreadyDecided, "Already reviewed by %s.", s.called(ctx, b.ClosedBy))
	}
	if f == NotJustified { // first, so that a review which failed half-way can be closed again
		g, err := s.Store.Grant(ctx, b.Grant)
		if err != nil {
			return b, err
		}
		if _, err := s.end(ctx, actor, g, EndRevoked, note); err != nil && ErrorCode(err) != CodeIllegalTransition {
			return b, err
		}
	}
	b.Finding, b.ClosedAt, b.ClosedBy, b.Note = f, s.now(), actor.Principal, note
	ev := s.event(b.ClosedAt, EventBreakGlassReviewed, actor, r).saying("note", note)
	ev.Detail = map[string]string{"finding": string(f), "open_for": b.ClosedAt.Sub(b.OpenedAt).String()}
	err = s.Store.Apply(ctx, Change{BreakGlass: []BreakGlassReview{b}, Events: []Event{ev},
		Cancel:  []Task{{Kind: TaskBreakGlass, Key: string(id)}},
		Notices: append(append(requesterCards(r), b.cards()...), homes(s.admins(ctx)...)...)})
	if err == nil {
		b.Version++
	}
	return b, err
}

// told redraws the cards of those who were told of a break-glass. For any other
// request, and when its review cannot be read, there are none.
func (s *Service) told(ctx context.Context, r Request) []Notice {
	if r.Kind != KindBreakGlass {
		return nil
	}
	b, err := s.Store.BreakGlassReview(ctx, r.ID)
	if err != nil {
		return nil
	}
	return b.cards()
}

// mayReview refuses those who may not close a review.
func (s *Service) mayReview(ctx context.Context, actor Actor, r Request, b BreakGlassReview) error {
	const op = "review break-glass"
	for _, id := range []PrincipalID{actor.Principal, actor.OnBehalfOf} {
		part, err := s.partOf(ctx, id, b)
		if err != nil {
			return err
		}
		if part {
			return s.refuse(ctx, actor, r, &Error{Code: CodeSelfApproval, Op: op, Message: "Nobody reviews their own break-glass. Somebody else has to close this."})
		}
	}
	if actor.Kind != ActorPerson {
		return s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: op, Message: "Only a person can review a break-glass."})
	}
	p, err := s.active(ctx, actor.Principal)
	if ErrorCode(err) == CodeForbidden {
		return s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: op, Message: ErrorMessage(err)})
	}
	if err != nil {
		return err
	}
	g := Grant{Entitlement: b.Entitlement}
	if !p.Admin && !slices.Contains(s.Fallback, p.ID) && !s.owns(ctx, p.ID, g) && !s.manages(ctx, p.ID, b.Beneficiary) {
		return s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: op,
			Message: "The security queue, an owner of the resource, the person's manager or an admin reviews this."})
	}
	return nil
}

// EscalateBreakGlass tells the security queue, its channel and the admins that
// a review is open past its time, each time anew, until somebody closes it.
// Before its time, and once it is closed, it does nothing.
func (s *Service) EscalateBreakGlass(ctx context.Context, id RequestID) error {
	b, err := s.Store.BreakGlassReview(ctx, id)
	if err != nil || !b.Open() || s.now().Before(b.DueAt) {
		return err
	}
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return err
	}
	now := s.now()
	b.Escalations++
	b.DueAt = now.Add(s.Glass.within())
	admins := s.admins(ctx)
	var told []PrincipalID
	for _, who := range appendNew(slices.Clone(admins), s.Fallback...) {
		if part, err := s.partOf(ctx, who, b); err != nil {
			return err
		} else if !part {
			told = append(told, who)
		}
	}
	b.Told = appendNew(slices.Clone(b.Told), told...)
	ev := s.event(now, EventBreakGlassEscalated, System("worker"), r)
	ev.Detail = map[string]string{"time": strconv.Itoa(b.Escalations), "open_for": now.Sub(b.OpenedAt).String()}
	return s.Store.Apply(ctx, Change{BreakGlass: []BreakGlassReview{b}, Events: []Event{ev},
		Tasks:   []Task{{Kind: TaskBreakGlass, Key: string(id), RunAt: b.DueAt}},
		Notices: slices.Concat(b.cards(), s.overdueReview(ctx, b, told), homes(admins...), requesterCards(r))})
}

// overdueReview says that a review is open past its time.
func (s *Service) overdueReview(ctx context.Context, b BreakGlassReview, people []PrincipalID) []Notice {
	who, what := s.called(ctx, b.Requester), string(b.Entitlement)
	if e, err := s.Catalogue.Entitlement(ctx, b.Entitlement); err == nil {
		what = e.Name
	}
	words := fmt.Sprintf("The break-glass of %s on %s is not reviewed after %s. Until somebody else closes the review, %s can't break glass again.",
		who, what, Span(s.now().Sub(b.OpenedAt).Truncate(time.Minute)), who)
	slot := "breakglass-open/" + string(b.Request) + "/" + strconv.Itoa(b.Escalations) + "/"
	var ns []Notice
	for _, channel := range b.ToldIn {
		ns = append(ns, Notice{Slot: slot + channel, Order: string(b.Request), Kind: NoticeAlert, Request: b.Request, Channel: channel, Words: words})
	}
	for _, id := range people {
		ns = append(ns, Notice{Slot: slot + string(id), Order: string(b.Request), Kind: NoticeAlert, Request: b.Request, To: id, Words: words})
	}
	return ns
}
