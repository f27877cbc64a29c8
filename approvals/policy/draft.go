package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// Draft is a permit that somebody may want: staff of one department get one
// entitlement at once, for themselves and from now on, within bounds. It is
// text for people to review; nothing here puts it into force.
type Draft struct {
	ID, Owner, Reason string
	ReviewBy          time.Time // the last day on which it holds unreviewed
	Budget            int       // automatic approvals a day
	Entitlement       approvals.EntitlementID
	Department        string
	MaxScore          int
	MaxDuration       time.Duration // whole minutes
	Ticket            bool          // a ticket must be given
	Checks            []string      // external checks that must have passed
	Fields            []string      // what the request must say besides, as "name=value"
}

// draftMaxRank keeps a draft from approving what the catalogue calls highly
// sensitive later on.
const draftMaxRank = 2

// File names the draft's files in policies/, without their endings.
func (d Draft) file() string { return "policies/" + d.ID }

// text is the draft in Cedar.
func (d Draft) text() string {
	conditions := []string{
		"principal has department && principal.department == " + quoted(d.Department),
		"!principal.contractor",
		"!context.on_behalf",
		`context.kind == "access"`,
		"context.starts_in_minutes == 0",
		fmt.Sprintf("resource.sensitivity_rank <= %d", draftMaxRank),
		fmt.Sprintf("context has score && context.score <= %d", d.MaxScore),
		fmt.Sprintf("context.duration_minutes <= %d", minutes(d.MaxDuration)),
	}
	if d.Ticket {
		conditions = append(conditions, "context has ticket")
	}
	for _, c := range d.Checks {
		conditions = append(conditions, "context.checks_passed.contains("+quoted(c)+")")
	}
	for _, f := range d.Fields {
		conditions = append(conditions, "context.fields.contains("+quoted(f)+")")
	}
	return fmt.Sprintf(`// Proposed from past decisions of people; it holds when a person has merged it.
@id(%s)
@owner(%s)
@reason(%s)
@review_by(%s)
@budget("%d")
permit (principal, action == Action::"request", resource == Entitlement::%s)
when {
  %s
};
`, quoted(d.ID), quoted(d.Owner), quoted(d.Reason), quoted(d.ReviewBy.Format(time.DateOnly)), d.Budget, quoted(string(d.Entitlement)),
		strings.Join(conditions, " &&\n  "))
}

// quoted writes a text as Cedar, JSON and YAML all read it.
func quoted(s string) string {
	var b strings.Builder
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	if to.Encode(s) != nil {
		return strconv.Quote(s) // a text can always be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// trial is an example that shows where the draft's bounds lie. What comes of it
// is for the set to say.
type trial struct {
	name   string
	change string // what differs from the defaults, in YAML
	with   func(*exampleText)
	inside bool // within the bounds
}

func (d Draft) trials() []trial {
	yes := true
	longer := d.MaxDuration + time.Minute
	trials := []trial{
		{name: "as people approved it", inside: true, with: func(*exampleText) {}},
		{name: "with a higher score", change: fmt.Sprintf("score: %d", d.MaxScore+1), with: func(t *exampleText) { n := d.MaxScore + 1; t.Score = &n }},
		{name: "for longer", change: "for: " + spell(longer), with: func(t *exampleText) { t.For = longer }},
		{name: "in another department", change: "who: {department: Another department}", with: func(t *exampleText) { t.Who.Department = "Another department" }},
		{name: "by a contractor", change: "who: {contractor: true}", with: func(t *exampleText) { t.Who.Contractor = &yes }},
	}
	if d.Ticket {
		trials = append(trials, trial{name: "without a ticket", with: func(t *exampleText) { t.Ticket = "" }})
	}
	return trials
}

// common is what all of the draft's examples say.
func (d Draft) common() exampleText {
	score := d.MaxScore
	t := exampleText{Ask: string(d.Entitlement), For: d.MaxDuration, Score: &score, Passed: d.Checks, Expect: string(approvals.Route)}
	t.Who.Department = d.Department
	for _, f := range d.Fields {
		name, value, _ := strings.Cut(f, "=")
		if t.Fields == nil {
			t.Fields = map[string]string{}
		}
		t.Fields[name] = value
	}
	return t
}

// draftTicket stands for any in the examples of a draft.
const draftTicket = "INC-1"

// examples writes the draft's examples with what a set says of each. It fails
// when the set does not approve what the draft is for.
func (d Draft) examples(s *Set, words *vocabulary) (string, approvals.Problems) {
	doc, err := source.Decode(d.file()+"_test.yaml", nil, &exampleFile{})
	if err != nil {
		return "", err.(approvals.Problems) //nolint:errorlint // Decode returns it unwrapped
	}
	base := d.common()
	var b strings.Builder
	fmt.Fprintf(&b, "# Where the bounds of %s lie.\ndefaults:\n  ask: %s\n  who: {department: %s}\n  for: %s\n  score: %d\n",
		d.ID, quoted(base.Ask), quoted(d.Department), spell(d.MaxDuration), d.MaxScore)
	writeList(&b, "  passed", d.Checks)
	b.WriteString("examples:\n")
	for _, t := range d.trials() {
		text := base
		text.Name, text.Ticket = t.name, draftTicket
		t.with(&text)
		e, problems := text.build(doc.At("examples"), words)
		if len(problems) > 0 {
			return "", problems
		}
		got := s.answer(e)
		if t.inside && (got.outcome != string(approvals.AutoApprove) || !slices.Contains(got.by, d.ID)) {
			return "", approvals.Problems{{File: d.file() + ".cedar", What: fmt.Sprintf("%s of another policy stands in the way: the answer is %s by %s", d.ID, got.outcome, list(got.by)),
				Mend: "nothing: people go on to decide"}}
		}
		d.write(&b, t, text, got)
	}
	return b.String(), nil
}

func (d Draft) write(b *strings.Builder, t trial, text exampleText, got answer) {
	fmt.Fprintf(b, "  - name: %s\n", t.name)
	if t.change != "" {
		fmt.Fprintf(b, "    %s\n", t.change)
	}
	if text.Ticket != "" {
		fmt.Fprintf(b, "    ticket: %s\n", text.Ticket)
	}
	if len(d.Fields) > 0 {
		b.WriteString("    fields:\n")
		for _, f := range d.Fields {
			name, value, _ := strings.Cut(f, "=")
			fmt.Fprintf(b, "      %s: %s\n", quoted(name), quoted(value))
		}
	}
	fmt.Fprintf(b, "    expect: %s\n", got.outcome)
	writeList(b, "    by", got.by)
	if !t.inside {
		writeList(b, "    not", []string{d.ID})
	}
}

func writeList(b *strings.Builder, key string, of []string) {
	if len(of) == 0 {
		return
	}
	words := make([]string, len(of))
	for i, s := range of {
		words[i] = quoted(s)
	}
	fmt.Fprintf(b, "%s: [%s]\n", key, strings.Join(words, ", "))
}

// spell writes a duration as the files do.
func spell(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", minutes(d))
}
