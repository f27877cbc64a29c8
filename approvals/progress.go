package approvals

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// The methods below record what the worker did in the systems. Each is called
// with the connector's own answer, after a read-back; each may be called again
// and then changes nothing.

// Provision says that giving access begins. The decision is taken again on
// fresh facts first: what no longer holds ends here, as failed, with the
// reason. Present is what the system said before the first effect: access that
// was there before, and that no other grant gave, is standing and never taken
// away. No call that gives access may run longer than until.
func (s *Service) Provision(ctx context.Context, id GrantID, present bool, until time.Time) (Grant, error) {
	g, r, err := s.grantAndRequest(ctx, id)
	if err != nil {
		return g, err
	}
	if g.State != GrantScheduled && g.State != GrantProvisioning {
		return g, nil
	}
	if s.now().Before(g.StartsAt) {
		return g, Errorf(CodeConflict, "This access does not begin yet.")
	}
	if why, err := s.stillHolds(ctx, r); err != nil {
		return g, err
	} else if why != "" {
		return s.fail(ctx, g, r, why)
	}
	now := s.now()
	if g.State == GrantScheduled {
		if g, err = g.Move(GrantProvisioning); err != nil {
			return g, err
		}
	}
	if !g.Prechecked {
		if g.Standing, err = s.standing(ctx, g, present); err != nil {
			return g, err
		}
		g.Prechecked = true
	}
	g.CallUntil = until
	ev := grantEvent(now, EventGrantStarted, System("worker"), g)
	ev.Operation, ev.ReadBack = "check", standingWord(g.Standing)
	return s.applyGrant(ctx, g, Change{Events: []Event{ev}})
}

// standing tells access that was there before Hallpass from access that
// another grant gave.
func (s *Service) standing(ctx context.Context, g Grant, present bool) (bool, error) {
	others, err := s.Store.LiveGrants(ctx, g.Principal, "")
	if err != nil || !present {
		return false, err
	}
	for _, o := range others {
		if o.ID != g.ID && o.Prechecked && s.Same(o, g) {
			return o.Standing, nil
		}
	}
	return true, nil
}

func standingWord(there bool) string {
	if there {
		return "standing access"
	}
	return "no standing access"
}

// stillHolds takes the second look before access is given. It returns why the
// decision no longer holds, or "".
func (s *Service) stillHolds(ctx context.Context, r Request) (string, error) {
	earlier, err := s.Store.Decision(ctx, r.ID)
	if err != nil {
		return "", err
	}
	d, err := s.decide(ctx, r, earlier)
	switch {
	case ErrorCode(err) == CodeForbidden, ErrorCode(err) == CodeNotFound:
		return ErrorMessage(err), nil
	case err != nil:
		return "", err
	case d.Ruling.Outcome == Refuse:
		return refusedNow(d), nil
	case r.DecidedBy == "" && d.Ruling.Outcome != AutoApprove:
		return "What allowed this at once no longer holds, and nobody was asked. Please ask again.", nil
	case d.Ruling.Outcome == Route:
		given, err := s.Store.Approvals(ctx, r.ID)
		if err != nil {
			return "", err
		}
		if _, passed, err := s.walk(ctx, d, given); err != nil {
			return "", err
		} else if !passed {
			return "Those who approved this may no longer answer for it, or more must agree by now. Please ask again.", nil
		}
	}
	return "", nil
}

// Activate says that access works, as read back from the system: the clock
// starts now.
func (s *Service) Activate(ctx context.Context, id GrantID, receipt Receipt, readBack string) (Grant, error) {
	g, r, err := s.grantAndRequest(ctx, id)
	if err != nil {
		return g, err
	}
	if g.State != GrantProvisioning {
		return g, nil
	}
	if g, err = g.Move(GrantActive); err != nil {
		return g, err
	}
	now := s.now()
	g.Receipt, g.ActiveAt, g.EndsAt, g.CallUntil = receipt, now, now.Add(g.Duration), time.Time{}
	ev := grantEvent(now, EventGrantActive, System("worker"), g)
	ev.Operation, ev.ReadBack = "grant", readBack
	ev.Detail = map[string]string{"ends_at": g.EndsAt.Format(time.RFC3339)}
	if g.Standing {
		ev.Detail["standing"] = "true"
	}
	d, err := s.Store.Decision(ctx, r.ID)
	if err != nil {
		return g, err
	}
	return s.applyGrant(ctx, g, Change{Events: []Event{ev}, Tasks: grantTasks(g),
		Notices: slices.Concat(requesterCards(r), approverCards(r, d), s.told(ctx, r))})
}

// ProvisionFailed says that access cannot be given. What was half done is
// undone like any end: the worker revokes until the read-back says that
// nothing remains. Why is for people, without secrets.
func (s *Service) ProvisionFailed(ctx context.Context, id GrantID, why string) (Grant, error) {
	g, r, err := s.grantAndRequest(ctx, id)
	if err != nil {
		return g, err
	}
	switch g.State {
	case GrantScheduled:
		return s.fail(ctx, g, r, why)
	case GrantProvisioning:
		return s.end(ctx, System("worker"), g, EndFailed, why)
	}
	return g, nil
}

// fail ends a grant that never touched its system, or whose traces are gone.
func (s *Service) fail(ctx context.Context, g Grant, r Request, why string) (Grant, error) {
	if g.State == GrantProvisioning {
		return s.end(ctx, System("worker"), g, EndFailed, why)
	}
	g, err := g.Move(GrantFailed)
	if err != nil {
		return g, err
	}
	g.EndReason, g.EndNote = EndFailed, why
	ev := grantEvent(s.now(), EventGrantFailed, System("worker"), g)
	return s.applyGrant(ctx, g, Change{Events: []Event{ev}, Notices: append(requesterCards(r), failedNotices(ctx, s, g)...)})
}

// failedNotices tells holder and owners that a step keeps failing or has
// failed, and redraws the Home tabs of admins.
func failedNotices(ctx context.Context, s *Service, g Grant) []Notice {
	people := []PrincipalID{g.Principal}
	if e, err := s.Catalogue.Entitlement(ctx, g.Entitlement); err == nil {
		people = appendNew(people, e.Owners...)
	}
	var ns []Notice
	for _, id := range people[:min(len(people), askedAtMost)] {
		ns = append(ns, Notice{Slot: "failed/" + string(g.ID) + "/" + string(id), Order: string(g.Request),
			Kind: NoticeFailed, Request: g.Request, Grant: g.ID, To: id})
	}
	return append(ns, homes(s.admins(ctx)...)...) // which say what fails
}

// tellAfter is the failed try after which owners are told.
const tellAfter = 3

// Retry records that a connector call failed and will be tried again. Why is
// for people, without secrets. After the third failure holder and owners are
// told; the tries never end for a revocation.
func (s *Service) Retry(ctx context.Context, id GrantID, operation, why string) (Grant, error) {
	g, err := s.Store.Grant(ctx, id)
	if err != nil || !g.State.Live() {
		return g, err
	}
	g.Attempts++
	g.LastError = why
	ev := grantEvent(s.now(), EventGrantRetried, System("worker"), g)
	ev.Operation, ev.Detail = operation, map[string]string{"attempt": strconv.Itoa(g.Attempts), "error": why}
	c := Change{Events: []Event{ev}}
	if g.Attempts == tellAfter {
		c.Notices = failedNotices(ctx, s, g)
	}
	return s.applyGrant(ctx, g, c)
}

// Revoked says that access has ended, as read back from the system. With
// something that lives on until a time the grant is residual, and Revoked is
// called again when that time has come.
func (s *Service) Revoked(ctx context.Context, id GrantID, removal Removal, readBack string) (Grant, error) {
	g, r, err := s.grantAndRequest(ctx, id)
	if err != nil {
		return g, err
	}
	if g.State != GrantRevoking && g.State != GrantResidual {
		return g, nil
	}
	now := s.now()
	to, kind := GrantRevoked, EventGrantRevoked
	if removal.ResidualUntil.After(now) {
		to, kind = GrantResidual, EventGrantResidual
	}
	if to == g.State { // residual still: nothing new
		return g, nil
	}
	late, tries := g.Overdue(now), g.Attempts
	if g, err = g.Move(to); err != nil {
		return g, err
	}
	ev := grantEvent(now, kind, System("worker"), g)
	ev.Operation, ev.ReadBack = "revoke", readBack
	ev.Detail = map[string]string{"sessions_ended": strconv.Itoa(removal.SessionsEnded)}
	c := Change{}
	if to == GrantResidual {
		g.ResidualUntil = removal.ResidualUntil
		ev.Detail["residual_until"], ev.Detail["why"] = removal.ResidualUntil.Format(time.RFC3339), removal.Reason
		c.Tasks = []Task{{Kind: TaskRevoke, Key: string(g.ID), RunAt: removal.ResidualUntil}}
	} else {
		g.RevokedAt = now
		c.Cancel = []Task{{Kind: TaskRevoke, Key: string(g.ID)}}
	}
	c.Events = []Event{ev}
	c.Notices = append(requesterCards(r), nudge(g), Notice{Slot: "ended/" + string(g.ID), Order: string(g.Request),
		Kind: NoticeEnded, Request: g.Request, Grant: g.ID, To: g.Principal})
	if g.EndReason == EndFailed {
		c.Notices = requesterCards(r)
	}
	c.Notices = slices.Concat(c.Notices, s.relieved(ctx, g, late, tries), s.told(ctx, r))
	return s.applyGrant(ctx, g, c)
}

// Remind sends the nudge that the end is near. For a grant that is no longer
// active it does nothing.
func (s *Service) Remind(ctx context.Context, id GrantID) error {
	g, err := s.Store.Grant(ctx, id)
	if err != nil || g.State != GrantActive || g.Expired(s.now()) {
		return err
	}
	return s.Store.Apply(ctx, Change{
		Events:  []Event{grantEvent(s.now(), EventGrantReminded, System("worker"), g)},
		Notices: append([]Notice{nudge(g)}, homes(g.Principal)...),
	})
}

// Summarise stores a model's prose beside a decision and shows it to those
// who were asked. No decision reads it.
func (s *Service) Summarise(ctx context.Context, sum Summary) error {
	r, err := s.Store.Request(ctx, sum.Request)
	if err != nil {
		return err
	}
	d, err := s.Store.Decision(ctx, sum.Request)
	if err != nil {
		return err
	}
	ev := withDecision(s.event(s.now(), EventSummaryWritten, System("worker"), r), d).saying("summary", sum.Text)
	ev.Detail = map[string]string{"model": sum.Model, "prompt": sum.Prompt}
	return s.Store.Apply(ctx, Change{
		Summaries: []Summary{sum}, Events: []Event{ev},
		Notices: threads(NoticeDetail, approverCards(r, d)),
	})
}

func (s *Service) applyGrant(ctx context.Context, g Grant, c Change) (Grant, error) {
	c.Grants = []Grant{g}
	if err := s.Store.Apply(ctx, c); err != nil {
		return g, err
	}
	g.Version++
	return g, nil
}
