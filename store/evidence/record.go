package evidence

import (
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// Way says who approved.
type Way string

// The ways in which access comes about; empty for what was not approved.
const (
	ByPolicy     Way = "policy"      // a policy alone
	ByPeople     Way = "people"      // people, where a policy asked them
	ByBreakGlass Way = "break_glass" // opened before anybody answered, reviewed afterwards
)

// Person is somebody as a report shows them.
type Person struct {
	ID   approvals.PrincipalID `json:"id"`
	Name string                `json:"name,omitempty"`
}

// String is the name with the id that the log knows.
func (p Person) String() string {
	if p.Name == "" || p.Name == string(p.ID) {
		return string(p.ID)
	}
	return p.Name + " (" + string(p.ID) + ")"
}

// Record is one request of the population from its beginning to its end, as the
// audit log tells it; what only the database knows, such as names, is taken
// from the facts that were frozen with the decision.
type Record struct {
	Request     approvals.RequestID     `json:"request"`
	Kind        approvals.RequestKind   `json:"kind"`
	SubmittedAt time.Time               `json:"submitted_at"`
	Requester   Person                  `json:"requester"`
	Beneficiary Person                  `json:"beneficiary"`
	Entitlement approvals.EntitlementID `json:"entitlement"`
	Name        string                  `json:"entitlement_name,omitempty"`
	System      string                  `json:"system,omitempty"`
	Sensitivity approvals.Sensitivity   `json:"sensitivity,omitempty"`
	Asked       time.Duration           `json:"asked"`                   // nanoseconds
	Words       int                     `json:"reason_length,omitempty"` // runes of the reason that was given
	Reason      string                  `json:"reason,omitempty"`        // only when texts are handed out
	Ticket      string                  `json:"ticket,omitempty"`        // likewise

	Outcome     approvals.RequestState  `json:"outcome"`
	By          Way                     `json:"by,omitempty"`
	DecidedAt   time.Time               `json:"decided_at,omitzero"`
	Deciders    []Person                `json:"deciders,omitempty"` // people whose answer settled it
	Policies    []string                `json:"policies,omitempty"`
	Law         approvals.PolicyVersion `json:"law,omitzero"`
	Score       *int                    `json:"score,omitempty"`
	Model       string                  `json:"model,omitempty"`
	FactsDigest string                  `json:"facts_digest,omitempty"`

	Grant         approvals.GrantID    `json:"grant,omitempty"`
	State         approvals.GrantState `json:"grant_state,omitempty"`
	ActiveAt      time.Time            `json:"active_at,omitzero"`
	StartReadBack string               `json:"start_read_back,omitempty"` // what the system said when access was given
	EndsAt        time.Time            `json:"ends_at,omitzero"`          // when it was to end, extensions included
	OrderedAt     time.Time            `json:"end_ordered_at,omitzero"`
	EndReason     approvals.EndReason  `json:"end_reason,omitempty"`
	EndedBy       *Person              `json:"ended_by,omitempty"`
	ResidualAt    time.Time            `json:"residual_at,omitzero"` // removed, while a session or token of a known end lived on
	EndedAt       time.Time            `json:"ended_at,omitzero"`    // proved gone
	EndReadBack   string               `json:"end_read_back,omitempty"`
	Late          time.Duration        `json:"late,omitempty"` // nanoseconds that access outlived its end, also while it does

	Events     []int64 `json:"events"` // numbers in the log
	Exceptions []Kind  `json:"exceptions,omitempty"`

	times    []time.Time // of Events
	imported bool        // decided elsewhere, before this log
}

// Granted reports whether the request gave access, or a later end to access.
func (r Record) Granted() bool { return r.Outcome == approvals.RequestApproved }

// First reports whether the record's grant came of this request; an extension
// only moved its end.
func (r Record) First() bool { return r.Grant != "" && r.Kind != approvals.KindExtension }

// recorder makes records.
type recorder struct {
	names func(approvals.PrincipalID) string
	texts bool
	asOf  time.Time // what is said of running access is said as of then
	upTo  int64     // number of the last event that counts
}

func (c recorder) person(id approvals.PrincipalID, known ...approvals.Principal) Person {
	for _, p := range known {
		if p.ID == id && p.Name != "" {
			return Person{id, p.Name}
		}
	}
	if c.names != nil {
		return Person{id, c.names(id)}
	}
	return Person{ID: id}
}

// record tells a life.
func (c recorder) record(life store.Life) Record {
	r := life.Request
	out := Record{Request: r.ID, Kind: r.Kind, SubmittedAt: r.SubmittedAt, Entitlement: r.Entitlement, Asked: r.Duration,
		Outcome: approvals.RequestPending, Requester: c.person(r.Requester), Beneficiary: c.person(r.Beneficiary)}
	if n := len(life.Decisions); n > 0 {
		f := life.Decisions[n-1].Facts
		out.Requester, out.Beneficiary = c.person(r.Requester, f.Requester, f.Beneficiary), c.person(r.Beneficiary, f.Requester, f.Beneficiary)
		out.Name, out.System, out.Sensitivity = f.Entitlement.Name, f.Entitlement.System, f.Entitlement.Sensitivity
		out.Words = f.ReasonLength
	}
	if c.texts {
		out.Reason, out.Ticket = r.Reason, r.Ticket
	}
	for _, e := range life.Events {
		if e.Sequence > c.upTo {
			break
		}
		out.Events, out.times = append(out.Events, e.Sequence), append(out.times, e.At)
		c.decided(&out, e)
		if e.Grant == r.Grant {
			c.happened(&out, e)
		}
	}
	out.State = ""
	if life.Grant != nil && out.Grant != "" {
		out.State = life.Grant.State
		if out.EndsAt.IsZero() || life.Grant.EndsAt.After(out.EndsAt) {
			out.EndsAt = life.Grant.EndsAt
		}
	}
	out.Late = c.late(out)
	return out
}

// decided takes in what an event says of the decision.
func (c recorder) decided(out *Record, e approvals.Event) {
	settle := func(to approvals.RequestState, by Way, people ...approvals.PrincipalID) {
		out.Outcome, out.By, out.DecidedAt, out.Deciders = to, by, e.At, nil
		for _, id := range people {
			out.Deciders = append(out.Deciders, c.person(id))
		}
		out.Policies = nil
		for _, p := range e.Policies {
			out.Policies = append(out.Policies, p.Effect+" "+p.ID)
		}
	}
	who := e.Approvers
	if len(who) == 0 && e.Actor.Kind == approvals.ActorPerson {
		who = []approvals.PrincipalID{e.Actor.Principal}
	}
	switch e.Kind {
	case approvals.EventRequestDecided:
		if e.Detail["outcome"] == string(approvals.AutoApprove) {
			settle(approvals.RequestApproved, ByPolicy)
		}
	case approvals.EventBreakGlassOpened:
		settle(approvals.RequestApproved, ByBreakGlass)
	case approvals.EventRequestApproved:
		settle(approvals.RequestApproved, ByPeople, who...)
		out.imported = e.Actor.Via == "import"
	case approvals.EventRequestDenied:
		if e.Actor.Kind == approvals.ActorPerson {
			settle(approvals.RequestDenied, ByPeople, e.Actor.Principal)
		} else {
			settle(approvals.RequestDenied, ByPolicy)
		}
		out.imported = e.Actor.Via == "import"
	case approvals.EventRequestCancelled:
		settle(approvals.RequestCancelled, "")
	case approvals.EventRequestLapsed:
		settle(approvals.RequestLapsed, "")
	default:
		return
	}
	if e.Version.Digest != "" {
		out.Law, out.Score, out.Model, out.FactsDigest = e.Version, e.Score, e.Model, e.FactsDigest
	}
}

// happened takes in what an event says of the access.
func (c recorder) happened(out *Record, e approvals.Event) {
	out.Grant = e.Grant
	ends := func() {
		if at, err := time.Parse(time.RFC3339, e.Detail["ends_at"]); err == nil {
			out.EndsAt = at
		}
	}
	switch e.Kind {
	case approvals.EventGrantActive:
		out.ActiveAt, out.StartReadBack = e.At, e.ReadBack
		ends()
	case approvals.EventGrantExtended:
		ends()
	case approvals.EventGrantRevoking:
		out.EndReason = approvals.EndReason(e.Detail["reason"])
		if e.Actor.Kind == approvals.ActorPerson {
			by := c.person(e.Actor.Principal)
			out.EndedBy = &by
		}
		out.OrderedAt = e.At
	case approvals.EventGrantResidual:
		out.ResidualAt = e.At
	case approvals.EventGrantRevoked:
		out.EndedAt, out.EndReadBack = e.At, e.ReadBack
	}
}

// late is for how long access outlived its end.
func (c recorder) late(r Record) time.Duration {
	due := r.EndsAt
	if !r.OrderedAt.IsZero() && (due.IsZero() || r.OrderedAt.Before(due)) {
		due = r.OrderedAt
	}
	if !r.First() || due.IsZero() || r.ActiveAt.IsZero() {
		return 0
	}
	end := c.asOf
	for _, t := range []time.Time{r.EndedAt, r.ResidualAt} {
		if !t.IsZero() && t.Before(end) {
			end = t
		}
	}
	return max(0, end.Sub(due))
}

// has reports whether a record is an exception of a kind.
func (r Record) has(k Kind) bool { return slices.Contains(r.Exceptions, k) }
