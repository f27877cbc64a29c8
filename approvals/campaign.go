package approvals

import "time"

// CampaignID names a review of decisions that nobody looked at when they were
// taken.
type CampaignID string

// CampaignKind says what a review is for.
type CampaignKind string

// The kinds of campaign.
const (
	// CampaignYearly looks whether automatic approvals were right. A rule that
	// was wrong too often, or that nobody reviewed in time, stops approving.
	CampaignYearly CampaignKind = "yearly"
	// CampaignBlind asks people what they would have said, without telling them
	// what was decided or how it scored. Their answers teach the score.
	CampaignBlind CampaignKind = "blind"
)

// CampaignState is where a campaign stands.
type CampaignState string

// The states of a campaign, in this order. It never goes back.
const (
	CampaignFrozen  CampaignState = "frozen"  // the population is fixed; all of it is computed again
	CampaignChecked CampaignState = "checked" // all was computed again; the next signed checkpoint draws the sample
	CampaignOpen    CampaignState = "open"    // people look at the sample
	CampaignClosed  CampaignState = "closed"  // the result is signed
)

var campaignArrows = map[CampaignState]CampaignState{
	CampaignFrozen: CampaignChecked, CampaignChecked: CampaignOpen, CampaignOpen: CampaignClosed,
}

// Campaign is one review: what it covers, how far it is, and what came of it.
type Campaign struct {
	ID      CampaignID    `json:"id"`
	Version int64         `json:"version"` // 0: not stored yet
	Kind    CampaignKind  `json:"kind"`
	State   CampaignState `json:"state"`
	From    time.Time     `json:"from"` // inclusive
	To      time.Time     `json:"to"`   // exclusive

	// The freeze: what was decided automatically from From to To, by the first
	// Size events of the audit log.
	FrozenAt   time.Time `json:"frozen_at"`
	Size       int64     `json:"size"`
	Population int       `json:"population"`
	Digest     string    `json:"digest"` // SHA-256 of the requests' ids in the log's order, each with a line feed

	Cursor  int64 `json:"cursor"`  // number of the last event that was computed again
	Checked int   `json:"checked"` // how many were
	Found   int   `json:"found"`   // exceptions so far

	Seed     string    `json:"seed,omitempty"`      // of the sample: hexadecimal SHA-256 of the checkpoint's text
	SeedSize int64     `json:"seed_size,omitempty"` // events that this checkpoint covers
	OpenedAt time.Time `json:"opened_at,omitzero"`
	DueAt    time.Time `json:"due_at"` // who has not reviewed by then, has not
	Limit    int       `json:"limit"`  // percent that may be wrong
	Share    int       `json:"share"`  // blind only: how many are drawn
	Strata   []Stratum `json:"strata,omitempty"`
	Reminded int       `json:"reminded,omitempty"` // how often reviewers were

	ClosedAt time.Time `json:"closed_at,omitzero"`
	Result   string    `json:"result,omitempty"` // a signed note; unsigned text where there is no key
	Words    string    `json:"words,omitempty"`  // what came of it, in a sentence or two
}

// Progress counts the sample, and what of it has a verdict. What a stratum that
// is decided no longer needs is not counted.
func (c Campaign) Progress() (answered, of int) {
	for _, s := range c.Strata {
		answered += s.Answered()
		if s.Outcome == "" {
			of += s.Size
		} else {
			of += s.Answered()
		}
	}
	return answered, of
}

// Move returns the campaign in its next state; CodeIllegalTransition for any
// other.
func (c Campaign) Move(to CampaignState) (Campaign, error) {
	if campaignArrows[c.State] != to {
		return c, Errorf(CodeIllegalTransition, "This review is %s; it can't become %s.", c.State, to)
	}
	c.State = to
	return c, nil
}

// Stratum is a part of the population that is judged by itself: what one rule,
// or several together, approved at one sensitivity.
type Stratum struct {
	Name        string            `json:"name"` // e.g. "read-only-with-ticket | medium"
	Rules       []string          `json:"rules,omitempty"`
	Sensitivity Sensitivity       `json:"sensitivity,omitempty"`
	Population  int               `json:"population"`
	Size        int               `json:"size"` // how many are in the sample
	Enlarged    bool              `json:"enlarged,omitempty"`
	Versions    map[string]string `json:"versions,omitempty"` // of each rule, in force when the sample was drawn
	Right       int               `json:"right"`
	Wrong       int               `json:"wrong"`
	Unsure      int               `json:"unsure"` // nobody could say, also not the security queue
	Outcome     StratumOutcome    `json:"outcome,omitempty"`
}

// Answered is how many of the sample have a verdict.
func (s Stratum) Answered() int { return s.Right + s.Wrong + s.Unsure }

// Deviations are those that nobody could call right.
func (s Stratum) Deviations() int { return s.Wrong + s.Unsure }

// StratumOutcome is what a review came to for one stratum; empty while it is
// open.
type StratumOutcome string

// The outcomes.
const (
	StratumPassed StratumOutcome = "passed" // at most the limit is wrong, at 95% confidence
	StratumFailed StratumOutcome = "failed" // that cannot be said: too many deviations
	StratumLate   StratumOutcome = "late"   // not all of the sample was reviewed in time
)

// ItemKind says what is reviewed.
type ItemKind string

// The kinds of item.
const (
	ItemAutomatic  ItemKind = "automatic"   // approved by a policy alone
	ItemBreakGlass ItemKind = "break_glass" // opened before anybody answered; its own review gives the verdict
	ItemAdopted    ItemKind = "adopted"     // standing access that was taken over
)

// ReviewVerdict is what a reviewer says of one decision.
type ReviewVerdict string

// The verdicts; empty while there is none.
const (
	VerdictRight  ReviewVerdict = "right"
	VerdictWrong  ReviewVerdict = "wrong"
	VerdictUnsure ReviewVerdict = "unsure"
)

// ReviewItem is one decision in the sample of a campaign.
type ReviewItem struct {
	Campaign  CampaignID    `json:"campaign"`
	Request   RequestID     `json:"request"`
	Version   int64         `json:"version"` // 0: not stored yet
	Kind      ItemKind      `json:"kind"`
	Stratum   string        `json:"stratum"`
	Place     int           `json:"place"` // in its stratum, from 1, as the seed orders it
	Reviewers []PrincipalID `json:"reviewers,omitempty"`
	Asked     PrincipalID   `json:"asked,omitempty"`  // of the reviewers, who has it before them; empty: nobody independent is left
	Passed    []PrincipalID `json:"passed,omitempty"` // who was unsure and left it to the security queue
	Verdict   ReviewVerdict `json:"verdict,omitempty"`
	By        PrincipalID   `json:"by,omitempty"`
	At        time.Time     `json:"at,omitzero"`
	Note      string        `json:"note,omitempty"`
}

// Open reports whether nobody has given a verdict.
func (i ReviewItem) Open() bool { return i.Verdict == "" }

// ReviewCase is one decision as a reviewer sees it: what was known then.
type ReviewCase struct {
	Campaign Campaign
	Item     ReviewItem
	Automatic
	Rules []RuleText
	// Left counts what waits for this reviewer, this one included; Done what
	// they have given a verdict on.
	Left, Done int
}

// RuleText is a rule as it was written when it decided; Text is empty where that
// is not kept.
type RuleText struct {
	PolicyRef
	Text string
}

// ReviewStanding is how reviews stand, for those who run Hallpass.
type ReviewStanding struct {
	Campaigns []Campaign // under way, the newest first
	Lapses    []Lapse    // that hold
	Ready     bool       // no yearly review is under way, and checkpoints are signed: an admin may start one
}

// ExceptionKind says what a recomputation found.
type ExceptionKind string

// The kinds of exception.
const (
	ExceptionFacts    ExceptionKind = "facts"       // the stored facts are not those that the log recorded
	ExceptionLaw      ExceptionKind = "law"         // the policies of then are not kept, or cannot be read
	ExceptionRuling   ExceptionKind = "ruling"      // the policies of then do not say what was decided
	ExceptionScore    ExceptionKind = "score"       // the score computed from the facts is another
	ExceptionMissing  ExceptionKind = "missing"     // the log has it, the database has not, or the other way round
	ExceptionReadBack ExceptionKind = "no_readback" // access ended without the system having been read back
	ExceptionRunsOn   ExceptionKind = "runs_on"     // access is there past its end
)

// ReviewException is something that a review found by computing, in words.
type ReviewException struct {
	Campaign CampaignID    `json:"campaign"`
	Request  RequestID     `json:"request"`
	Kind     ExceptionKind `json:"kind"`
	Words    string        `json:"words"`
	At       time.Time     `json:"at"`
}

// Automatic is one decision that nobody looked at, as the audit log and the
// database have it. Pointers are nil for what is not there.
type Automatic struct {
	Event    Event     // that recorded the decision
	Request  *Request  // as it stands now
	Decision *Decision // taken on the facts that the event names; else the latest
	Grant    *Grant
	Revoked  *Event // that proved the grant's end
}
