package approvals

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// MayMend reports whether the repair of a drift is still wanted: the drift is
// open, the catalogue still says so, and nothing that is decided stands against
// it.
func (s *Service) MayMend(ctx context.Context, d Drift) (bool, error) {
	if !d.Exception() || d.Repair == DriftReport {
		return false, nil
	}
	if restoring, err := s.restoring(ctx); err != nil || restoring {
		return false, err
	}
	e, err := s.Catalogue.Entitlement(ctx, d.Entitlement)
	if ErrorCode(err) == CodeNotFound {
		return false, nil
	}
	if err != nil || e.Drift != d.Repair || e.stands(d.Account) || !s.means(d.Holding(), e) {
		return false, err
	}
	if d.Repair == DriftRestore {
		g, err := s.Store.Grant(ctx, d.Grant)
		return err == nil && g.State == GrantActive && !g.Expired(s.now()) && !g.Standing, err
	}
	k, err := s.known(ctx, Look{Entitlement: e, At: s.now()})
	if err != nil || len(k[strings.ToLower(d.Account)]) > 0 {
		return false, err
	}
	live, err := s.Store.LiveGrants(ctx, d.Principal, "")
	for _, g := range live {
		if d.Principal != "" && s.means(g, e) { // also one on top of it, or about to be
			return false, err
		}
	}
	return true, err
}

// Regive says that the access of an active grant is about to be given again:
// no such call may run longer than until, and its end is not proved before. The
// decision is taken again first; a grant that no longer holds ends.
func (s *Service) Regive(ctx context.Context, id GrantID, until time.Time) (Grant, error) {
	g, err := s.Review(ctx, id)
	if err != nil || g.State != GrantActive || g.Expired(s.now()) {
		return g, err
	}
	g.CallUntil = until
	ev := grantEvent(s.now(), EventGrantRestoring, System("worker"), g)
	ev.Operation = "grant"
	return s.applyGrant(ctx, g, Change{Events: []Event{ev}})
}

// Regiven says that the access of a grant is there again, as read back.
func (s *Service) Regiven(ctx context.Context, d Drift, receipt Receipt, readBack string) (Grant, error) {
	g, err := s.Store.Grant(ctx, d.Grant)
	if err != nil || g.State != GrantActive {
		return g, err
	}
	g.CallUntil = time.Time{}
	if receipt != nil {
		g.Receipt = receipt
	}
	return s.applyGrant(ctx, g, s.mended(ctx, d, DriftRestored, "grant", readBack, nil))
}

// Mended says that access which nobody granted is gone, as read back.
func (s *Service) Mended(ctx context.Context, d Drift, removal Removal, readBack string) error {
	detail := map[string]string{"sessions_ended": strconv.Itoa(removal.SessionsEnded)}
	if removal.ResidualUntil.After(s.now()) {
		detail["residual_until"], detail["why"] = removal.ResidualUntil.Format(time.RFC3339), removal.Reason
	}
	return s.Store.Apply(ctx, s.mended(ctx, d, DriftRemoved, "revoke", readBack, detail))
}

// mended is the change that ends a drift by its repair.
func (s *Service) mended(ctx context.Context, d Drift, how DriftResolution, operation, readBack string, detail map[string]string) Change {
	d = d.resolved(how, s.now())
	ev := d.event(s.now(), EventDriftResolved, System("worker"))
	ev.Operation, ev.ReadBack = operation, readBack
	for k, v := range detail {
		ev.Detail[k] = v
	}
	return Change{Drift: []Drift{d}, Events: []Event{ev}, Notices: homes(s.admins(ctx)...)}
}

// MendFailed records that a repair failed and is tried again. Why is for
// people, without secrets. After the third failure security and owners are told.
func (s *Service) MendFailed(ctx context.Context, d Drift, operation, why string) error {
	d.Attempts++
	d.LastError = why
	ev := d.event(s.now(), EventDriftRetried, System("worker"))
	ev.Operation = operation
	ev.Detail["attempt"], ev.Detail["error"] = strconv.Itoa(d.Attempts), why
	c := Change{Drift: []Drift{d}, Events: []Event{ev}}
	if d.Attempts == tellAfter {
		e, err := s.Catalogue.Entitlement(ctx, d.Entitlement)
		if err != nil {
			return err
		}
		c.Notices = s.tellSecurity(ctx, "drift-failed/"+string(d.ID), "The access of "+s.accounts(ctx, []Drift{d})+" to "+e.Name+
			" can't be repaired: "+why+" It is tried again with each look.", e.Owners...)
	}
	return s.Store.Apply(ctx, c)
}

// acceptTrust is for how long a list is believed that somebody accepted.
const acceptTrust = 24 * time.Hour

// AcceptDrift says that a difference is right, with a reason: access that nobody
// granted is standing access from then on, and a list that was too short to be
// believed is believed for a day. An owner of the entitlement or an admin may.
func (s *Service) AcceptDrift(ctx context.Context, actor Actor, id DriftID, reason string) (Drift, error) {
	d, err := s.Store.Drift(ctx, id)
	if err != nil {
		return d, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return d, Errorf(CodeInvalid, "Say why this is right: the audit log wants to know.")
	}
	p, err := s.active(ctx, actor.Principal)
	if err != nil {
		return d, err
	}
	if !p.Admin && !s.owns(ctx, p.ID, Grant{Entitlement: d.Entitlement}) {
		return d, s.refuse(ctx, actor, Request{Entitlement: d.Entitlement, Beneficiary: d.Principal},
			&Error{Code: CodeForbidden, Op: "accept drift", Message: "Only an owner of the resource or an admin can accept this."})
	}
	switch {
	case !d.Open():
		return d, Errorf(CodeAlreadyDecided, "This was resolved %s.", d.ResolvedAt.UTC().Format("2 January 2006 15:04 UTC"))
	case d.Kind == DriftVanished:
		return d, Errorf(CodeInvalid, "Take the grant %s back instead: its access is gone.", d.Grant)
	case d.Kind == DriftStanding:
		return d, Errorf(CodeInvalid, "This is standing access already.")
	}
	done := d.resolved(DriftAccepted, s.now())
	c := Change{Drift: []Drift{done}, Events: []Event{done.event(s.now(), EventDriftResolved, actor).saying("note", reason)}, Notices: homes(s.admins(ctx)...)}
	if d.Kind == DriftShrunk {
		base, err := s.Store.Baseline(ctx, d.Entitlement)
		if err != nil {
			return d, err
		}
		base.TrustUntil = s.now().Add(acceptTrust)
		c.Baselines = []Baseline{base}
	} else {
		stays := d
		stays.ID, stays.Version, stays.Kind, stays.Instead, stays.Repair = DriftID(s.newID("dr_")), 0, DriftStanding, "", DriftReport
		c.Drift = append(c.Drift, stays)
	}
	return done, s.Store.Apply(ctx, c)
}
