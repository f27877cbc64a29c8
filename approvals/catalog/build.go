package catalog

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// name is the form of systems, resources, levels and tags: they become parts
// of ids, and a door may carry an id in 150 bytes.
var name = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

const (
	maxTitle       = 75 // runes; what a choice in Slack can show
	maxDescription = 1000
	maxAccount     = 320 // bytes; an email address is no longer
	shortest       = time.Minute
	longest        = 90 * 24 * time.Hour
)

var sensitivities = []string{string(approvals.Low), string(approvals.Medium), string(approvals.High), string(approvals.Critical)}

// builder turns files into entitlements and collects what is wrong.
type builder struct {
	ctx          context.Context // lives for one Load only
	people       approvals.Directory
	known        *directoryNames
	seen         map[approvals.EntitlementID]string // id → file:line of the first
	entitlements []approvals.Entitlement
	rules        []rules
	problems     approvals.Problems
	told         map[approvals.Problem]bool // what is said above counts for many levels, and is told once
	err          error
}

func (b *builder) wrong(at source.Place, mend, format string, args ...any) {
	p := at.Problem(mend, format, args...)
	if !b.told[p] {
		b.told[p] = true
		b.problems = append(b.problems, p)
	}
}

// spot is a level with what it is part of, innermost first.
type spot []source.Place

// of is where a key is said that holds for the level: there or above.
func (s spot) of(key string) source.Place {
	for _, at := range s {
		if at.Has(key) {
			return at.At(key)
		}
	}
	return s[0]
}

func (b *builder) file(file string, data []byte) {
	var f catalogFile
	doc, err := source.Decode(file, data, &f)
	if err != nil {
		b.problems = append(b.problems, asProblems(file, err)...)
		return
	}
	if len(f.Systems)+len(f.Segregation)+len(f.Profiles) == 0 {
		b.wrong(doc.At(), "write systems: with at least one entry", "the file describes nothing")
	}
	b.rules = append(b.rules, rules{doc: doc, segregation: f.Segregation, profiles: f.Profiles})
	for i, s := range f.Systems {
		at := doc.At("systems", i)
		b.named(at, "system", s.Name, s.Title)
		b.search(at, s.Tags, nil)
		b.fields(at, s.Fields)
		if len(s.Resources) == 0 {
			b.wrong(at, "write resources: with at least one entry", "the system %q has no resources", s.Name)
		}
		for j, r := range s.Resources {
			b.resource(spot{at.At("resources", j), at}, s, r)
		}
	}
}

func (b *builder) resource(at spot, s system, r resource) {
	b.named(at[0], "resource", r.Name, r.Title)
	b.search(at[0], r.Tags, r.Aliases)
	b.fields(at[0], r.Fields)
	if len(r.Levels) == 0 {
		b.wrong(at[0], "write levels: with at least one entry", "the resource %q has no levels", r.Name)
	}
	for i, l := range r.Levels {
		b.level(append(spot{at[0].At("levels", i)}, at...), s, r, l)
	}
}

func (b *builder) level(at spot, s system, r resource, l level) {
	b.named(at[0], "level", l.Name, l.Title)
	b.search(at[0], l.Tags, l.Aliases)
	b.fields(at[0], l.Fields)
	c := l.common().below(r.common().below(s.common()))
	e := approvals.Entitlement{
		ID:     approvals.EntitlementID(r.Name + ":" + l.Name),
		System: s.Name, Connector: c.connector, Resource: r.Name, Level: l.Name, Environment: c.environment,
		Name:        either(r.Title, r.Name) + ", " + either(l.Title, strings.ReplaceAll(l.Name, "-", " ")),
		Description: either(l.Description, r.Description),
		Aliases:     unique(append(slices.Clone(l.Aliases), r.Aliases...)),
		Tags:        unique(c.tags), Sensitivity: approvals.Sensitivity(c.sensitivity),
		DefaultDuration: c.fallback, MaxDuration: c.longest,
		TicketRequired: c.ticket != nil && *c.ticket, Target: c.target,
		Fields: asked(s.Fields, r.Fields, l.Fields),
		Drift:  approvals.DriftRepair(c.drift), Standing: c.standing,
	}
	if len(c.checks) > 0 {
		e.Checks = unique(slices.Sorted(slices.Values(c.checks)))
	}
	for _, check := range e.Checks {
		if !name.MatchString(check) {
			b.wrong(at.of("checks"), "use the names under checks: in hallpass.yaml", "%q cannot be the name of a check", check)
		}
	}
	here := at[0].At("name").String()
	if first, dup := b.seen[e.ID]; dup {
		b.wrong(at[0].At("name"), "give one of the resources another name", "the entitlement %q was described at %s already", e.ID, first)
	}
	b.seen[e.ID] = here
	b.check(at, e)
	e.Owners = b.owners(at.of("owners"), c.owners)
	e.Approvers = b.approvers(at.of("approvers"), c.approvers)
	b.entitlements = append(b.entitlements, e)
	if len(b.entitlements) == MaxEntitlements+1 {
		b.wrong(at[0], "split the catalogue over several installations", "there are more than %d entitlements", MaxEntitlements)
	}
}

func (b *builder) named(at source.Place, what, n, title string) {
	if !name.MatchString(n) {
		b.wrong(at.At("name"), "use at most 64 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit", "%q cannot be the name of a %s", n, what)
	}
	if len([]rune(title)) > maxTitle || !plain(title) {
		b.wrong(at.At("title"), fmt.Sprintf("use at most %d plain characters on one line", maxTitle), "the title of the %s %q cannot be shown", what, n)
	}
}

// search checks the words by which things are found.
func (b *builder) search(at source.Place, tags, aliases []string) {
	for _, tag := range tags {
		if !name.MatchString(tag) {
			b.wrong(at.At("tags"), "use a-z, 0-9, dot, dash and underscore", "%q cannot be a tag", tag)
		}
	}
	for _, alias := range aliases {
		if alias == "" || len(alias) > maxTitle || !plain(alias) {
			b.wrong(at.At("aliases"), fmt.Sprintf("use at most %d plain characters on one line", maxTitle), "%q cannot be an alias", alias)
		}
	}
}

// check says what is wrong with an entitlement apart from its people.
func (b *builder) check(at spot, e approvals.Entitlement) {
	if e.Connector == "" {
		b.wrong(at[0], "write connector: with the name of a connection from hallpass.yaml", "no connector provisions %q", e.ID)
	}
	switch {
	case e.Sensitivity == "":
		b.wrong(at[0], "write sensitivity: low, medium, high or critical", "%q has no sensitivity", e.ID)
	case !slices.Contains(sensitivities, string(e.Sensitivity)):
		b.wrong(at.of("sensitivity"), source.Suggest(string(e.Sensitivity), sensitivities), "%q is not a sensitivity", e.Sensitivity)
	}
	if len(e.Description) > maxDescription {
		b.wrong(at.of("description"), "keep it to a paragraph", "the description has more than %d bytes", maxDescription)
	}
	b.durations(at, e)
	if e.Drift != "" && !slices.Contains(approvals.DriftRepairs, e.Drift) {
		var known []string
		for _, d := range approvals.DriftRepairs {
			known = append(known, string(d))
		}
		b.wrong(at.of("drift"), source.Suggest(string(e.Drift), known), "%q is not what can be done about drift", e.Drift)
	}
	for _, account := range e.Standing {
		if account == "" || len(account) > maxAccount || !plain(account) {
			b.wrong(at.of("standing"), "write the account as the system names it", "%q cannot be an account", account)
		}
	}
}

func (b *builder) durations(at spot, e approvals.Entitlement) {
	whole := func(key string, d time.Duration) {
		switch {
		case d == 0:
			b.wrong(at.of(key), `write `+key+`: like "2h", here or above`, "%q has no %s", e.ID, key)
		case d < shortest || d > longest || d%time.Minute != 0:
			b.wrong(at.of(key), "use whole minutes, from 1m to 90d", "the %s of %q is %s", key, e.ID, d)
		}
	}
	whole("default_duration", e.DefaultDuration)
	whole("max_duration", e.MaxDuration)
	if e.MaxDuration > 0 && e.DefaultDuration > e.MaxDuration {
		b.wrong(at.of("default_duration"), "lower it, or raise max_duration", "the default of %q, %s, is more than its maximum, %s", e.ID, e.DefaultDuration, e.MaxDuration)
	}
}

// plain reports whether a text is one line of printable characters, without
// the marks that turn the direction of writing.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfffd
	})
}

func unique(in []string) []string {
	var out []string
	for _, s := range in {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func asProblems(file string, err error) approvals.Problems {
	if ps, ok := err.(approvals.Problems); ok { //nolint:errorlint // source.Decode returns it unwrapped
		return ps
	}
	return approvals.Problems{{File: file, What: err.Error()}}
}
