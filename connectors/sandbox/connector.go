package sandbox

import (
	"context"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

var (
	_ approvals.Connector    = (*Sandbox)(nil)
	_ approvals.Expirer      = (*Sandbox)(nil)
	_ approvals.SessionEnder = (*Sandbox)(nil)
	_ approvals.Validator    = (*Sandbox)(nil)
)

// Grant makes the grant's account a member. An account that is one already
// stays as it is.
func (s *Sandbox) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	var receipt approvals.Receipt
	err := s.call(ctx, OpGrant, string(g.ID), func(f Fault) error {
		k, err := s.locate(g.Account, g.Target)
		if err != nil {
			return err
		}
		if !s.knows(g.Account) {
			return fail(approvals.Permanent, "The sandbox knows no account %q.", g.Account)
		}
		receipt = approvals.Receipt{"resource": k.resource, "level": k.level, "account": k.account}
		now := s.now()
		s.expire(k, now)
		if s.world.members[k] != nil || f.Lie {
			return nil
		}
		s.world.members[k] = &Member{Resource: k.resource, Level: k.level, Account: k.account, Since: now}
		s.world.record(Effect{At: now, Op: OpGrant, Grant: string(g.ID), Resource: k.resource, Level: k.level, Account: k.account})
		return s.save()
	})
	if err != nil {
		return nil, err
	}
	return receipt, nil
}

// Revoke ends the membership and the sessions that use it. It does not ask who
// else counts on the membership.
func (s *Sandbox) Revoke(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Removal, error) {
	var removal approvals.Removal
	err := s.call(ctx, OpRevoke, string(g.ID), func(f Fault) error {
		k, now := holding(g, r), s.now()
		s.expire(k, now)
		if f.Lie {
			return nil
		}
		if s.world.members[k] == nil && len(s.world.sessions[k]) == 0 {
			return nil
		}
		e := Effect{At: now, Op: OpRevoke, Grant: string(g.ID), Resource: k.resource, Level: k.level, Account: k.account}
		hold := s.held(k, f.Hold)
		if s.world.members[k] != nil {
			e.Sessions = s.world.remove(k, now, hold, false)
		} else if e.Sessions, e.Op = s.world.endSessions(k, now, hold), OpEndSessions; e.Sessions == 0 {
			removal = s.residue(k, 0)
			return nil
		}
		removal = s.residue(k, e.Sessions)
		s.world.record(e)
		return s.save()
	})
	if err != nil {
		return approvals.Removal{}, err
	}
	return removal, nil
}

// Check looks the membership and its sessions up.
func (s *Sandbox) Check(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Presence, error) {
	var p approvals.Presence
	err := s.call(ctx, OpCheck, string(g.ID), func(f Fault) error {
		k := holding(g, r)
		s.expire(k, s.now())
		p = s.presence(k)
		if f.Stale {
			p.Present = s.before(k)
		}
		return nil
	})
	return p, err
}

// List returns the members at the entitlement's level.
func (s *Sandbox) List(ctx context.Context, e approvals.Entitlement) ([]approvals.Holding, error) {
	held := []approvals.Holding{}
	err := s.call(ctx, OpList, "", func(Fault) error {
		k, err := s.locate("", e.Target)
		if err != nil {
			return err
		}
		now := s.now()
		s.sweep(now)
		members, _ := s.world.list()
		for _, m := range members {
			if m.Resource == k.resource && m.Level == k.level {
				held = append(held, approvals.Holding{Entitlement: e.ID, Account: m.Account, AsOf: now})
			}
		}
		return nil
	})
	return held, err
}

// SetEnd sets the membership's native end date. The system's own sweep applies
// it Config.SweepLag later.
func (s *Sandbox) SetEnd(ctx context.Context, g approvals.Grant, r approvals.Receipt, end time.Time) error {
	return s.call(ctx, OpSetEnd, string(g.ID), func(f Fault) error {
		k, now := holding(g, r), s.now()
		s.expire(k, now)
		m := s.world.members[k]
		if m == nil {
			return fail(approvals.Permanent, "%s is no member of %s, so no end can be set.", k.account, k.resource)
		}
		if m.EndsAt.Equal(end) || f.Lie {
			return nil
		}
		m.EndsAt = end.UTC()
		s.world.record(Effect{At: now, Op: OpSetEnd, Grant: string(g.ID), Resource: k.resource, Level: k.level, Account: k.account})
		return s.save()
	})
}

// EndSessions ends the sessions that use the holding, and says how many.
func (s *Sandbox) EndSessions(ctx context.Context, g approvals.Grant, r approvals.Receipt) (ended int, err error) {
	err = s.call(ctx, OpEndSessions, string(g.ID), func(f Fault) error {
		k, now := holding(g, r), s.now()
		s.expire(k, now)
		if f.Lie {
			return nil
		}
		if ended = s.world.endSessions(k, now, s.held(k, f.Hold)); ended == 0 {
			return nil
		}
		s.world.record(Effect{At: now, Op: OpEndSessions, Grant: string(g.ID),
			Resource: k.resource, Level: k.level, Account: k.account, Sessions: ended})
		return s.save()
	})
	if err != nil {
		return 0, err
	}
	return ended, nil
}

// holding prefers what the receipt says was done over what the grant asks for.
func holding(g approvals.Grant, r approvals.Receipt) key {
	if r["account"] != "" {
		return key{r["resource"], r["level"], r["account"]}
	}
	return key{g.Target[targetResource], g.Target[targetLevel], g.Account}
}

func (s *Sandbox) presence(k key) approvals.Presence {
	m, open := s.world.members[k], len(s.world.sessions[k])
	p := approvals.Presence{Present: m != nil, Sessions: open}
	switch {
	case m == nil:
		p.Detail = fmt.Sprintf("%s is no member of %s (%s)", k.account, k.resource, k.level)
	case m.Standing:
		p.Detail = fmt.Sprintf("%s is a standing member of %s (%s)", k.account, k.resource, k.level)
	default:
		p.Detail = fmt.Sprintf("%s is a member of %s (%s) since %s", k.account, k.resource, k.level, m.Since.Format(time.RFC3339))
	}
	p.Detail += fmt.Sprintf("; open sessions: %d", open)
	return p
}

// before is whether the membership was there before its last change: the
// opposite of now, if it ever changed.
func (s *Sandbox) before(k key) bool {
	present := s.world.members[k] != nil
	for _, e := range s.world.journal {
		if e.Resource == k.resource && e.Level == k.level && e.Account == k.account && e.Op != OpSetEnd && e.Op != OpEndSessions {
			return !present
		}
	}
	return present
}

// held is until when a holding's sessions resist: as the fault says, or as
// they were told before.
func (s *Sandbox) held(k key, until time.Time) time.Time {
	for _, o := range s.world.sessions[k] {
		if o.HeldUntil.After(until) {
			until = o.HeldUntil
		}
	}
	return until
}

func (s *Sandbox) residue(k key, ended int) approvals.Removal {
	r := approvals.Removal{SessionsEnded: ended}
	if n := len(s.world.sessions[k]); n > 0 {
		r.ResidualUntil = s.held(k, time.Time{})
		r.Reason = fmt.Sprintf("%d open session(s) on %s cannot be ended and run out by themselves.", n, k.resource)
	}
	return r
}

// sweep is the system's own housekeeping over everything.
func (s *Sandbox) sweep(now time.Time) {
	for k := range s.world.members {
		s.expire(k, now)
	}
	for k := range s.world.sessions {
		s.expire(k, now)
	}
}

// expire applies a holding's native end date, and lets held sessions die,
// unless there is an outage. The file follows with the next change: all of it
// can be computed again.
func (s *Sandbox) expire(k key, now time.Time) {
	if s.world.down {
		return
	}
	if m := s.world.members[k]; m != nil && !m.EndsAt.IsZero() && !now.Before(m.EndsAt.Add(s.cfg.SweepLag)) {
		n := s.world.remove(k, now, time.Time{}, true)
		s.world.record(Effect{At: now, Op: OpExpire, Resource: k.resource, Level: k.level, Account: k.account, Sessions: n})
		s.revision++
	}
	if until := s.held(k, time.Time{}); !until.IsZero() && !now.Before(until) && s.world.members[k] == nil {
		s.world.endSessions(k, now, time.Time{})
		s.revision++
	}
}
