// Package understand turns what a person wrote into a filled-in wish: which
// access, for how long, why, for whom. It is deterministic, reads only the
// catalogue and the directory that it is given, and needs no model.
//
// It proposes and never decides: whatever it finds is shown on a card before
// anything is sent. It must never fill in an entitlement that the words leave
// open: it offers the closest ones instead.
package understand

import (
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Intent is what somebody wants of the bot.
type Intent string

// The intents.
const (
	Request Intent = "request"
	List    Intent = "list"    // what do I have, what do I wait for
	Cancel  Intent = "cancel"  // take a request back
	Extend  Intent = "extend"  // more time
	Release Intent = "release" // done, give it back
	Help    Intent = "help"
	Other   Intent = "other" // none of these: perhaps a reason, perhaps a chat
)

// World is what the words are read against.
type World struct {
	Index  *Index                // the catalogue
	People []approvals.Principal // for names and addresses; may be empty
	Now    time.Time
	Zone   *time.Location // the speaker's; nil: UTC
	// CloseOfDay is when "end of day" is, after local midnight. Zero: 18 h.
	CloseOfDay time.Duration
	// Speaker is who says it: access for the speaker is for nobody else. May be
	// empty.
	Speaker approvals.PrincipalID
}

// Wish is what was understood. What is empty was not said, or not clearly.
type Wish struct {
	Intent Intent
	// Amends says that the words correct a wish that was said before, such as
	// "make it 4 hours". Their Intent is Other: there may be nothing to correct.
	Amends      bool
	Entitlement approvals.EntitlementID // empty: see Candidates
	// Candidates are at most three entitlements, closest first, when the words
	// fit more than one or none exactly.
	Candidates []approvals.EntitlementID
	// Together are the entitlements of a text that asks for two or more, each
	// of them clearly, in the order they were named. Entitlement is empty then.
	Together []approvals.EntitlementID
	Duration time.Duration // whole minutes; zero: not said
	Until    time.Time     // when an end was said instead of a length; Duration is then what is left to it
	// Unread: an end was said that is over, too far away, or begins later. There
	// is no Duration then.
	Unread bool
	Reason string
	Ticket string
	// Beneficiary is who the access is for, when somebody was named.
	Beneficiary approvals.PrincipalID
	// Unknown is a name or address after "for" that nobody, or more than one
	// person, has.
	Unknown string
	// Sought is the part of the text that names the access, for searching again.
	Sought string
}
