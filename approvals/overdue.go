package approvals

import (
	"context"
	"fmt"
	"time"
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
		c.Notices = s.alert(ctx, "overdue/"+string(g.ID), fmt.Sprintf(
			"Access %s to %s on account %s outlives its end by %s: the system does not let it be removed. It is tried again until it is gone.",
			g.ID, g.Entitlement, g.Account, Span(late)))
	} else {
		c.Notices = failedNotices(ctx, s, g)
	}
	return g, s.Store.Apply(ctx, c)
}
