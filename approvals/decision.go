package approvals

import "time"

// Outcome is what a policy set says of a request.
type Outcome string

// The three outcomes. There is no fourth: whatever goes wrong is Route.
const (
	AutoApprove Outcome = "auto_approve" // an explicit policy permits at once
	Route       Outcome = "route"        // people are asked
	Refuse      Outcome = "refuse"       // a policy forbids outright, with its own words
)

// PolicyRef names a policy that took part in a decision.
type PolicyRef struct {
	ID     string `json:"id"`
	Effect string `json:"effect"` // "permit" or "forbid"
	Reason string `json:"reason,omitempty"`
	Owner  string `json:"owner,omitempty"`
	Budget int    `json:"budget,omitempty"` // automatic approvals that this permit may give on one day (UTC); 0: as the settings say
}

// PolicyVersion says exactly which law was in force.
type PolicyVersion struct {
	Digest string `json:"digest"`           // SHA-256 of the whole set
	Commit string `json:"commit,omitempty"` // Git commit of the folder, "" outside Git, with "+dirty" when files differ from it
}

// Ruling is a policy set's answer. It is a pure function of facts, assessment
// and policy set.
type Ruling struct {
	Outcome  Outcome       `json:"outcome"`
	Policies []PolicyRef   `json:"policies,omitempty"` // those that decided, ordered by id
	Problems []string      `json:"problems,omitempty"` // why a permit did not count: engine errors, stale facts, review overdue
	Version  PolicyVersion `json:"version"`
	Quorum   int           `json:"quorum,omitempty"`  // approvals needed when routed, at least 1; of all stages together
	Channel  string        `json:"channel,omitempty"` // where approvers are asked; empty: by direct message
	Words    string        `json:"words,omitempty"`   // the reason as a person reads it

	// Stages are those who are asked one after the other, when a policy says
	// so; none: everybody at once, by Quorum and Channel.
	Stages        []Stage       `json:"stages,omitempty"`
	EscalateAfter time.Duration `json:"escalate_after,omitempty"` // without stages: when the security queue is asked as well; zero: never
	LapseAfter    time.Duration `json:"lapse_after,omitempty"`    // how long each stage waits for an answer; zero: as the settings say

	// Alternatives are smaller wishes that would have been approved at once.
	// The Service looks for them when people are asked; a Policy leaves them empty.
	Alternatives []Alternative `json:"alternatives,omitempty"`
}

// Verdict is a policy set's answer on whether one principal may approve.
type Verdict struct {
	Allowed bool `json:"allowed"`
	// Forbidden tells an explicit forbid from the mere lack of a permit: the
	// security queue may answer where nobody is permitted, never where it is forbidden.
	Forbidden bool        `json:"forbidden,omitempty"`
	Policies  []PolicyRef `json:"policies,omitempty"`
	Problems  []string    `json:"problems,omitempty"`
	// Stages are the numbers of those in which the principal may answer; none: in the first.
	Stages []int `json:"stages,omitempty"`
}

// Policy is the law. Both methods are pure and never fail: an error inside is
// a Problem, and a Problem never approves. Implementations swap whole sets
// atomically; one call sees one set.
type Policy interface {
	Decide(Facts, Assessment) Ruling
	MayApprove(Facts, Assessment, Principal) Verdict
}

// Decision is a ruling as taken for one request at one time, with everything
// that is needed to take it again.
type Decision struct {
	Request    RequestID     `json:"request"`
	Sequence   int           `json:"sequence"` // 1 for the first; each second look adds one
	At         time.Time     `json:"at"`
	Facts      Facts         `json:"facts"`
	Assessment Assessment    `json:"assessment"`
	Ruling     Ruling        `json:"ruling"`
	Approvers  []PrincipalID `json:"approvers,omitempty"` // who may answer, ordered as they are asked
	Fallback   bool          `json:"fallback,omitempty"`  // too few others were left, or none answered: the security queue is asked
	Asked      []PrincipalID `json:"asked,omitempty"`     // who has a card of this request, from this decision or an earlier one
	AskedIn    []string      `json:"asked_in,omitempty"`  // the channels that have one
	// Stage is the number of the furthest stage that is asked; 0: there are none.
	Stage   int       `json:"stage,omitempty"`
	StageAt time.Time `json:"stage_at,omitzero"` // when the furthest stage was asked first
	// Escalated says that the last stage did not answer in time, so that the
	// security queue is asked as well.
	Escalated bool `json:"escalated,omitempty"`
	// For names, for each delegate among the approvers, whose place they take.
	For map[PrincipalID]PrincipalID `json:"for,omitempty"`
	// Unreached and UnreachedIn are the people and channels whom no card could
	// be delivered to: others are asked in their stead, and they get no more.
	Unreached   []PrincipalID `json:"unreached,omitempty"`
	UnreachedIn []string      `json:"unreached_in,omitempty"`
}

// Answer is what an approver said.
type Answer string

// The answers an approver can give.
const (
	Approved  Answer = "approved"
	Denied    Answer = "denied"
	Abstained Answer = "abstained" // this person leaves it to others
)

// Approval is one approver's answer, given on facts that were fresh then.
type Approval struct {
	Request     RequestID     `json:"request"`
	Approver    PrincipalID   `json:"approver"`
	Answer      Answer        `json:"answer"`
	Duration    time.Duration `json:"duration,omitempty"` // less than was asked, in whole minutes; zero: as asked
	Note        string        `json:"note,omitempty"`
	At          time.Time     `json:"at"`
	FactsDigest string        `json:"facts_digest"`
	Version     PolicyVersion `json:"version"`
	Policies    []PolicyRef   `json:"policies,omitempty"` // what allowed this person to answer
	Via         string        `json:"via"`
	Stage       int           `json:"stage,omitempty"` // number of the stage in which it was given; 0: there were none
	For         PrincipalID   `json:"for,omitempty"`   // whose place a delegate took
}
