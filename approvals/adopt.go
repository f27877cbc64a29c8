package approvals

import (
	"context"
	"strings"
	"time"
)

// Adoption is the wish to give standing access an end.
type Adoption struct {
	Entitlement EntitlementID
	Until       time.Time // when it ends for whoever has not renewed it; a day to a year from now
	Reason      string
	Dry         bool // only say what would be done
}

// Adopted says what became of one holder.
type Adopted struct {
	Account   string      `json:"account"`
	Principal PrincipalID `json:"principal,omitempty"`
	Name      string      `json:"name,omitempty"`
	Grant     GrantID     `json:"grant,omitempty"` // empty when it was not adopted, or only looked at
	Why       string      `json:"why,omitempty"`   // why it is not adopted; empty: it is
}

const (
	adoptAtLeast = 24 * time.Hour
	adoptAtMost  = 366 * 24 * time.Hour
	// adoptFresh is how old the last look at an entitlement may be.
	adoptFresh = 24 * time.Hour
)

// Adopt gives today's standing access to an entitlement an end: each holder
// whom the directory knows gets a grant, which names who adopted it, is nudged
// before its end as any other, and is renewed the ordinary way. The rest is
// listed with the reason, and stays as it is: accounts that nobody owns, the
// access of whoever adopts, what the catalogue declares standing, and what the
// policy refuses. An owner of the entitlement or an admin may. Called again it
// adopts what is left.
func (s *Service) Adopt(ctx context.Context, actor Actor, a Adoption) ([]Adopted, error) {
	e, err := s.Catalogue.Entitlement(ctx, a.Entitlement)
	if err != nil {
		return nil, err
	}
	if err := s.mayAdopt(ctx, actor, e, &a); err != nil {
		return nil, err
	}
	held, err := s.adoptable(ctx, e)
	if err != nil {
		return nil, err
	}
	var all []Adopted
	for _, d := range held {
		one, err := s.adoptOne(ctx, actor, e, a, d)
		if err != nil {
			return all, err
		}
		all = append(all, one)
	}
	return all, nil
}

// mayAdopt refuses who may not adopt, and what cannot be.
func (s *Service) mayAdopt(ctx context.Context, actor Actor, e Entitlement, a *Adoption) error {
	a.Until = a.Until.UTC().Truncate(time.Minute)
	left := a.Until.Sub(s.now())
	if a.Reason = strings.TrimSpace(a.Reason); a.Reason == "" {
		return Errorf(CodeInvalid, "Say why this access gets an end: its holders and the audit log want to know.")
	}
	if left < adoptAtLeast || left > adoptAtMost {
		return Errorf(CodeInvalid, "Choose an end between a day and a year from now, so that people have time to renew.")
	}
	p, err := s.active(ctx, actor.Principal)
	if err != nil {
		return err
	}
	if !p.Admin && !s.owns(ctx, p.ID, Grant{Entitlement: e.ID}) {
		return s.refuse(ctx, actor, Request{Entitlement: e.ID}, &Error{Code: CodeForbidden, Op: "adopt", Message: "Only an owner of the resource or an admin can adopt its standing access."})
	}
	return nil
}

// adoptable are the accesses without a grant that the last look found, also
// under other entries that mean the same holding.
func (s *Service) adoptable(ctx context.Context, e Entitlement) (held []Drift, err error) {
	all, err := s.Catalogue.All(ctx)
	if err != nil {
		return nil, err
	}
	looked := false
	for _, o := range all {
		if !s.means(Grant{Connector: o.Connector, Target: o.Target}, e) {
			continue
		}
		base, err := s.Store.Baseline(ctx, o.ID)
		if err != nil && ErrorCode(err) != CodeNotFound {
			return nil, err
		}
		looked = looked || base.of(o)
		open, err := s.openDrift(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		for _, d := range open {
			if d.Account != "" && d.Kind != DriftVanished && s.means(d.Holding(), e) {
				held = append(held, d)
			}
		}
	}
	if !looked {
		return nil, Errorf(CodeUnavailable, "Nobody has looked yet at who holds %s. Start the server, and wait until it has asked the system.", e.ID)
	}
	return held, nil
}

// adoptOne adopts one access, or says why not.
func (s *Service) adoptOne(ctx context.Context, actor Actor, e Entitlement, a Adoption, d Drift) (Adopted, error) {
	one := Adopted{Account: d.Account, Principal: d.Principal}
	f := Facts{At: s.now(), Kind: KindAdoption, Entitlement: e, Duration: a.Until.Sub(s.now()).Truncate(time.Minute), ReasonLength: len([]rune(a.Reason))}
	var err error
	switch {
	case e.stands(d.Account):
		one.Why = "the catalogue declares it standing"
	case s.now().Sub(d.LastSeen) > adoptFresh:
		one.Why = "the system has not been seen with it since " + d.LastSeen.Format(time.RFC3339)
	case d.Principal == "":
		one.Why = "nobody in the directory has this account: ask who uses it, and declare it standing or take it away"
	case d.Principal == actor.Principal:
		one.Why = "nobody adopts their own access: somebody else has to"
	}
	if one.Why != "" {
		return one, nil
	}
	f.Beneficiary, err = s.active(ctx, d.Principal)
	switch one.Name = f.Beneficiary.Name; {
	case ErrorCode(err) == CodeForbidden:
		one.Why = "its holder has left: take it away"
		return one, nil
	case err != nil:
		return one, err
	}
	f.Requester = f.Beneficiary
	if f.Directory, err = s.Directory.State(ctx); err != nil {
		return one, err
	}
	if f.SkipLevel, err = s.skipLevel(ctx, f.Beneficiary); err != nil {
		return one, err
	}
	ruling := s.judge(f, Assessment{})
	if ruling.Outcome == Refuse {
		one.Why = "the policy refuses it to this person: take it away. " + ruling.Words
		return one, nil
	}
	if a.Dry {
		return one, nil
	}
	one.Grant, err = s.storeAdoption(ctx, actor, a, d, Decision{Sequence: 1, At: f.At, Facts: f, Ruling: ruling})
	if ErrorCode(err) == CodeConflict || ErrorCode(err) == CodeDuplicate {
		one.Grant, one.Why, err = "", "it was changed in the meantime; run this again", nil
	}
	return one, err
}

// storeAdoption stores one adopted access: a request that is approved by who
// adopts, and a grant that runs.
func (s *Service) storeAdoption(ctx context.Context, actor Actor, a Adoption, d Drift, dec Decision) (GrantID, error) {
	now, e := dec.At, dec.Facts.Entitlement
	r := Request{ID: RequestID(s.newID("req_")), Kind: KindAdoption, State: RequestApproved, Requester: d.Principal, Beneficiary: d.Principal,
		Entitlement: e.ID, Duration: dec.Facts.Duration, Reason: a.Reason, Key: "adopt:" + string(d.ID), CreatedAt: now, SubmittedAt: now,
		DecidedAt: now, DecidedBy: actor.Principal, Note: a.Reason}
	g := Grant{ID: GrantID(s.newID("gr_")), Request: r.ID, Entitlement: e.ID, Principal: d.Principal, State: GrantActive,
		Connector: e.Connector, Account: d.Account, Target: e.Target, Duration: a.Until.Sub(now), CreatedAt: now, Prechecked: true,
		ActiveAt: now, EndsAt: a.Until}
	dec.Request, r.Grant = r.ID, g.ID
	yes := Approval{Request: r.ID, Approver: actor.Principal, Answer: Approved, Note: a.Reason, At: now, FactsDigest: dec.Facts.Digest(),
		Version: dec.Ruling.Version, Via: actor.Via}
	ev := withDecision(s.event(now, EventGrantAdopted, actor, r), dec).saying("reason", a.Reason)
	ev.Score, ev.Approvers, ev.Connector = nil, []PrincipalID{actor.Principal}, e.Connector
	ev.Detail = map[string]string{"account": d.Account, "ends_at": g.EndsAt.Format(time.RFC3339), "drift": string(d.ID), "last_seen": d.LastSeen.Format(time.RFC3339)}
	g.Ground = ev.ground()
	gone := d.resolved(DriftAdopted, now)
	c := Change{Requests: []Request{r}, Decisions: []Decision{dec}, Approvals: []Approval{yes}, Drift: []Drift{gone},
		Events: []Event{ev, gone.event(now, EventDriftResolved, actor)},
		Tasks:  adoptionTasks(g, e)}
	others, err := s.Store.LiveGrants(ctx, d.Principal, "")
	if err != nil {
		return "", err
	}
	for _, o := range others { // what stood beneath them ends now: the last grant takes it away
		if s.Same(o, g) && o.Standing {
			o.Standing = false
			c.Grants = append(c.Grants, o)
		}
	}
	c.Grants = append(c.Grants, g)
	c.Notices = append(requesterCards(r), homes(s.admins(ctx)...)...)
	return g.ID, s.Store.Apply(ctx, c)
}

// adopting is the law's word on standing access: refused where an ordinary
// request would be; else it is for the person who adopts to say.
func adopting(f Facts, a Assessment, p Policy) Ruling {
	f.Kind, f.Duration = KindAccess, min(f.Duration, f.Entitlement.MaxDuration)
	r := Restrain(f, a, p.Decide(f, a))
	if r.Outcome == Refuse {
		return r
	}
	return Ruling{Outcome: Route, Quorum: 1, Version: r.Version, Words: "Standing access was given an end."}
}

// adoptionTasks are those of an active grant. Its nudge comes when it can be
// extended, which is no longer before the end than the catalogue's maximum. The
// last one sets the system's own end date.
func adoptionTasks(g Grant, e Entitlement) []Task {
	tasks := grantTasks(g)
	for i, t := range tasks {
		if from := g.EndsAt.Add(-e.MaxDuration).Add(time.Minute); t.Kind == TaskRemind && t.RunAt.Before(from) {
			tasks[i].RunAt = from
		}
	}
	return append(tasks, Task{Kind: TaskProvision, Key: string(g.ID), RunAt: g.ActiveAt})
}
