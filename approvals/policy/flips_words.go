package policy

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/hallpass-dev/hallpass/approvals"
)

// verbs say outcomes for people.
var verbs = map[approvals.Outcome]string{
	approvals.AutoApprove: "approved at once", approvals.Route: "asked of people", approvals.Refuse: "refused",
}

func verb(o approvals.Outcome) string {
	if v, ok := verbs[o]; ok {
		return v
	}
	return string(o)
}

// Summary is the report in one sentence.
func (r *Replay) Summary() string {
	s := fmt.Sprintf("%s decided again, %s.", plural(r.Decisions, "request", "requests"), plural(r.Flips, "would flip", "would flip"))
	if r.Flips == 0 {
		s = fmt.Sprintf("%s decided again, none would flip.", plural(r.Decisions, "request", "requests"))
	}
	if n := r.MoreApprovers + r.FewerApprovers; n > 0 {
		s += fmt.Sprintf(" %d are asked of people as before, %d of them of more, %d of fewer.", n, r.MoreApprovers, r.FewerApprovers)
	}
	if r.UnreadableAll > 0 {
		s += fmt.Sprintf(" %d could not be read.", r.UnreadableAll)
	}
	return s
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// WriteText writes the report for a terminal.
func (r *Replay) WriteText(w io.Writer) error {
	var b strings.Builder
	b.WriteString(r.Summary() + "\n")
	for _, t := range r.Turns {
		fmt.Fprintf(&b, "%8d  %s → %s\n", t.Count, verb(t.From), verb(t.To))
	}
	for _, part := range r.parts() {
		if len(part.shares) == 0 {
			continue
		}
		b.WriteString("\nby " + part.title + "\n")
		for _, s := range part.shares {
			fmt.Fprintf(&b, "%8d  %s: %s\n", s.Count, s.named(), s.ways())
		}
	}
	if len(r.Latest) > 0 {
		b.WriteString("\nsome of them\n")
	}
	for _, f := range r.Latest {
		fmt.Fprintf(&b, "  %s  %s  %s: %s → %s%s\n", f.At.UTC().Format(time.DateTime), f.Request, f.Entitlement, verb(f.From), verb(f.To), because(f.Rules))
	}
	for _, id := range r.Unreadable {
		fmt.Fprintf(&b, "  %s could not be read\n", id)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func because(rules []string) string {
	if len(rules) == 0 {
		return ""
	}
	return " (" + strings.Join(rules, ", ") + ")"
}

// WriteMarkdown writes the report as the comment of a pull request. What the
// directory or the catalogue named is shown as code, so that it mentions
// nobody and marks nothing up.
func (r *Replay) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("### Hallpass: what this policy change would have answered\n\n" + r.Summary() + "\n")
	if len(r.Turns) > 0 {
		b.WriteString("\n| was | would be | requests |\n|---|---|---:|\n")
	}
	for _, t := range r.Turns {
		fmt.Fprintf(&b, "| %s | **%s** | %d |\n", verb(t.From), verb(t.To), t.Count)
	}
	for _, part := range r.parts() {
		if len(part.shares) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n<details><summary>By %s</summary>\n\n| %s | requests | |\n|---|---:|---|\n", part.title, part.title)
		for _, s := range part.shares {
			fmt.Fprintf(&b, "| %s | %d | %s |\n", code(s.named()), s.Count, s.ways())
		}
		b.WriteString("\n</details>\n")
	}
	if len(r.Latest) > 0 {
		b.WriteString("\n<details><summary>Some of them</summary>\n\n| request | when | entitlement | was | would be | rules |\n|---|---|---|---|---|---|\n")
		for _, f := range r.Latest {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", code(string(f.Request)), f.At.UTC().Format(time.DateOnly),
				code(f.Entitlement), verb(f.From), verb(f.To), code(strings.Join(f.Rules, ", ")))
		}
		b.WriteString("\n</details>\n")
	}
	fmt.Fprintf(&b, "\n<sub>Policy set %s</sub>\n", code(short(r.Version.Digest)))
	_, err := io.WriteString(w, b.String())
	return err
}

func short(digest string) string { return digest[:min(len(digest), 12)] }

// shown is somebody's text on one line.
func shown(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
			return ' '
		}
		return c
	}, s)
}

// code shows somebody's text as code inside a table.
func code(s string) string {
	s = strings.NewReplacer("`", "'", "|", "'").Replace(shown(s))
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return "`" + s + "`"
}

type part struct {
	title  string
	shares []Share
}

func (r *Replay) parts() []part {
	return []part{{"rule", r.ByRule}, {"team", r.ByTeam}, {"entitlement", r.ByEntitlement}}
}

func (s Share) named() string {
	if s.Name == "" {
		return "(none)"
	}
	return shown(s.Name)
}

// ways says how a share's requests flip.
func (s Share) ways() string {
	var ways []string
	for _, t := range s.Turns {
		ways = append(ways, fmt.Sprintf("%d %s → %s", t.Count, verb(t.From), verb(t.To)))
	}
	return strings.Join(ways, ", ")
}
