package export

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Entry is one event of a history.
type Entry struct {
	Event  approvals.Event
	Words  map[string]string // what people wrote, by name; what was erased is not there
	Proved string            // how the event is proved, or why not
}

// Names gives people's names; nil, or an empty name: the id is shown.
type Names func(approvals.PrincipalID) string

func (n Names) of(id approvals.PrincipalID) string {
	if n != nil {
		if name := n(id); name != "" {
			return name
		}
	}
	return string(id)
}

// verbs says what happened, after who did it.
var verbs = map[approvals.EventKind]string{
	approvals.EventRequestDrafted: "wrote down what they want", approvals.EventRequestAmended: "changed it", approvals.EventRequestSubmitted: "asked",
	approvals.EventRequestDecided: "ruled", approvals.EventRequestApproved: "approved", approvals.EventRequestDenied: "denied",
	approvals.EventRequestCancelled: "cancelled the request", approvals.EventRequestLapsed: "closed the request: nobody had answered in time",
	approvals.EventRequestReminded: "reminded the approvers", approvals.EventRequestCommented: "commented", approvals.EventApprovalGiven: "approved, and more are needed",
	approvals.EventActionRefused: "tried what is not allowed, and was refused", approvals.EventSummaryWritten: "wrote a summary beside the decision",
	approvals.EventGrantScheduled: "ordered the access", approvals.EventGrantStarted: "began to give access", approvals.EventGrantActive: "gave access, and read it back",
	approvals.EventGrantFailed: "could not give access", approvals.EventGrantExtended: "extended the access", approvals.EventGrantReminded: "said that the end is near",
	approvals.EventGrantRevoking: "ordered the end of the access", approvals.EventGrantResidual: "removed the access; something lives on for a while",
	approvals.EventGrantRevoked: "removed the access, and read back that nothing remains", approvals.EventGrantRetried: "tried, and will try again",
	approvals.EventGrantOverdue: "said that the access outlives its end", approvals.EventTextErased: "erased people's words",
}

// sentence is what happened, in words.
func sentence(e approvals.Event, names Names) string {
	who := names.of(e.Actor.Principal)
	if who == "" {
		who = map[approvals.ActorKind]string{approvals.ActorPolicy: "The policy"}[e.Actor.Kind]
	}
	if who = cmp.Or(who, "Hallpass"); e.Actor.OnBehalfOf != "" {
		who += " for " + names.of(e.Actor.OnBehalfOf)
	}
	return who + " " + cmp.Or(verbs[e.Kind], "did "+string(e.Kind))
}

// History writes the events of one request for a person to read.
func History(w io.Writer, entries []Entry, names Names) error {
	for _, entry := range entries {
		e := entry.Event
		if _, err := fmt.Fprintf(w, "%s  %s.\n", e.At.UTC().Format("2006-01-02 15:04:05 UTC"), sentence(e, names)); err != nil {
			return err
		}
		for _, line := range facts(entry, names) {
			if _, err := fmt.Fprintf(w, "    %s\n", line); err != nil {
				return err
			}
		}
	}
	return nil
}

// facts are the lines below an event.
func facts(entry Entry, names Names) (lines []string) {
	e := entry.Event
	say := func(name, value string) {
		if value != "" {
			lines = append(lines, strings.Map(visible, fmt.Sprintf("%-12s %s", name, value)))
		}
	}
	access := string(e.Entitlement)
	if e.Beneficiary != "" && access != "" {
		access += " for " + names.of(e.Beneficiary)
	}
	say("access", access)
	for _, name := range slices.Sorted(maps.Keys(e.Texts)) {
		words, ok := entry.Words[name]
		if !ok {
			words = "(erased)"
		} else {
			words = quoted(words)
		}
		say(name, words)
	}
	var rules []string
	for _, p := range e.Policies {
		rules = append(rules, p.Effect+" "+p.ID)
	}
	say("policies", strings.Join(rules, ", "))
	if e.Version.Digest != "" {
		law := short(e.Version.Digest)
		if e.Version.Commit != "" {
			law += ", commit " + short(e.Version.Commit)
		}
		say("law", law)
	}
	if e.Score != nil {
		say("score", fmt.Sprintf("%d of 100, model %s, facts %s", *e.Score, e.Model, short(e.FactsDigest)))
	}
	var people []string
	for _, id := range e.Approvers {
		people = append(people, names.of(id))
	}
	say("approved by", strings.Join(people, ", "))
	if e.Operation != "" {
		say(e.Connector+" "+e.Operation, e.ReadBack)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Detail)) {
		say(name, e.Detail[name])
	}
	say("proof", entry.Proved)
	return lines
}

// visible drops what a terminal would obey.
func visible(r rune) rune {
	if !unicode.IsPrint(r) {
		return -1
	}
	return r
}

// quoted keeps people's words on one line, without what a terminal obeys.
func quoted(words string) string {
	text := fmt.Sprintf("%q", words)
	return "“" + text[1:len(text)-1] + "”"
}

func short(digest string) string { return digest[:min(12, len(digest))] }
