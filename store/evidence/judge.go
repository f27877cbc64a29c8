package evidence

import (
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

const (
	// lateAfter is the lag of an end that is nobody's business; after it admins
	// are told.
	lateAfter = time.Minute
	// denialWindow is for how long after a denial the same grant is worth a look.
	denialWindow = 7 * 24 * time.Hour
)

// judge looks for what is wrong with one request.
type judge struct {
	*findings
	asOf   time.Time
	upTo   int64
	denied map[denial]time.Time // the last denial of the same
}

// denial is what was denied to whom.
type denial struct {
	who  approvals.PrincipalID
	what approvals.EntitlementID
}

// request judges a record by the life that it tells.
func (j *judge) request(r *Record, life store.Life) {
	if len(r.Events) == 0 {
		j.of(r, Unlogged, r.SubmittedAt, "%s asked for %s, says the database, and the log has no event of it.", r.Requester, r.Entitlement)
		return
	}
	if r.imported {
		j.of(r, Imported, r.DecidedAt, "%s for %s was %s before Hallpass.", r.Entitlement, r.Beneficiary, r.Outcome)
		return
	}
	moved := life.Events[len(life.Events)-1].Sequence > j.upTo // the rows are ahead of what is reported
	if !moved {
		j.rows(r, life)
	}
	j.decision(r, life)
	j.end(r, life, moved)
	j.emergency(r, life)
	j.history(r)
}

// rows compares what the database says with what the log says.
func (j *judge) rows(r *Record, life store.Life) {
	row := life.Request
	if row.State != r.Outcome {
		j.of(r, Contradiction, r.SubmittedAt, "The database says that the request is %s, and the log that it is %s.", row.State, r.Outcome)
	}
	by := func(p Person) bool { return p.ID == row.DecidedBy }
	if row.State == r.Outcome && row.DecidedBy != "" && !slices.ContainsFunc(r.Deciders, by) {
		j.of(r, Contradiction, r.DecidedAt, "The database says that %s decided, and the log names %s.", row.DecidedBy, people(r.Deciders))
	}
	if row.State == approvals.RequestApproved && row.DecidedBy == "" && r.By == ByPeople {
		j.of(r, Contradiction, r.DecidedAt, "The database says that a policy approved, and the log names %s.", people(r.Deciders))
	}
	for _, a := range life.Answers {
		if !slices.ContainsFunc(life.Events, func(e approvals.Event) bool { return answers(e, a) }) {
			j.of(r, Contradiction, a.At, "The database has an answer (%s) by %s, and the log has none.", a.Answer, a.Approver)
		}
	}
	g := life.Grant
	if g == nil && r.Grant != "" {
		j.of(r, Contradiction, r.DecidedAt, "The log knows the grant %s, and the database does not have it.", r.Grant)
	}
	if g != nil && g.State == approvals.GrantActive && !r.EndedAt.IsZero() && r.First() {
		j.of(r, Contradiction, r.EndedAt, "The database says that the access is active, and the log that it ended.")
	}
}

// answers reports whether an event records an answer.
func answers(e approvals.Event, a approvals.Approval) bool {
	switch e.Kind {
	case approvals.EventApprovalGiven, approvals.EventRequestApproved, approvals.EventRequestDenied, approvals.EventApprovalAbstained, approvals.EventRequestAdvanced:
		return e.Actor.Principal == a.Approver || slices.Contains(e.Approvers, a.Approver)
	}
	return false
}

// decision looks at who decided, and on what.
func (j *judge) decision(r *Record, life store.Life) {
	for _, who := range r.Deciders {
		if who.ID == r.Requester.ID || who.ID == r.Beneficiary.ID {
			j.of(r, SelfApproved, r.DecidedAt, "%s for %s was %s by %s, whose own request it is.", r.Entitlement, r.Beneficiary, r.Outcome, who)
		} else if len(life.Decisions) > 0 && !asked(life.Decisions, who.ID) {
			j.of(r, NotAsked, r.DecidedAt, "%s for %s was %s by %s, who is not among those to be asked.", r.Entitlement, r.Beneficiary, r.Outcome, who)
		}
	}
	for _, e := range life.Events {
		if e.Kind != approvals.EventRequestDecided && e.Kind != approvals.EventBreakGlassOpened || e.Sequence > j.upTo {
			continue
		}
		if !slices.ContainsFunc(life.Decisions, func(d approvals.Decision) bool { return d.Facts.Digest() == e.FactsDigest }) {
			j.of(r, FactsChanged, e.At, "The log recorded that it was decided on facts %s, and no stored facts have that digest.", short(e.FactsDigest))
		}
	}
	if r.Outcome != approvals.RequestApproved || len(life.Decisions) == 0 {
		return
	}
	last := life.Decisions[len(life.Decisions)-1]
	auto := slices.ContainsFunc(life.Decisions, func(d approvals.Decision) bool { return d.Ruling.Outcome == approvals.AutoApprove })
	switch {
	case r.By != ByPeople && !auto:
		j.of(r, NoGround, r.DecidedAt, "%s for %s was approved by a policy, says the log, and the stored ruling is “%s”.", r.Entitlement, r.Beneficiary, last.Ruling.Outcome)
	case r.By == ByPeople && !auto && len(r.Deciders) < last.Ruling.Quorum:
		j.of(r, NoGround, r.DecidedAt, "%s for %s rests on %s, and the policy asks for %d.", r.Entitlement, r.Beneficiary, people(r.Deciders), last.Ruling.Quorum)
	}
}

// asked reports whether somebody is among those who may answer.
func asked(decisions []approvals.Decision, who approvals.PrincipalID) bool {
	return slices.ContainsFunc(decisions, func(d approvals.Decision) bool {
		return slices.Contains(d.Approvers, who) || slices.Contains(d.Asked, who) || d.For[who] != ""
	})
}

// end looks at how access ended.
func (j *judge) end(r *Record, life store.Life, moved bool) {
	if !r.First() {
		return
	}
	gone := !r.EndedAt.IsZero() || !r.ResidualAt.IsZero()
	state := r.State
	switch {
	case gone && r.Late > lateAfter:
		j.of(r, Overdue, r.EndedAt, "%s of %s ended %s late.", r.Entitlement, r.Beneficiary, spell(r.Late))
	case !gone && r.Late > lateAfter:
		j.of(r, RunsOn, r.EndsAt, "%s of %s should have ended %s, and at %s nothing proved that it had: %s too long.",
			r.Entitlement, r.Beneficiary, clock(r.EndsAt), clock(j.asOf), spell(r.Late))
	}
	if !r.EndedAt.IsZero() && strings.TrimSpace(r.EndReadBack) == "" {
		j.of(r, NoReadBack, r.EndedAt, "%s of %s was recorded as ended, and nothing says what the system answered.", r.Entitlement, r.Beneficiary)
	}
	if state == approvals.GrantRevoked && r.EndedAt.IsZero() && !moved {
		j.of(r, NoReadBack, life.Grant.RevokedAt, "The database says that %s of %s was revoked, and the log has no end of it.", r.Entitlement, r.Beneficiary)
	}
}

// emergency looks at the review of a break-glass.
func (j *judge) emergency(r *Record, life store.Life) {
	if r.By != ByBreakGlass {
		return
	}
	b := life.Glass
	switch {
	case b == nil:
		j.of(r, OpenEmergency, r.DecidedAt, "%s opened %s by break-glass, and the database has no review of it.", r.Requester, r.Entitlement)
	case b.Open() && j.asOf.After(b.DueAt):
		j.of(r, OpenEmergency, b.OpenedAt, "%s opened %s by break-glass; the review was due %s and is open.", r.Requester, r.Entitlement, clock(b.DueAt))
	case !b.Open() && b.ClosedAt.After(b.DueAt):
		j.of(r, LateEmergency, b.ClosedAt, "%s opened %s by break-glass; the review was closed %s late.", r.Requester, r.Entitlement, spell(b.ClosedAt.Sub(b.DueAt)))
	}
	if b != nil && b.Finding == approvals.NotJustified {
		j.of(r, BadEmergency, b.ClosedAt, "%s opened %s by break-glass; %s found it not justified.", r.Requester, r.Entitlement, b.ClosedBy)
	}
}

// history looks at what was denied shortly before. Records come in the order in
// which they were submitted.
func (j *judge) history(r *Record) {
	key := denial{r.Beneficiary.ID, r.Entitlement}
	if r.Outcome == approvals.RequestDenied {
		j.denied[key] = r.DecidedAt
	}
	if at, ok := j.denied[key]; ok && r.Granted() && r.DecidedAt.After(at) && r.DecidedAt.Sub(at) <= denialWindow {
		j.of(r, AfterDenial, r.DecidedAt, "%s for %s was denied %s and granted %s later, by %s.", r.Entitlement, r.Beneficiary, clock(at), spell(r.DecidedAt.Sub(at)), r.by())
		delete(j.denied, key)
	}
}
