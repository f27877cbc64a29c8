package approvals

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// comparison is one look on its way into the database.
type comparison struct {
	Look
	known known
	base  Baseline
	open  []Drift
	seen  map[string]bool
	fresh []Drift // found by this look
	ended []Drift // not there any more, with their resolution
}

// Compare stores what a look found: each difference once, with its audit event,
// and told once to owners and the security channel. What is open already is
// seen again, and what is gone is resolved. The first look at an entitlement
// finds standing access only. A list that shrank beyond belief changes nothing
// but being reported itself; believed says whether it did not.
func (s *Service) Compare(ctx context.Context, l Look) (believed bool, err error) {
	c := comparison{Look: l, seen: l.seen()}
	if c.known, err = s.known(ctx, l); err != nil {
		return false, err
	}
	c.base, err = s.Store.Baseline(ctx, l.Entitlement.ID)
	if err != nil && ErrorCode(err) != CodeNotFound {
		return false, err
	}
	if c.open, err = s.openDrift(ctx, l.Entitlement.ID); err != nil {
		return false, err
	}
	first := !c.base.of(l.Entitlement)
	switch {
	case first:
		c.redefine(s)
	case s.shrunk(l, c.known) && !s.now().Before(c.base.TrustUntil):
		return false, s.distrust(ctx, c)
	}
	if err := s.find(ctx, &c, first); err != nil {
		return false, err
	}
	c.settle(s)
	if err := s.storeDrift(ctx, c, first); err != nil {
		return false, err
	}
	return true, s.Store.SawDrift(ctx, l.Entitlement.ID, l.At)
}

// openDrift reads all that is open on an entitlement.
func (s *Service) openDrift(ctx context.Context, e EntitlementID) (open []Drift, err error) {
	for after := DriftID(""); ; {
		page, err := s.Store.Drifts(ctx, DriftFilter{Entitlement: e, Open: true, After: after, Limit: driftPage})
		if err != nil {
			return nil, err
		}
		open = append(open, page...)
		if len(page) < driftPage {
			return open, nil
		}
		after = page[len(page)-1].ID
	}
}

// redefine ends what was found of another connector or target.
func (c *comparison) redefine(s *Service) {
	e := c.Entitlement
	kept := c.open[:0:0]
	for _, d := range c.open {
		if d.Kind != DriftVanished && !s.means(Grant{Connector: d.Connector, Target: d.Target}, e) {
			c.ended = append(c.ended, d.resolved(DriftRedefined, s.now()))
			continue
		}
		kept = append(kept, d)
	}
	c.open = kept
}

// find looks for differences that are new.
func (s *Service) find(ctx context.Context, c *comparison, first bool) error {
	noted := map[string]bool{}
	for _, d := range c.open {
		if d.Kind == DriftVanished {
			noted[string(d.Grant)] = true
		} else {
			noted[strings.ToLower(d.Account)] = true
		}
	}
	var outside []Drift
	for _, h := range c.Listed {
		account := strings.ToLower(h.Account)
		if noted[account] || c.known.explain(account, c.At) {
			continue
		}
		if granted, err := s.otherwise(ctx, c.Look, h); err != nil {
			return err
		} else if granted {
			continue
		}
		noted[account] = true
		d := c.drift(s, DriftOutside, h.Account, h.Principal)
		switch instead := c.Replaced[h.Principal]; {
		case first || c.Entitlement.stands(h.Account):
			d.Kind = DriftStanding
		case h.Principal != "" && instead != "":
			d.Kind, d.Instead = DriftChanged, instead
		}
		outside = append(outside, d)
	}
	if err := s.removable(ctx, c.Entitlement, outside); err != nil {
		return err
	}
	c.fresh = append(c.fresh, outside...)
	for _, g := range c.Gone {
		lasting := slices.ContainsFunc(c.known.lasting(strings.ToLower(g.Account), c.At), func(o Grant) bool { return o.ID == g.ID })
		if noted[string(g.ID)] || !lasting {
			continue
		}
		d := c.drift(s, DriftVanished, g.Account, g.Principal)
		d.Grant = g.ID
		if c.Entitlement.Drift == DriftRestore {
			d.Repair = DriftRestore
		}
		c.fresh = append(c.fresh, d)
	}
	return nil
}

// removable says which accesses that nobody granted are to be taken away: none
// where they are many, or a restore is open, since what was granted after the
// backup looks like this, too.
func (s *Service) removable(ctx context.Context, e Entitlement, outside []Drift) error {
	if e.Drift != DriftRemove || len(outside) > newAtMost {
		return nil
	}
	if restoring, err := s.restoring(ctx); restoring || err != nil {
		return err
	}
	for i, d := range outside {
		if d.Kind == DriftStanding {
			continue
		}
		stood, err := s.stood(ctx, d)
		if err != nil {
			return err
		}
		if !stood {
			outside[i].Repair = DriftRemove
		}
	}
	return nil
}

// drift starts a difference that this look found.
func (c *comparison) drift(s *Service, kind DriftKind, account string, who PrincipalID) Drift {
	return Drift{ID: DriftID(s.newID("dr_")), Kind: kind, Entitlement: c.Entitlement.ID, Connector: c.Entitlement.Connector,
		Target: c.Entitlement.Target, Account: account, Principal: who, Repair: DriftReport, FirstSeen: c.At, LastSeen: c.At}
}

// stood reports whether an account's access was standing at some time: then it
// is never taken away by itself.
func (s *Service) stood(ctx context.Context, d Drift) (bool, error) {
	earlier, err := s.Store.Drifts(ctx, DriftFilter{Entitlement: d.Entitlement, Account: d.Account, Kinds: []DriftKind{DriftStanding}, Limit: 1})
	return len(earlier) > 0, err
}

// stands reports whether the catalogue declares an account's access standing.
func (e Entitlement) stands(account string) bool {
	return slices.ContainsFunc(e.Standing, func(a string) bool { return strings.EqualFold(a, account) })
}

// settle resolves what is not there any more.
func (c *comparison) settle(s *Service) {
	now := s.now()
	for _, d := range c.open {
		there := c.seen[strings.ToLower(d.Account)]
		how := DriftResolution("")
		switch {
		case d.Kind == DriftShrunk:
			how = DriftGone
		case d.Kind == DriftVanished && there:
			how = DriftGone
		case d.Kind == DriftVanished:
			if len(c.known.lasting(strings.ToLower(d.Account), c.At)) == 0 {
				how = DriftEnded
			}
		case !there:
			how = DriftGone
		case c.known.explain(d.Account, c.At):
			how = DriftGranted
		case d.Kind != DriftStanding && c.Entitlement.stands(d.Account):
			how = DriftAccepted
			stays := c.drift(s, DriftStanding, d.Account, d.Principal)
			c.fresh = append(c.fresh, stays)
		}
		if how != "" {
			c.ended = append(c.ended, d.resolved(how, now))
		}
	}
}

// distrust reports a list that is too short to be believed, once.
func (s *Service) distrust(ctx context.Context, c comparison) error {
	if slices.ContainsFunc(c.open, func(d Drift) bool { return d.Kind == DriftShrunk }) {
		return nil
	}
	d := c.drift(s, DriftShrunk, "", "")
	ev := d.event(s.now(), EventDriftOpened, System("worker"))
	ev.Detail["listed"], ev.Detail["before"] = strconv.Itoa(len(c.Listed)), strconv.Itoa(len(c.Before))
	return unlessTaken(s.Store.Apply(ctx, Change{Drift: []Drift{d}, Events: []Event{ev}, Notices: s.driftNotices(ctx, c.Entitlement, []Drift{d})}))
}

// unlessTaken drops the error of another replica having stored the same.
func unlessTaken(err error) error {
	if code := ErrorCode(err); code == CodeDuplicate || code == CodeConflict {
		return nil
	}
	return err
}

// storeDrift stores a comparison in steps, what ended first, since an account
// has one open drift. A first look counts when its baseline is stored, which
// comes last. Repairs that are open are put again: they are level-triggered.
func (s *Service) storeDrift(ctx context.Context, c comparison, first bool) error {
	all, now := slices.Concat(c.ended, c.fresh), s.now()
	for len(all) > 0 || first {
		step := all[:min(len(all), driftStep)]
		all = all[len(step):]
		change := Change{Drift: step, Tasks: mending(step, now), Notices: s.driftNotices(ctx, c.Entitlement, step)}
		for _, d := range step {
			if kind := d.news(); kind != EventDriftBaseline {
				change.Events = append(change.Events, d.event(now, kind, System("worker")))
			}
		}
		if first {
			ev := Event{At: now, Kind: EventDriftBaseline, Actor: System("worker"), Entitlement: c.Entitlement.ID, Connector: c.Entitlement.Connector,
				Operation: "list", Detail: map[string]string{"listed": strconv.Itoa(len(c.Listed)), "standing": strconv.Itoa(len(step))}}
			change.Events = append(change.Events, ev)
		} else if len(change.Events) == 0 { // access that the catalogue declares standing
			change.Events = []Event{step[0].event(now, EventDriftOpened, System("worker"))}
		}
		if len(all) == 0 && first {
			change.Baselines = []Baseline{{Entitlement: c.Entitlement.ID, Connector: c.Entitlement.Connector, Target: c.Entitlement.Target, At: c.At}}
			first = false
		}
		if err := unlessTaken(s.Store.Apply(ctx, change)); err != nil {
			return err
		}
	}
	still := slices.DeleteFunc(slices.Clone(c.open), func(d Drift) bool {
		return slices.ContainsFunc(c.ended, func(e Drift) bool { return e.ID == d.ID })
	})
	if again := mending(still, now); len(again) > 0 {
		return s.Store.Apply(ctx, Change{Tasks: again})
	}
	return nil
}
