package approvals

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Submit sends a draft: it is decided on facts that are fresh now, and the
// decision is stored with everything that follows from it. Submitting again
// returns the request as it stands.
func (s *Service) Submit(ctx context.Context, actor Actor, id RequestID) (Request, error) {
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	if actor.Principal != r.Requester {
		return r, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "submit", Message: "Only the person who asked can send this request."})
	}
	if r.State != RequestDraft {
		return r, settled(r)
	}
	if err := s.confirmed(ctx, actor); err != nil {
		return r, err
	}
	e, err := s.entitlement(ctx, r)
	if err != nil {
		return r, err
	}
	if err := s.complete(r, e); err != nil {
		return r, err
	}
	if err := s.alreadyThere(ctx, r, e); err != nil {
		return r, err
	}
	r, err = r.Move(RequestPending)
	if err != nil {
		return r, err
	}
	d, err := s.decide(ctx, r, Decision{})
	if err != nil {
		return r, err
	}
	r.SubmittedAt, r.LapsesAt = d.At, d.At.Add(s.patience(d.Ruling))
	return s.settle(ctx, actor, r, d, s.submitted(d.At, actor, r))
}

// submitted records what somebody asks for, and in whose words.
func (s *Service) submitted(at time.Time, actor Actor, r Request) Event {
	ev := s.event(at, EventRequestSubmitted, actor, r).saying("reason", r.Reason).saying("ticket", r.Ticket)
	for name, value := range r.Fields {
		ev = ev.saying("field "+name, value)
	}
	detail := map[string]string{}
	if !r.StartsAt.IsZero() {
		detail["starts_at"] = r.StartsAt.Format(time.RFC3339)
	}
	if r.Bundle != "" {
		detail["bundle"] = string(r.Bundle)
	}
	if r.Profile != "" {
		detail["profile"] = r.Profile
	}
	if len(detail) > 0 {
		ev.Detail = detail
	}
	return ev
}

// Decide takes a second look at a pending request: the directory or the policy
// has changed, or an operator asks. A request that is permitted now is
// approved, one that is forbidden now is denied, and new approvers are asked.
func (s *Service) Decide(ctx context.Context, actor Actor, id RequestID) (Request, error) {
	r, err := s.Store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	if r.State != RequestPending {
		return r, settled(r)
	}
	old, err := s.Store.Decision(ctx, id)
	if err != nil {
		return r, err
	}
	d, err := s.decide(ctx, r, old)
	if err != nil {
		return r, err
	}
	return s.settle(ctx, actor, r, d)
}

// Reconsider is Decide for a pending request that may stand as it does: when
// the outcome, the law and those who are asked are what they were, nothing is
// stored. A request that is settled is left alone.
func (s *Service) Reconsider(ctx context.Context, id RequestID) error {
	r, err := s.Store.Request(ctx, id)
	if err != nil || r.State != RequestPending {
		return err
	}
	old, err := s.Store.Decision(ctx, id)
	if err != nil {
		return err
	}
	d, err := s.decide(ctx, r, old)
	switch {
	case ErrorCode(err) == CodeForbidden || ErrorCode(err) == CodeNotFound: // who asked has left, or what was asked for is gone
		_, err = s.close(ctx, System("review"), r, RequestCancelled, EventRequestCancelled)
		return err
	case err != nil:
		return err
	case d.Ruling.Outcome == old.Ruling.Outcome && d.Ruling.Version == old.Ruling.Version && slices.Equal(d.Approvers, old.Approvers):
		return nil
	}
	_, err = s.settle(ctx, System("review"), r, d)
	return err
}

func (s *Service) entitlement(ctx context.Context, r Request) (Entitlement, error) {
	if r.Entitlement == "" {
		return Entitlement{}, Errorf(CodeInvalid, "Say which access you need.")
	}
	return s.Catalogue.Entitlement(ctx, r.Entitlement)
}

// alreadyThere keeps people from asking for what they have or wait for.
func (s *Service) alreadyThere(ctx context.Context, r Request, e Entitlement) error {
	grants, err := s.Store.LiveGrants(ctx, r.Beneficiary, r.Entitlement)
	if err != nil {
		return err
	}
	for _, g := range grants {
		if g.State == GrantActive || g.State == GrantScheduled || g.State == GrantProvisioning {
			if g.State == GrantScheduled && g.StartsAt.After(s.now()) {
				return Errorf(CodeConflict, "%s is already granted, from %s on.", e.Name, g.StartsAt.Format("2 January 15:04 MST"))
			}
			return Errorf(CodeConflict, "%s is already granted. Extend it instead, or ask again when it has ended.", e.Name)
		}
	}
	pending, err := s.Store.PendingRequests(ctx, r.Beneficiary, r.Entitlement)
	if err != nil {
		return err
	}
	for _, p := range pending {
		if p.ID != r.ID && p.Kind == KindAccess {
			return Errorf(CodeConflict, "%s is already asked for and waits for an answer. Cancel that request first to ask anew.", e.Name)
		}
	}
	return nil
}

// settle stores a decision on a pending request and all that follows from it,
// in one transaction. Extra events come first.
func (s *Service) settle(ctx context.Context, actor Actor, r Request, d Decision, events ...Event) (Request, error) {
	return s.settleWith(ctx, r, d, Change{Events: events})
}

// settleWith is settle with more that is to be stored in the same transaction.
func (s *Service) settleWith(ctx context.Context, r Request, d Decision, more Change) (Request, error) {
	done, err := s.settleOnce(ctx, r, d, more)
	if ErrorCode(err) != CodeOverBudget {
		return done, err
	}
	f := d.Facts
	f.Problems = append(slices.Clone(f.Problems), "the budget of automatic approvals is used up: "+ErrorMessage(err))
	if d, err = s.rule(ctx, r, d, f); err != nil {
		return r, err
	}
	if d.Ruling.Outcome == Route {
		d.Ruling.Words = "The budget of automatic approvals for today is used up, so a person decides."
	}
	return s.settleOnce(ctx, r, d, more)
}

func (s *Service) settleOnce(ctx context.Context, r Request, d Decision, c Change) (Request, error) {
	c.Events = slices.Clone(c.Events)
	decided := withDecision(s.event(d.At, EventRequestDecided, Actor{Kind: ActorPolicy, Via: "policy"}, r), d)
	decided.Detail = map[string]string{"outcome": string(d.Ruling.Outcome), "sensitivity": string(d.Facts.Entitlement.Sensitivity)}
	c.Decisions, c.Events = []Decision{d}, append(c.Events, decided)
	switch d.Ruling.Outcome {
	case AutoApprove:
		var err error
		if r, err = s.approve(ctx, &c, r, d, r.Duration, decided); err != nil {
			return r, err
		}
		c.Notices = append(c.Notices, approverCards(r, d)...)
		c.Spend = s.Budgets.spending(d)
	case Refuse:
		moved, err := r.Move(RequestDenied)
		if err != nil {
			return r, err
		}
		r = moved
		r.DecidedAt, r.Note = d.At, d.Ruling.Words
		c.Cancel = append(c.Cancel, requestTasks(r)...)
		c.Events = append(c.Events, withDecision(s.event(d.At, EventRequestDenied, Actor{Kind: ActorPolicy, Via: "policy"}, r), d))
		c.Notices = append(c.Notices, approverCards(r, d)...)
	case Route:
		done, agreed, err := s.agreed(ctx, &c, r, d)
		if err != nil {
			return r, err
		}
		if agreed {
			r = done
			c.Notices = append(c.Notices, approverCards(r, d)...)
			break
		}
		c.Tasks = append(c.Tasks, Task{Kind: TaskLapse, Key: string(r.ID), RunAt: r.LapsesAt})
		if d.Sequence == 1 { // approvers are reminded once, however often the decision is looked at again
			c.Tasks = append(c.Tasks, Task{Kind: TaskChase, Key: string(r.ID), RunAt: r.SubmittedAt.Add(s.chaseIn(d.Ruling))})
		}
		c.Tasks = append(c.Tasks, escalation(r, d)...)
		if d.Sequence > 1 {
			old, err := s.Store.Decision(ctx, r.ID)
			if err != nil {
				return r, err
			}
			if d.further(old) {
				r = s.opened(&c, r, d)
			}
		}
		if s.Explain && d.Sequence == 1 {
			c.Tasks = append(c.Tasks, Task{Kind: TaskExplain, Key: string(r.ID), RunAt: d.At})
		}
		c.Notices = append(c.Notices, approverCards(r, d)...)
		c.Notices = append(c.Notices, threads(NoticeDetail, approverCards(r, d))...)
	}
	c.Requests = []Request{r}
	c.Notices = append(requesterCards(r), c.Notices...)
	if err := s.Store.Apply(ctx, c); err != nil {
		return r, err
	}
	r.Version++
	return r, nil
}

// agreed approves a request whose approvals are enough by now, because fewer
// are needed than when they were given.
func (s *Service) agreed(ctx context.Context, c *Change, r Request, d Decision) (Request, bool, error) {
	if d.Sequence == 1 {
		return r, false, nil
	}
	given, err := s.Store.Approvals(ctx, r.ID)
	if err != nil || len(given) == 0 {
		return r, false, err
	}
	if _, passed, err := s.walk(ctx, d, given); err != nil || !passed {
		return r, false, err
	}
	r, err = s.agree(ctx, c, r, d, given)
	return r, err == nil, err
}

// agree approves a request by what was answered before.
func (s *Service) agree(ctx context.Context, c *Change, r Request, d Decision, given []Approval) (Request, error) {
	for _, a := range given {
		if a.Answer == Approved {
			r.DecidedBy, r.Note = a.Approver, a.Note
		}
	}
	ground := withDecision(s.event(d.At, EventRequestApproved, Actor{Kind: ActorPolicy, Via: "policy"}, r), d)
	ground.Approvers = approversOf(given)
	c.Events = append(c.Events, ground)
	return s.approve(ctx, c, r, d, Given(r, given), ground)
}

// approve moves a pending request to approved and adds to the change what
// gives the access for a time: a new grant, or a later end for the running
// one. The ground is the event that names the policy or the approver.
func (s *Service) approve(ctx context.Context, c *Change, r Request, d Decision, given time.Duration, ground Event) (Request, error) {
	r, err := r.Move(RequestApproved)
	if err != nil {
		return r, err
	}
	r.DecidedAt = d.At
	if r.DecidedBy == "" {
		r.Note = d.Ruling.Words
	}
	c.Cancel = append(c.Cancel, requestTasks(r)...)
	if r.Kind == KindExtension {
		return r, s.moveEnd(ctx, c, r, given, d.Facts.Entitlement.MaxDuration, ground)
	}
	e := d.Facts.Entitlement
	g := Grant{
		ID: GrantID(s.newID("gr_")), Request: r.ID, Entitlement: e.ID, Principal: r.Beneficiary,
		State: GrantScheduled, Connector: e.Connector, Account: d.Facts.Beneficiary.Account(e.System),
		Target: e.Target, Duration: min(given, e.MaxDuration), CreatedAt: d.At,
	}
	start := d.At
	if r.StartsAt.After(d.At) {
		g.StartsAt, start = r.StartsAt, r.StartsAt
	}
	r.Grant = g.ID
	g.Ground = ground.ground()
	c.Grants = append(c.Grants, g)
	ev := ground
	ev.Connector, ev.Words = g.Connector, nil
	ev.Kind, ev.Grant, ev.Detail = EventGrantScheduled, g.ID, circumstances(r, Approval{Duration: given})
	c.Events = append(c.Events, ev)
	c.Tasks = append(c.Tasks, Task{Kind: TaskProvision, Key: string(g.ID), RunAt: start})
	waits, err := s.whyItWaits(ctx, r)
	c.Notices = append(c.Notices, waits...)
	return r, err
}

// moveEnd gives a running grant a later end, by so much and no further ahead
// than longest. Access never blinks: only the row and its tasks change here, and
// the system's own end date follows.
func (s *Service) moveEnd(ctx context.Context, c *Change, r Request, by, longest time.Duration, ground Event) error {
	g, err := s.Store.Grant(ctx, r.Grant)
	if err != nil {
		return err
	}
	if g.State != GrantActive || g.Expired(ground.At) {
		return Errorf(CodeInvalid, "This access has ended meanwhile, so there is nothing left to extend. Ask for it anew.")
	}
	if by = min(by, longest-g.EndsAt.Sub(ground.At)); by <= 0 {
		return Errorf(CodeInvalid, "This access may run for at most %s from now, and it does already.", Span(longest))
	}
	g.EndsAt = g.EndsAt.Add(by)
	g.Duration += by
	g.Ground = ground.ground()
	c.Grants = append(c.Grants, g)
	ev := ground
	ev.Connector, ev.Words = g.Connector, nil
	ev.Kind, ev.Detail = EventGrantExtended, map[string]string{"ends_at": g.EndsAt.Format(time.RFC3339)}
	maps.Copy(ev.Detail, circumstances(r, Approval{Duration: by}))
	c.Events = append(c.Events, ev)
	c.Tasks = append(c.Tasks, grantTasks(g)...)
	c.Tasks = append(c.Tasks, Task{Kind: TaskProvision, Key: string(g.ID), RunAt: ground.At}) // sets the system's own end date
	first, err := s.Store.Request(ctx, g.Request)
	if err != nil {
		return err
	}
	c.Notices = append(append(c.Notices, requesterCards(first)...), nudge(g)) // both say until when
	return nil
}

// requestTasks are the tasks that end with a pending request.
func requestTasks(r Request) []Task {
	return []Task{{Kind: TaskLapse, Key: string(r.ID)}, {Kind: TaskChase, Key: string(r.ID)}, {Kind: TaskEscalate, Key: string(r.ID)}}
}

// grantTasks are the tasks of an active grant: its nudge and its end.
func grantTasks(g Grant) []Task {
	return []Task{
		{Kind: TaskRevoke, Key: string(g.ID), RunAt: g.EndsAt},
		{Kind: TaskRemind, Key: string(g.ID), RunAt: g.NudgeAt()},
	}
}
