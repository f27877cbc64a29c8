package analytics

import (
	"fmt"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Report is what the past says about the policies. It is for people: nothing
// reads it back.
type Report struct {
	At        time.Time               `json:"at"`
	Since     time.Time               `json:"since"` // what is counted was decided, or ended, from here on
	Version   approvals.PolicyVersion `json:"version"`
	Decisions int                     `json:"decisions"` // requests decided again by the policies with all proposals
	Denials   int                     `json:"denials"`   // decisions on denied requests, of all time, decided again likewise

	Proposals   []Proposal `json:"proposals"`
	NotProposed []Pattern  `json:"not_proposed"` // approved often enough, with why not
	Rarer       int        `json:"rarer"`        // patterns that people approved less than MinDecisions times
	Unknown     int        `json:"unknown"`      // decisions of people that name no pattern

	Permits  []PermitUse         `json:"permits"`
	Removal  Removal             `json:"removal"`
	Personas []Proposed          `json:"personas"`
	Renewals []Renewal           `json:"renewals"`
	Adopted  []approvals.FallOff `json:"adopted"`
	Uses     []Use               `json:"uses"`
}

// Proposal is a permit that people may review.
type Proposal struct {
	Pattern
	ID       string `json:"id"`       // of the permit
	Owner    string `json:"owner"`    // the email of who would answer for it
	Approves int    `json:"approves"` // requests that it alone would have approved at once
	Flips    int    `json:"flips"`    // denials that it would have approved; zero, or it is not proposed
	Patch    string `json:"patch"`    // a unified diff of the access folder
}

// Removal is what taking the unused permits away means.
type Removal struct {
	Permits []string `json:"permits"`
	Flips   int      `json:"flips"`         // requests that would be answered otherwise without them
	Patch   string   `json:"patch"`         // empty: nothing is unused, or a person has to do it
	Why     string   `json:"why,omitempty"` // why a person has to do it
}

// Proposed is a persona with the profile that it could become.
type Proposed struct {
	Persona
	Patch string `json:"patch"`
}

// PermitID names the permit for a pattern.
func (p Pattern) PermitID() string {
	const most = 79 - len("suggested-")
	id := slug(string(p.Entitlement)) + "-" + slug(p.Department)
	return "suggested-" + strings.Trim(id[:min(len(id), most)], "-")
}

// Reason is what a permit for the pattern says of itself.
func (p Pattern) Reason() string {
	return fmt.Sprintf("People approved all %d such requests of %s between %s and %s.", p.Fit, people(p.Requesters), date(p.First), date(p.Last))
}

// File is the persona as a file of the catalogue, as a profile of that name.
func (p Persona) File(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Proposed from use: %s with the same access. It permits nothing: each access is\n# decided by itself. Whoever merges it signs it off.\n", people(len(p.People)))
	fmt.Fprintf(&b, "profiles:\n  - name: %s\n    title: %q\n    entitlements:\n", name, p.Title)
	for _, e := range p.Entitlements {
		fmt.Fprintf(&b, "      - %q\n", e)
	}
	return b.String()
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }
