package approvals

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// BreakGlassPolicy is the part of the law that says who may open what at once,
// before anybody answers. Both methods are pure and never fail.
type BreakGlassPolicy interface {
	MayBreakGlass(Facts, Assessment) Verdict
	Version() PolicyVersion
}

// BreakGlassRules say how emergencies are handled. The zero value lets nobody
// break glass.
type BreakGlassRules struct {
	Policy       BreakGlassPolicy // nil: nobody may
	Channel      string           // of the security team, where everybody is told; empty: people are told one by one
	ReviewWithin time.Duration    // how long a review may stay open before it is escalated; zero: 24 h
}

const (
	// glassUsual is for how long access is opened when nobody says.
	glassUsual = time.Hour
	// glassReview is how long a review may stay open when the settings say nothing.
	glassReview = 24 * time.Hour
	// openAtMost bounds how many open reviews are looked at. Each suspends its
	// person, so there can hardly be more than people.
	openAtMost = 10_000
)

func (b BreakGlassRules) within() time.Duration {
	if b.ReviewWithin > 0 {
		return b.ReviewWithin
	}
	return glassReview
}

// BreakGlass opens access at once for those whom the policy's break_glass
// action permits, with a reason. Everybody who must know is told in the same
// step, and a review begins that somebody else closes. Access is as short as
// asked, an hour when nothing is said, and never longer than the catalogue
// allows.
//
// A directory that is out of date, a score that is missing, a ticket or other
// field that the catalogue asks for do not stand in the way; a forbid does, a
// duty that is kept apart does, and an open review of the same person does
// (CodeForbidden). The same Key gives the same request.
func (s *Service) BreakGlass(ctx context.Context, actor Actor, ask Ask) (Request, error) {
	if old, err := s.Store.RequestByKey(ctx, ask.Key); err == nil || ErrorCode(err) != CodeNotFound {
		return old, err
	}
	r, e, err := s.emergency(ctx, actor, ask)
	if err != nil {
		return r, err
	}
	if err := s.suspended(ctx, actor, r); err != nil {
		return r, err
	}
	d, err := s.decide(ctx, r, Decision{})
	if err != nil {
		return r, err
	}
	if d.Ruling.Outcome != AutoApprove {
		return r, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "break glass", Message: d.Ruling.Words})
	}
	r, err = s.opens(ctx, actor, r, e, d)
	if ErrorCode(err) != CodeDuplicate {
		return r, err
	}
	if old, again := s.Store.RequestByKey(ctx, ask.Key); again == nil { // a redelivery was faster
		return old, nil
	}
	return r, s.refuse(ctx, actor, r, suspension("Your"))
}

// emergency is what is asked, as a pending request that is not stored.
func (s *Service) emergency(ctx context.Context, actor Actor, ask Ask) (Request, Entitlement, error) {
	r := s.newDraft(ask)
	r.Kind = KindBreakGlass
	if r.Key == "" {
		return r, Entitlement{}, Errorf(CodeInvalid, "A request needs an idempotency key.")
	}
	if actor.Kind != ActorPerson || actor.OnBehalfOf != "" {
		return r, Entitlement{}, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "break glass", Message: "Only a person can break glass."})
	}
	if _, err := s.asks(ctx, actor, ask); err != nil {
		return r, Entitlement{}, err
	}
	if err := s.confirmed(ctx, actor); err != nil {
		return r, Entitlement{}, err
	}
	ask.StartsAt = time.Time{} // an emergency is now
	r, err := s.fill(ctx, r, ask)
	if err != nil {
		return r, Entitlement{}, err
	}
	e, err := s.entitlement(ctx, r)
	if err != nil {
		return r, e, err
	}
	if ask.Duration <= 0 {
		r.Duration = min(glassUsual, e.MaxDuration)
	}
	bare := e
	bare.TicketRequired, bare.Fields = false, nil
	if err := s.complete(r, bare); err != nil {
		return r, e, err
	}
	held, err := s.Store.LiveGrants(ctx, r.Beneficiary, r.Entitlement)
	if err != nil {
		return r, e, err
	}
	for _, g := range held {
		if g.State == GrantActive || g.State == GrantProvisioning || g.State == GrantScheduled && !g.StartsAt.After(s.now()) {
			return r, e, Errorf(CodeConflict, "%s is already granted. There is no glass to break.", e.Name)
		}
	}
	r, err = r.Move(RequestPending)
	return r, e, err
}

// suspended refuses whoever, or for whom, an earlier break-glass is not
// reviewed yet, whichever account it was.
func (s *Service) suspended(ctx context.Context, actor Actor, r Request) error {
	open, err := s.Store.OpenBreakGlass(ctx, openAtMost)
	if err != nil {
		return err
	}
	for _, review := range open {
		for _, id := range []PrincipalID{r.Requester, r.Beneficiary} {
			same, err := s.partOf(ctx, id, review)
			if err != nil {
				return err
			}
			if same {
				whose := "Your"
				if id != r.Requester {
					whose = "This person's"
				}
				return s.refuse(ctx, actor, r, suspension(whose))
			}
		}
	}
	return nil
}

func suspension(whose string) *Error {
	return &Error{Code: CodeForbidden, Op: "break glass", Message: whose + " last break-glass is not reviewed yet, and no other is possible before that. " +
		"Ask the security team to close the review, or ask for access the ordinary way."}
}

// partOf reports whether somebody is one of those whom a break-glass was for
// or by, also by a second account. Who cannot be told is an error.
func (s *Service) partOf(ctx context.Context, id PrincipalID, review BreakGlassReview) (bool, error) {
	if id == "" {
		return false, nil
	}
	who, err := s.entry(ctx, id)
	if err != nil {
		return false, err
	}
	for _, party := range []PrincipalID{review.Requester, review.Beneficiary} {
		p, err := s.entry(ctx, party)
		if err != nil || who.SamePerson(p) {
			return err == nil, err
		}
	}
	return false, nil
}

// entry is somebody's entry in the directory; of whom it no longer knows, the id.
func (s *Service) entry(ctx context.Context, id PrincipalID) (Principal, error) {
	p, err := s.Directory.Principal(ctx, id)
	if ErrorCode(err) == CodeNotFound {
		return Principal{ID: id}, nil
	}
	if err != nil {
		return p, &Error{Code: CodeUnavailable, Op: "read directory", Err: err,
			Message: "The directory does not answer, so nothing was changed. Please try again in a moment."}
	}
	return p, nil
}

// opens stores an emergency with its grant, its review, and those who are told.
func (s *Service) opens(ctx context.Context, actor Actor, r Request, e Entitlement, d Decision) (Request, error) {
	r.SubmittedAt = d.At
	c := Change{Decisions: []Decision{d}, Events: []Event{s.submitted(d.At, actor, r)}}
	opened := withDecision(s.event(d.At, EventBreakGlassOpened, actor, r), d)
	c.Events = append(c.Events, opened)
	r, err := s.approve(ctx, &c, r, d, r.Duration, opened)
	review := BreakGlassReview{Request: r.ID, Requester: r.Requester, Beneficiary: r.Beneficiary, Entitlement: r.Entitlement, Grant: r.Grant,
		OpenedAt: d.At, DueAt: d.At.Add(s.Glass.within())}
	review.Told = s.watchers(ctx, review, d)
	if s.Glass.Channel != "" {
		review.ToldIn = []string{s.Glass.Channel}
	}
	c.Requests, c.BreakGlass = []Request{r}, []BreakGlassReview{review}
	c.Events[1].Detail = map[string]string{"review_by": review.DueAt.Format(time.RFC3339), "told": fmt.Sprint(len(review.Told) + len(review.ToldIn)),
		"sensitivity": string(e.Sensitivity)}
	c.Tasks = append(c.Tasks, Task{Kind: TaskBreakGlass, Key: string(r.ID), RunAt: review.DueAt})
	c.Notices = append(append(requesterCards(r), review.cards()...), homes(s.admins(ctx)...)...)
	if err == nil {
		err = s.Store.Apply(ctx, c)
	}
	if err == nil {
		r.Version++
	}
	return r, err
}

// watchers are those who are told of a break-glass one by one: the security
// queue, the owners, the beneficiary's manager; the admins when there is
// neither a queue nor a channel. The person's own card says it to them.
func (s *Service) watchers(ctx context.Context, review BreakGlassReview, d Decision) []PrincipalID {
	told := appendNew(nil, s.Fallback...)
	if len(told) == 0 && s.Glass.Channel == "" {
		told = appendNew(told, s.admins(ctx)...)
	}
	told = appendNew(told, d.Facts.Entitlement.Owners...)
	told = appendNew(told, d.Facts.Beneficiary.Manager)
	return slices.DeleteFunc(told, func(id PrincipalID) bool {
		part, err := s.partOf(ctx, id, review)
		return part && err == nil
	})
}

// judge lets the law speak on frozen facts.
func (s *Service) judge(f Facts, a Assessment) Ruling { return Judge(f, a, s.Policy, s.Glass.Policy) }

// Judge lets a law speak on frozen facts: the ordinary one, or that of
// emergencies, within what no policy can override. It is pure.
func Judge(f Facts, a Assessment, p Policy, glass BreakGlassPolicy) Ruling {
	if f.Kind == KindBreakGlass {
		return BreakGlassRules{Policy: glass}.ruling(f, a)
	}
	if f.Kind == KindAdoption {
		return adopting(f, a, p)
	}
	return Restrain(f, a, p.Decide(f, a))
}

// ruling is the law's answer to an emergency: at once, or not at all.
func (b BreakGlassRules) ruling(f Facts, a Assessment) Ruling {
	r := Ruling{Outcome: Refuse, Quorum: 1, Words: "Nobody may break glass here: no policy permits it. Ask for access the ordinary way."}
	if b.Policy == nil {
		return r
	}
	asked := f
	asked.Kind = KindAccess // it is access that is asked for, and policies know it by that word
	var v Verdict
	for ok := false; !ok; ok = b.Policy.Version() == r.Version { // verdict and version of one law
		r.Version = b.Policy.Version()
		v = b.Policy.MayBreakGlass(asked, a)
	}
	r.Policies, r.Problems = v.Policies, v.Problems
	switch {
	case v.Forbidden:
		r.Words = "A policy forbids this, also in an emergency."
		for _, p := range v.Policies {
			if p.Effect == "forbid" && p.Reason != "" {
				r.Words = "A policy forbids this, also in an emergency: " + p.Reason
			}
		}
	case !v.Allowed || !slices.ContainsFunc(v.Policies, func(p PolicyRef) bool { return p.Effect == "permit" && p.ID != "" }):
		r.Words = "No policy lets you open this at once. Ask for it the ordinary way."
	default:
		r.Outcome, r.Words = AutoApprove, "Opened by break-glass, before anybody answered."
	}
	return segregate(f, r)
}
