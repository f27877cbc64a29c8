package cards

import (
	"fmt"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// View is the state that a card shows, read from the database at the moment
// of sending. What is not known is zero.
type View struct {
	Now         time.Time
	Reader      approvals.Principal // zero in a channel
	Request     approvals.Request
	Entitlement approvals.Entitlement
	Requester   approvals.Principal
	Beneficiary approvals.Principal
	Decider     approvals.Principal // who settled the request; zero: a policy
	Decision    *approvals.Decision
	Answers     []Answer
	Grant       *approvals.Grant
	EndedBy     approvals.Principal // who ended the grant; zero: the clock
	Summary     *approvals.Summary
	Comment     *Comment
	Unconfirmed bool                    // the reader has yet to say that they are who they are taken for
	Manager     approvals.Principal     // the reader's, when that is asked
	Proposed    *Proposed               // what a language model filled in; nil: nothing
	Asked       []string                // names of those who were asked
	Away        approvals.Principal     // in whose place the reader answers; zero: their own
	Offered     []approvals.Entitlement // the closest, when a draft leaves it open which is meant
	Sought      string                  // the words that were not clear
	Together    bool                    // the draft's words name all that is offered, one besides the other
	Joined      bool                    // all of it was asked for together, in another card
}

// Proposed says which values of a draft a language model filled in.
type Proposed struct {
	Access, Duration, Reason, Ticket bool
	Model                            string // its name
}

// Answer is one approver's answer, with the names to show.
type Answer struct {
	Name string
	For  string // in whose place it was given, "" for their own
	approvals.Approval
}

// Comment is what somebody said about the request.
type Comment struct {
	Author approvals.Principal
	approvals.Comment
}

func (v View) zone() *time.Location { return v.Reader.Zone() }

func (v View) clock(t time.Time) string { return clock(t, v.zone()) }

// thing names the entitlement, in markup.
func (v View) thing() string {
	s := words(v.plainThing(), 120)
	if env := v.Entitlement.Environment; env != "" && !strings.Contains(strings.ToLower(v.Entitlement.Name), strings.ToLower(env)) {
		s += " (" + words(env, 40) + ")"
	}
	return s
}

// plainThing names the entitlement, as plain text.
func (v View) plainThing() string {
	if v.Entitlement.Name != "" {
		return plain(v.Entitlement.Name, 120)
	}
	return plain(string(v.Request.Entitlement), 120)
}

func (v View) span() string { return approvals.Span(v.Request.Duration) }

// mine reports whether the reader is the one who has or gets the access.
func (v View) mine() bool { return v.Reader.ID != "" && v.Reader.ID == v.Request.Beneficiary }

// has begins a title, in plain text.
func (v View) has() string {
	if v.mine() {
		return "You have"
	}
	return plain(v.Beneficiary.Name, 60) + " has"
}

// forWhom is " for NAME" when somebody else than the requester benefits.
func (v View) forWhom() string {
	if v.Request.Beneficiary == v.Request.Requester {
		return ""
	}
	if v.mine() {
		return " for you"
	}
	return " for " + name(v.Beneficiary.Name)
}

// who is the requester with title and department.
func (v View) who() string {
	p := v.Requester
	s := bold(name(p.Name))
	var about []string
	for _, a := range []string{p.Title, p.Department} {
		if a != "" {
			about = append(about, words(a, 60))
		}
	}
	if p.Contractor {
		about = append(about, "contractor")
	}
	if len(about) > 0 {
		s += " (" + strings.Join(about, ", ") + ")"
	}
	return s
}

// particulars are lines with what a request says besides: its ticket, its
// start, the answers to the catalogue's own questions. "" for none.
func (v View) particulars() string {
	var s string
	if t := v.Request.Ticket; t != "" {
		s += "\n" + bold("Ticket") + "  " + words(t, 100)
	}
	if at := v.Request.StartsAt; !at.IsZero() {
		s += "\n" + bold("From") + "  " + v.clock(at)
	}
	for i, f := range v.Entitlement.Fields {
		value := v.Request.Fields[f.Name]
		if value == "" || i >= fieldsAtMost {
			continue
		}
		if f.Type == approvals.FieldBool {
			value = map[string]string{"true": "yes", "false": "no"}[value]
		}
		s += "\n" + bold(words(f.Label, 60)) + "  " + words(value, 100)
	}
	return s
}

// ground says who or what allowed it, and why.
func (v View) ground() string {
	if v.Request.Kind == approvals.KindAdoption {
		return "You had this without an end. " + bold(name(v.Decider.Name)) + " gave it one " + v.clock(v.Request.DecidedAt) + ": extend it if you still need it, or let it go."
	}
	if v.Request.DecidedBy != "" {
		by := bold(name(v.Decider.Name)) + v.inPlace()
		if all := v.yes(); len(all) > 1 {
			by = join(all, 5)
		}
		if less := v.shortened(); less != "" {
			by += less + ","
		}
		return "Approved by " + by + " " + v.clock(v.Request.DecidedAt) + "."
	}
	at := "Approved at once by "
	if v.Request.Kind == approvals.KindBreakGlass { // nobody approved it: that is the point
		at = "Allowed at once by "
	}
	s := at + "policy"
	if v.Decision != nil {
		for _, p := range v.Decision.Ruling.Policies {
			if p.Effect == "permit" {
				s = at + "rule " + bold(words(p.ID, 80))
				if p.Reason != "" {
					s += ": " + words(p.Reason, 300)
				}
				break
			}
		}
	}
	return strings.TrimRight(s, ".") + "."
}

// inPlace is " for NAME" when who settled it answered in somebody's place.
func (v View) inPlace() string {
	for _, a := range v.Answers {
		if a.Approver == v.Request.DecidedBy && a.For != "" {
			return " for " + name(a.For)
		}
	}
	return ""
}

// decided says how a settled request was settled, in one sentence of markup.
func (v View) decided() string {
	r := v.Request
	switch r.State {
	case approvals.RequestApproved:
		return v.ground()
	case approvals.RequestDenied:
		by := "policy"
		if r.DecidedBy != "" {
			by = bold(name(v.Decider.Name)) + v.inPlace()
		}
		s := "Denied by " + by + " " + v.clock(r.DecidedAt) + "."
		if r.Note != "" && r.DecidedBy == "" {
			s += " " + words(r.Note, 500)
		}
		return s
	case approvals.RequestCancelled:
		return "Cancelled " + v.clock(r.DecidedAt) + "."
	case approvals.RequestLapsed:
		return "Lapsed " + v.clock(r.DecidedAt) + ": nobody had answered in time."
	}
	return ""
}

// runs says how a grant stands, in one sentence of markup, "" without one.
func (v View) runs() string {
	g := v.Grant
	if g == nil {
		return ""
	}
	switch g.State {
	case approvals.GrantScheduled, approvals.GrantProvisioning:
		if g.StartsAt.After(v.Now) {
			return "Access begins " + bold(v.clock(g.StartsAt)) + "."
		}
		return "Access is being set up."
	case approvals.GrantActive:
		if g.Expired(v.Now) {
			return "Time is up; access is being taken away."
		}
		return "Access works until " + bold(v.clock(g.EndsAt)) + "."
	case approvals.GrantRevoking:
		s := "Access is being taken away."
		if late := g.Overdue(v.Now); late > time.Minute {
			s = "Access should have ended " + approvals.Span(late) + " ago and is still being taken away."
		}
		return s
	case approvals.GrantResidual:
		return "Access was removed, but something lives on until " + bold(v.clock(g.ResidualUntil)) + "."
	case approvals.GrantRevoked:
		if g.EndReason == approvals.EndFailed {
			return "Access could not be set up, and nothing of it remains."
		}
		if g.Standing {
			return "Time-limited access ended " + v.clock(g.RevokedAt) + "; the access that was there before stays."
		}
		return v.ended() + " The system was asked: nothing remains."
	case approvals.GrantFailed:
		return "Access could not be set up."
	}
	return ""
}

// gave is what an approval brought about, in words that stay true: an approver's
// card is not drawn again when access is extended or ends.
func (v View) gave() string {
	switch {
	case v.Request.Kind == approvals.KindExtension:
		return v.moved()
	case v.Grant != nil && v.Grant.State == approvals.GrantActive && !v.Grant.Expired(v.Now):
		return "Access was given until " + bold(v.clock(v.Grant.EndsAt)) + "."
	}
	return v.runs()
}

// ended says when and why access ended, without what the system said.
func (v View) ended() string { return "Access ended " + v.clock(v.Grant.RevokedAt) + v.why() }

// why says why access ended.
func (v View) why() string {
	switch v.Grant.EndReason {
	case approvals.EndReleased:
		if v.Grant.EndedBy == v.Reader.ID && v.Reader.ID != "" {
			return " because you were done with it."
		}
		return " because " + name(v.EndedBy.Name) + " was done with it."
	case approvals.EndRevoked:
		return " because " + name(v.EndedBy.Name) + " took it back: “" + words(v.Grant.EndNote, 300) + "”."
	case approvals.EndDeactivated:
		return " because the account was deactivated."
	}
	return ", as planned."
}

func points(f approvals.Factor) string { return fmt.Sprintf("%+d", f.Points) }
