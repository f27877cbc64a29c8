package cards

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The action ids, callback ids and inputs of break-glass. A review's buttons
// have the request's id as value; the button that opens the form has the id of
// an entitlement, or of none.
const (
	ActionGlass        = "break_glass" // opens the form
	ActionJustified    = "glass_justified"
	ActionNotJustified = "glass_not_justified" // opens the form for the note
	CallbackGlass      = "break_glass_form"
	CallbackFinding    = "glass_finding_form"

	InputSure = "sure"
)

// glassLongest is the longest time that the form offers: an emergency is short.
const glassLongest = 4 * time.Hour

// Emergency is a break-glass with its review.
type Emergency struct {
	View
	Review approvals.BreakGlassReview
	Closer approvals.Principal // who closed the review
}

// GlassOffer answers words about break-glass with the button for its form.
func GlassOffer(id approvals.EntitlementID) Card {
	text := "Break-glass opens access at once, before anybody answers. Security, the owners and your manager are told, and somebody else reviews it afterwards."
	open := button(ActionGlass, orNone(id), "Break glass…", "Open the form for an emergency").WithStyle(slack.StyleDanger)
	return Card{Text: text, Blocks: []slack.Block{section(text), actions(open)}}
}

// orNone is a button's value, which may not be empty.
func orNone(id approvals.EntitlementID) string {
	if id == "" {
		return "-"
	}
	return string(id)
}

// GlassForm is the modal in which glass is broken. Choosing its one answer is the
// explicit confirmation; whoever has not yet said that the account is theirs
// says so by it, and is named there.
func GlassForm(catalogue []approvals.Entitlement, f Filled, unconfirmed approvals.Principal) slack.ModalViewRequest {
	reason := slack.NewPlainTextInputBlockElement(label("What is broken?", 150), InputReason).WithMultiline(true).WithMaxLength(2000)
	if r := short(visible(f.Request.Reason, true), 2000); r != "" {
		reason = reason.WithInitialValue(r)
	}
	usual := time.Hour
	if most := f.Entitlement.MaxDuration; most > 0 {
		usual = min(usual, most)
	}
	says, private := "This is an emergency, and I will answer for it", ""
	if unconfirmed.ID != "" {
		says, private = "I am "+plain(unconfirmed.Name, 20)+", this is an emergency, and I answer for it", ValueMe
	}
	sure := slack.NewRadioButtonsBlockElement(InputSure, slack.NewOptionBlockObject("yes", label(says, maxOption), nil))
	return slack.ModalViewRequest{Type: slack.VTModal, Title: label("Break glass", 24), Submit: label("Open now", 24), Close: label("Close", 24),
		CallbackID: CallbackGlass, PrivateMetadata: private, Blocks: slack.Blocks{BlockSet: []slack.Block{
			section("Access opens at once. The security team, the owners and your manager are told, and somebody else reviews it. Until then you can't break glass again."),
			slack.NewInputBlock(InputEntitlement, label("Access", 100), nil, entitlementInput(catalogue, f)),
			slack.NewInputBlock(InputDuration, label("For how long", 100), nil, durationInput(glassLongest, usual)),
			slack.NewInputBlock(InputReason, label("Why it can't wait", 100), label("Everybody who is told reads your words.", 150), reason),
			slack.NewInputBlock(InputSure, label("Are you sure?", 100), nil, sure),
		}}}
}

// FindingForm is the modal in which a reviewer says why it was not justified.
func FindingForm(e Emergency) slack.ModalViewRequest {
	note := slack.NewPlainTextInputBlockElement(label("What should have happened instead?", 150), InputNote).WithMultiline(true).WithMaxLength(1000)
	hint := label(short(plain(e.Requester.FirstName(), 60)+" sees your words. What still runs of this access ends now.", 150), 150)
	return slack.ModalViewRequest{Type: slack.VTModal, Title: label("Not justified", 24), Submit: label("Close review", 24), Close: label("Not now", 24),
		CallbackID: CallbackFinding, PrivateMetadata: string(e.Request.ID),
		Blocks: slack.Blocks{BlockSet: []slack.Block{section(e.sentence()), slack.NewInputBlock(InputNote, label("Why not", 100), hint, note)}}}
}

// Glass is a break-glass as those see it who are told of it: who opened what
// and why, how it stands, and the buttons that close its review, which whoever
// was part of it does not have.
func Glass(e Emergency) Card {
	r, text := e.Request, e.sentence()
	blocks := []slack.Block{header("Break-glass"), section(text), small("Why, in " + name(e.Requester.FirstName()) + "'s words"), quote(r.Reason)}
	text += " Why: “" + words(r.Reason, 300) + "”."
	about := []string{e.reviewed(), e.ground()}
	if runs := e.runs(); runs != "" {
		about = append(about, runs)
	}
	if d := e.Decision; d != nil {
		for _, p := range d.Ruling.Problems[:min(len(d.Ruling.Problems), troubles)] {
			about = append(about, "Beware: "+words(p, 300))
		}
	}
	blocks = append(blocks, section(strings.Join(about, "\n")))
	blocks = append(blocks, e.note()...)
	if e.Review.Open() && !e.part() {
		blocks = append(blocks, actions(e.findings()...))
	}
	return Card{Text: bounded("Break-glass: "+text+" "+strings.Join(about, " "), maxText), Blocks: blocks}
}

// GlassMine adds to the card of whoever broke glass, or has access by it, how
// its review stands.
func GlassMine(card Card, e Emergency) Card {
	said := "Opened by " + bold("break-glass") + ". " + e.reviewed()
	card.Text = bounded(card.Text+" "+said, maxText)
	extra := append([]slack.Block{section(said)}, e.note()...)
	at := min(2, len(card.Blocks)) // below the title and what it is
	card.Blocks = append(card.Blocks[:at:at], append(extra, card.Blocks[at:]...)...)
	return card
}

// note is what the reviewer wrote, unless that is why access was taken back and
// stands there.
func (e Emergency) note() []slack.Block {
	if e.Review.Note == "" || e.Grant != nil && e.Grant.State == approvals.GrantRevoked && e.Grant.EndNote == e.Review.Note {
		return nil
	}
	return []slack.Block{small("In the reviewer's words"), quote(e.Review.Note)}
}

// part reports whether the reader is one of those whom it was by or for.
func (e Emergency) part() bool {
	return e.Reader.ID != "" && (e.Reader.SamePerson(e.Requester) || e.Reader.SamePerson(e.Beneficiary))
}

func (e Emergency) sentence() string {
	return bold(name(e.Requester.Name)) + " opened " + bold(e.thing()) + " for " + bold(e.span()) + e.forWhom() + ", before anybody answered."
}

// reviewed says how the review stands.
func (e Emergency) reviewed() string {
	if e.Review.Open() {
		due := "Somebody else must review it by " + e.clock(e.Review.DueAt) + "."
		if e.Review.Escalations > 0 {
			due = bold("The review is overdue.")
		}
		who := name(e.Requester.FirstName())
		if e.Reader.ID == e.Request.Requester {
			who = "you"
		}
		return due + " Until it is reviewed, " + who + " can't break glass again."
	}
	found := "justified"
	if e.Review.Finding == approvals.NotJustified {
		found = "not justified"
	}
	return "Reviewed " + e.clock(e.Review.ClosedAt) + " by " + bold(name(e.Closer.Name)) + ": " + bold(found) + "."
}

func (e Emergency) findings() []slack.BlockElement {
	id := string(e.Request.ID)
	yes := button(ActionJustified, id, "Justified", "Close the review: it was justified")
	yes = confirm(primary(yes), "Was it justified?", plain(e.Requester.Name, 60)+" may break glass again then.", "Justified", false)
	return []slack.BlockElement{yes, button(ActionNotJustified, id, "Not justified…", "Close the review: it was not justified").WithStyle(slack.StyleDanger)}
}

// unreviewed is the part of an admin's Home tab about open reviews.
func unreviewed(open []Emergency) []slack.Block {
	var blocks []slack.Block
	for _, e := range open[:min(len(open), troubles)] {
		blocks = append(blocks, section(e.sentence()+"\n"+e.reviewed()))
		if !e.part() {
			blocks = append(blocks, actions(e.findings()...))
		}
	}
	return blocks
}
