package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// segregation is a rule of duties that nobody holds together. Each entry of
// Entitlements is a side: an id, or "RESOURCE:*" for all its levels. What is on
// one side may be held together, what is on two may not.
type segregation struct {
	Name         string   `yaml:"name"`
	Reason       string   `yaml:"reason"`
	Entitlements []string `yaml:"entitlements"`
	OnConflict   string   `yaml:"on_conflict"` // refuse (default) or ask
}

// profile is what people of one role start with.
type profile struct {
	Name         string   `yaml:"name"`
	Title        string   `yaml:"title"`
	Description  string   `yaml:"description"`
	Entitlements []string `yaml:"entitlements"`
}

// field is something that a request must say besides.
type field struct {
	Name     string   `yaml:"name"`
	Label    string   `yaml:"label"`
	Type     string   `yaml:"type"` // text (default), choice, bool or number
	Required bool     `yaml:"required"`
	Choices  []string `yaml:"choices"`
	Pattern  string   `yaml:"pattern"`
	Hint     string   `yaml:"hint"`
}

// rules are what a file says of entitlements that other files may describe:
// they are looked at when all are known.
type rules struct {
	doc         *source.Document
	segregation []segregation
	profiles    []profile
}

var (
	fieldTypes = []string{string(approvals.FieldText), string(approvals.FieldChoice), string(approvals.FieldBool), string(approvals.FieldNumber)}
	onConflict = []string{"refuse", "ask"}
)

// fields checks the fields that are declared at one place.
func (b *builder) fields(at source.Place, fields []field) {
	for i, f := range fields {
		here := at.At("fields", i)
		if !name.MatchString(f.Name) {
			b.wrong(here.At("name"), "use at most 64 of a-z, 0-9, dot, dash and underscore", "%q cannot be the name of a field", f.Name)
		}
		if f.Label == "" || len([]rune(f.Label)) > maxTitle || !plain(f.Label) {
			b.wrong(here.At("label"), fmt.Sprintf("say in at most %d plain characters what is asked", maxTitle), "the field %q has no label that can be shown", f.Name)
		}
		if f.Type != "" && !slices.Contains(fieldTypes, f.Type) {
			b.wrong(here.At("type"), source.Suggest(f.Type, fieldTypes), "%q is not a type of field", f.Type)
		}
		b.fieldForm(here, f)
		if slices.ContainsFunc(fields[:i], func(o field) bool { return o.Name == f.Name }) {
			b.wrong(here.At("name"), "keep one of them", "the field %q is declared twice", f.Name)
		}
	}
}

// fieldForm checks what a field takes.
func (b *builder) fieldForm(at source.Place, f field) {
	isChoice, isText := f.Type == string(approvals.FieldChoice), f.Type == "" || f.Type == string(approvals.FieldText)
	if isChoice == (len(f.Choices) == 0) {
		b.wrong(at.At("choices"), "write choices: with type: choice, and nowhere else", "type and choices of the field %q do not go together", f.Name)
	}
	for i, c := range f.Choices {
		if c == "" || len([]rune(c)) > maxTitle || !plain(c) || slices.Contains(f.Choices[:i], c) {
			b.wrong(at.At("choices"), fmt.Sprintf("use at most %d plain characters, each once", maxTitle), "%q cannot be a choice of the field %q", c, f.Name)
		}
	}
	if f.Pattern != "" && !isText {
		b.wrong(at.At("pattern"), "leave it out, or make the type text", "a pattern says nothing for the field %q", f.Name)
	}
	if _, err := regexp.Compile(f.Pattern); err != nil {
		b.wrong(at.At("pattern"), `write a regular expression like "CHG-[0-9]+"`, "the pattern of the field %q cannot be read", f.Name)
	}
	if len(f.Hint) > maxTitle*2 || !plain(f.Hint) {
		b.wrong(at.At("hint"), "keep it to one short line", "the hint of the field %q cannot be shown", f.Name)
	}
}

// asked are a level's fields: those of the system, the resource and the level,
// the deepest of a name.
func asked(levels ...[]field) []approvals.Field {
	var out []approvals.Field
	for _, fields := range levels {
		for _, f := range fields {
			made := approvals.Field{Name: f.Name, Label: f.Label, Type: approvals.FieldType(either(f.Type, string(approvals.FieldText))),
				Required: f.Required, Choices: f.Choices, Pattern: f.Pattern, Hint: f.Hint}
			if i := slices.IndexFunc(out, func(o approvals.Field) bool { return o.Name == f.Name }); i >= 0 {
				out[i] = made
				continue
			}
			out = append(out, made)
		}
	}
	return out
}

// finish applies the rules that speak of entitlements, now that all are known.
func (b *builder) finish() (profiles []approvals.Profile) {
	at := make(map[approvals.EntitlementID]int, len(b.entitlements))
	for i, e := range b.entitlements {
		at[e.ID] = i
	}
	taken := map[string]string{}
	for _, r := range b.rules {
		for i, s := range r.segregation {
			b.segregate(r.doc.At("segregation", i), s, at, taken)
		}
		for i, p := range r.profiles {
			profiles = append(profiles, b.profile(r.doc.At("profiles", i), p, at, taken))
		}
	}
	slices.SortFunc(profiles, func(a, b approvals.Profile) int { return cmp.Compare(a.Name, b.Name) })
	return profiles
}

// once complains about a name that is no name, or taken.
func (b *builder) once(at source.Place, what, n string, taken map[string]string) {
	if !name.MatchString(n) {
		b.wrong(at.At("name"), "use at most 64 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit", "%q cannot be the name of a %s", n, what)
	}
	if first := taken[what+" "+n]; first != "" {
		b.wrong(at.At("name"), "give one of them another name", "the %s %q was described at %s already", what, n, first)
	}
	taken[what+" "+n] = at.At("name").String()
}

// segregate makes the entitlements of a rule know each other.
func (b *builder) segregate(at source.Place, s segregation, known map[approvals.EntitlementID]int, taken map[string]string) {
	b.once(at, "rule", s.Name, taken)
	if strings.TrimSpace(s.Reason) == "" || len(s.Reason) > maxDescription || !plain(s.Reason) {
		b.wrong(at.At("reason"), "say in a sentence why nobody holds these together", "the rule %q has no reason that can be shown", s.Name)
	}
	if s.OnConflict != "" && !slices.Contains(onConflict, s.OnConflict) {
		b.wrong(at.At("on_conflict"), source.Suggest(s.OnConflict, onConflict), "%q is not what can be done about a conflict", s.OnConflict)
	}
	if len(s.Entitlements) < 2 {
		b.wrong(at.At("entitlements"), "name at least two", "the rule %q keeps nothing apart", s.Name)
	}
	sides := make([][]approvals.EntitlementID, len(s.Entitlements))
	side := map[approvals.EntitlementID]int{}
	for i, text := range s.Entitlements {
		sides[i] = b.meant(at.At("entitlements", i), text, known)
		for _, id := range sides[i] {
			if o, both := side[id]; both && o != i {
				b.wrong(at.At("entitlements", i), "name it on one side", "%q is on two sides of the rule %q", id, s.Name)
			}
			side[id] = i
		}
	}
	for i, ids := range sides {
		var others []approvals.EntitlementID
		for j, o := range sides {
			if j != i {
				others = append(others, o...)
			}
		}
		slices.Sort(others)
		for _, id := range ids {
			e := &b.entitlements[known[id]]
			e.Segregation = append(e.Segregation, approvals.Segregation{
				Rule: s.Name, Reason: s.Reason, Ask: s.OnConflict == "ask", With: others})
		}
	}
}

// meant are the entitlements that a text names: one, or all of a resource.
func (b *builder) meant(at source.Place, text string, known map[approvals.EntitlementID]int) (ids []approvals.EntitlementID) {
	if res, all := strings.CutSuffix(text, ":*"); all {
		for id := range known {
			if strings.HasPrefix(string(id), res+":") {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
	} else if _, ok := known[approvals.EntitlementID(text)]; ok {
		ids = append(ids, approvals.EntitlementID(text))
	}
	if len(ids) == 0 {
		var all []string
		for _, id := range slices.Sorted(maps.Keys(known)) {
			all = append(all, string(id))
		}
		b.wrong(at, source.Suggest(text, all), "the catalogue has no %q", text)
	}
	return ids
}

// profile checks a profile.
func (b *builder) profile(at source.Place, p profile, known map[approvals.EntitlementID]int, taken map[string]string) approvals.Profile {
	b.once(at, "profile", p.Name, taken)
	if p.Title == "" || len([]rune(p.Title)) > maxTitle || !plain(p.Title) {
		b.wrong(at.At("title"), fmt.Sprintf("use at most %d plain characters on one line", maxTitle), "the profile %q has no title that can be shown", p.Name)
	}
	if len(p.Description) > maxDescription {
		b.wrong(at.At("description"), "keep it to a paragraph", "the description has more than %d bytes", maxDescription)
	}
	if len(p.Entitlements) == 0 || len(p.Entitlements) > maxProfile {
		b.wrong(at.At("entitlements"), fmt.Sprintf("name 1 to %d", maxProfile), "the profile %q has %d entitlements", p.Name, len(p.Entitlements))
	}
	made := approvals.Profile{Name: p.Name, Title: p.Title, Description: p.Description}
	for i, text := range p.Entitlements {
		if strings.HasSuffix(text, ":*") {
			b.wrong(at.At("entitlements", i), "name each level by itself", "a profile does not take all levels of a resource")
			continue
		}
		for _, id := range b.meant(at.At("entitlements", i), text, known) {
			if slices.Contains(made.Entitlements, id) {
				b.wrong(at.At("entitlements", i), "name it once", "%q is in the profile %q twice", id, p.Name)
			}
			made.Entitlements = append(made.Entitlements, id)
		}
	}
	return made
}

// maxProfile is how many entitlements can be asked for together.
const maxProfile = 20
