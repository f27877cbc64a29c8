package approvals

import (
	"context"
	"log/slog"
	"slices"
	"time"
	"unicode/utf8"
)

// freeze gathers everything a decision may look at, at one moment. What cannot
// be learned is a Problem in the facts, and a Problem never approves.
func (s *Service) freeze(ctx context.Context, r Request, e Entitlement) (Facts, error) {
	now := s.now()
	f := Facts{
		At: now, Kind: r.Kind, Entitlement: e, Duration: r.Duration, Ticket: r.Ticket,
		ReasonLength: utf8.RuneCountInString(r.Reason),
	}
	var err error
	if f.Requester, err = s.active(ctx, r.Requester); err != nil {
		return f, err
	}
	if f.Beneficiary, err = s.active(ctx, r.Beneficiary); err != nil {
		return f, err
	}
	local := now.In(f.Requester.Zone())
	f.Weekday, f.MinuteOfDay = local.Weekday(), local.Hour()*60+local.Minute()

	if f.Directory, err = s.Directory.State(ctx); err != nil {
		f.Directory.Stale = true
		f.Problems = append(f.Problems, "the directory's age is unknown")
	} else if f.Directory.Stale {
		f.Problems = append(f.Problems, "the directory is out of date")
	}
	if f.AutoToday, err = s.Store.AutoApprovals(ctx, r.Beneficiary, now.Add(-24*time.Hour)); err != nil {
		return f, err
	}
	if r.State == RequestApproved && r.DecidedBy == "" && f.AutoToday > 0 {
		f.AutoToday-- // a second look does not count the request itself
	}
	f.StartsAt, f.Fields = r.StartsAt, decisive(e, r.Fields)
	if f.SkipLevel, err = s.skipLevel(ctx, f.Beneficiary); err != nil {
		return f, err
	}
	f.OnDuty = s.onDuty(ctx, e)
	if s.Checks != nil && len(e.Checks) > 0 {
		f.Checks = s.Checks.Check(ctx, e.Checks, f)
	}
	if f.Conflicts, err = s.conflicts(ctx, r, e, f.Beneficiary, later); err != nil {
		return f, err
	}
	if f.Lapsed, err = s.lapsed(ctx); err != nil {
		return f, err
	}
	if f.Evidence, err = s.Scorer.Evidence(ctx, f); err != nil {
		f.Evidence = Evidence{}
		f.Problems = append(f.Problems, "past decisions and peers could not be read")
	}
	return f, nil
}

// decide takes a decision on facts that are fresh now; earlier is the one
// before it, zero for the first. It stores nothing.
func (s *Service) decide(ctx context.Context, r Request, earlier Decision) (d Decision, err error) {
	ctx, end := s.Trace.Begin(ctx, "decide", slog.String("request", string(r.ID)), slog.String("kind", string(r.Kind)))
	defer func() {
		end(err, slog.String("outcome", string(d.Ruling.Outcome)), slog.Int("score", d.Assessment.Score), slog.Int("sequence", d.Sequence))
	}()
	e, err := s.Catalogue.Entitlement(ctx, r.Entitlement)
	if err != nil {
		return Decision{}, err
	}
	f, err := s.freeze(ctx, r, e)
	if err != nil {
		return Decision{}, err
	}
	d = earlier
	d.Request, d.Sequence, d.At = r.ID, earlier.Sequence+1, f.At
	return s.rule(ctx, r, d, f)
}

// rule lets score and policy judge frozen facts, and says who is asked. Of d
// it keeps what was asked so far.
func (s *Service) rule(ctx context.Context, r Request, d Decision, f Facts) (Decision, error) {
	d.Facts, d.Assessment = f, s.Scorer.Assess(f)
	d.Ruling = s.judge(f, d.Assessment)
	d.Approvers, d.Fallback, d.For = nil, false, nil
	if d.Ruling.Outcome != Route {
		return d, nil
	}
	var given []Approval
	if d.Sequence > 1 {
		var err error
		if given, err = s.Store.Approvals(ctx, r.ID); err != nil {
			return d, err
		}
	}
	open, _, _ := s.walk(ctx, d, given) // who cannot be looked up is stood in for
	d.Ruling.Alternatives = s.alternatives(ctx, r, f)
	return d.ask(open), nil
}

// decisive are the fields that a decision may read: declared ones with a set
// of values. Free text is not among them.
func decisive(e Entitlement, fields map[string]string) map[string]string {
	var kept map[string]string
	for _, field := range e.Fields {
		if v, said := fields[field.Name]; said && field.Type != FieldText {
			if kept == nil {
				kept = make(map[string]string)
			}
			kept[field.Name] = v
		}
	}
	return kept
}

// skipLevel is the manager of somebody's manager; empty where there is none.
func (s *Service) skipLevel(ctx context.Context, p Principal) (PrincipalID, error) {
	if p.Manager == "" {
		return "", nil
	}
	manager, err := s.Directory.Principal(ctx, p.Manager)
	if ErrorCode(err) == CodeNotFound {
		return "", nil
	}
	return manager.Manager, err
}

// kindOnCall is the kind of reference that names a schedule: "on-call:NAME".
const kindOnCall = "on-call"

// onDuty lists who is on duty in the schedules that an entitlement's approvers
// name. A schedule that cannot be read has nobody.
func (s *Service) onDuty(ctx context.Context, e Entitlement) []PrincipalID {
	var ids []PrincipalID
	for _, ref := range e.Approvers {
		if kind, name := ref.Split(); kind == kindOnCall {
			for _, p := range s.elsewhere(ctx, kind, name) {
				ids = appendNew(ids, p.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// Restrain holds a ruling to what no policy can override: duties that the
// catalogue keeps apart stay apart, and an automatic approval needs a named permit, no problem anywhere, a directory that is up
// to date, and a duration that the catalogue allows. Whatever falls short is
// routed to people, with the reason.
func Restrain(f Facts, a Assessment, r Ruling) Ruling {
	if r.Quorum < 1 {
		r.Quorum = 1
	}
	r = segregate(f, r)
	switch r.Outcome {
	case Route, Refuse:
		return r
	case AutoApprove:
	default:
		r.Outcome, r.Problems = Route, append(r.Problems, "the policy gave no answer")
		return r
	}
	r.Problems = append(slices.Clone(r.Problems), f.Problems...)
	if a.Problem != "" {
		r.Problems = append(r.Problems, a.Problem)
	}
	if f.Directory.Stale && len(r.Problems) == 0 {
		r.Problems = append(r.Problems, "the directory is out of date")
	}
	if f.Duration <= 0 || f.Duration > f.Entitlement.MaxDuration {
		r.Problems = append(r.Problems, "the duration is beyond what the catalogue allows")
	}
	if !slices.ContainsFunc(r.Policies, func(p PolicyRef) bool { return p.Effect == "permit" && p.ID != "" }) {
		r.Problems = append(r.Problems, "no policy is named that permits it")
	}
	if len(r.Problems) > 0 {
		r.Outcome = Route
	}
	return r
}
