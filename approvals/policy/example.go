package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// exampleFile is a *_test.yaml file. What defaults say holds for every example
// that says nothing else.
type exampleFile struct {
	Defaults exampleText   `yaml:"defaults"`
	Examples []exampleText `yaml:"examples"`
}

// exampleText is an example as written: a case, and what must come of it.
type exampleText struct {
	Name         string            `yaml:"name"`
	Ask          string            `yaml:"ask"`       // the entitlement, from the catalogue
	Who          personText        `yaml:"who"`       // the beneficiary
	Requester    *personText       `yaml:"requester"` // absent: the beneficiary asks
	Approver     *personText       `yaml:"approver"`  // for may_approve and may_not_approve
	Kind         string            `yaml:"kind"`      // access (default) or extension
	For          time.Duration     `yaml:"for"`       // default: the entitlement's default
	Score        *int              `yaml:"score"`     // absent: no score could be computed
	Confidence   string            `yaml:"confidence"`
	Ticket       string            `yaml:"ticket"`
	ReasonLength *int              `yaml:"reason_length"` // default 40
	At           string            `yaml:"at"`            // local time with its offset; default Monday 2026-01-05T10:00:00Z
	AutoToday    *int              `yaml:"auto_today"`
	Stale        *bool             `yaml:"stale"`      // the directory is out of date
	Passed       []string          `yaml:"passed"`     // external checks that said yes
	Failed       []string          `yaml:"failed"`     // external checks that said no
	Fields       map[string]string `yaml:"fields"`     // what the catalogue asks besides
	Conflicts    []string          `yaml:"conflicts"`  // rules of segregation of duties that people are asked about
	StartsIn     time.Duration     `yaml:"starts_in"`  // absent: at once
	SkipLevel    string            `yaml:"skip_level"` // the manager of the beneficiary's manager
	Expect       string            `yaml:"expect"`
	By           []string          `yaml:"by"`  // exactly the policies that decide it
	Not          []string          `yaml:"not"` // policies whose conditions must not hold here
	Quorum       int               `yaml:"quorum"`
	Channel      string            `yaml:"channel"`
	Stages       []int             `yaml:"stages"` // the numbers of those that are asked; of may_approve: in which the approver may answer
}

// personText is a person as an example describes them.
type personText struct {
	ID         string   `yaml:"id"`
	Email      string   `yaml:"email"`
	Title      string   `yaml:"title"`
	Department string   `yaml:"department"`
	Location   string   `yaml:"location"`
	Manager    string   `yaml:"manager"`
	Groups     []string `yaml:"groups"`
	Contractor *bool    `yaml:"contractor"`
	Admin      *bool    `yaml:"admin"`
	Owner      bool     `yaml:"owner"`   // owns the entitlement
	OnDuty     bool     `yaml:"on_duty"` // in a schedule that the entitlement's approvers name
}

// What an example can expect.
const (
	expectMayApprove    = "may_approve"
	expectMayNotApprove = "may_not_approve"
	expectMayOpen       = "may_break_glass"
	expectMayNotOpen    = "may_not_break_glass"
)

var expectations = []string{
	string(approvals.AutoApprove), expectMayApprove, expectMayOpen, expectMayNotApprove, expectMayNotOpen,
	string(approvals.Refuse), string(approvals.Route),
}

// exampleAt is when examples take place that name no time. It is fixed, so
// that a set which loads today loads tomorrow.
var exampleAt = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

// example is an example that can be tried.
type example struct {
	text       exampleText
	place      source.Place
	facts      approvals.Facts
	assessment approvals.Assessment
	approver   approvals.Principal
}

// readExamples reads every *_test.yaml file.
func readExamples(files []file, words *vocabulary) (examples []example, problems approvals.Problems) {
	for _, f := range files {
		if f.isPolicy() {
			continue
		}
		var text exampleFile
		doc, err := source.Decode(f.path, f.data, &text)
		if err != nil {
			problems = append(problems, err.(approvals.Problems)...) //nolint:errorlint // Decode returns it unwrapped
			continue
		}
		for i, t := range text.Examples {
			e, ps := t.under(text.Defaults).build(doc.At("examples", i), words)
			problems = append(problems, ps...)
			examples = append(examples, e)
		}
	}
	return examples, problems
}

// build turns an example's text into facts, and says what is wrong with it.
func (t exampleText) build(at source.Place, words *vocabulary) (example, approvals.Problems) {
	var ps approvals.Problems
	wrong := func(key, mend, format string, args ...any) {
		ps = append(ps, at.At(key).Problem(mend, format, args...))
	}
	if strings.TrimSpace(t.Name) == "" {
		wrong("name", "say in one line what it shows", "the example has no name")
	}
	entitlement, ok := words.entitlements[t.Ask]
	if !ok {
		wrong("ask", source.Suggest(t.Ask, words.literals[typeEntitlement]), "the catalogue has no %q", t.Ask)
	}
	if !slices.Contains(expectations, t.Expect) {
		wrong("expect", source.Suggest(t.Expect, expectations), "%q cannot be expected", t.Expect)
	}
	asks := t.Expect == expectMayApprove || t.Expect == expectMayNotApprove
	if asks != (t.Approver != nil) {
		wrong("approver", "give an approver with may_approve and may_not_approve, and nowhere else", "approver and expectation do not go together")
	}
	when, err := time.Parse(time.RFC3339, either(t.At, exampleAt.Format(time.RFC3339)))
	if err != nil {
		wrong("at", `write a time like "2026-01-30T18:00:00+01:00"`, "%q is not a time", t.At)
	}
	kind := either(t.Kind, string(approvals.KindAccess))
	if !slices.Contains(words.context["kind"], kind) {
		wrong("kind", source.Suggest(kind, words.context["kind"]), "%q is not a kind of request", kind)
	}
	confidence := either(t.Confidence, string(approvals.ConfidenceHigh))
	if !slices.Contains(words.context["score_confidence"], confidence) {
		wrong("confidence", source.Suggest(confidence, words.context["score_confidence"]), "%q is not a confidence", confidence)
	}
	e := example{text: t, place: at, facts: approvals.Facts{
		At: when.UTC(), Kind: approvals.RequestKind(kind), Entitlement: entitlement, Duration: t.For,
		Beneficiary: t.Who.principal("example.person"), ReasonLength: number(t.ReasonLength, 40), Ticket: t.Ticket,
		Weekday: when.Weekday(), MinuteOfDay: when.Hour()*60 + when.Minute(), AutoToday: number(t.AutoToday, 0),
		Directory: approvals.DirectoryState{Source: "example", AsOf: when.UTC(), Stale: t.Stale != nil && *t.Stale},
	}}
	for _, name := range t.Passed {
		e.facts.Checks = append(e.facts.Checks, approvals.CheckResult{Name: name, Passed: true, At: e.facts.At})
	}
	for _, name := range t.Failed {
		e.facts.Checks = append(e.facts.Checks, approvals.CheckResult{Name: name, At: e.facts.At})
	}
	ps = append(ps, e.said(entitlement)...)
	e.facts.Requester = e.facts.Beneficiary
	if t.For == 0 {
		e.facts.Duration = entitlement.DefaultDuration
	}
	e.people()
	e.assessment = approvals.Assessment{Score: number(t.Score, 0), Confidence: approvals.Confidence(confidence)}
	if t.Score == nil {
		e.assessment = approvals.Assessment{Problem: "the example gives none"}
	}
	return e, ps
}

// said adds what the example's request says besides, and what it breaks.
func (e *example) said(entitlement approvals.Entitlement) (ps approvals.Problems) {
	for _, name := range sortedKeys(e.text.Fields) {
		i := slices.IndexFunc(entitlement.Fields, func(f approvals.Field) bool { return f.Name == name })
		switch {
		case i < 0:
			ps = append(ps, e.place.At("fields").Problem("declare it under fields: in the catalogue", "%s asks for no field %q", e.text.Ask, name))
		case entitlement.Fields[i].Check(e.text.Fields[name]) != nil:
			ps = append(ps, e.place.At("fields").Problem("write a value that the catalogue allows", "%q is no value of the field %q", e.text.Fields[name], name))
		}
	}
	e.facts.Fields, e.facts.SkipLevel = e.text.Fields, approvals.PrincipalID(e.text.SkipLevel)
	if e.text.StartsIn > 0 {
		e.facts.StartsAt = e.facts.At.Add(e.text.StartsIn)
	}
	for _, rule := range e.text.Conflicts {
		i := slices.IndexFunc(entitlement.Segregation, func(s approvals.Segregation) bool { return s.Rule == rule })
		if i < 0 {
			ps = append(ps, e.place.At("conflicts").Problem("name a rule under segregation: in the catalogue", "%s takes part in no rule %q", e.text.Ask, rule))
			continue
		}
		s := entitlement.Segregation[i]
		e.facts.Conflicts = append(e.facts.Conflicts, approvals.Conflict{Rule: s.Rule, Reason: s.Reason, Ask: s.Ask, With: s.With[0]})
	}
	return ps
}

// people adds the requester and the approver, and makes owners of those whom
// the example calls so.
func (e *example) people() {
	owners := slices.Clone(e.facts.Entitlement.Owners)
	own := func(t *personText, p approvals.Principal) {
		if t.Owner {
			owners = append(owners, p.ID)
		}
		if t.OnDuty {
			e.facts.OnDuty = append(e.facts.OnDuty, p.ID)
		}
	}
	own(&e.text.Who, e.facts.Beneficiary)
	if t := e.text.Requester; t != nil {
		e.facts.Requester = t.principal("example.requester")
		own(t, e.facts.Requester)
	}
	if t := e.text.Approver; t != nil {
		e.approver = t.principal("example.approver")
		own(t, e.approver)
	}
	e.facts.Entitlement.Owners = owners
}

func (t personText) principal(id string) approvals.Principal {
	id = either(t.ID, id)
	return approvals.Principal{
		ID: approvals.PrincipalID(id), Name: "Example", Email: either(t.Email, id+"@example.com"),
		Title: t.Title, Department: t.Department, Location: t.Location, Manager: approvals.PrincipalID(t.Manager), Groups: t.Groups,
		Contractor: t.Contractor != nil && *t.Contractor, Admin: t.Admin != nil && *t.Admin,
	}
}

// under is the example with what the defaults say for it.
func (t exampleText) under(d exampleText) exampleText {
	t.Ask, t.Kind, t.Confidence = either(t.Ask, d.Ask), either(t.Kind, d.Kind), either(t.Confidence, d.Confidence)
	t.Ticket, t.At = either(t.Ticket, d.Ticket), either(t.At, d.At)
	t.Score, t.ReasonLength = first(t.Score, d.Score), first(t.ReasonLength, d.ReasonLength)
	t.AutoToday, t.Stale = first(t.AutoToday, d.AutoToday), first(t.Stale, d.Stale)
	if t.For == 0 {
		t.For = d.For
	}
	if t.Passed == nil {
		t.Passed = d.Passed
	}
	if t.Failed == nil {
		t.Failed = d.Failed
	}
	w, dw := t.Who, d.Who
	w.ID, w.Email, w.Title = either(w.ID, dw.ID), either(w.Email, dw.Email), either(w.Title, dw.Title)
	w.Department, w.Location, w.Manager = either(w.Department, dw.Department), either(w.Location, dw.Location), either(w.Manager, dw.Manager)
	w.Contractor, w.Admin = first(w.Contractor, dw.Contractor), first(w.Admin, dw.Admin)
	if w.Groups == nil {
		w.Groups = dw.Groups
	}
	t.Who = w
	return t
}

func either(s, fallback string) string {
	if s != "" {
		return s
	}
	return fallback
}

func first[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

func number(n *int, fallback int) int {
	if n == nil {
		return fallback
	}
	return *n
}
