package approvalstest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Directory is an approvals.Directory of the people that were put into it.
type Directory struct {
	mu     sync.Mutex
	people map[approvals.PrincipalID]approvals.Principal
	state  approvals.DirectoryState
	fault  error
}

var _ approvals.Directory = (*Directory)(nil)

// NewDirectory makes a directory of these people, which is up to date.
func NewDirectory(people ...approvals.Principal) *Directory {
	d := &Directory{people: make(map[approvals.PrincipalID]approvals.Principal), state: approvals.DirectoryState{Source: "test"}}
	for _, p := range people {
		d.Put(p)
	}
	return d
}

// Put adds or replaces somebody.
func (d *Directory) Put(p approvals.Principal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people[p.ID] = p
}

// Change edits somebody who is there.
func (d *Directory) Change(id approvals.PrincipalID, edit func(*approvals.Principal)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.people[id]
	p.ID = id
	edit(&p)
	d.people[id] = p
}

// Fail makes every answer an error; nil ends that.
func (d *Directory) Fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = err
}

// SetState sets what State says.
func (d *Directory) SetState(s approvals.DirectoryState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state = s
}

// Principal finds somebody by id.
func (d *Directory) Principal(_ context.Context, id approvals.PrincipalID) (approvals.Principal, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.people[id]
	if d.fault != nil || ok {
		return p, d.fault
	}
	return p, missing("person")
}

// ByEmail finds somebody by email address, whatever its case.
func (d *Directory) ByEmail(ctx context.Context, email string) (approvals.Principal, error) {
	people, err := d.People(ctx)
	if err != nil {
		return approvals.Principal{}, err
	}
	for _, p := range people {
		if strings.EqualFold(p.Email, email) {
			return p, nil
		}
	}
	return approvals.Principal{}, missing("person")
}

// Members lists a group.
func (d *Directory) Members(ctx context.Context, group string) ([]approvals.Principal, error) {
	people, err := d.People(ctx)
	return slices.DeleteFunc(people, func(p approvals.Principal) bool { return !p.In(group) }), err
}

// People lists everybody by id.
func (d *Directory) People(context.Context) ([]approvals.Principal, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fault != nil {
		return nil, d.fault
	}
	var all []approvals.Principal
	for _, p := range d.people {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b approvals.Principal) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// State says where the facts come from.
func (d *Directory) State(context.Context) (approvals.DirectoryState, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state, d.fault
}

// Catalogue is an approvals.Catalogue of what was put into it.
type Catalogue struct {
	mu      sync.Mutex
	entries map[approvals.EntitlementID]approvals.Entitlement
}

var _ approvals.Catalogue = (*Catalogue)(nil)

// NewCatalogue makes a catalogue of these entitlements.
func NewCatalogue(entries ...approvals.Entitlement) *Catalogue {
	c := &Catalogue{entries: make(map[approvals.EntitlementID]approvals.Entitlement)}
	for _, e := range entries {
		c.entries[e.ID] = e
	}
	return c
}

// Change edits or adds an entitlement.
func (c *Catalogue) Change(id approvals.EntitlementID, edit func(*approvals.Entitlement)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[id]
	e.ID = id
	edit(&e)
	c.entries[id] = e
}

// Remove takes an entitlement out.
func (c *Catalogue) Remove(id approvals.EntitlementID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, id)
}

// Entitlement finds one by id.
func (c *Catalogue) Entitlement(_ context.Context, id approvals.EntitlementID) (approvals.Entitlement, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[id]
	if !ok {
		return e, missing("entitlement")
	}
	return e, nil
}

// Digest names what was put into it.
func (c *Catalogue) Digest() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text, _ := json.Marshal(c.entries) // An entitlement holds nothing that cannot be written.
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

// All lists them by id.
func (c *Catalogue) All(context.Context) ([]approvals.Entitlement, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []approvals.Entitlement
	for _, e := range c.entries {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b approvals.Entitlement) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// Policy is an approvals.Policy whose answers a test sets. Until then it
// routes every request to one approver, and lets everybody approve.
type Policy struct {
	mu      sync.Mutex
	decide  func(approvals.Facts, approvals.Assessment) approvals.Ruling
	approve func(approvals.Facts, approvals.Assessment, approvals.Principal) approvals.Verdict
}

var _ approvals.Policy = (*Policy)(nil)

// Rule makes every decision this ruling.
func (p *Policy) Rule(r approvals.Ruling) {
	p.RuleBy(func(approvals.Facts, approvals.Assessment) approvals.Ruling { return r })
}

// RuleBy makes decisions what f says.
func (p *Policy) RuleBy(f func(approvals.Facts, approvals.Assessment) approvals.Ruling) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.decide = f
}

// ApproverBy lets those approve whom f allows.
func (p *Policy) ApproverBy(f func(approvals.Facts, approvals.Assessment, approvals.Principal) approvals.Verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.approve = f
}

// Decide answers as it was told.
func (p *Policy) Decide(f approvals.Facts, a approvals.Assessment) approvals.Ruling {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.decide == nil {
		return Routed(1)
	}
	return p.decide(f, a)
}

// MayApprove answers as it was told.
func (p *Policy) MayApprove(f approvals.Facts, a approvals.Assessment, who approvals.Principal) approvals.Verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.approve == nil {
		return approvals.Verdict{Allowed: true, Policies: []approvals.PolicyRef{{ID: "approve", Effect: "permit"}}}
	}
	return p.approve(f, a, who)
}

// Automatic is a ruling that approves at once.
func Automatic() approvals.Ruling {
	return approvals.Ruling{Outcome: approvals.AutoApprove, Words: "Low risk, permitted at once.",
		Policies: []approvals.PolicyRef{{ID: "auto", Effect: "permit"}}, Version: approvals.PolicyVersion{Digest: "law-1"}}
}

// Routed is a ruling that asks people.
func Routed(quorum int) approvals.Ruling {
	return approvals.Ruling{Outcome: approvals.Route, Quorum: quorum, Words: "A person decides.",
		Version: approvals.PolicyVersion{Digest: "law-1"}}
}

// Refused is a ruling that forbids, with the policy's words.
func Refused(words string) approvals.Ruling {
	return approvals.Ruling{Outcome: approvals.Refuse, Words: words,
		Policies: []approvals.PolicyRef{{ID: "never", Effect: "forbid", Reason: words}}, Version: approvals.PolicyVersion{Digest: "law-2"}}
}

// Scorer is an approvals.Scorer with one answer.
type Scorer struct {
	Says  approvals.Assessment
	Knows approvals.Evidence
	Fault error // of Evidence
}

var _ approvals.Scorer = (*Scorer)(nil)

// Evidence answers Knows and Fault.
func (s *Scorer) Evidence(context.Context, approvals.Facts) (approvals.Evidence, error) {
	return s.Knows, s.Fault
}

// Assess answers Says.
func (s *Scorer) Assess(approvals.Facts) approvals.Assessment { return s.Says }
