package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// historyDays and historyPerDay size the example organisation's past.
const (
	historyDays   = 90
	historyPerDay = 11
)

// usual says which departments work with a resource: most requests come from
// them, and most of those are approved.
var usual = map[string][]string{
	"tickets":            {"Technical Support", "Billing Support", "Support"},
	"refunds":            {"Billing Support"},
	"customer-view":      {"Technical Support", "Billing Support"},
	"ledger":             {"Accounting", "Finance"},
	"payroll":            {"Accounting", "People"},
	"payments":           {"Accounting"},
	"aws-production":     {"Platform", "Site Reliability", "Payments"},
	"aws-staging":        {"Platform", "Web", "Payments", "Mobile", "Data Platform"},
	"cluster-production": {"Site Reliability", "Platform", "Payments", "Web"},
	"cluster-staging":    {"Web", "Payments", "Mobile", "Data Platform"},
	"payments-service":   {"Payments"},
	"infrastructure":     {"Platform", "Site Reliability"},
	"website":            {"Web", "Marketing"},
	"billing-db":         {"Billing Support", "Payments"},
	"orders-db":          {"Web", "Data Platform", "Technical Support"},
	"customers-db":       {"Data Platform", "Product", "Marketing"},
}

// past is one decision of the 90 days before the demo began, with the access
// that came of it.
type past struct {
	request  approvals.Request
	approval approvals.Approval
	learned  approvals.Learned
	grant    *approvals.Grant // nil when it was denied
}

// history generates past decisions by people, oldest first, ending before a
// time. Equal arguments give equal histories.
func history(people []approvals.Principal, entitlements []approvals.Entitlement, end time.Time) []past {
	h := historian{rand: rand.New(rand.NewPCG(seed, 2)), byTeam: map[string][]approvals.Principal{}, people: people}
	for _, p := range people {
		h.byTeam[p.Department] = append(h.byTeam[p.Department], p)
	}
	var all []past
	day := end.Truncate(24*time.Hour).AddDate(0, 0, -historyDays)
	for ; day.Before(end.AddDate(0, 0, -1)); day = day.AddDate(0, 0, 1) {
		n := historyPerDay
		if wd := day.Weekday(); wd == time.Saturday || wd == time.Sunday {
			n = 2
		}
		var today []past
		for range n {
			at := day.Add(8*time.Hour + time.Duration(h.rand.IntN(10*60))*time.Minute)
			today = append(today, h.one(entitlements[h.rand.IntN(len(entitlements))], at))
		}
		slices.SortFunc(today, func(a, b past) int { return a.request.SubmittedAt.Compare(b.request.SubmittedAt) })
		all = append(all, today...)
	}
	for i := range all {
		all[i] = all[i].numbered(i + 1)
	}
	return all
}

type historian struct {
	rand   *rand.Rand
	people []approvals.Principal
	byTeam map[string][]approvals.Principal
}

func (h *historian) one(e approvals.Entitlement, at time.Time) past {
	teams := usual[e.Resource]
	insider := len(teams) > 0 && h.rand.IntN(100) < 88
	pool := h.people
	if insider {
		pool = h.byTeam[teams[h.rand.IntN(len(teams))]]
	}
	who := pool[h.rand.IntN(len(pool))]
	if who.Manager == "" {
		who = h.people[1]
	}
	duration := e.DefaultDuration
	if h.rand.IntN(4) == 0 {
		duration = min(2*duration, e.MaxDuration)
	}
	answered := at.Add(time.Duration(2+h.rand.IntN(40)) * time.Minute)
	approved := h.rand.IntN(1000) >= h.perMilleDenied(e, who, slices.Contains(teams, who.Department))
	approver := who.Manager
	if owner := e.Owners[h.rand.IntN(len(e.Owners))]; h.rand.IntN(100) < 45 && owner != who.ID {
		approver = owner
	}
	r := approvals.Request{
		Kind: approvals.KindAccess, State: approvals.RequestDenied, Requester: who.ID, Beneficiary: who.ID,
		Entitlement: e.ID, Duration: duration, Reason: "work on " + e.Resource, Ticket: fmt.Sprintf("INC-%d", 1000+h.rand.IntN(3000)),
		CreatedAt: at, SubmittedAt: at, LapsesAt: at.Add(8 * time.Hour), DecidedAt: answered, DecidedBy: approver,
	}
	p := past{request: r, approval: approvals.Approval{Approver: approver, Answer: approvals.Denied, At: answered, Via: "import"}}
	p.learned = approvals.Learned{At: answered, Entitlement: e.ID, Beneficiary: who.ID, Manager: who.Manager, Title: who.Title,
		Department: who.Department, Location: who.Location, Function: who.Function, Approver: approver, Approved: approved, Duration: duration}
	if approved {
		p.request.State, p.approval.Answer = approvals.RequestApproved, approvals.Approved
		p.grant = &approvals.Grant{
			Entitlement: e.ID, Principal: who.ID, State: approvals.GrantRevoked, Connector: e.Connector, Account: who.Account(e.System),
			Target: e.Target, Duration: duration, CreatedAt: answered, Prechecked: true, ActiveAt: answered, EndsAt: answered.Add(duration),
			EndReason: approvals.EndExpired, RevokingAt: answered.Add(duration), RevokedAt: answered.Add(duration).Add(time.Second),
		}
	}
	return p
}

// perMilleDenied is how likely the organisation's people refuse: rarely for
// what a team works with, often for what it does not.
func (h *historian) perMilleDenied(e approvals.Entitlement, who approvals.Principal, insider bool) int {
	n := []int{5, 10, 30, 80}[e.Sensitivity.Rank()-1]
	if !insider {
		n = n*6 + 150
	}
	if who.Contractor {
		n += 200
	}
	return n
}

// numbered gives a past decision its identifiers.
func (p past) numbered(i int) past {
	id := approvals.RequestID(fmt.Sprintf("req_past%04d", i))
	p.request.ID, p.request.Key = id, fmt.Sprintf("import:%d", i)
	p.approval.Request, p.learned.Request = id, id
	if p.grant != nil {
		p.grant.ID, p.grant.Request = approvals.GrantID(fmt.Sprintf("gr_past%04d", i)), id
		p.request.Grant = p.grant.ID
	}
	return p
}

// together is how many past decisions are stored in one transaction.
const together = 200

// remember stores a history, each decision with its audit event.
func remember(ctx context.Context, store approvals.Store, all []past) error {
	for some := range slices.Chunk(all, together) {
		var c approvals.Change
		for _, p := range some {
			c = p.in(c)
		}
		if err := store.Apply(ctx, c); err != nil {
			return fmt.Errorf("store past decisions from %s on: %w", some[0].request.ID, err)
		}
	}
	return nil
}

// in adds a past decision to a change.
func (p past) in(c approvals.Change) approvals.Change {
	kind := approvals.EventRequestDenied
	if p.grant != nil {
		kind = approvals.EventRequestApproved
		c.Grants = append(c.Grants, *p.grant)
	}
	c.Requests, c.Approvals, c.Learned = append(c.Requests, p.request), append(c.Approvals, p.approval), append(c.Learned, p.learned)
	c.Events = append(c.Events, approvals.Event{At: p.request.DecidedAt, Kind: kind, Actor: approvals.Person(p.approval.Approver, "import", ""),
		Request: p.request.ID, Grant: p.request.Grant, Entitlement: p.request.Entitlement, Beneficiary: p.request.Beneficiary})
	return c
}

// standing says who holds which entitlement without a grant, as organisations
// do before they begin: whole teams for their everyday tools, a few people for
// more.
func standing(people []approvals.Principal, e approvals.Entitlement) []approvals.Principal {
	teams := usual[e.Resource]
	share := map[approvals.Sensitivity]int{approvals.Low: 100, approvals.Medium: 40, approvals.High: 12}[e.Sensitivity]
	if strings.HasPrefix(string(e.ID), "refunds") {
		share = 70
	}
	r := rand.New(rand.NewPCG(seed, uint64(len(e.ID))<<8|uint64(e.Sensitivity.Rank())))
	var holders []approvals.Principal
	for _, p := range people {
		if r.IntN(100) < share && slices.Contains(teams, p.Department) && !p.Contractor && !slices.Contains(featured, p.Name) {
			holders = append(holders, p)
		}
	}
	return holders
}
