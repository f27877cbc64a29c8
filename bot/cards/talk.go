package cards

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Remark repeats a comment below somebody else's card, marked whose words they are.
func Remark(v View) Card {
	c := *v.Comment
	who := bold(name(c.Author.Name)) + " · about " + v.thing()
	blocks := []slack.Block{small(who), quote(c.Text)}
	text := who + ": “" + words(c.Text, 1000) + "”"
	if r := v.Request; v.Reader.ID != "" && (v.Reader.ID == r.Requester || v.Reader.ID == r.Beneficiary) { // an approver's card says so already
		blocks = append(blocks, small("Reply in this thread, and "+name(c.Author.FirstName())+" gets it."))
	}
	return Card{Text: bounded(text, maxText), Blocks: blocks}
}

// Who answers "who can approve?" from the stored decision.
func Who(v View) Card {
	switch {
	case v.Request.State == approvals.RequestDraft:
		return Say("Nobody has been asked yet: it is decided who may approve this when you send it.")
	case v.Request.State.Final():
		return Say("Nobody any more. " + v.decided())
	case len(v.Asked) == 0:
		return Say("Nobody may approve this right now.")
	}
	s := join(v.asked(), 12) + " can approve " + bold(v.thing()) + " for " + name(v.Beneficiary.Name) + "."
	if q := v.quorum(); q > 1 {
		s += fmt.Sprintf(" It takes %d of them.", q)
	}
	if got := v.yes(); len(got) > 0 {
		s += " So far: " + join(got, 5) + v.shortened() + "."
	}
	if d := v.Decision; d != nil && d.Fallback {
		s += " Nobody else may, so the security queue was asked."
	}
	return Say(s)
}

// WhoWould answers "who can approve X?" before anybody has asked for it, from
// the decision that a request would get now.
func WhoWould(v View) Card {
	d, what := v.Decision, bold(v.thing())+" for "+v.span()
	switch {
	case d.Ruling.Outcome == approvals.AutoApprove:
		return Say("Nobody has to: as things are, " + what + " would be allowed at once.")
	case d.Ruling.Outcome == approvals.Refuse:
		return Say("Nobody: as things are, policy refuses " + what + " to you. " + words(d.Ruling.Words, 500))
	case len(v.Asked) == 0:
		return Say("As things are, nobody may approve " + what + " for you.")
	}
	s := "As things are, " + join(v.asked(), 12) + " can approve " + what + " for you."
	if q := v.quorum(); q > 1 {
		s += fmt.Sprintf(" It takes %d of them.", q)
	}
	if d.Fallback {
		s += " Nobody else may, so the security queue would be asked."
	}
	return Say(s)
}

// Several says that a question names more than one thing.
func Several(of []approvals.Entitlement) Card {
	var names []string
	for _, e := range of {
		called := words(e.Name, 120)
		if slices.ContainsFunc(of, func(o approvals.Entitlement) bool { return o.ID != e.ID && o.Name == e.Name }) {
			called = View{Entitlement: e}.thing()
		}
		names = append(names, bold(called))
	}
	return Say("Which one do you mean: " + join(names, 5) + "? Please ask again with its name.")
}

// Why answers "why was I asked?", and to those who wait, why people are asked
// at all, from the stored decision.
func Why(v View) Card {
	if v.Decision == nil {
		return Say("Nobody has been asked yet: it is decided when this is sent.")
	}
	d := *v.Decision
	title := bold(v.thing()) + " for " + name(v.Beneficiary.Name)
	switch {
	case d.Ruling.Outcome == approvals.Refuse:
		title += " is refused by policy."
	case d.Ruling.Outcome == approvals.AutoApprove && v.Request.DecidedBy == "":
		title += " was allowed at once; nobody had to be asked."
	default:
		title += " needs somebody's approval."
	}
	switch reasons := v.asks(d); {
	case v.Reader.ID == v.Request.Requester || v.Reader.ID == v.Request.Beneficiary:
	case !slices.Contains(d.Approvers, v.Reader.ID):
		title += " You are not among those who may answer it."
	case d.Fallback:
		title += " You are asked because nobody else may answer, and you are in the security queue."
	case len(reasons) > 0:
		title += " You are asked because " + join(reasons, 4) + "."
	default:
		title += " You are among those who may answer it."
	}
	lines := append([]string{"", bold("What the policy says")}, law(d.Ruling)...)
	return Card{Text: bounded(title+"\n"+strings.Join(lines[1:], "\n"), maxText), Blocks: paragraphs(title, lines)}
}

// asks says for which of the entitlement's approver references the reader
// stands, by the facts of the decision.
func (v View) asks(d approvals.Decision) []string {
	var why []string
	for _, ref := range d.Facts.Entitlement.Approvers {
		switch kind, of := ref.Split(); {
		case kind == string(approvals.ApproverManager) && d.Facts.Beneficiary.Manager == v.Reader.ID:
			why = append(why, "you are "+name(v.Beneficiary.FirstName())+"'s manager")
		case kind == string(approvals.ApproverOwner) && slices.Contains(d.Facts.Entitlement.Owners, v.Reader.ID):
			why = append(why, "you own it")
		case kind == "person" && of == string(v.Reader.ID):
			why = append(why, "the catalogue names you")
		case kind == "group" && v.Reader.In(of):
			why = append(why, "you are in the group "+words(of, 60))
		}
	}
	return why
}

// Joined is several answers in one message, as many as fit.
func Joined(answers []Card) Card {
	var all Card
	for _, c := range answers {
		if len(all.Blocks)+len(c.Blocks) > maxBlocks {
			break
		}
		all.Text, all.Blocks = strings.TrimSpace(all.Text+"\n"+c.Text), append(all.Blocks, c.Blocks...)
	}
	all.Text = bounded(all.Text, maxText)
	return all
}

// Unclear says that words about a draft were not understood.
func Unclear() Card {
	return Say("I couldn't tell what to change, so the request is as it was. Say it in other words, such as “make it 4 hours”, or press Change… on the card.")
}

// UnreadEnd says that a card has the usual length, since the end that was said
// is none.
func UnreadEnd() Card {
	return Say("I couldn't use the end that you gave: it is over already, too far away, or not until now. The card has the usual length. For another, write for instance “make it 2 hours”, or press Change… on the card.")
}

// Waiting is a request that waits for its view's reader, and the address of the
// card with the buttons; "" when that is not known.
type Waiting struct {
	View
	Link string
}

// ButtonsDecide says that words alone approve and deny nothing, and of all that
// waits for somebody names the first.
func ButtonsDecide(first []Waiting, all int) Card {
	lines := []string{"Only the buttons on a request's card decide, since it is the click that tells who you are and that you mean it."}
	switch all {
	case 0:
		lines[0] += " Nothing waits for your answer."
	case 1:
		lines[0] += " This waits for your answer:"
	default:
		lines[0] += fmt.Sprintf(" These %d wait for your answer:", all)
	}
	for _, w := range first {
		line := "•  " + w.asksFor() + ", asked by " + name(w.Requester.Name)
		if w.Link != "" {
			line += ": <" + w.Link + "|open the card>"
		}
		lines = append(lines, line)
	}
	if n := all - len(first); n > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more: see the Home tab.", n))
	}
	return Say(strings.Join(lines, "\n"))
}

// Unheard says that a comment was kept, and that nobody reads it.
func Unheard() Card {
	return Say("I've kept this with the request. Nobody was asked about it, so nobody was told.")
}
