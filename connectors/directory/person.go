package directory

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// id is the form of ids and group names: they travel in links and policies.
var id = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$`)

const idMend = "use letters, digits and . _ @ + -, at most 100"

// zones remembers which time zones exist: looking one up reads a file.
type zones map[string]bool

func newZones() zones { return zones{"": true, "Local": false} }

func (z zones) known(name string) bool {
	if _, asked := z[name]; !asked {
		_, err := time.LoadLocation(name)
		z[name] = err == nil
	}
	return z[name]
}

// check says what is wrong with one person taken alone.
func (e Person) check(z zones) approvals.Problems {
	var ps approvals.Problems
	wrong := func(key, mend, format string, args ...any) { ps = append(ps, e.Problem(key, mend, format, args...)) }
	if !id.MatchString(string(e.ID)) {
		wrong("id", idMend, "%q cannot be an id", e.ID)
	}
	if strings.TrimSpace(e.Name) == "" {
		wrong("name", "write the name", "the person %q has no name", e.ID)
	}
	if a, err := mail.ParseAddress(e.Email); err != nil || a.Address != e.Email {
		wrong("email", "write a plain address like ada@example.com", "%q is not an email address", e.Email)
	}
	if !z.known(e.TimeZone) {
		wrong("time_zone", `write an IANA name like "Europe/Berlin"`, "the time zone %q is not known", e.TimeZone)
	}
	for i, g := range e.Groups {
		if !id.MatchString(g) {
			wrong("groups", idMend, "%q cannot be a group", g)
		}
		if slices.Contains(e.Groups[:i], g) {
			wrong("groups", "name it once", "the group %q is named twice", g)
		}
	}
	for _, text := range e.texts() {
		if !printable(*text.value) {
			wrong(text.key, "use at most 200 printable bytes", "the %s of %q cannot be used", text.key, e.ID)
		}
	}
	return ps
}

// text is an attribute that is words for people.
type text struct {
	key   string
	value *string
}

func (e *Person) texts() []text {
	return []text{{"name", &e.Name}, {"title", &e.Title}, {"department", &e.Department}, {"location", &e.Location}, {"function", &e.Function}}
}

func printable(s string) bool {
	return len(s) <= 200 && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd })
}

// soften takes away what a person can do without: nothing that decides.
func (e *Person) soften(z zones) {
	if !z.known(e.TimeZone) {
		e.TimeZone = ""
	}
	for _, text := range e.texts() {
		if !printable(*text.value) {
			*text.value = ""
		}
	}
	if strings.TrimSpace(e.Name) == "" {
		e.Name = e.Email
	}
	var groups []string
	for _, g := range e.Groups {
		if id.MatchString(g) && !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	e.Groups = groups
}
