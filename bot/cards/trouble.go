package cards

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Trouble is what an admin must see.
type Trouble struct {
	Overdue    int                 // grants whose access outlives its end
	Oldest     time.Duration       // for how long the oldest of them has
	Failing    []View              // grants that can't be set up or taken away yet, with Grant
	Stale      bool                // the directory is out of date
	Unreached  []string            // channels that can't be posted to
	Undone     int                 // messages that could not be delivered since the start
	OnHold     []approvals.Binding // accounts that an admin must confirm
	Unreviewed []Emergency         // break-glass that nobody has reviewed
	Restored   approvals.Restore   // the last time that the database was found to be older than it should be
	Reviews    approvals.ReviewStanding
	Drift      map[approvals.DriftKind]int
	Names      map[approvals.PrincipalID]string
}

// troubles bounds the lines of each kind of trouble.
const troubles = 3

// blocks is the part of the Home tab that only admins have; nothing while all
// is well.
func (t *Trouble) blocks() []slack.Block {
	if t == nil {
		return nil
	}
	var blocks []slack.Block
	if s := t.words(); s != "" {
		blocks = append(blocks, section(s))
	}
	for _, b := range t.OnHold[:min(len(t.OnHold), troubles)] {
		s := "The account of " + bold(name(t.Names[b.Principal])) + " is on hold because " + words(b.Note, 200) + "."
		blocks = append(blocks, section(s), actions(free(b.Subject, t.Names[b.Principal])))
	}
	if n := len(t.OnHold) - troubles; n > 0 {
		blocks = append(blocks, small(fmt.Sprintf("… and %d more accounts are on hold.", n)))
	}
	blocks = append(blocks, unreviewed(t.Unreviewed)...)
	if n := len(t.Unreviewed) - troubles; n > 0 {
		blocks = append(blocks, small(fmt.Sprintf("… and %d more break-glass to review.", n)))
	}
	if len(blocks) > 0 {
		blocks = append([]slack.Block{header("Needs attention")}, blocks...)
	}
	if how := reviewing(t.Reviews); len(how) > 0 {
		blocks = append(append(blocks, header("Reviews")), how...)
	}
	return blocks
}

func (t *Trouble) words() string {
	var lines []string
	if t.Restored.Open() {
		lines = append(lines, fmt.Sprintf("The database was restored or rolled back: its log has %d events and had %d. Nothing new is granted, and what may have been extended does not end, until an admin accepts it: `hallpass reconcile`.",
			t.Restored.Had, t.Restored.Known))
	}
	if t.Overdue > 0 {
		late := approvals.Span(t.Oldest)
		lines = append(lines, plural(t.Overdue, "One grant should have ended "+late+" ago and still gives access.", "%d grants should have ended and still give access, the oldest for "+late+"."))
	}
	for _, v := range t.Failing[:min(len(t.Failing), troubles)] {
		step := "set up"
		if v.Grant.State == approvals.GrantRevoking {
			step = "taken away"
		}
		lines = append(lines, fmt.Sprintf("%s of %s can't be %s yet; %s", bold(v.thing()), name(v.Beneficiary.Name), step, v.tries(150)))
	}
	if n := len(t.Failing) - troubles; n > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more can't be set up or taken away yet.", n))
	}
	lines = append(lines, drifted(t.Drift)...)
	if t.Stale {
		lines = append(lines, "The directory is out of date: nothing is approved at once.")
	}
	if n := len(t.Unreached); n > 0 {
		channels := make([]string, n)
		for i, c := range t.Unreached {
			channels[i] = words(c, 80)
		}
		lines = append(lines, "These channels can't be posted to, so their approvers are asked one by one: "+join(channels, 5)+". Invite the bot to them.")
	}
	if t.Undone > 0 {
		lines = append(lines, plural(t.Undone, "One message", "%d messages")+" could not be delivered since the start; the log says which.")
	}
	return strings.Join(lines, "\n")
}

// plural says how many there are: one of them in words, more by number.
func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

// Held says that a person's account is on hold, to an admin, who may free it.
// user is the account's id, person the name of whom it is bound to.
func Held(sentence, user, person string) Card {
	card := Tell(sentence)
	card.Blocks = append(card.Blocks, actions(free(user, person)))
	return card
}

// free is the button by which an admin frees an account that is on hold.
func free(user, person string) slack.BlockElement {
	b := button(ActionConfirm, user, "It is still them", "Confirm that the account still belongs to the same person")
	b = confirm(b, "Free this account?", "This account gets back all rights of "+plain(cmp.Or(person, user), 80)+". Ask them by another way first.", "Free it", true)
	return b.WithStyle(slack.StyleDanger)
}

// drifted says in how many places systems and grants differ.
func drifted(n map[approvals.DriftKind]int) (lines []string) {
	if outside := n[approvals.DriftOutside] + n[approvals.DriftChanged]; outside > 0 {
		lines = append(lines, plural(outside, "One person or account has access that nobody granted.", "%d people or accounts have access that nobody granted.")+" `hallpass drift` lists them.")
	}
	if gone := n[approvals.DriftVanished]; gone > 0 {
		lines = append(lines, plural(gone, "One grant lacks its access: it was taken away outside.", "%d grants lack their access: it was taken away outside."))
	}
	if short := n[approvals.DriftShrunk]; short > 0 {
		lines = append(lines, plural(short, "One list of holders is too short to be believed.", "%d lists of holders are too short to be believed."))
	}
	return lines
}
