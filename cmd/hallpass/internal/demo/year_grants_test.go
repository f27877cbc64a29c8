package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// emergency opens access by break-glass, and has it reviewed by somebody else.
func (y *Year) emergency(ctx context.Context, who approvals.Actor, p past) (bool, error) {
	y.ids++
	r, err := y.Service.BreakGlass(ctx, who, approvals.Ask{Requester: who.Principal, Entitlement: p.request.Entitlement, Duration: time.Hour,
		Reason: "production is down and nobody answers", Key: fmt.Sprint("year/", y.ids)})
	if err != nil {
		return false, mine(err)
	}
	y.submitted++
	y.begin(r)
	y.in(3*time.Hour, func(ctx context.Context) error {
		review, err := y.Service.Store.BreakGlassReview(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, id := range review.Told {
			_, err := y.Service.ReviewBreakGlass(ctx, approvals.Person(id, "slack", ""), r.ID, approvals.Justified, "seen in the incident")
			if code := approvals.ErrorCode(err); code == "" || code != approvals.CodeForbidden && code != approvals.CodeSelfApproval {
				return err
			}
		}
		return nil
	})
	return true, nil
}

// begin gives the access that a request got, as a worker would.
func (y *Year) begin(r approvals.Request) {
	if r.Kind == approvals.KindExtension || r.Grant == "" {
		return
	}
	y.in(time.Duration(1+y.rand.IntN(3))*time.Second, func(ctx context.Context) error {
		g, err := y.Service.Provision(ctx, r.Grant, false, y.now.Add(time.Minute))
		if err != nil || g.State != approvals.GrantProvisioning {
			return err
		}
		if y.rand.IntN(150) == 0 {
			if g, err = y.Service.Retry(ctx, g.ID, "grant", "the system did not answer"); err != nil {
				return err
			}
		}
		y.in(time.Duration(500+y.rand.IntN(3000))*time.Millisecond, func(ctx context.Context) error {
			g, err := y.Service.Activate(ctx, g.ID, approvals.Receipt{"account": g.Account}, "present")
			if err == nil && g.State == approvals.GrantActive {
				y.live(g)
			}
			return err
		})
		return nil
	})
}

// live lets somebody use access until they are done, want more, or time is up.
func (y *Year) live(g approvals.Grant) {
	if y.Forget {
		y.Forget = false
		return
	}
	who := approvals.Person(g.Principal, "slack", "")
	switch chance := y.rand.IntN(100); {
	case chance < 30:
		y.in(g.Duration*time.Duration(20+y.rand.IntN(60))/100, func(ctx context.Context) error {
			g, err := y.Service.Release(ctx, who, g.ID)
			y.remove(g)
			return mine(err)
		})
	case chance < 34:
		y.in(g.Duration*8/10, func(ctx context.Context) error {
			y.ids++
			r, err := y.Service.Extend(ctx, who, g.ID, g.Duration/2, "a little longer", fmt.Sprint("year/", y.ids))
			if err != nil {
				return mine(err)
			}
			y.submitted++
			if r.State == approvals.RequestPending {
				y.wait(r, past{request: approvals.Request{DecidedAt: y.now.Add(5 * time.Minute), SubmittedAt: y.now}, learned: approvals.Learned{Approved: true}})
			}
			return nil
		})
	}
	y.expire(g)
}

// expire ends access when its time is up, however often that moves.
func (y *Year) expire(g approvals.Grant) {
	y.in(g.EndsAt.Sub(y.now), func(ctx context.Context) error {
		g, err := y.Service.Store.Grant(ctx, g.ID)
		if err != nil || g.State != approvals.GrantActive {
			return err
		}
		if !g.Expired(y.now) {
			y.expire(g)
			return nil
		}
		g, err = y.Service.Expire(ctx, g.ID)
		y.remove(g)
		return err
	})
}

// remove takes access away, and reads back that it is gone.
func (y *Year) remove(g approvals.Grant) {
	if g.State != approvals.GrantRevoking {
		return
	}
	y.in(time.Duration(800+y.rand.IntN(4000))*time.Millisecond, func(ctx context.Context) error {
		_, err := y.Service.Revoked(ctx, g.ID, approvals.Removal{}, "absent")
		return err
	})
}
