package approvals

import (
	"context"
	"slices"
	"strconv"
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

// Abstain records that one approver leaves the decision to others. They are
// asked then: the rest of the stage, who stands in for it, and at last the
// security queue.
func (s *Service) Abstain(ctx context.Context, actor Actor, id RequestID, note string) (Request, error) {
	return s.answer(ctx, actor, id, Approval{Answer: Abstained, Note: note})
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
	if err == nil {
		err = Errorf(CodeConflict, "Others are answering this request right now. Please look at it again.")
	}
	return r, err
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
	given, err := s.Store.Approvals(ctx, id)
	if err != nil {
		return r, err
	}
	// Also when the policy changed meanwhile, who answers is held to the same rules.
	open, _, doubt := s.walk(ctx, d, given)
	if !asks(open, actor.Principal) && doubt != nil { // nobody is told that they may not when nobody knows
		return r, doubt
	}
	ap, err := s.authorise(ctx, actor, r, d, open)
	if err != nil {
		return r, err
	}
	if d.Ruling.Outcome == Refuse {
		settled, err := s.settle(ctx, actor, r, d)
		if err != nil {
			return r, err
		}
		return settled, Errorf(CodeForbidden, "%s", refusedNow(d))
	}
	if slices.ContainsFunc(given, func(a Approval) bool { return a.Approver == ap.Approver }) {
		return r, Errorf(CodeAlreadyDecided, "You have answered this request already.")
	}
	ap.Answer, ap.Note, ap.Duration = say.Answer, strings.TrimSpace(say.Note), say.Duration
	return s.record(ctx, actor, r, old, d, given, ap)
}

// mayTry turns away those who can be turned away before anything is decided.
func (s *Service) mayTry(ctx context.Context, actor Actor, r Request, say Answer) error {
	op := map[Answer]string{Approved: "approve", Denied: "deny", Abstained: "abstain"}[say]
	if r.State == RequestDraft {
		return s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: op, Message: "This request was not sent yet."})
	}
	if s.isThem(ctx, actor.Principal, r) || s.isThem(ctx, actor.OnBehalfOf, r) {
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

// isThem is isSelf for whoever answers: a second account of the same person is
// that person.
func (s *Service) isThem(ctx context.Context, id PrincipalID, r Request) bool {
	if id == "" || isSelf(id, r) {
		return id != ""
	}
	p, err := s.Directory.Principal(ctx, id)
	if err != nil { // nobody who may answer either
		return false
	}
	for _, other := range []PrincipalID{r.Requester, r.Beneficiary} {
		if o, err := s.Directory.Principal(ctx, other); err == nil && p.SamePerson(o) {
			return true
		}
	}
	return false
}

// whoWasFirst tells a late approver who settled the request.
func (s *Service) whoWasFirst(ctx context.Context, r Request) error {
	if r.State == RequestLapsed || r.State == RequestCancelled || r.DecidedBy == "" {
		return settled(r)
	}
	return Errorf(CodeAlreadyDecided, "Already %s by %s.", r.State, s.called(ctx, r.DecidedBy))
}

// authorise holds an actor to the fresh decision: among those who may answer in
// an open stage, each by a policy, or in the security queue when too few others
// are left.
func (s *Service) authorise(ctx context.Context, actor Actor, r Request, d Decision, open []panel) (Approval, error) {
	ap := Approval{Request: r.ID, Approver: actor.Principal, At: d.At,
		FactsDigest: d.Facts.Digest(), Version: d.Ruling.Version, Via: actor.Via}
	for _, p := range open {
		if i := p.seat(actor.Principal); i >= 0 {
			c := p.members[i]
			ap.Stage, ap.For, ap.Policies = p.Number, c.instead, c.policies
			return ap, nil
		}
	}
	why := "You are not among those who may answer this request."
	if p, err := s.Directory.Principal(ctx, actor.Principal); err == nil {
		if absence, away := p.Absent(d.At); away && absence.Delegate != "" {
			why = "You are away, so your delegate answers in your place."
		}
	}
	return ap, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "answer", Message: why})
}

// record stores one answer and what follows from it: the request is settled,
// the next stage is asked, or more of this one.
func (s *Service) record(ctx context.Context, actor Actor, r Request, old, d Decision, given []Approval, ap Approval) (Request, error) {
	given = append(slices.Clone(given), ap)
	open, passed, err := s.walk(ctx, d, given)
	if err != nil {
		return r, err
	}
	kind := EventApprovalGiven
	switch {
	case ap.Answer == Denied:
		kind = EventRequestDenied
	case ap.Answer == Abstained:
		kind = EventApprovalAbstained
	case passed:
		kind = EventRequestApproved
	}
	c := Change{Approvals: []Approval{ap}}
	ground := withDecision(s.event(d.At, kind, actor, r), d).saying("note", ap.Note)
	ground.Policies, ground.Approvers = ap.Policies, approversOf(given)
	ground.Detail = circumstances(r, ap)
	c.Events = []Event{ground}
	switch kind {
	case EventRequestDenied:
		r, err = r.Move(RequestDenied)
		r.DecidedAt, r.DecidedBy, r.Note = d.At, ap.Approver, ap.Note
		c.Cancel = append(c.Cancel, requestTasks(r)...)
		c.Learned = []Learned{learned(r, d, ap, r.Duration)}
	case EventRequestApproved:
		r.DecidedBy, r.Note = ap.Approver, ap.Note
		length := Given(r, given)
		r, err = s.approve(ctx, &c, r, d, length, ground)
		c.Learned = []Learned{learned(r, d, ap, length)}
	default:
		if passed { // somebody left it to others who had said enough
			r, err = s.agree(ctx, &c, r, d, given)
			break
		}
		if d = d.ask(open); d.further(old) {
			c.Events = append(c.Events, s.staged(EventRequestAdvanced, System("policy"), r, d))
			r = s.opened(&c, r, d)
		}
		c.Notices = threads(NoticeDetail, approverCards(r, d))
	}
	if err != nil {
		return r, err
	}
	c.Decisions, c.Requests = []Decision{d}, []Request{r}
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

// learned is an answer as the score learns it: approved, for how long; denied,
// of how much.
func learned(r Request, d Decision, ap Approval, length time.Duration) Learned {
	b := d.Facts.Beneficiary
	return Learned{At: d.At, Request: r.ID, Entitlement: r.Entitlement, Beneficiary: b.ID, Manager: b.Manager,
		Title: b.Title, Department: b.Department, Location: b.Location, Function: b.Function, Approver: ap.Approver,
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

// circumstances are the detail of an answer's event: less was given than
// asked, a delegate gave it, it belongs to a stage.
func circumstances(r Request, a Approval) map[string]string {
	detail := map[string]string{}
	if a.Duration > 0 && a.Duration < r.Duration {
		detail["asked"], detail["given"] = r.Duration.String(), a.Duration.String()
	}
	if a.For != "" {
		detail["for"] = string(a.For)
	}
	if a.Stage > 0 {
		detail["stage"] = strconv.Itoa(a.Stage)
	}
	if len(detail) == 0 {
		return nil
	}
	return detail
}
