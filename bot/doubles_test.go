package bot_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// people of the tests: Ana asks, Bob (her manager) and Cleo may approve, Ada
// is an admin.
func directory() *people {
	return &people{list: []approvals.Principal{
		{ID: "p-ada", Name: "Ada Admin", Email: "ada@example.com", Admin: true},
		{ID: "p-ana", Name: "Ana Diaz", Email: "ana@example.com", Title: "Engineer", Department: "Payments", Manager: "p-bob", TimeZone: "Europe/Madrid"},
		{ID: "p-bob", Name: "Bob Lee", Email: "bob@example.com", Title: "Engineering manager", Department: "Payments", TimeZone: "America/New_York"},
		{ID: "p-cleo", Name: "Cleo Owner", Email: "cleo@example.com", Title: "Database lead"},
		{ID: "p-gus", Name: "Gus Guest", Email: "gus@example.org"},
		{ID: "p-olga", Name: "Olga Out", Email: "olga@other.example"},
	}}
}

// people is a directory in memory. A test that changes it while the bot works
// does so with change.
type people struct {
	mu   sync.RWMutex
	list []approvals.Principal
}

// change is somebody's entry in the directory, from now on.
func (d *people) change(id approvals.PrincipalID, f func(*approvals.Principal)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.list {
		if d.list[i].ID == id {
			f(&d.list[i])
		}
	}
}

// add puts more people into the directory.
func (d *people) add(more ...approvals.Principal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, more...)
}

func (d *people) find(f func(approvals.Principal) bool) (approvals.Principal, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if i := slices.IndexFunc(d.list, f); i >= 0 {
		return d.list[i], nil
	}
	return approvals.Principal{}, approvals.Errorf(approvals.CodeNotFound, "Nobody like that.")
}

func (d *people) Principal(_ context.Context, id approvals.PrincipalID) (approvals.Principal, error) {
	return d.find(func(p approvals.Principal) bool { return p.ID == id })
}

func (d *people) ByEmail(_ context.Context, email string) (approvals.Principal, error) {
	return d.find(func(p approvals.Principal) bool { return strings.EqualFold(p.Email, email) })
}

func (d *people) Members(context.Context, string) ([]approvals.Principal, error) { return nil, nil }

func (d *people) People(context.Context) ([]approvals.Principal, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Clone(d.list), nil
}

func (d *people) State(context.Context) (approvals.DirectoryState, error) {
	return approvals.DirectoryState{Source: "test", AsOf: time.Now()}, nil
}

// shelf is a catalogue in memory.
type shelf []approvals.Entitlement

func (c shelf) Entitlement(_ context.Context, id approvals.EntitlementID) (approvals.Entitlement, error) {
	if i := slices.IndexFunc(c, func(e approvals.Entitlement) bool { return e.ID == id }); i >= 0 {
		return c[i], nil
	}
	return approvals.Entitlement{}, approvals.Errorf(approvals.CodeNotFound, "The catalogue has no %s.", id)
}

func (c shelf) All(context.Context) ([]approvals.Entitlement, error) { return c, nil }

func catalogue() shelf {
	billing := approvals.Entitlement{ID: "billing-db:read-only", System: "postgres", Connector: "sandbox", Resource: "billing-db", Level: "read-only",
		Environment: "production", Name: "Billing database, read only", Sensitivity: approvals.High, Approvers: []approvals.ApproverRef{"manager", "owner"},
		Owners: []approvals.PrincipalID{"p-cleo"}, DefaultDuration: time.Hour, MaxDuration: 8 * time.Hour}
	write := billing
	write.ID, write.Level, write.Name = "billing-db:read-write", "read-write", "Billing database, read and write"
	desk := approvals.Entitlement{ID: "zendesk:agent", System: "zendesk", Connector: "sandbox", Resource: "support-desk", Level: "agent", Name: "Support desk, agent",
		Aliases: []string{"zendesk"}, Sensitivity: approvals.Low, Approvers: []approvals.ApproverRef{"manager"}, DefaultDuration: time.Hour, MaxDuration: 4 * time.Hour}
	return shelf{billing, write, desk}
}

// law approves low sensitivity at once, routes the rest, and refuses what a
// test forbids.
type law struct {
	quorum  int
	channel string
	forbid  func(approvals.Facts) string
	permit  func(approvals.Facts) bool // besides what is of low sensitivity
	stages  []approvals.Stage
	seat    map[approvals.PrincipalID]int // the stage that each answers in
}

func (l *law) Decide(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
	if l.forbid != nil {
		if why := l.forbid(f); why != "" {
			return approvals.Ruling{Outcome: approvals.Refuse, Words: why, Policies: []approvals.PolicyRef{{ID: "forbidden", Effect: "forbid", Reason: why}}}
		}
	}
	if f.Entitlement.Sensitivity == approvals.Low || l.permit != nil && l.permit(f) {
		return approvals.Ruling{Outcome: approvals.AutoApprove, Words: "low risk", Policies: []approvals.PolicyRef{{ID: "low-risk-desk", Effect: "permit", Reason: "Support tools are open to everybody for a day"}}}
	}
	return approvals.Ruling{Outcome: approvals.Route, Quorum: max(l.quorum, len(l.stages)), Channel: l.channel, Stages: l.stages}
}

func (l *law) MayApprove(f approvals.Facts, _ approvals.Assessment, p approvals.Principal) approvals.Verdict {
	ok := p.ID == f.Beneficiary.Manager || slices.Contains(f.Entitlement.Owners, p.ID)
	var stages []int
	if n := l.seat[p.ID]; n > 0 {
		stages = []int{n}
	}
	return approvals.Verdict{Allowed: ok, Stages: stages, Policies: []approvals.PolicyRef{{ID: "managers-and-owners", Effect: "permit"}}}
}

// scorer always says 34, for four reasons.
type scorer struct{}

func (scorer) Evidence(context.Context, approvals.Facts) (approvals.Evidence, error) {
	return approvals.Evidence{World: 7}, nil
}

func (scorer) Assess(approvals.Facts) approvals.Assessment {
	return approvals.Assessment{Score: 34, Raw: 34, Confidence: approvals.ConfidenceMedium, Model: "test-1", Factors: []approvals.Factor{
		{Name: "sensitivity", Points: 30, Words: "production data of high sensitivity"}, {Name: "peers.team", Points: -6, Words: "3 of 9 teammates hold it"},
		{Name: "history", Points: 5, Words: "never asked for before"}, {Name: "hour", Points: 5, Words: "asked late in the evening"}}}
}
