package approvals

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Approve records one approver's yes. The request is decided again on fresh
// facts first: what the policy forbids by now is denied with the policy's
// words, and who may not answer by now is refused. When the quorum is reached,
// access is granted.
//
// Nobody approves for themselves: neither requester nor beneficiary, nor an
// actor on behalf of either (CodeSelfApproval). A late answer gets
// CodeAlreadyDecided or CodeLapsed and changes nothing.
func (s *Service) Approve(ctx context.Context, actor Actor, id RequestID, note string) (Request, error) {
	return s.answer(ctx, actor, id, Approval{Answer: Approved, Note: note})
}

// ApproveFor is Approve for less time than was asked, in whole minutes from
// one. More than was asked is refused (CodeInvalid): nobody gets what they did
// not ask for. Of several approvals the shortest time holds.
func (s *Service) ApproveFor(ctx context.Context, actor Actor, id RequestID, d time.Duration, note string) (Request, error) {
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	switch d = d.Truncate(time.Minute); {
	case d < time.Minute:
		return r, Errorf(CodeInvalid, "Approve for at least one minute, or deny it.")
	case d > r.Duration:
		return r, Errorf(CodeInvalid, "This was asked for %s: it can be approved for less, never for more.", Span(r.Duration))
	case d == r.Duration:
		d = 0
	}
	return s.answer(ctx, actor, id, Approval{Answer: Approved, Note: note, Duration: d})
}

// Deny records one approver's no, which settles the request. The same people
// may deny who may approve.
func (s *Service) Deny(ctx context.Context, actor Actor, id RequestID, note string) (Request, error) {
	return s.answer(ctx, actor, id, Approval{Answer: Denied, Note: note})
}

// answer records what an actor says, of which Answer, Note and Duration are
// looked at.
func (s *Service) answer(ctx context.Context, actor Actor, id RequestID, say Approval) (Request, error) {
	for range answerTries {
		r, err := s.answerOnce(ctx, actor, id, say)
		if ErrorCode(err) != CodeConflict {
			return r, err
		}
	}
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	return r, Errorf(CodeConflict, "Others are answering this request right now. Please look at it again.")
}

// answerTries is how often an answer is tried again when somebody else changed
// the request in the same moment.
const answerTries = 5

func (s *Service) answerOnce(ctx context.Context, actor Actor, id RequestID, say Approval) (Request, error) {
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	if err := s.mayTry(ctx, actor, r, say.Answer); err != nil {
		return r, err
	}
	old, err := s.Store.Decision(ctx, id)
	if err != nil {
		return r, err
	}
	d, err := s.decide(ctx, r, old)
	if err != nil {
		return r, err
	}
	if d.Ruling.Outcome != Route { // the policy changed meanwhile: who answers is held to the same rules
		d.Approvers, d.Fallback = s.candidates(ctx, d)
	}
	ap, err := s.authorise(ctx, actor, r, d)
	if err != nil {
		return r, err
	}
	if d.Ruling.Outcome == Refuse {
		settled, err := s.settle(ctx, actor, r, d)
		if err != nil {
			return r, err
		}
		return settled, Errorf(CodeForbidden, "The policy has changed and now refuses this: %s", d.Ruling.Words)
	}
	ap.Answer, ap.Note, ap.Duration = say.Answer, strings.TrimSpace(say.Note), say.Duration
	return s.record(ctx, actor, r, d, ap)
}

// mayTry turns away those who can be turned away before anything is decided.
func (s *Service) mayTry(ctx context.Context, actor Actor, r Request, say Answer) error {
	op := "approve"
	if say == Denied {
		op = "deny"
	}
	if r.State == RequestDraft {
		return s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: op, Message: "This request was not sent yet."})
	}
	if isSelf(actor.Principal, r) || isSelf(actor.OnBehalfOf, r) {
		return s.refuse(ctx, actor, r, &Error{Code: CodeSelfApproval, Op: op, Message: "Nobody decides about their own access. Somebody else has to answer this."})
	}
	if r.State.Final() {
		return s.whoWasFirst(ctx, r)
	}
	if !s.now().Before(r.LapsesAt) {
		return s.refuse(ctx, actor, r, &Error{Code: CodeLapsed, Op: op, Message: "This request lapsed: nobody had answered in time. It can be asked again."})
	}
	if actor.Kind != ActorPerson {
		return s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: op, Message: "Only a person can answer a request."})
	}
	if _, err := s.active(ctx, actor.Principal); err != nil {
		if ErrorCode(err) == CodeForbidden {
			return s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: op, Message: ErrorMessage(err)})
		}
		return err
	}
	return nil
}

func isSelf(id PrincipalID, r Request) bool {
	return id != "" && (id == r.Requester || id == r.Beneficiary)
}

// whoWasFirst tells a late approver who settled the request.
func (s *Service) whoWasFirst(ctx context.Context, r Request) error {
	if r.State == RequestLapsed || r.State == RequestCancelled || r.DecidedBy == "" {
		return settled(r)
	}
	name := string(r.DecidedBy)
	if p, err := s.Directory.Principal(ctx, r.DecidedBy); err == nil {
		name = p.Name
	}
	return Errorf(CodeAlreadyDecided, "Already %s by %s.", r.State, name)
}

// authorise holds an actor to the fresh decision: among those who may answer,
// each by a policy, or in the security queue when nobody else is left.
func (s *Service) authorise(ctx context.Context, actor Actor, r Request, d Decision) (Approval, error) {
	ap := Approval{Request: r.ID, Approver: actor.Principal, At: d.At,
		FactsDigest: d.Facts.Digest(), Version: d.Ruling.Version, Via: actor.Via}
	if !slices.Contains(d.Approvers, actor.Principal) {
		if err := s.unresolved(ctx, d.Facts); err != nil {
			return ap, err
		}
		return ap, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "answer",
			Message: "You are not among those who may answer this request."})
	}
	p, err := s.active(ctx, actor.Principal)
	if err != nil {
		return ap, err
	}
	ap.Policies = s.Policy.MayApprove(d.Facts, d.Assessment, p).Policies
	return ap, nil
}

// record stores one answer and, when it settles the request, what follows.
func (s *Service) record(ctx context.Context, actor Actor, r Request, d Decision, ap Approval) (Request, error) {
	given, err := s.Store.Approvals(ctx, r.ID)
	if err != nil {
		return r, err
	}
	if slices.ContainsFunc(given, func(a Approval) bool { return a.Approver == ap.Approver }) {
		return r, Errorf(CodeAlreadyDecided, "You have answered this request already.")
	}
	c := Change{Decisions: []Decision{d}, Approvals: []Approval{ap}}
	kind := EventRequestDenied
	if ap.Answer == Approved {
		kind = EventRequestApproved
		if yes := 1 + stillCount(given, d); yes < max(d.Ruling.Quorum, 1) {
			kind = EventApprovalGiven
		}
	}
	ground := withDecision(s.event(d.At, kind, actor, r), d).saying("note", ap.Note)
	ground.Policies, ground.Approvers = ap.Policies, approversOf(append(given, ap))
	ground.Detail = shortening(r, ap.Duration)
	c.Events = []Event{ground}
	switch kind {
	case EventRequestDenied:
		if r, err = r.Move(RequestDenied); err != nil {
			return r, err
		}
		r.DecidedAt, r.DecidedBy, r.Note = d.At, ap.Approver, ap.Note
		c.Cancel = append(c.Cancel, requestTasks(r)...)
		c.Learned = []Learned{learned(r, d, ap, r.Duration)}
	case EventRequestApproved:
		r.DecidedBy, r.Note = ap.Approver, ap.Note
		length := Given(r, append(given, ap))
		if r, err = s.approve(ctx, &c, r, d, length, ground); err != nil {
			return r, err
		}
		c.Learned = []Learned{learned(r, d, ap, length)}
	}
	c.Requests = []Request{r}
	c.Notices = append(append(requesterCards(r), c.Notices...), approverCards(r, d)...)
	if err := s.Store.Apply(ctx, c); err != nil {
		return r, err
	}
	r.Version++
	return r, nil
}

// approversOf are those who said yes, in the order in which they did.
func approversOf(given []Approval) (ids []PrincipalID) {
	for _, a := range given {
		if a.Answer == Approved {
			ids = append(ids, a.Approver)
		}
	}
	return ids
}

// stillCount counts the earlier approvals whose givers may still answer.
func stillCount(given []Approval, d Decision) int {
	n := 0
	for _, a := range given {
		if a.Answer == Approved && slices.Contains(d.Approvers, a.Approver) {
			n++
		}
	}
	return n
}

// learned is an answer as the score learns it: approved, for how long; denied,
// of how much.
func learned(r Request, d Decision, ap Approval, length time.Duration) Learned {
	b := d.Facts.Beneficiary
	return Learned{At: d.At, Request: r.ID, Entitlement: r.Entitlement, Beneficiary: b.ID, Manager: b.Manager,
		Title: b.Title, Department: b.Department, Location: b.Location, Approver: ap.Approver,
		Approved: ap.Answer == Approved, Duration: length}
}

// Given is for how long a request is approved by these answers: the shortest
// time that anybody gave, and what was asked where nobody shortened it.
func Given(r Request, answers []Approval) time.Duration {
	d := r.Duration
	for _, a := range answers {
		if a.Answer == Approved && a.Duration > 0 {
			d = min(d, a.Duration)
		}
	}
	return d
}

// shortening is the detail of an event when less was given than asked; zero
// stands for what was asked.
func shortening(r Request, given time.Duration) map[string]string {
	if given == 0 || given >= r.Duration {
		return nil
	}
	return map[string]string{"asked": r.Duration.String(), "given": given.String()}
}

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
