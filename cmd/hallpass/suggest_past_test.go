package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/suggest"
	"github.com/hallpass-dev/hallpass/store"
)

// lived is half a year of the example organisation.
type lived struct {
	t      *testing.T
	from   suggest.Source
	change approvals.Change
	n      int
	at     time.Time
}

// suggestNow is when the example organisation asks what its past speaks for.
var suggestNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// halfAYear fills a database with what people of the example organisation asked
// for and were answered. The policies stand since before.
func halfAYear(t *testing.T, from suggest.Source, url string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url, Now: func() time.Time { return suggestNow.AddDate(0, 0, -200) }})
	if err != nil {
		t.Fatal(err)
	}
	l := &lived{t: t, from: from}
	l.write()
	keep := from.Folder.Set
	if err := s.KeepLaw(t.Context(), "policies", keep.Version().Digest, keep.Pin()); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), l.change); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// write is the past: a habit that speaks for a permit, and some that do not.
func (l *lived) write() {
	l.at = suggestNow.AddDate(0, 0, -170)
	for i := range 66 {
		who := l.one("Billing Support", i)
		l.decided(who, "refunds:issue", 12+i%9, l.answerer(who, i), approvals.RequestApproved)
		l.decided(who, "tickets:agent", 10, "", approvals.RequestApproved)
		l.decided(who, "billing-db:read-only", 20, "", approvals.RequestApproved)
		web := l.one("Web", i)
		l.decided(web, "orders-db:read-write", 15, l.answerer(web, i), approvals.RequestApproved)
		engineer := l.one("Payments", i)
		l.decided(engineer, "payments-service:write", 18, l.answerer(engineer, i), approvals.RequestApproved)
		reliable := l.one("Site Reliability", i)
		l.decided(reliable, "cluster-production:view", 22, "", approvals.RequestApproved)
		l.decided(reliable, "aws-staging:power-user", 22, "", approvals.RequestApproved)
		l.at = l.at.Add(58 * time.Hour)
	}
	l.at = suggestNow.AddDate(0, 0, -100)
	for i := range 6 { // who wrote for the website twice, and then no more
		l.decided(l.one("Marketing", i%3), "website:write", 15, "", approvals.RequestApproved)
		l.at = l.at.Add(24 * time.Hour)
	}
	denied := l.one("Payments", 3)
	l.at = suggestNow.AddDate(0, 0, -20)
	l.decided(denied, "payments-service:write", 25, l.answerer(denied, 0), approvals.RequestDenied)
}

// one is a member of a department on staff; the first three do the most.
func (l *lived) one(department string, i int) approvals.Principal {
	var all []approvals.Principal
	for _, p := range l.from.People {
		if p.Department == department && !p.Contractor && p.Manager != "" {
			all = append(all, p)
		}
	}
	return all[i%min(7, len(all))]
}

// answerer is the manager, or an owner of refunds.
func (l *lived) answerer(who approvals.Principal, i int) approvals.PrincipalID {
	if i%3 == 0 {
		for _, p := range l.from.People {
			if p.ID != who.ID && p.ID != who.Manager && p.Department == "Security" {
				return p.ID
			}
		}
	}
	return who.Manager
}

// decided stores a request with its decision and, once approved, the access
// that came of it and has ended.
func (l *lived) decided(who approvals.Principal, thing approvals.EntitlementID, score int, by approvals.PrincipalID, state approvals.RequestState) {
	l.t.Helper()
	l.n++
	id := fmt.Sprintf("req_%05d", l.n)
	at := l.at.Add(time.Duration(l.n%50) * time.Minute)
	e := l.entitlement(thing)
	length := min(2*time.Hour, e.MaxDuration)
	f := approvals.Facts{At: at, Kind: approvals.KindAccess, Requester: who, Beneficiary: who, Entitlement: e, Duration: length, ReasonLength: 20,
		Ticket: "INC-7", Weekday: at.Weekday(), MinuteOfDay: at.Hour()*60 + at.Minute(), Directory: approvals.DirectoryState{Source: "file:people.yaml", AsOf: at.Add(-time.Hour)}}
	a := approvals.Assessment{Score: score, Raw: score, Confidence: approvals.ConfidenceHigh, Model: "hallpass-2"}
	r := approvals.Restrain(f, a, l.from.Folder.Set.Decide(f, a))
	if want := map[bool]approvals.Outcome{true: approvals.AutoApprove, false: approvals.Route}[by == ""]; r.Outcome != want {
		l.t.Fatalf("%s for %s: %s, want %s", thing, who.ID, r.Outcome, want)
	}
	answered := at.Add(5 * time.Minute)
	request := approvals.Request{ID: approvals.RequestID(id), Kind: approvals.KindAccess, State: state, Requester: who.ID, Beneficiary: who.ID, Entitlement: thing,
		Duration: length, Reason: "work", Ticket: f.Ticket, Key: id, CreatedAt: at, SubmittedAt: at, DecidedAt: answered, DecidedBy: by}
	event := func(kind approvals.EventKind, detail map[string]string) {
		l.change.Events = append(l.change.Events, approvals.Event{At: answered, Kind: kind, Actor: approvals.System("test"), Request: request.ID, Grant: request.Grant,
			Entitlement: thing, Beneficiary: who.ID, Connector: e.Connector, Detail: detail})
	}
	event(approvals.EventRequestDecided, nil)
	if state == approvals.RequestApproved {
		request.Grant = approvals.GrantID("gr_" + id)
		over := answered.Add(length)
		l.change.Grants = append(l.change.Grants, approvals.Grant{ID: request.Grant, Request: request.ID, Entitlement: thing, Principal: who.ID, State: approvals.GrantRevoked,
			Connector: e.Connector, Account: who.Account(e.System), Target: e.Target, Duration: length, CreatedAt: answered, Prechecked: true, ActiveAt: answered,
			EndsAt: over, EndReason: approvals.EndExpired, RevokingAt: over, RevokedAt: over.Add(time.Second)})
		event(approvals.EventGrantRevoked, map[string]string{"sessions_ended": fmt.Sprint(l.n % 2)})
	}
	l.change.Requests = append(l.change.Requests, request)
	l.change.Decisions = append(l.change.Decisions, approvals.Decision{Request: request.ID, Sequence: 1, At: at, Facts: f, Assessment: a, Ruling: r})
}

func (l *lived) entitlement(id approvals.EntitlementID) approvals.Entitlement {
	l.t.Helper()
	for _, e := range l.from.Catalogue {
		if e.ID == id {
			return e
		}
	}
	l.t.Fatalf("the catalogue has no %s", id)
	return approvals.Entitlement{}
}
