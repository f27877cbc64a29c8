package approvals

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Release ends access at once because its holder is done with it. The holder,
// or whoever asked for the holder, may.
func (s *Service) Release(ctx context.Context, actor Actor, id GrantID) (Grant, error) {
	g, r, err := s.grantAndRequest(ctx, id)
	if err != nil {
		return g, err
	}
	if actor.Principal != g.Principal && actor.Principal != r.Requester {
		return g, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "release", Message: "Only the person who holds this access can give it back."})
	}
	return s.end(ctx, actor, g, EndReleased, "")
}

// Revoke takes access back before its end, with a reason. The holder's
// manager, the entitlement's owners and admins may.
func (s *Service) Revoke(ctx context.Context, actor Actor, id GrantID, reason string) (Grant, error) {
	g, r, err := s.grantAndRequest(ctx, id)
	if err != nil {
		return g, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return g, Errorf(CodeInvalid, "Say why this access is taken back: the holder and the audit log want to know.")
	}
	p, err := s.active(ctx, actor.Principal)
	if err != nil {
		return g, err
	}
	if !p.Admin && !s.owns(ctx, p.ID, g) && !s.manages(ctx, p.ID, g.Principal) {
		return g, s.refuse(ctx, actor, r, &Error{Code: CodeForbidden, Op: "revoke", Message: "Only the holder's manager, an owner of the resource or an admin can take this access back."})
	}
	return s.end(ctx, actor, g, EndRevoked, reason)
}

func (s *Service) owns(ctx context.Context, id PrincipalID, g Grant) bool {
	e, err := s.Catalogue.Entitlement(ctx, g.Entitlement)
	return err == nil && slices.Contains(e.Owners, id)
}

func (s *Service) manages(ctx context.Context, id, of PrincipalID) bool {
	p, err := s.Directory.Principal(ctx, of)
	return err == nil && p.Manager == id
}

// Expire ends access whose time is up. Before its end it does nothing and
// returns CodeConflict: the clock was ahead, or the end was moved. The revoke
// task that was put for this end is left as it is: it is due, and whoever calls
// may hold it.
func (s *Service) Expire(ctx context.Context, id GrantID) (Grant, error) {
	g, err := s.Store.Grant(ctx, id)
	if err != nil {
		return g, err
	}
	switch {
	case g.State == GrantActive && g.Expired(s.now()):
	case g.State == GrantActive, g.State == GrantScheduled, g.State == GrantProvisioning:
		return g, Errorf(CodeConflict, "This access does not end yet.")
	}
	return s.end(ctx, System("worker"), g, EndExpired, "")
}

// Deactivate ends everything that a principal holds, waits for or was about to
// get, because the directory or Slack says that the person has left.
func (s *Service) Deactivate(ctx context.Context, actor Actor, id PrincipalID) error {
	grants, err := s.Store.LiveGrants(ctx, id, "")
	if err != nil {
		return err
	}
	for _, g := range grants {
		if _, err := s.end(ctx, actor, g, EndDeactivated, ""); err != nil && ErrorCode(err) != CodeIllegalTransition {
			return err
		}
	}
	pending, err := s.Store.PendingRequests(ctx, id, "")
	if err != nil {
		return err
	}
	for _, r := range pending {
		if _, err := s.close(ctx, actor, r, RequestCancelled, EventRequestCancelled); err != nil && ErrorCode(err) != CodeAlreadyDecided {
			return err
		}
	}
	return nil
}

// end orders the end of a grant: from now on the worker revokes until the
// system says that nothing remains. Ending what is already ending or ended is
// no error.
func (s *Service) end(ctx context.Context, actor Actor, g Grant, why EndReason, note string) (Grant, error) {
	for range answerTries {
		done, err := s.endOnce(ctx, actor, g, why, note)
		if ErrorCode(err) != CodeConflict {
			return done, err
		}
		if g, err = s.Store.Grant(ctx, g.ID); err != nil {
			return g, err
		}
		if why == EndExpired && !g.Expired(s.now()) {
			return g, Errorf(CodeConflict, "This access was extended.")
		}
	}
	return g, Errorf(CodeUnavailable, "This access is being changed by others right now. Please try again.")
}

func (s *Service) endOnce(ctx context.Context, actor Actor, g Grant, why EndReason, note string) (Grant, error) {
	switch g.State {
	case GrantRevoking, GrantResidual, GrantRevoked, GrantFailed:
		return g, nil
	}
	g, err := g.Move(GrantRevoking)
	if err != nil {
		return g, err
	}
	now := s.now()
	g.RevokingAt, g.EndReason, g.EndNote = now, why, note
	if actor.Kind == ActorPerson {
		g.EndedBy = actor.Principal
	}
	ev := grantEvent(now, EventGrantRevoking, actor, g)
	ev.Detail = map[string]string{"reason": string(why)}
	if actor.Kind == ActorPerson {
		ev = ev.saying("note", note)
	}
	c := Change{
		Grants: []Grant{g},
		Events: []Event{ev},
		Cancel: []Task{{Kind: TaskRemind, Key: string(g.ID)}},
	}
	if why != EndExpired {
		c.Tasks = []Task{{Kind: TaskRevoke, Key: string(g.ID), RunAt: now}}
	}
	if err := s.dropExtensions(ctx, &c, g, now); err != nil {
		return g, err
	}
	r, err := s.Store.Request(ctx, g.Request)
	if err != nil {
		return g, err
	}
	c.Notices = append(c.Notices, requesterCards(r)...)
	c.Notices = append(c.Notices, nudge(g))
	if err := s.Store.Apply(ctx, c); err != nil {
		return g, err
	}
	g.Version++
	return g, nil
}

// dropExtensions cancels the extensions that still wait for a grant that ends.
func (s *Service) dropExtensions(ctx context.Context, c *Change, g Grant, now time.Time) error {
	pending, err := s.Store.PendingRequests(ctx, g.Principal, g.Entitlement)
	if err != nil {
		return err
	}
	for _, r := range pending {
		if r.Kind != KindExtension || r.Grant != g.ID {
			continue
		}
		d, err := s.Store.Decision(ctx, r.ID)
		if err != nil {
			return err
		}
		if r, err = r.Move(RequestCancelled); err != nil {
			return err
		}
		r.DecidedAt = now
		c.Requests = append(c.Requests, r)
		c.Events = append(c.Events, withDecision(s.event(now, EventRequestCancelled, System("worker"), r), d))
		c.Cancel = append(c.Cancel, requestTasks(r)...)
		c.Notices = append(c.Notices, append(requesterCards(r), approverCards(r, d)...)...)
	}
	return nil
}

// nudge is the card that says the end is near; it is edited when the end
// moves or comes.
func nudge(g Grant) Notice {
	return Notice{Slot: "nudge/" + string(g.ID), Order: string(g.Request), Kind: NoticeNudge, Request: g.Request, Grant: g.ID, To: g.Principal}
}
