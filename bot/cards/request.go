package cards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Draft is a wish as it was understood, for its requester to look at, change
// and send. It asks for what is missing.
func Draft(v View) Card {
	r, id := v.Request, string(v.Request.ID)
	if r.Entitlement == "" {
		return pick(v)
	}
	what := bold(v.thing()) + "\n" + bold("For") + "  " + v.span() + v.particulars()
	if r.Beneficiary != r.Requester {
		what += "\n" + bold("For whom") + "  " + name(v.Beneficiary.Name)
	}
	blocks := []slack.Block{header("Ready to send?"), section(what)}
	text := "Ready to send? " + v.thing() + " for " + v.span() + v.forWhom() + "."
	if s := v.Proposed.words(); s != "" {
		blocks = append(blocks, small(s))
		text += " " + s
	}
	missing := Missing(r, v.Entitlement)
	if r.Reason != "" {
		blocks = append(blocks, small("Why, in your words"), quote(r.Reason))
		text += " Why: “" + words(r.Reason, 300) + "”."
	}
	change := button(ActionChange, id, "Change…", "Change this request")
	cancel := button(ActionCancel, id, "Cancel", "Cancel this request")
	if missing != "" {
		blocks = append(blocks, section(missing), actions(primary(button(ActionChange, id, "Add it…", "Fill in what is missing")), cancel))
		return Card{Text: text + " " + missing, Blocks: blocks}
	}
	if v.Unconfirmed {
		return v.introduced(text, blocks, ActionSend, id, change, cancel)
	}
	send := primary(button(ActionSend, id, "Send", "Send this request"))
	return Card{Text: text, Blocks: append(blocks, actions(send, change, cancel))}
}

// introduced asks with a first request whether its person is who the directory
// says: sending answers that.
func (v View) introduced(text string, blocks []slack.Block, action, id string, change, cancel slack.BlockElement) Card {
	who := "You are " + bold(name(v.Reader.Name))
	for _, about := range []string{v.Reader.Title, v.Reader.Department} {
		if about != "" {
			who += ", " + words(about, 60)
		}
	}
	if v.Manager.Name != "" {
		who += "; your manager is " + name(v.Manager.Name)
	}
	who += "."
	send := primary(button(action, id+" "+ValueMe, "Send", "Say that this is you, and send this request"))
	other := button(ActionNotMe, id, "That's not me", "Say that you are somebody else; nothing is sent")
	other = confirm(other, "Not you?", "Nothing is sent, and this account can do nothing here until an admin has put it right.", "That's not me", true)
	return Card{Text: text + " " + who + " Is that you?",
		Blocks: append(blocks, section(who+" Is that you? Sending says so; it is asked only once."), actions(send, change, cancel, other.WithStyle(slack.StyleDanger)))}
}

// words names what a language model filled in, "" when nothing.
func (p *Proposed) words() string {
	if p == nil {
		return ""
	}
	var slots []string
	for _, slot := range []struct {
		name string
		set  bool
	}{{"the access", p.Access}, {"the time", p.Duration}, {"the reason", p.Reason}, {"the ticket", p.Ticket}} {
		if slot.set {
			slots = append(slots, bold(slot.name))
		}
	}
	return "Proposed from your words by a language model (" + words(p.Model, 60) + "): " + join(slots, 4) + ". Please look before you send: it may be wrong."
}

// Missing says what a draft lacks first, in a sentence, one thing at a time;
// "" when it can be sent.
func Missing(r approvals.Request, e approvals.Entitlement) string {
	switch {
	case r.Duration > e.MaxDuration && e.MaxDuration > 0:
		return fmt.Sprintf("It can be had for at most %s at a time: please choose a shorter time.", approvals.Span(e.MaxDuration))
	case strings.TrimSpace(r.Reason) == "":
		return "Please say in a few words what you need it for. Just write it here, or use the form."
	case e.TicketRequired && r.Ticket == "":
		return "This one needs a ticket number. Just write it here, or use the form."
	}
	for _, f := range e.Fields {
		if err := f.Check(r.Fields[f.Name]); err != nil {
			return words(approvals.ErrorMessage(err), 300) + " Please use the form."
		}
	}
	return ""
}

// pick offers the closest entitlements when the words leave it open.
func pick(v View) Card {
	id := string(v.Request.ID)
	cancel := button(ActionCancel, id, "Cancel", "Cancel this request")
	choose := button(ActionChange, id, "Choose another…", "Choose from the whole catalogue")
	if len(v.Offered) == 0 {
		text := "I couldn't tell which access you mean."
		if v.Sought != "" {
			text = "I searched the catalogue for “" + words(v.Sought, 100) + "” and found nothing."
		}
		return Card{Text: text + " Please choose it from the list.", Blocks: []slack.Block{
			section(text + " Please choose it from the list."),
			actions(primary(button(ActionChange, id, "Choose…", "Choose from the whole catalogue")), cancel)}}
	}
	title, buttons := "Which one do you mean?", []slack.BlockElement{choose, cancel}
	if v.Together {
		title = "Both, or one of them?"
		all := "Ask for both"
		if n := len(v.Offered); n > 2 {
			title, all = "All of these, or one of them?", fmt.Sprintf("Ask for all %d", n)
		}
		buttons = slices.Insert(buttons, 0, slack.BlockElement(primary(button(ActionTogether, id, all, all+", as requests that are decided one by one"))))
	}
	blocks := []slack.Block{header(title)}
	shared := alike(v.Offered, func(e approvals.Entitlement) string { return e.Description })
	if shared && v.Offered[0].Description != "" {
		blocks = append(blocks, small(words(v.Offered[0].Description, 200)))
	}
	var names []string
	for i, e := range v.Offered {
		line := bold(words(e.Name, 120)) + "\n" + apart(e, v.Offered)
		if said := v.Offered[:i]; !shared && e.Description != "" && !slices.ContainsFunc(said, func(o approvals.Entitlement) bool { return o.Description == e.Description }) {
			line += "\n" + words(e.Description, 200)
		}
		b := button(fmt.Sprintf("%s/%d", ActionPick, i), id+" "+string(e.ID), "This one", "Choose "+e.Name)
		blocks = append(blocks, slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, bounded(line, maxSection), false, true), nil, slack.NewAccessory(b)))
		names = append(names, words(e.Name, 80))
	}
	return Card{Text: bounded(strings.TrimSuffix(title, "?")+": "+strings.Join(names, "; ")+"?", maxText), Blocks: append(blocks, actions(buttons...))}
}

// alike reports whether several entitlements, and not one alone, have the same
// in one regard.
func alike(of []approvals.Entitlement, regard func(approvals.Entitlement) string) bool {
	return len(of) > 1 && !slices.ContainsFunc(of, func(e approvals.Entitlement) bool { return regard(e) != regard(of[0]) })
}

// apart is what tells an entitlement from those that it is offered with.
func apart(e approvals.Entitlement, of []approvals.Entitlement) string {
	bits := []string{words(e.Level, 40) + " on " + words(e.Resource, 60)}
	if len(of) > 1 && !alike(of, func(e approvals.Entitlement) string { return e.System }) {
		bits = append(bits, "in "+words(e.System, 40))
	}
	if e.Environment != "" {
		bits = append(bits, words(e.Environment, 40))
	}
	bits = append(bits, "sensitivity "+words(string(e.Sensitivity), 20), "at most "+approvals.Span(e.MaxDuration))
	return strings.Join(bits, " · ")
}

// Request is a request as its requester and its beneficiary see it, from the
// moment it was sent to its end.
func Request(v View) Card {
	r := v.Request
	if r.State == approvals.RequestDraft {
		return Draft(v)
	}
	if v.Joined {
		return Say("Asked for together: the card is below.")
	}
	title, lines, buttons := v.standing()
	what := bold(v.thing()) + " for " + v.length() + v.forWhom()
	if r.Kind == approvals.KindExtension {
		what = v.length() + " more of " + bold(v.thing())
	}
	blocks := []slack.Block{header(title), section(what + v.particulars()), section(strings.Join(lines, "\n"))}
	if (r.State == approvals.RequestDenied || r.State == approvals.RequestApproved) && r.DecidedBy != "" && r.Note != "" {
		blocks = append(blocks, small("In the approver's words"), quote(r.Note))
	}
	text := words(title, maxHeader) + ": " + what + ". " + strings.Join(lines, " ")
	if len(buttons) > 0 {
		blocks = append(blocks, actions(buttons...))
	}
	return Card{Text: bounded(text, maxText), Blocks: blocks}
}

// standing is the title, the sentences and the buttons of a request's state.
func (v View) standing() (title string, lines []string, buttons []slack.BlockElement) {
	r, id := v.Request, string(v.Request.ID)
	again := button(ActionAgain, id, "Ask again", "Ask for the same access again")
	switch r.State {
	case approvals.RequestPending:
		return "Sent", v.waiting(), append(v.instead(), button(ActionCancel, id, "Cancel request", "Cancel this request"))
	case approvals.RequestApproved:
		if r.Kind == approvals.KindExtension {
			return "Extended", []string{v.ground(), v.moved()}, nil
		}
		return v.grantStanding()
	case approvals.RequestDenied:
		return "Denied", []string{v.decided()}, []slack.BlockElement{again}
	case approvals.RequestLapsed:
		return "Lapsed", []string{v.decided()}, []slack.BlockElement{again}
	}
	return "Cancelled", []string{v.decided()}, []slack.BlockElement{again}
}

// moved says what an approved extension did. It stays true after the end, since
// the card is not drawn again by then.
func (v View) moved() string {
	if v.Grant == nil || v.Grant.State != approvals.GrantActive || v.Grant.Expired(v.Now) {
		return v.runs()
	}
	return "The end moved to " + bold(v.clock(v.Grant.EndsAt)) + "."
}

// grantStanding is the same for an approved request, whose grant tells where
// things are.
func (v View) grantStanding() (title string, lines []string, buttons []slack.BlockElement) {
	again := []slack.BlockElement{button(ActionAgain, string(v.Request.ID), "Ask again", "Ask for the same access again")}
	lines = []string{v.ground()}
	if runs := v.runs(); runs != "" {
		lines = append([]string{runs}, lines...)
	}
	g := v.Grant
	if g == nil {
		return "Approved", lines, nil
	}
	switch g.State {
	case approvals.GrantScheduled, approvals.GrantProvisioning:
		if g.LastError != "" {
			lines = append(lines, "The last try failed: "+words(g.LastError, 300)+" It is being tried again.")
		}
		return "Approved", lines, nil
	case approvals.GrantActive:
		if g.Expired(v.Now) {
			return "Ending", lines, nil
		}
		return v.has() + " access", lines, v.holding()
	case approvals.GrantRevoking:
		return "Ending", lines, nil
	case approvals.GrantResidual:
		return "Not ended completely", lines, nil
	case approvals.GrantFailed:
		if g.EndNote != "" {
			lines = append(lines, words(g.EndNote, 500))
		}
		return "Not set up", lines, again
	}
	if g.EndReason == approvals.EndFailed {
		return "Not set up", append(lines, words(g.EndNote, 500)), again
	}
	return "Ended", lines, again
}

// holding is what a holder can do with running access.
func (v View) holding() []slack.BlockElement {
	g := string(v.Grant.ID)
	buttons := []slack.BlockElement{button(ActionRelease, g, "I'm done", "Give this access back now")}
	if by := v.nextExtension(); by > 0 {
		buttons = append(buttons, button(ActionExtend, fmt.Sprintf("%s %d", g, by/time.Minute), "Extend by "+approvals.Span(by), "Ask for "+approvals.Span(by)+" more"))
	}
	return buttons
}

// nextExtension is what one click asks for: as long as the entitlement is
// usually had, within what its maximum leaves from the end on. Zero: nothing.
func (v View) nextExtension() time.Duration {
	left := (v.Entitlement.MaxDuration - v.Grant.EndsAt.Sub(v.Now)).Truncate(time.Minute)
	usual := v.Entitlement.DefaultDuration
	if first := v.Grant.Duration; usual <= 0 || first < usual {
		usual = first
	}
	return max(0, min(left, usual))
}

func (v View) quorum() int {
	if v.Decision == nil {
		return 1
	}
	return max(1, v.Decision.Ruling.Quorum)
}

// asked is those who were asked, in markup.
func (v View) asked() []string {
	names := make([]string, len(v.Asked))
	for i, n := range v.Asked {
		names[i] = name(n)
	}
	return names
}

// yes lists those who have approved, in markup.
func (v View) yes() []string {
	var names []string
	for _, a := range v.Answers {
		if a.Answer == approvals.Approved {
			who := bold(name(a.Name))
			if a.For != "" {
				who += " for " + name(a.For)
			}
			names = append(names, who)
		}
	}
	return names
}
