package policy

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Account is a stored decision with what a policy set says of it now.
type Account struct {
	Decision approvals.Decision `json:"decision"`
	Now      Explanation        `json:"now"`
	SameLaw  bool               `json:"same_law"` // the set is the one that decided then
}

// Account explains a stored decision from its facts by this set.
func (s *Set) Account(d approvals.Decision) Account {
	return Account{Decision: d, Now: s.Explain(d.Facts, d.Assessment), SameLaw: d.Ruling.Version.Digest == s.version.Digest}
}

// Flips reports whether the set answers otherwise than was answered then.
func (a Account) Flips() bool { return a.Decision.Ruling.Outcome != a.Now.Ruling.Outcome }

// WriteText writes the account for a terminal. Policies that do not apply are
// only counted, unless all are asked for.
func (a Account) WriteText(w io.Writer, all bool) error {
	var b strings.Builder
	d := a.Decision
	fmt.Fprintf(&b, "%s, decision %d of %s: %s\n", d.Request, d.Sequence, d.At.UTC().Format(time.RFC3339), verb(d.Ruling.Outcome))
	if d.Ruling.Words != "" {
		fmt.Fprintf(&b, "  %s\n", shown(d.Ruling.Words))
	}
	for _, p := range d.Ruling.Problems {
		fmt.Fprintf(&b, "  because %s\n", shown(p))
	}
	fmt.Fprintf(&b, "  law %s%s\n", short(d.Ruling.Version.Digest), at(d.Ruling.Version.Commit))
	if len(d.Ruling.Alternatives) > 0 {
		b.WriteString("\nWould have been approved at once\n")
		for _, alternative := range d.Ruling.Alternatives {
			fmt.Fprintf(&b, "  %s\n", shown(alternative.Words()))
		}
	}
	a.writeNow(&b)
	a.Now.writePolicies(&b, all)
	b.WriteString("\nFacts, as policies see them\n")
	for _, f := range a.Now.Facts {
		fmt.Fprintf(&b, "  %-36s %s\n", f.Name, shown(f.Value))
	}
	fmt.Fprintf(&b, "  people as of %s, from %s\n", d.Facts.Directory.AsOf.UTC().Format(time.RFC3339), shown(d.Facts.Directory.Source))
	_, err := io.WriteString(w, b.String())
	return err
}

func at(commit string) string {
	if commit == "" {
		return ""
	}
	return " at commit " + commit
}

// writeNow says what the set at hand answers.
func (a Account) writeNow(b *strings.Builder) {
	now := a.Now.Ruling
	switch {
	case a.SameLaw && !a.Flips():
		b.WriteString("\nDecided again by the same policies: the same answer\n")
	case a.SameLaw: // never, as long as deciding is pure
		fmt.Fprintf(b, "\nDecided again by the same policies: %s, which is a defect of Hallpass; please report it\n", verb(now.Outcome))
	case a.Flips():
		fmt.Fprintf(b, "\nThe policies have changed since. By those of %s: %s\n", short(now.Version.Digest), verb(now.Outcome))
	default:
		fmt.Fprintf(b, "\nThe policies have changed since. By those of %s: the same answer\n", short(now.Version.Digest))
	}
	for _, p := range now.Problems {
		fmt.Fprintf(b, "  because %s\n", shown(p))
	}
}

func (x Explanation) writePolicies(b *strings.Builder, all bool) {
	b.WriteString("\nPolicies\n")
	rest := 0
	for _, p := range x.Policies {
		if p.Standing == Indiffers && !all {
			rest++
			continue
		}
		fmt.Fprintf(b, "  %-14s %s (%s, %s)", p.Standing, p.ID, p.Effect, p.Place)
		if p.Message != "" {
			fmt.Fprintf(b, ": %s", shown(p.Message))
		}
		b.WriteString("\n")
	}
	if rest > 0 {
		fmt.Fprintf(b, "  %s; --all shows them\n", plural(rest, "more does not apply", "more do not apply"))
	}
}
