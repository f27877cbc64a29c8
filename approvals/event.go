package approvals

import "time"

// EventKind names what happened.
type EventKind string

// The kinds of audit event.
const (
	EventRequestDrafted      EventKind = "request.drafted"
	EventRequestAmended      EventKind = "request.amended"
	EventRequestSubmitted    EventKind = "request.submitted"
	EventRequestDecided      EventKind = "request.decided" // a policy ruled
	EventRequestApproved     EventKind = "request.approved"
	EventRequestDenied       EventKind = "request.denied"
	EventRequestCancelled    EventKind = "request.cancelled"
	EventRequestLapsed       EventKind = "request.lapsed"
	EventRequestReminded     EventKind = "request.reminded"   // approvers were asked again
	EventRequestCommented    EventKind = "request.commented"  // somebody said something about it; the words stay with the request
	EventRequestUnreached    EventKind = "request.unreached"  // a card could not be delivered to an approver or a channel; others are asked
	EventApprovalGiven       EventKind = "approval.given"     // one approver's yes, the quorum not yet reached
	EventRequestAdvanced     EventKind = "request.advanced"   // a stage agreed, and the next is asked
	EventRequestEscalated    EventKind = "request.escalated"  // a stage did not answer in time, and the next is asked as well
	EventApprovalAbstained   EventKind = "approval.abstained" // one approver left it to others
	EventActionRefused       EventKind = "action.refused"     // somebody tried what they may not
	EventSummaryWritten      EventKind = "summary.written"    // a model's prose was stored beside a decision
	EventGrantScheduled      EventKind = "grant.scheduled"    // access was decided; nothing is provisioned yet
	EventGrantStarted        EventKind = "grant.provisioning"
	EventGrantActive         EventKind = "grant.active"
	EventGrantFailed         EventKind = "grant.failed"
	EventGrantExtended       EventKind = "grant.extended"
	EventGrantReminded       EventKind = "grant.reminded"
	EventGrantRevoking       EventKind = "grant.revoking"
	EventGrantResidual       EventKind = "grant.residual"
	EventGrantRevoked        EventKind = "grant.revoked"
	EventGrantRetried        EventKind = "grant.retried"  // a connector call failed and will be tried again
	EventGrantReviewed       EventKind = "grant.reviewed" // the directory or the policy changed, and a running grant was decided again
	EventGrantOverdue        EventKind = "grant.overdue"  // access outlives its end; people were told
	EventIdentityBound       EventKind = "identity.bound"
	EventIdentityBlocked     EventKind = "identity.blocked" // an attribute changed that decides who someone is
	EventIdentityCleared     EventKind = "identity.cleared" // an admin confirmed
	EventPolicyLoaded        EventKind = "policy.loaded"
	EventPolicyRejected      EventKind = "policy.rejected"      // the access folder was changed, but what it holds was not taken
	EventRequestProposed     EventKind = "request.proposed"     // a language model's reading filled what a draft left open; its person has yet to look at it
	EventTextErased          EventKind = "text.erased"          // people's words were erased; their salted hashes stay
	EventKeyChanged          EventKind = "key.changed"          // other keys sign the checkpoints of the audit log from here on
	EventIdentityOwned       EventKind = "identity.owned"       // its person said that the account is theirs
	EventBreakGlassOpened    EventKind = "breakglass.opened"    // access was opened before anybody answered
	EventBreakGlassReviewed  EventKind = "breakglass.reviewed"  // somebody else closed its review
	EventBreakGlassEscalated EventKind = "breakglass.escalated" // nobody closed its review in time; security and admins were told
	EventDriftBaseline       EventKind = "drift.baseline"       // the first look at an entitlement; what it found is standing access
	EventDriftOpened         EventKind = "drift.opened"         // a system and the grants differ
	EventDriftResolved       EventKind = "drift.resolved"       // they no longer do
	EventDriftRetried        EventKind = "drift.retried"        // a repair failed and will be tried again
	EventGrantAdopted        EventKind = "grant.adopted"        // standing access was given an end
	EventJournalMerged       EventKind = "journal.merged"       // a local journal tells of an end that was proved already
	EventRestoreFound        EventKind = "database.restored"    // the database is older than what was known of it
	EventRestoreListed       EventKind = "database.compared"    // a system was asked who holds what since
	EventRestoreAccepted     EventKind = "database.reconciled"  // an admin accepted it as it is
	EventGrantRestoring      EventKind = "grant.restoring"      // access that went away outside is given again
	EventReviewFrozen        EventKind = "review.frozen"        // what a campaign covers was fixed
	EventReviewChecked       EventKind = "review.checked"       // all of it was computed again
	EventReviewDrawn         EventKind = "review.drawn"         // the sample was drawn by the first checkpoint after the freeze
	EventReviewAnswered      EventKind = "review.answered"      // a reviewer's verdict on one decision
	EventReviewPassed        EventKind = "review.passed"        // a reviewer was unsure, or too late, and others are asked
	EventReviewEnlarged      EventKind = "review.enlarged"      // a deviation made a sample larger
	EventReviewReminded      EventKind = "review.reminded"
	EventReviewClosed        EventKind = "review.closed"
	EventRuleLapsed          EventKind = "rule.lapsed"   // a rule stopped approving by itself, because of a review
	EventRuleRestored        EventKind = "rule.restored" // an admin let it approve again
)

// Event is one line of the audit log. It never holds a secret. A person's free
// text goes with it as Words and is kept apart: the log itself holds only the
// salted hash of it, as Texts, so that the words can be erased and every proof
// still holds.
type Event struct {
	Sequence    int64             `json:"sequence"` // gapless from 1; set by the store
	At          time.Time         `json:"at"`
	Kind        EventKind         `json:"kind"`
	Actor       Actor             `json:"actor"`
	Request     RequestID         `json:"request,omitempty"`
	Grant       GrantID           `json:"grant,omitempty"`
	Entitlement EntitlementID     `json:"entitlement,omitempty"`
	Beneficiary PrincipalID       `json:"beneficiary,omitempty"`
	Policies    []PolicyRef       `json:"policies,omitempty"`
	Version     PolicyVersion     `json:"version,omitzero"`
	FactsDigest string            `json:"facts_digest,omitempty"`
	Score       *int              `json:"score,omitempty"`
	Model       string            `json:"model,omitempty"`
	Approvers   []PrincipalID     `json:"approvers,omitempty"` // whose yes it rests on; none: a policy's
	Origin      string            `json:"origin,omitempty"`    // the door's reference to the conversation, as in Request
	Connector   string            `json:"connector,omitempty"` // through which system's connector
	Operation   string            `json:"operation,omitempty"` // the connector call, e.g. "revoke"
	ReadBack    string            `json:"read_back,omitempty"` // what the system said afterwards
	Detail      map[string]string `json:"detail,omitempty"`
	Texts       map[string]string `json:"texts,omitempty"` // name → salted hash of Words; set by the store
	Words       map[string]string `json:"-"`               // name, e.g. "reason" → what a person wrote; kept apart, never read back
}

// Ground is why access was given. A grant carries it, so that each event of its
// life names the law and the people behind it.
type Ground struct {
	Policies    []PolicyRef   `json:"policies,omitempty"`
	Version     PolicyVersion `json:"version,omitzero"`
	FactsDigest string        `json:"facts_digest,omitempty"`
	Score       *int          `json:"score,omitempty"`
	Model       string        `json:"model,omitempty"`
	Approvers   []PrincipalID `json:"approvers,omitempty"`
	Origin      string        `json:"origin,omitempty"`
}

// ground is what an event says of why.
func (e Event) ground() Ground {
	return Ground{Policies: e.Policies, Version: e.Version, FactsDigest: e.FactsDigest, Score: e.Score, Model: e.Model,
		Approvers: e.Approvers, Origin: e.Origin}
}

// on gives an event a ground.
func (e Event) on(g Ground) Event {
	e.Policies, e.Version, e.FactsDigest, e.Score, e.Model = g.Policies, g.Version, g.FactsDigest, g.Score, g.Model
	e.Approvers, e.Origin = g.Approvers, g.Origin
	return e
}

// Learned is one human decision as the score learns it: what was decided, for
// whom, by whom, with the attributes that held at that time. Automatic
// decisions never become one.
type Learned struct {
	Sequence    int64         `json:"sequence"` // of the audit event that recorded it; orders and resumes reading
	At          time.Time     `json:"at"`
	Request     RequestID     `json:"request"`
	Entitlement EntitlementID `json:"entitlement"`
	Beneficiary PrincipalID   `json:"beneficiary"`
	Manager     PrincipalID   `json:"manager,omitempty"`
	Title       string        `json:"title,omitempty"`
	Department  string        `json:"department,omitempty"`
	Location    string        `json:"location,omitempty"`
	Function    string        `json:"function,omitempty"`
	Approver    PrincipalID   `json:"approver,omitempty"`
	Approved    bool          `json:"approved"`
	Duration    time.Duration `json:"duration"`
}
