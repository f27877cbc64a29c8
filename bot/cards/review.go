package cards

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The action and callback ids of reviews of past decisions. A button's value,
// and a form's metadata, is the id of a campaign and that of a request.
const (
	ActionReviewRight   = "review_right"
	ActionReviewWrong   = "review_wrong"  // opens the form for the note
	ActionReviewUnsure  = "review_unsure" // opens the form for the note
	ActionReviewBegin   = "review_begin"  // an admin starts one; it has no value
	CallbackReviewWrong = "review_wrong_form"
	CallbackReviewOther = "review_unsure_form"
)

// Past is one decision of a campaign as its reviewer sees it. The View is of
// when it was decided: people and entitlement as they were then.
type Past struct {
	View
	Case approvals.ReviewCase
	Next bool // there is a decision to look at; else only how the campaign stands
}

func (p Past) blind() bool { return p.Case.Campaign.Kind == approvals.CampaignBlind }

func (p Past) value() string {
	return string(p.Case.Campaign.ID) + " " + string(p.Case.Item.Request)
}

// bar is how much of something is done.
func bar(done, of int) string {
	const width = 20
	full := width
	if of > 0 {
		full = width * done / of
	}
	return strings.Repeat("▓", full) + strings.Repeat("░", width-full)
}

// covers says which decisions a campaign is about: from which day to which.
func covers(c approvals.Campaign) string {
	const day = "2 Jan 2006"
	first, last := c.From.Format(day), c.To.Add(-1).Format(day)
	if first == last {
		return first
	}
	return first + " to " + last
}

// Review is the one message through which somebody reviews a campaign: the next
// decision that waits for them, with what was known then. In a blind review it
// says neither what was decided nor how it scored.
func Review(p Past) Card {
	title := "Was this right?"
	if p.blind() {
		title = "What would you have said?"
	}
	if !p.Next {
		return p.over()
	}
	answered, of := p.Case.Campaign.Progress()
	how := fmt.Sprintf("%s %d of %d · %d left for you · until %s", bar(answered, of), answered, of, p.Case.Left, p.clock(p.Case.Campaign.DueAt))
	text := p.told()
	blocks := []slack.Block{header(title), small(how), section(text)}
	if p.Request.ID != "" {
		blocks = append(blocks, small("Why, in "+name(p.Requester.FirstName())+"'s words"), quote(p.Request.Reason))
		text += " Why: “" + words(p.Request.Reason, 300) + "”."
	}
	if !p.blind() && p.Decision != nil {
		if risk := p.risk(*p.Decision); risk != "" {
			blocks = append(blocks, section(risk))
		}
	}
	for _, r := range p.rules() {
		said := "Approved by " + bold(words(r.ID, 80))
		if r.Reason != "" {
			said += ": " + words(r.Reason, 300)
		}
		blocks = append(blocks, section(said))
		if text := conditions(r.Text); text != "" {
			blocks = append(blocks, code(text))
		}
		text += " " + said
	}
	blocks = append(blocks, actions(p.verdicts()...))
	return Card{Text: bounded(title+" "+text, maxText), Blocks: blocks}
}

// conditions are a rule's own words, without the annotations above it: its id
// and its reason stand before them.
func conditions(text string) string {
	for rest := text; rest != ""; {
		line, after, _ := strings.Cut(rest, "\n")
		if line = strings.TrimSpace(line); line != "" && line[0] != '@' && !strings.HasPrefix(line, "//") {
			return rest
		}
		rest = after
	}
	return strings.TrimSpace(text)
}

// rules are those that approved it, a few; none in a blind review.
func (p Past) rules() []approvals.RuleText {
	if p.blind() {
		return nil
	}
	return p.Case.Rules[:min(len(p.Case.Rules), troubles)]
}

// told says who was given what, or in a blind review asked for it.
func (p Past) told() string {
	if p.Decision == nil {
		return "Request " + words(string(p.Case.Item.Request), 80) + ": the database no longer has this decision; the audit log does."
	}
	who := bold(name(p.Beneficiary.Name))
	var role []string
	for _, s := range []string{p.Beneficiary.Title, p.Beneficiary.Department} {
		if s != "" {
			role = append(role, words(s, 80))
		}
	}
	if len(role) > 0 {
		who += " (" + strings.Join(role, ", ") + ")"
	}
	verb := " was given "
	if p.blind() {
		verb = " asked for "
	}
	said := who + verb + bold(p.thing()) + " for " + bold(approvals.Span(p.Decision.Facts.Duration)) + ", " + p.clock(p.Decision.At)
	if p.Requester.ID != p.Beneficiary.ID {
		said += ", asked for by " + name(p.Requester.Name)
	}
	if !p.blind() {
		said += ", and nobody was asked"
	}
	if t := p.Decision.Facts.Ticket; t != "" {
		said += ". Ticket " + words(t, 100)
	}
	return said + "."
}

func (p Past) verdicts() []slack.BlockElement {
	labels := [3]string{"Right", "Wrong…", "Unsure…"}
	if p.blind() {
		labels = [3]string{"I'd approve", "I'd refuse…", "Can't tell…"}
	}
	return []slack.BlockElement{
		primary(button(ActionReviewRight, p.value(), labels[0], labels[0]+", and show me the next")),
		button(ActionReviewWrong, p.value(), labels[1], "Say what was wrong"),
		button(ActionReviewUnsure, p.value(), labels[2], "Leave it to the security group"),
	}
}

// over is the message when nothing waits for its reader.
func (p Past) over() Card {
	c := p.Case.Campaign
	text := fmt.Sprintf("You have looked at %s of the review of %s. Nothing more waits for you; thank you.",
		plural(p.Case.Done, "one decision", "%d decisions"), covers(c))
	if c.State == approvals.CampaignClosed {
		text = "The review of " + covers(c) + " is over. " + words(c.Words, 600)
	}
	return Card{Text: text, Blocks: []slack.Block{section(text)}}
}

// ReviewForm is the modal for a verdict with a note.
func ReviewForm(p Past, wrong bool) slack.ModalViewRequest {
	title, callback, what := "Unsure", CallbackReviewOther, "What would you need to know?"
	if wrong {
		title, callback, what = "Wrong", CallbackReviewWrong, "What was wrong?"
	}
	if wrong && p.blind() {
		title, what = "I'd refuse", "Why would you have refused?"
	}
	note := slack.NewInputBlock(InputNote, label(what, 100), nil,
		slack.NewPlainTextInputBlockElement(nil, InputNote).WithMultiline(true).WithMaxLength(1000))
	note.Optional = !wrong
	said := p.told()
	if !wrong {
		said += "\nThe security group looks at it instead of you."
	}
	return slack.ModalViewRequest{Type: slack.VTModal, Title: label(title, 24), Submit: label("Send", 24), Close: label("Not now", 24),
		CallbackID: callback, PrivateMetadata: p.value(), Blocks: slack.Blocks{BlockSet: []slack.Block{section(said), note}}}
}

// ReviewDue reminds a reviewer of what is left.
func ReviewDue(p Past) Card {
	text := plural(p.Case.Left, "One decision still waits", "%d decisions still wait") + " for your review until " + p.clock(p.Case.Campaign.DueAt) +
		". A rule whose decisions nobody reviewed stops approving by itself."
	if p.blind() {
		text = plural(p.Case.Left, "One request still waits", "%d requests still wait") + " for what you would have said, until " + p.clock(p.Case.Campaign.DueAt) + "."
	}
	return Card{Text: text, Blocks: []slack.Block{section(text)}}
}

// stated bounds the strata that a message lists.
const stated = 20

// ReviewResult says what came of a campaign.
func ReviewResult(c approvals.Campaign) Card {
	text := "The review of " + covers(c) + " is finished. " + words(c.Words, 800)
	var lines []string
	for _, s := range c.Strata[:min(len(c.Strata), stated)] {
		mark := map[approvals.StratumOutcome]string{approvals.StratumPassed: "✓", approvals.StratumFailed: "✗ failed", approvals.StratumLate: "✗ not reviewed in time"}[s.Outcome]
		found := ", all right"
		if n := s.Deviations(); n > 0 || s.Answered() == 0 {
			found = fmt.Sprintf(", %d not right", n)
		}
		lines = append(lines, fmt.Sprintf("%s  %s: looked at %d of %d%s", mark, words(s.Name, 100), s.Answered(), s.Population, found))
	}
	if n := len(c.Strata) - stated; n > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more.", n))
	}
	blocks := []slack.Block{header("Review finished"), section(text)}
	if len(lines) > 0 {
		blocks = append(blocks, paragraphs(lines[0], lines[1:])...)
	}
	blocks = append(blocks, small("The signed result is in the audit log. `hallpass review status "+words(string(c.ID), 80)+"` shows every exception; `hallpass review redraw` draws the sample again."))
	return Card{Text: bounded(text, maxText), Blocks: blocks}
}

// reviewing is the part of an admin's Home tab about campaigns and lapsed rules.
func reviewing(st approvals.ReviewStanding) []slack.Block {
	var lines []string
	for _, c := range st.Campaigns[:min(len(st.Campaigns), troubles)] {
		answered, of := c.Progress()
		state := fmt.Sprintf("%s %d of %d", bar(answered, of), answered, of)
		switch c.State {
		case approvals.CampaignFrozen:
			state = fmt.Sprintf("%d of %d computed again", c.Checked, c.Population)
		case approvals.CampaignChecked:
			state = "waits for a signed checkpoint, which draws the sample"
		}
		line := "Review of " + covers(c) + ": " + state
		if c.Found > 0 {
			line += ". Computing again found " + plural(c.Found, "one exception", "%d exceptions")
		}
		lines = append(lines, line+".")
	}
	var blocks []slack.Block
	if len(lines) > 0 {
		blocks = paragraphs(lines[0], lines[1:])
	}
	blocks = append(blocks, lapses(st.Lapses)...)
	if st.Ready {
		blocks = append(blocks, begin())
	}
	return blocks
}

// begin is the button by which an admin starts a review.
func begin() slack.Block {
	b := button(ActionReviewBegin, "", "Start the yearly review…", "Start the review of what was approved automatically in the last year")
	b = confirm(b, "Start the yearly review?", "All that was approved automatically in the last year is computed again, and the rules' owners are asked about a sample that nobody can choose. "+
		"A rule that turns out wrong, or that nobody reviews in time, stops approving by itself.", "Start it", false)
	said := section("What rules approved by themselves is reviewed by people once a year, or whenever you like.")
	said.Accessory = slack.NewAccessory(b)
	return said
}
