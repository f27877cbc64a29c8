package analytics

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// shown bounds the lists that say why something is not proposed.
const shown = 20

// WriteMarkdown writes the report for a pull request. It names no person.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# What the past says about the policies\n\n%s to %s, under the policies %.12s. Nothing here is applied: each diff is for a person to review. Apply one in the access folder with `git apply`.\n",
		date(r.Since), date(r.At), r.Version.Digest)
	r.proposals(&b)
	r.permits(&b)
	r.personas(&b)
	r.renewals(&b)
	r.uses(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) proposals(b *strings.Builder) {
	b.WriteString("\n## Proposed permits\n\n")
	fmt.Fprintf(b, "A permit is proposed from %d decisions of people on, with no denial in %d days, %d requesters and %d approvers, below high sensitivity, for scores up to %d, and only if it approves nothing that was ever denied.\n",
		MinDecisions, QuietDays, MinRequesters, MinApprovers, MaxScore)
	if len(r.Proposals) == 0 {
		b.WriteString("\nNone.\n")
	}
	for _, p := range r.Proposals {
		fmt.Fprintf(b, "\n### `%s`\n\n", p.ID)
		fmt.Fprintf(b, "%s asks for %s: %s of %s, between %s and %s, approved by %s, none denied in %d days. Scores up to %d, up to %s.\n\n",
			plain(p.Department), code(string(p.Entitlement)), counted(p.Fit, "request", "requests"), people(p.Requesters), date(p.First), date(p.Last),
			people(p.Approvers), QuietDays, p.MaxScore, approvals.Span(time.Duration(p.MaxMinutes)*time.Minute))
		fmt.Fprintf(b, "Over the last %s: %s would have been approved by it alone, and %d of %s flip. It would be owned by %s and approve at most %d a day.\n",
			counted(r.Decisions, "decision", "decisions"), counted(p.Approves, "request", "requests"), p.Flips, counted(r.Denials, "denial", "denials"), plain(p.Owner), p.BusiestDay)
		fence(b, p.Patch)
	}
	if len(r.NotProposed) > 0 {
		b.WriteString("\nApproved often, and not proposed:\n\n| Entitlement | Department | Approved | Why not |\n|---|---|---|---|\n")
		for _, p := range r.NotProposed[:min(shown, len(r.NotProposed))] {
			fmt.Fprintf(b, "| %s | %s | %d | %s |\n", code(string(p.Entitlement)), plain(p.Department), p.Approved, plain(strings.Join(p.WhyNot, "; ")))
		}
		more(b, len(r.NotProposed))
	}
	if r.Rarer > 0 {
		fmt.Fprintf(b, "\n%s of an entitlement and a department had fewer than %d approvals by people.\n", counted(r.Rarer, "pair", "pairs"), MinDecisions)
	}
	if r.Unknown > 0 {
		fmt.Fprintf(b, "\n%s of people could not be counted: their facts can't be read, or name no department.\n", counted(r.Unknown, "decision", "decisions"))
	}
}

func (r *Report) permits(b *strings.Builder) {
	b.WriteString("\n## Permits that nobody uses\n\n")
	var young, unused []PermitUse
	for _, u := range r.Permits {
		switch {
		case u.Unused:
			unused = append(unused, u)
		case u.Used == 0:
			young = append(young, u)
		}
	}
	if len(unused) == 0 {
		fmt.Fprintf(b, "None of %s for requests is known to be unused.\n", counted(len(r.Permits), "permit", "permits"))
	} else {
		fmt.Fprintf(b, "%d of %s for requests decided nothing since %s:\n\n", len(unused), counted(len(r.Permits), "permit", "permits"), date(r.Since))
		for _, u := range unused {
			fmt.Fprintf(b, "- `%s` (%s): %s\n", u.Permit.ID, plain(u.Permit.Owner), plain(u.Permit.Reason))
		}
	}
	if r.Removal.Patch != "" {
		fmt.Fprintf(b, "\nWithout them %s of %s would be answered otherwise.\n", counted(r.Removal.Flips, "request", "requests"), counted(r.Decisions, "decision", "decisions"))
		fence(b, r.Removal.Patch)
	} else if r.Removal.Why != "" {
		fmt.Fprintf(b, "\nThere is no diff for it: %s\n", plain(r.Removal.Why))
	}
	if len(young) > 0 {
		b.WriteString("\nNot used either, but not known to stand for all that time as they do now:\n\n")
		for _, u := range young {
			since := "not known since when"
			if !u.Since.IsZero() {
				since = "since " + date(u.Since)
			}
			fmt.Fprintf(b, "- `%s` (%s)\n", u.Permit.ID, since)
		}
	}
}

func (r *Report) personas(b *strings.Builder) {
	b.WriteString("\n## Personas from use\n\n")
	fmt.Fprintf(b, "At least %d people, any two of whom share %d%% of what either of them uses. High sensitivity is left out. A profile permits nothing; it saves asking for each by itself.\n", MinPeople, MinAlike)
	if len(r.Personas) == 0 {
		b.WriteString("\nNone.\n")
	}
	for _, p := range r.Personas {
		fmt.Fprintf(b, "\n### %s: %s\n\nThe directory calls %d of them so. Every one used ", plain(p.Title), people(len(p.People)), p.Called)
		for i, e := range p.Entitlements {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(code(string(e)))
		}
		if p.Others > 0 {
			fmt.Fprintf(b, ", and some of them %s. Any two share at least %d%%", counted(p.Others, "other", "others"), p.Alike)
		}
		b.WriteString(".\n")
		if p.Profile != "" {
			fmt.Fprintf(b, "\nThe profile `%s` has exactly these.\n", p.Profile)
			continue
		}
		b.WriteString("\n- [ ] Signed off by (name, date):\n")
		fence(b, p.Patch)
	}
}

func (r *Report) renewals(b *strings.Builder) {
	b.WriteString("\n## Who stopped renewing\n\n")
	fmt.Fprintf(b, "People who renewed access, or held it always, and have not had it for %d days.\n\n", RestDays)
	rows := 0
	for _, n := range r.Renewals {
		if n.Stopped == 0 {
			continue
		}
		if rows++; rows == 1 {
			b.WriteString("| Entitlement | Had it | Have it | Ended lately | Once only | Stopped | Last end |\n|---|---|---|---|---|---|---|\n")
		}
		if rows <= shown {
			fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d | %s |\n", code(string(n.Entitlement)), n.Holders, n.Running, n.Resting, n.Once, n.Stopped, date(n.Latest))
		}
	}
	if rows == 0 {
		b.WriteString("Nobody.\n")
	}
	more(b, rows)
	if len(r.Adopted) > 0 {
		b.WriteString("\nStanding access that was given an end:\n\n| Entitlement | Adopted | Renewed | Running | Let it end | Left early |\n|---|---|---|---|---|---|\n")
		for _, f := range r.Adopted {
			fmt.Fprintf(b, "| %s | %d | %d | %d | %d | %d |\n", code(string(f.Entitlement)), f.Adopted, f.Renewed, f.Running, f.Ended, f.Left)
		}
	}
}

func (r *Report) uses(b *strings.Builder) {
	b.WriteString("\n## Granted and never used\n\n")
	if len(r.Uses) == 0 {
		b.WriteString("No access ended in this time.\n")
		return
	}
	b.WriteString("That a session was open at the end shows use. Nothing shows that access was not used where its system does not report use: that is not known.\n\n| Entitlement | Connector | Ended | In use at the end | Not known |\n|---|---|---|---|---|\n")
	for _, u := range r.Uses[:min(shown, len(r.Uses))] {
		fmt.Fprintf(b, "| %s | %s | %d | %d | %d |\n", code(string(u.Entitlement)), plain(u.Connector), u.Ended, u.InUse, u.Unknown)
	}
	more(b, len(r.Uses))
}

func more(b *strings.Builder, n int) {
	if n > shown {
		fmt.Fprintf(b, "\n… and %d more; --json has all.\n", n-shown)
	}
}

// fence shows a diff. What it holds can't end the fence.
func fence(b *strings.Builder, patch string) {
	if patch == "" {
		return
	}
	ticks := "```"
	for strings.Contains(patch, ticks) {
		ticks += "`"
	}
	fmt.Fprintf(b, "\n%sdiff\n%s%s\n", ticks, patch, ticks)
}

// plain keeps people's words from being read as Markdown.
func plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < ' ':
			r = ' '
		case strings.ContainsRune("\\`*_[]<>|#&@", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func code(s string) string {
	return "`" + strings.NewReplacer("`", "'", "|", "¦", "\n", " ").Replace(s) + "`"
}
