package evidence

import (
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Kind names what an auditor should look at.
type Kind string

// The kinds of exception, in the order of the report.
const (
	Unlogged       Kind = "unlogged"        // in the database, not in the log
	Unkept         Kind = "unkept"          // in the log, not in the database
	Contradiction  Kind = "contradiction"   // the database says something else than the log
	FactsChanged   Kind = "facts_changed"   // the stored facts are not those that the log recorded
	Recomputed     Kind = "recomputed"      // computing again gives another answer
	SelfApproved   Kind = "self_approved"   // who gained by it decided it
	NotAsked       Kind = "not_asked"       // somebody decided who was not among those to be asked
	NoGround       Kind = "no_ground"       // approved, and neither permit nor enough people stand behind it
	RunsOn         Kind = "runs_on"         // access is there past its end
	Overdue        Kind = "overdue"         // access ended later than it should have
	NoReadBack     Kind = "no_read_back"    // an end that the system did not confirm
	OpenEmergency  Kind = "open_emergency"  // break-glass that nobody reviewed
	BadEmergency   Kind = "bad_emergency"   // break-glass that was found not to be justified
	LateEmergency  Kind = "late_emergency"  // break-glass that was reviewed too late
	NoCommit       Kind = "no_commit"       // policies in force that no commit stands for
	LawLost        Kind = "law_lost"        // policies that decided and whose text is not kept
	Drifted        Kind = "drift"           // access that nobody granted, or that went away outside
	Verdict        Kind = "verdict"         // a reviewer says that a decision was wrong, or nobody could say
	Lapsed         Kind = "lapsed"          // a rule that stopped approving by itself
	Unreviewed     Kind = "unreviewed"      // a review that was not finished in time
	BadResult      Kind = "bad_result"      // the result of a review is not the one that was signed
	AfterDenial    Kind = "after_denial"    // granted soon after it had been denied
	RulesChanged   Kind = "rules_changed"   // other policies came into force
	RulesRejected  Kind = "rules_rejected"  // a change of the policies was not taken
	SelfRefused    Kind = "self_refused"    // somebody tried to decide about their own access, and was refused
	OthersRefused  Kind = "others_refused"  // somebody tried something else that they may not
	Imported       Kind = "imported"        // decided elsewhere, before this log
	UnsignedEvents Kind = "unsigned_events" // events that no checkpoint covers
)

// Weight says what an exception asks of the reader.
type Weight string

// The weights, the heaviest first.
const (
	Fails   Weight = "fails"   // a control did not work; it needs an explanation
	Look    Weight = "look"    // it may be right, and somebody should look
	Natural Weight = "natural" // the control worked, or something changed as it may; listed to be complete
)

// kinds say of each kind how it is called, what it means and how it weighs, in
// the order of the report.
var kinds = []struct {
	Kind         Kind
	Weight       Weight
	Title, Means string
}{
	{Unlogged, Fails, "Requests that the log does not have", "The database has the request and the audit log has no event of its submission. Nothing gets into the database without one, so the row was put there or the log was cut."},
	{Unkept, Fails, "Requests that the database does not have", "The audit log recorded the submission and the row is gone. Hallpass deletes no request."},
	{Contradiction, Fails, "The database contradicts the log", "A row says something else than the events. The log is signed; the row was changed by hand."},
	{FactsChanged, Fails, "Facts changed after the decision", "The SHA-256 of the stored facts is not the one that the log recorded when it was decided."},
	{Recomputed, Fails, "Decisions that come out differently", "Computing the decision again, from the stored facts and the policies of that time, gives another answer."},
	{SelfApproved, Fails, "People decided about their own access", "Requester or beneficiary is among those whose yes the access rests on."},
	{NotAsked, Look, "Decided by somebody who was not asked", "Whoever answered is not among the approvers of any stored decision of the request. Who may answer is looked up again with each answer, so a change of the directory explains it, or nothing does."},
	{NoGround, Fails, "Approved without a ground", "No permit allowed it at once, and fewer people said yes than the policy asks for."},
	{RunsOn, Fails, "Access that outlives its end", "Its time is up or its end was ordered, and no read-back proves that it is gone."},
	{Overdue, Look, "Access that ended late", "It was proved gone more than a minute after its end."},
	{NoReadBack, Fails, "Ends without a read-back", "The database says revoked, and the log has no read-back of the system that says so."},
	{OpenEmergency, Fails, "Break-glass that nobody reviewed", "Access was opened before anybody answered, and its review is open past its due time."},
	{BadEmergency, Look, "Break-glass that was not justified", "Whoever reviewed it found that it was no emergency."},
	{LateEmergency, Look, "Break-glass that was reviewed late", "Its review was closed after its due time; it was escalated until then."},
	{NoCommit, Look, "Policies without a commit", "The policies in force came from files that differ from Git, or from outside Git. Who reviewed the change cannot be shown from Git."},
	{LawLost, Look, "Policies whose text is not kept", "Decisions name this digest, and the text that it is of is not kept in the database. It can be had from Git by the commit."},
	{Drifted, Look, "Access outside Hallpass", "A system and the grants differ: somebody has access that nobody granted here, or lacks what was granted."},
	{Verdict, Fails, "Automatic approvals that reviewers call wrong", "A person who has no part in it looked at the decision with what was known then."},
	{Lapsed, Look, "Rules that stopped approving by themselves", "A review found too many deviations, or was not finished in time. People are asked in the rule's place."},
	{Unreviewed, Fails, "Reviews that are behind", "The review is not closed, and its due time has passed."},
	{BadResult, Fails, "Results of reviews that are not as signed", "A review was closed, and what the database keeps as its result has no signature of a known key, or is that of another review."},
	{AfterDenial, Look, "Granted soon after a denial", "The same access for the same person was denied within the week before. Somebody else may have known more, or somebody asked until it worked."},
	{RulesChanged, Natural, "Changes of the rules", "Other policies came into force. Each change has its commit, and the decisions before and after name their law."},
	{RulesRejected, Natural, "Changes of the rules that were not taken", "The changed folder did not load or failed its own examples. What was in force stayed in force."},
	{SelfRefused, Natural, "Self-approval, refused", "Somebody tried to decide about their own access. The attempt was refused and recorded."},
	{OthersRefused, Natural, "Other attempts, refused", "Somebody tried what they may not: answer without being asked, use a request of somebody else, answer too late."},
	{Imported, Natural, "Decided elsewhere and imported", "Taken over from before Hallpass. The log has the decision and neither facts nor score."},
	{UnsignedEvents, Look, "Events that are not signed yet", "They came after the last checkpoint. The database has them; nothing vouches for them yet."},
}

// Kinds are all kinds of exception, in the order of the report.
func Kinds() (all []Kind) {
	for _, k := range kinds {
		all = append(all, k.Kind)
	}
	return all
}

// Exception is one thing to look at.
type Exception struct {
	Kind    Kind                `json:"kind"`
	At      time.Time           `json:"at"`
	Request approvals.RequestID `json:"request,omitempty"`
	Event   int64               `json:"event,omitempty"` // number in the log
	Words   string              `json:"words"`
}

// findings collects exceptions: all of them go to a table, and the first of each
// kind into the report.
type findings struct {
	all    func(Exception) error
	counts map[Kind]int
	shown  map[Kind][]Exception
	err    error
}

// shownAtMost is how many exceptions of a kind the report shows. The table has
// all.
const shownAtMost = 50

func newFindings(all func(Exception) error) *findings {
	return &findings{all: all, counts: map[Kind]int{}, shown: map[Kind][]Exception{}}
}

// add takes an exception; the first error of the table sticks.
func (f *findings) add(x Exception) {
	f.counts[x.Kind]++
	if len(f.shown[x.Kind]) < shownAtMost {
		f.shown[x.Kind] = append(f.shown[x.Kind], x)
	}
	if f.err == nil {
		f.err = f.all(x)
	}
}

// of says an exception about a record, in words, and notes it there.
func (f *findings) of(r *Record, kind Kind, at time.Time, format string, args ...any) {
	if !r.has(kind) {
		r.Exceptions = append(r.Exceptions, kind)
	}
	x := Exception{Kind: kind, At: at, Request: r.Request, Words: fmt.Sprintf(format, args...)}
	for i, n := range r.Events { // the last by then
		if i == 0 || !r.times[i].After(at) {
			x.Event = n
		}
	}
	f.add(x)
}

// weigh counts exceptions of a weight.
func (f *findings) weigh(w Weight) (n int) {
	for _, k := range kinds {
		if k.Weight == w {
			n += f.counts[k.Kind]
		}
	}
	return n
}

// weightOf is how a kind weighs.
func weightOf(kind Kind) Weight {
	for _, k := range kinds {
		if k.Kind == kind {
			return k.Weight
		}
	}
	return Look
}
