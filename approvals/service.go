package approvals

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"time"
)

// Service changes the state of requests and grants. Each method is one step:
// it reads, decides by rules that are pure, and stores the result in one
// transaction together with its audit events, its tasks and its notices. Every
// method may be called again after any failure, and by several replicas at
// once: the database settles who was first.
type Service struct {
	Store     Store
	Directory Directory
	Catalogue Catalogue
	Scorer    Scorer
	Policy    Policy

	Now   func() time.Time           // nil: time.Now
	NewID func(prefix string) string // nil: prefix and 26 random characters

	Checks Checks            // nil: there are none
	Groups map[string]Groups // groups that live elsewhere, by the kind of reference that names them, e.g. "slack-group"

	Holders  map[string]Holder // connectors that name holdings, by name; nil: equal targets are one
	Profiles Profiles          // nil: there are none
	Budgets  Budgets           // of automatic approvals a day

	Glass BreakGlassRules // the zero value: nobody breaks glass

	Fallback   []PrincipalID // the security queue: asked when nobody else is left
	LapseAfter time.Duration // how long a request waits for an answer; zero: 8 h
	ChaseAfter time.Duration // when approvers are reminded; zero: half of LapseAfter
	Explain    bool          // a model is configured: its prose is asked for after the decision is stored

	Trace Trace // of decisions; nil: nobody
}

const (
	defaultLapse = 8 * time.Hour
	// askedAtMost bounds how many approvers get a message of their own: a group
	// of 500 may answer, but is not woken as one.
	askedAtMost = 12
	// reasonAtMost is the longest reason kept, in runes: what fits a Slack section.
	reasonAtMost = 2000
)

func (s *Service) now() time.Time             { return Instant(s.Now) }
func (s *Service) newID(prefix string) string { return FreshID(s.NewID, prefix) }

// Instant is what a clock says, in whole milliseconds of UTC: what both
// databases keep exactly. No clock stands for time.Now.
func Instant(clock func() time.Time) time.Time {
	if clock == nil {
		clock = time.Now
	}
	return clock().UTC().Truncate(time.Millisecond)
}

// FreshID is what issue makes of a prefix; nil stands for the prefix and 26
// random characters.
func FreshID(issue func(prefix string) string, prefix string) string {
	if issue != nil {
		return issue(prefix)
	}
	return prefix + strings.ToLower(rand.Text())
}

func (s *Service) lapseAfter() time.Duration {
	if s.LapseAfter > 0 {
		return s.LapseAfter
	}
	return defaultLapse
}

func (s *Service) chaseAfter() time.Duration {
	if s.ChaseAfter > 0 {
		return s.ChaseAfter
	}
	return s.lapseAfter() / 2
}

// active returns the principal if it exists and may act.
func (s *Service) active(ctx context.Context, id PrincipalID) (Principal, error) {
	p, err := s.Directory.Principal(ctx, id)
	if ErrorCode(err) == CodeNotFound {
		return p, Errorf(CodeForbidden, "The directory does not know this person, so nothing can be asked or decided.")
	}
	if err != nil {
		return p, &Error{Code: CodeUnavailable, Op: "read directory", Err: err,
			Message: "The directory does not answer, so nothing was changed. Please try again in a moment."}
	}
	if p.Inactive {
		return p, Errorf(CodeForbidden, "%s is deactivated in the directory and may not ask, decide or hold access.", p.Name)
	}
	return p, nil
}

// refuse records that an actor tried what is not allowed, and returns why. If
// the record cannot be written, the refusal stands all the same.
func (s *Service) refuse(ctx context.Context, actor Actor, r Request, cause *Error) error {
	ev := Event{
		At: s.now(), Kind: EventActionRefused, Actor: actor, Request: r.ID, Grant: r.Grant,
		Entitlement: r.Entitlement, Beneficiary: r.Beneficiary,
		Detail: map[string]string{"code": string(cause.Code)},
	}
	if cause.Op != "" {
		ev.Detail["action"] = cause.Op
	}
	if err := s.Store.Apply(ctx, Change{Events: []Event{ev}}); err != nil {
		cause.Err = err
	}
	return cause
}

// event starts an audit event about a request.
func (s *Service) event(at time.Time, kind EventKind, actor Actor, r Request) Event {
	return Event{At: at, Kind: kind, Actor: actor, Request: r.ID, Grant: r.Grant,
		Entitlement: r.Entitlement, Beneficiary: r.Beneficiary, Origin: r.Origin}
}

// saying adds what a person wrote to an event, unless it is empty.
func (e Event) saying(name, words string) Event {
	if words != "" {
		e.Words = maps.Clone(e.Words)
		if e.Words == nil {
			e.Words = map[string]string{}
		}
		e.Words[name] = words
	}
	return e
}

// grantEvent starts an audit event about a grant, with why it was given.
func grantEvent(at time.Time, kind EventKind, actor Actor, g Grant) Event {
	return Event{At: at, Kind: kind, Actor: actor, Request: g.Request, Grant: g.ID,
		Entitlement: g.Entitlement, Beneficiary: g.Principal, Connector: g.Connector}.on(g.Ground)
}

// withDecision adds to an event what was known and which law held.
func withDecision(ev Event, d Decision) Event {
	score := d.Assessment.Score
	ev.Policies, ev.Version = d.Ruling.Policies, d.Ruling.Version
	ev.FactsDigest, ev.Score, ev.Model = d.Facts.Digest(), &score, d.Assessment.Model
	return ev
}

// appendNew adds ids that are not yet there.
func appendNew(ids []PrincipalID, more ...PrincipalID) []PrincipalID {
	for _, id := range more {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
