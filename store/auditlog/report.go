package auditlog

import (
	"cmp"
	"fmt"
	"slices"
)

// Kind names what is wrong with a log.
type Kind string

// The kinds of finding.
const (
	Edited         Kind = "edited"          // an event's bytes are not those that its leaf was made of
	Missing        Kind = "missing"         // numbers are left out
	Inserted       Kind = "inserted"        // an event stands there that has no number of its own
	Reordered      Kind = "reordered"       // an event stands in the place of another
	Cut            Kind = "cut"             // the log ends before a signed end
	Altered        Kind = "altered"         // between two checkpoints something is not what was signed
	BadCheckpoint  Kind = "bad_checkpoint"  // a checkpoint is not signed by a known key, or stands where it does not belong
	RolledBack     Kind = "rolled_back"     // a checkpoint from elsewhere says that there was more, or another history
	TextChanged    Kind = "text_changed"    // a person's text is not the one that the event commits to
	BadResult      Kind = "bad_result"      // a review's result is not signed by a known key, or is another's
	ProofFails     Kind = "proof_fails"     // an event is not proved to be in the log
	ColumnChanged  Kind = "column_changed"  // a database column says something else than the event
	DerivedChanged Kind = "derived_changed" // a hash that the database keeps is not the one that follows from the events
)

// Finding is one thing that is wrong, and the events that it concerns.
type Finding struct {
	Kind  Kind   `json:"kind"`
	From  int64  `json:"from"` // sequence of the first event concerned
	To    int64  `json:"to"`   // and of the last; the same when the position is exact
	Words string `json:"words"`
}

// String is the finding as a person reads it.
func (f Finding) String() string {
	where := fmt.Sprintf("event %d", f.From)
	if f.To > f.From {
		where = fmt.Sprintf("events %d to %d", f.From, f.To)
	}
	return fmt.Sprintf("%s: %s (%s)", where, f.Words, f.Kind)
}

// Report is the outcome of a verification.
type Report struct {
	Events      int64     `json:"events"`      // looked at
	First       int64     `json:"first"`       // sequence of the first one
	Last        int64     `json:"last"`        // and of the last
	Checkpoints int       `json:"checkpoints"` // that hold, those from elsewhere included
	Signed      int64     `json:"signed"`      // up to here, everything is what a key holder signed
	Texts       int64     `json:"texts"`       // of people, that are what their events commit to
	Absent      int64     `json:"absent"`      // texts that were erased, or not handed out
	Findings    []Finding `json:"findings"`    // ordered by position; none: the log is sound
	// Of a signed folder only: files that are what was signed, and those that are not.
	Files   int           `json:"files,omitempty"`
	Changed []FileFinding `json:"changed_files,omitempty"`
}

// Sound reports whether nothing is wrong.
func (r Report) Sound() bool { return len(r.Findings) == 0 && len(r.Changed) == 0 }

// findingsAtMost bounds a report about a log that is wrong everywhere.
const findingsAtMost = 100

// settle orders the findings, and leaves out the vague ones that an exact one
// explains.
func (r *Report) settle() {
	explains := func(k Kind) bool {
		return k != Altered && k != BadCheckpoint && k != BadResult && k != TextChanged && k != ColumnChanged && k != DerivedChanged
	}
	exact := func(f Finding) bool {
		return f.Kind == Altered && slices.ContainsFunc(r.Findings, func(o Finding) bool { return explains(o.Kind) && o.From >= f.From && o.From <= f.To })
	}
	r.Findings = slices.DeleteFunc(r.Findings, exact)
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	if len(r.Findings) > findingsAtMost {
		r.Findings = r.Findings[:findingsAtMost]
	}
	if r.Findings == nil {
		r.Findings = []Finding{}
	}
}

// Add puts in a finding of the caller's own.
func (r *Report) Add(f Finding) {
	r.find(f.Kind, f.From, f.To, "%s", f.Words)
	r.settle()
}

func (r *Report) find(kind Kind, from, to int64, format string, args ...any) {
	if len(r.Findings) <= 2*findingsAtMost {
		r.Findings = append(r.Findings, Finding{kind, from, max(from, to), fmt.Sprintf(format, args...)})
	}
}
