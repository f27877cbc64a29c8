package approvals

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Facts is everything a decision may look at, frozen at one moment. It holds
// no free text that a person wrote with the request: the reason is known only
// by its length. Facts are stored with the decision, so that anyone can decide
// again later and get the same answer.
type Facts struct {
	At           time.Time      `json:"at"` // UTC, whole milliseconds
	Kind         RequestKind    `json:"kind"`
	Requester    Principal      `json:"requester"`
	Beneficiary  Principal      `json:"beneficiary"`
	Entitlement  Entitlement    `json:"entitlement"`
	Duration     time.Duration  `json:"duration"`      // whole minutes, more than zero
	ReasonLength int            `json:"reason_length"` // runes
	Ticket       string         `json:"ticket,omitempty"`
	Weekday      time.Weekday   `json:"weekday"`       // in the requester's time zone
	MinuteOfDay  int            `json:"minute_of_day"` // 0–1439, in the requester's time zone
	Directory    DirectoryState `json:"directory"`
	Evidence     Evidence       `json:"evidence"`
	AutoToday    int            `json:"auto_today"`         // automatic approvals of the beneficiary in the 24 h before At
	Problems     []string       `json:"problems,omitempty"` // what could not be learned: any entry forbids automatic approval
	StartsAt     time.Time      `json:"starts_at,omitzero"` // when access is to begin; zero: at once
	// Fields are what the request says besides, but for free text, by the field's name.
	Fields    map[string]string `json:"fields,omitempty"`
	SkipLevel PrincipalID       `json:"skip_level,omitempty"` // the manager of the beneficiary's manager
	OnDuty    []PrincipalID     `json:"on_duty,omitempty"`    // of the schedules that the entitlement's approvers name, ordered
	Checks    []CheckResult     `json:"checks,omitempty"`     // of the external checks that the entitlement asks, those that were answered, ordered by name
	Conflicts []Conflict        `json:"conflicts,omitempty"`  // what the beneficiary holds that may not be held together with this
	Lapsed    []LapsedRule      `json:"lapsed,omitempty"`     // rules that stopped approving by themselves, ordered
}

// Conflict is one rule of segregation of duties that a request would break.
type Conflict struct {
	Rule     string        `json:"rule"`
	Reason   string        `json:"reason"`
	Ask      bool          `json:"ask,omitempty"` // people are asked; else it is refused
	With     EntitlementID `json:"with"`
	Standing bool          `json:"standing,omitempty"` // held in the system without a grant
}

// Evidence is what the past and the peers say, as counts. It is all that the
// score knows besides the request itself, and it is enough to compute the same
// score again.
type Evidence struct {
	World  int64   `json:"world"` // how many human decisions the counts include; nothing else moves it
	Counts []Count `json:"counts,omitempty"`
}

// Count is one observation: N of Of, e.g. 3 of 9 teammates hold it.
type Count struct {
	Name string `json:"name"` // e.g. "peers.team", "history.entitlement"
	N    int64  `json:"n"`
	Of   int64  `json:"of"`
}

// Count finds an observation by name; zero if it was not made.
func (e Evidence) Count(name string) Count {
	for _, c := range e.Counts {
		if c.Name == name {
			return c
		}
	}
	return Count{Name: name}
}

// Digest is the SHA-256 of the facts' JSON in hexadecimal. encoding/json
// writes fields in order and map keys sorted, so equal facts have one digest.
func (f Facts) Digest() string {
	b, err := json.Marshal(f)
	if err != nil { // only unsupported types or invalid times can fail; neither can occur in Facts
		panic(fmt.Sprintf("approvals: marshal facts: %v", err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Confidence says how much human experience stands behind a score.
type Confidence string

// The levels of confidence.
const (
	ConfidenceLow    Confidence = "low"
	ConfidenceMedium Confidence = "medium"
	ConfidenceHigh   Confidence = "high"
)

// Assessment is the risk score and its reasons. The factors' points add up to
// Raw; Score is Raw clipped to 0–100, where more is riskier.
type Assessment struct {
	Score      int        `json:"score"`
	Raw        int        `json:"raw"`
	PDeny      int        `json:"p_deny"` // calibrated likelihood that a person would refuse, parts per million
	Confidence Confidence `json:"confidence"`
	Factors    []Factor   `json:"factors"`           // heaviest first
	Model      string     `json:"model"`             // version of weights and formula
	Problem    string     `json:"problem,omitempty"` // why no score could be computed; forbids automatic approval
}

// Factor is one line of the score's sum.
type Factor struct {
	Name   string `json:"name"` // stable, e.g. "peers.team"
	Points int    `json:"points"`
	Words  string `json:"words"` // plain language with its counts, built from the facts alone
}
