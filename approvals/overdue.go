package approvals

import (
	"cmp"
	"context"
	"time"
)

// OwnersHear and AdminsHear are for how long access outlives its end when its
// holder and owners, and when every admin, are told.
const (
	OwnersHear = time.Minute
	AdminsHear = 15 * time.Minute
)

// Overdue records that access outlives its end, and tells holder and owners,
// or every admin. It may be called for any grant: one that is not overdue
// changes nothing. The caller sees to it that each telling comes once.
func (s *Service) Overdue(ctx context.Context, id GrantID, admins bool) (Grant, error) {
	g, err := s.Store.Grant(ctx, id)
	if err != nil {
		return g, err
	}
	now := s.now()
	late := g.Overdue(now)
	if late == 0 {
		return g, nil
	}
	ev := grantEvent(now, EventGrantOverdue, System("worker"), g)
	ev.Detail = map[string]string{"overdue": late.Truncate(time.Second).String(), "told": "owners"}
	c := Change{Events: []Event{ev}}
	if admins {
		ev.Detail["told"] = "admins"
		c.Notices = s.alert(ctx, overdueSlot(g), s.whose(ctx, g)+" outlives its end by "+Span(late)+
			": the system does not let it be removed. It is tried again until it is gone.")
	} else {
		c.Notices = failedNotices(ctx, s, g)
	}
	return g, s.Store.Apply(ctx, c)
}

// relieved tells those who heard that access could not be taken away, or must
// hear that it could not be given, that nothing of it is left: in the messages
// that they have. Late is for how long it outlived its end, tries how often its
// removal had failed.
func (s *Service) relieved(ctx context.Context, g Grant, late time.Duration, tries int) []Notice {
	if g.EndReason != EndFailed && tries < tellAfter && late < OwnersHear {
		return nil
	}
	ns := failedNotices(ctx, s, g)
	if late >= AdminsHear {
		ns = append(ns, s.alert(ctx, overdueSlot(g), s.whose(ctx, g)+" outlived its end by "+Span(late)+". It is removed now.")...)
	}
	return ns
}

// overdueSlot names the alert that a grant's access outlives its end.
func overdueSlot(g Grant) string { return "overdue/" + string(g.ID) }

// called names a principal for people; whom the directory does not know is
// called by their id.
func (s *Service) called(ctx context.Context, id PrincipalID) string {
	p, _ := s.Directory.Principal(ctx, id)
	return cmp.Or(p.Name, string(id))
}

// whose names a grant for people: "Ana Diaz's access to Billing database, read
// only (gr_1)". What cannot be looked up is named by its id.
func (s *Service) whose(ctx context.Context, g Grant) string {
	e, _ := s.Catalogue.Entitlement(ctx, g.Entitlement)
	return s.called(ctx, g.Principal) + "'s access to " + cmp.Or(e.Name, string(g.Entitlement)) + " (" + string(g.ID) + ")"
}
