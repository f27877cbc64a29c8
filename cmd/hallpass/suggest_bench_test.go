package main

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/suggest"
)

// BenchmarkSuggest asks what the past of BenchmarkReplay speaks for, from a
// SQLite file to the report, with a grant for each request that was approved:
// as many decisions as HALLPASS_REPLAY_DECISIONS says; make bench-suggest asks
// for a million. Of what is not approved at once people approve all but one in
// a thousand.
func BenchmarkSuggest(b *testing.B) {
	dir, url, n := filled(b, answered)
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	fromHere()
	var found *suggest.Suggestions
	for b.Loop() {
		var err error
		if found, err = suggestions(b.Context(), filepath.Join(dir, "hallpass.yaml"), url, now.AddDate(-1, 0, 0), now); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "decisions/s")
	b.ReportMetric(float64(len(found.NotProposed)+len(found.Proposals)), "patterns")
	b.ReportMetric(float64(len(found.Personas)), "personas")
	if mb := peak(); mb > 0 {
		b.ReportMetric(mb, "peak-MB")
	}
}

// answered settles the last request of a change as its decision says, or a
// person.
func answered(c *approvals.Change, i int) {
	r, d := &c.Requests[len(c.Requests)-1], c.Decisions[len(c.Decisions)-1]
	r.State, r.DecidedAt = approvals.RequestApproved, d.At.Add(time.Minute)
	r.Beneficiary, r.Requester, r.Entitlement = d.Facts.Beneficiary.ID, d.Facts.Requester.ID, d.Facts.Entitlement.ID
	switch d.Ruling.Outcome {
	case approvals.Refuse:
		r.State = approvals.RequestDenied
		return
	case approvals.Route:
		r.DecidedBy = d.Facts.Beneficiary.Manager
		if i%1000 == 0 {
			r.State = approvals.RequestDenied
			return
		}
	}
	over := r.DecidedAt.Add(d.Facts.Duration)
	r.Grant = approvals.GrantID("gr_" + r.ID)
	c.Grants = append(c.Grants, approvals.Grant{ID: r.Grant, Request: r.ID, Entitlement: r.Entitlement, Principal: r.Beneficiary, State: approvals.GrantRevoked,
		Connector: "sandbox", Account: d.Facts.Beneficiary.Email, Duration: d.Facts.Duration, CreatedAt: r.DecidedAt, Prechecked: true, ActiveAt: r.DecidedAt,
		EndsAt: over, EndReason: approvals.EndExpired, RevokingAt: over, RevokedAt: over})
	c.Events = append(c.Events, approvals.Event{At: over, Kind: approvals.EventGrantRevoked, Actor: approvals.System("worker"), Request: r.ID, Grant: r.Grant,
		Entitlement: r.Entitlement, Beneficiary: r.Beneficiary, Connector: "sandbox", Detail: map[string]string{"sessions_ended": "0"}})
}
