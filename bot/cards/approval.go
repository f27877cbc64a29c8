package cards

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// heaviest is how many factors an approver sees at first.
const heaviest = 3

// Approval is a request as an approver sees it: who wants what for how long
// and why, how risky it looks and for which reasons, and buttons. Once the
// request is settled it says by whom, and has none.
func Approval(v View) Card {
	r := v.Request
	asks := "asks for"
	what := bold(v.thing()) + " for " + bold(v.span())
	if r.Kind == approvals.KindExtension {
		what = bold(v.span()) + " more of " + bold(v.thing())
		if v.Grant != nil && r.State == approvals.RequestPending { // an approval moves the end
			what += ", which ends " + v.clock(v.Grant.EndsAt)
		}
	}
	if r.Beneficiary != r.Requester {
		what += " for " + bold(name(v.Beneficiary.Name))
	}
	sentence := v.who() + " " + asks + " " + what + "."
	title := map[approvals.RequestState]string{approvals.RequestApproved: "Approved", approvals.RequestDenied: "Denied",
		approvals.RequestCancelled: "Cancelled", approvals.RequestLapsed: "Lapsed"}[r.State]
	if title == "" {
		title = "May " + plain(v.Requester.FirstName(), 40) + " have this?"
	}
	blocks := []slack.Block{header(title), section(sentence + v.particulars())}
	if r.Reason != "" {
		blocks = append(blocks, small("Why, in "+name(v.Requester.FirstName())+"'s words"), quote(r.Reason))
	}
	if d := v.Decision; d != nil {
		blocks = append(blocks, section(v.risk(*d)))
	}
	text := sentence + " Why: “" + words(r.Reason, 300) + "”. " + v.riskText()
	if r.State != approvals.RequestPending {
		outcome := v.decided()
		if r.State == approvals.RequestApproved {
			outcome = strings.TrimSpace(outcome + " " + v.gave())
		}
		return Card{Text: bounded(title+". "+outcome+" "+sentence, maxText), Blocks: append(blocks, section(outcome))}
	}
	if who := v.asDelegate(); who != "" {
		blocks, text = append(blocks, section(who)), who+" "+text
	}
	if how := v.progress(); how != "" {
		blocks = append(blocks, section(how))
	}
	if done := v.done(); done != "" {
		return Card{Text: bounded(done+" "+text, maxText), Blocks: append(blocks, section(done))}
	}
	ask := "A question? Reply in the thread"
	if v.Reader.ID == "" {
		ask = "A question? Mention me in the thread" // of a channel the bot hears nothing else
	}
	foot := "All factors and the policy are in the thread. " + ask + ", and " + name(v.Requester.FirstName()) + " gets it."
	if why := v.security(); why != "" {
		foot = why + " " + foot
	} else if at, whom := v.escalates(); whom != "" {
		foot += " Without an answer by " + v.clock(at) + ", " + whom + " is asked as well."
	}
	foot += " It lapses " + v.clock(r.LapsesAt) + "."
	return Card{Text: bounded(text, maxText), Blocks: append(blocks, actions(v.answers()...), small(foot))}
}

// security says why the security queue is asked, "" when it is not.
func (v View) security() string {
	switch d := v.Decision; {
	case d == nil || !d.Fallback:
		return ""
	case d.Escalated: // also on the cards of those who did not answer
		return "The security queue is asked as well, because nobody answered in time."
	}
	return "You are asked because nobody else may answer this."
}

func (v View) answers() []slack.BlockElement {
	id := string(v.Request.ID)
	what := v.plainThing() + " for " + v.span() + ", for " + plain(v.Beneficiary.Name, 60)
	yes := primary(button(ActionApprove, id, "Approve", "Approve "+v.plainThing()))
	if v.Entitlement.Sensitivity.Rank() >= approvals.High.Rank() {
		yes = confirm(yes, "Approve this?", what+". Sensitivity: "+string(v.Entitlement.Sensitivity)+".", "Approve", false)
	}
	no := button(ActionDeny, id, "Deny", "Deny "+v.plainThing()).WithStyle(slack.StyleDanger)
	more := slack.NewOverflowBlockElement(ActionElse, slack.NewOptionBlockObject(id, label("Deny with a note…", maxOption), nil))
	less := button(ActionLess, id, "Change…", "Approve "+v.plainThing()+" for less time")
	leave := button(ActionAbstain, id, "Leave it to others", "Leave "+v.plainThing()+" to the other approvers")
	return []slack.BlockElement{yes, confirm(no, "Deny this?", what+".", "Deny", true), less, leave, more}
}

// baseFactor is where every request starts: it tells nothing of this one.
const baseFactor = "base"

// telling are the heaviest factors that speak of this request.
func telling(a approvals.Assessment) []approvals.Factor {
	fs := slices.DeleteFunc(slices.Clone(a.Factors), func(f approvals.Factor) bool { return f.Name == baseFactor || f.Points == 0 })
	return fs[:min(heaviest, len(fs))]
}

// said is a factor with what it does to the score, in words: an approver in a
// hurry need not know what a sign stands for.
func said(f approvals.Factor) string {
	effect := fmt.Sprintf("raises the risk by %d", f.Points)
	if f.Points < 0 {
		effect = fmt.Sprintf("lowers the risk by %d", -f.Points)
	}
	return strings.TrimSuffix(words(f.Words, 200), ".") + " (" + effect + ")."
}

// risk is the score with its heaviest factors in words.
func (v View) risk(d approvals.Decision) string {
	a := d.Assessment
	if a.Problem != "" {
		return bold("No risk score") + "\n" + words(a.Problem, 300)
	}
	lines := []string{bold(fmt.Sprintf("Risk %d of 100", a.Score)) + " · confidence " + words(string(a.Confidence), 20)}
	for _, f := range telling(a) {
		lines = append(lines, "•  "+said(f))
	}
	return strings.Join(lines, "\n")
}

func (v View) riskText() string {
	if v.Decision == nil || v.Decision.Assessment.Problem != "" {
		return "No risk score."
	}
	a := v.Decision.Assessment
	var why []string
	for _, f := range telling(a) {
		why = append(why, said(f))
	}
	return strings.TrimSpace(fmt.Sprintf("Risk %d of 100. %s", a.Score, strings.Join(why, " ")))
}

// Detail is what the thread under an approver's card holds: every factor, the
// policies that spoke, and what the numbers stand on.
func Detail(v View) Card {
	if v.Decision == nil {
		return Say("There is no decision yet.")
	}
	d := *v.Decision
	a := d.Assessment
	var blocks []slack.Block
	blocks = append(blocks, paragraphs(bold(fmt.Sprintf("Risk %d of 100", a.Score))+", the sum of:", factorLines(a))...)
	law := law(d.Ruling)
	blocks = append(blocks, paragraphs(bold("What the policy says"), law)...)
	foot := fmt.Sprintf("Confidence %s, from %s · model %s · facts %s · policy %s", words(string(a.Confidence), 20),
		plural(int(d.Facts.Evidence.World), "one decision of people", "%d decisions of people"), words(a.Model, 60), d.Facts.Digest()[:12], words(short(d.Ruling.Version.Digest, 13), 13))
	blocks = append(blocks, small(foot))
	text := fmt.Sprintf("Risk %d of 100, the sum of:\n", a.Score) + strings.Join(factorLines(a), "\n") + "\nWhat the policy says:\n" + strings.Join(law, "\n")
	if v.Summary != nil && v.Summary.Text != "" {
		blocks = append(blocks, small(bold("AI-written summary")+" · nothing was decided by it · "+words(v.Summary.Model, 60)), quote(v.Summary.Text))
		text = "AI-written summary: “" + words(v.Summary.Text, 1000) + "”.\n" + text
	}
	return Card{Text: bounded(text, maxText), Blocks: blocks}
}

// law is one line for each policy that spoke, and for what kept a permit from
// counting.
func law(r approvals.Ruling) []string {
	var lines []string
	for _, p := range r.Policies {
		lines = append(lines, fmt.Sprintf("•  %s %s: %s", words(p.Effect, 20), bold(words(p.ID, 80)), words(p.Reason, 300)))
	}
	for _, p := range r.Problems {
		lines = append(lines, "•  "+words(p, 300))
	}
	if len(lines) == 0 {
		lines = []string{"•  no policy permits it at once, so people are asked"}
	}
	return lines
}

func factorLines(a approvals.Assessment) []string {
	var lines []string
	if a.Problem != "" {
		lines = append(lines, "•  "+words(a.Problem, 300))
	}
	for _, f := range a.Factors {
		lines = append(lines, "•  "+points(f)+"  "+words(f.Words, 300))
	}
	return lines
}

// paragraphs puts lines under a title into as few sections as hold them, at
// most ten: what is beyond is counted.
func paragraphs(title string, lines []string) []slack.Block {
	var blocks []slack.Block
	markup := title
	for i, line := range lines {
		if len(markup)+len(line) > maxSection-50 {
			if len(blocks) == 9 {
				markup += fmt.Sprintf("\n… and %d more", len(lines)-i)
				break
			}
			blocks = append(blocks, section(markup))
			markup = line
			continue
		}
		markup += "\n" + line
	}
	return append(blocks, section(markup))
}

// Chase reminds an approver in the thread.
func Chase(v View) Card {
	if v.Request.State != approvals.RequestPending {
		return Say("This was answered meanwhile.")
	}
	return Say("Still waiting for an answer: " + v.thing() + " for " + name(v.Beneficiary.Name) + ". It lapses " + v.clock(v.Request.LapsesAt) + ".")
}
