package cards

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// bundleShown is how many requests of a bundle a card shows one by one; each
// takes two blocks at most.
const bundleShown = 20

// Bundle is what was asked together, as requester and beneficiary see it: one
// card with the state of each. There is at least one.
func Bundle(all []View) Card {
	v := all[0]
	drafts := draftsOf(all)
	title := fmt.Sprintf("%d requests%s", len(all), v.forWhomPlain())
	if drafts > 0 {
		title = fmt.Sprintf("Ready to send these %d?", len(all))
		if drafts < len(all) {
			title = fmt.Sprintf("%d of %d not sent yet", drafts, len(all))
		}
		if v.missingAny(all) {
			title = "Not quite ready"
		}
	}
	about := bold("Asked together") + v.forWhom() + v.bundled() + "\n" + bold("Why") + "  " + v.wish()
	blocks := []slack.Block{header(title), section(about)}
	text := plain(title, maxHeader) + ":"
	for _, v := range all[:min(len(all), bundleShown)] {
		line := bold(v.thing()) + " for " + v.length() + v.particulars() + "\n" + v.state()
		blocks = append(blocks, section(line))
		if buttons := v.ownButtons(); len(buttons) > 0 {
			blocks = append(blocks, actions(buttons...))
		}
		text += " " + v.thing() + ": " + v.state()
	}
	if n := len(all) - bundleShown; n > 0 {
		blocks = append(blocks, small(fmt.Sprintf("… and %d more.", n)))
	}
	if drafts > 0 && v.Reader.ID == v.Request.Requester {
		return v.bundleDraft(text, blocks, all)
	}
	open := slices.ContainsFunc(all, func(v View) bool { return !v.Request.State.Final() })
	if open && len(all) > 1 {
		blocks = append(blocks, actions(button(ActionCancelAll, string(v.Request.Bundle), "Cancel what is open", "Cancel all of these that nobody has answered")))
	}
	return Card{Text: bounded(text, maxText), Blocks: blocks}
}

// bundleDraft adds the buttons that send, change and drop all drafts.
func (v View) bundleDraft(text string, blocks []slack.Block, all []View) Card {
	id := string(v.Request.Bundle)
	change := button(ActionChangeAll, id, "Change…", "Change what these requests have in common")
	cancel := button(ActionCancelAll, id, "Cancel", "Cancel all of these")
	if v.missingAny(all) {
		add := primary(button(ActionChangeAll, id, "Add it…", "Fill in what is missing"))
		return Card{Text: bounded(text, maxText), Blocks: append(blocks, actions(add, cancel))}
	}
	if v.Unconfirmed {
		return v.introduced(bounded(text, maxText-700), blocks, ActionSendAll, id, change, cancel)
	}
	count := fmt.Sprintf("Send all %d", len(all))
	if draftsOf(all) < len(all) {
		count = "Send the rest"
	}
	send := primary(button(ActionSendAll, id, count, "Send these requests"))
	return Card{Text: bounded(text, maxText), Blocks: append(blocks, actions(send, change, cancel))}
}

// draftsOf counts what is not sent.
func draftsOf(all []View) int {
	n := 0
	for _, v := range all {
		if v.Request.State == approvals.RequestDraft {
			n++
		}
	}
	return n
}

func (v View) missingAny(all []View) bool {
	return slices.ContainsFunc(all, func(v View) bool {
		return v.Request.State == approvals.RequestDraft && Missing(v.Request, v.Entitlement) != ""
	})
}

// wish is the reason as a line of a card.
func (v View) wish() string {
	if v.Request.Reason == "" {
		return "not said yet"
	}
	return "“" + words(v.Request.Reason, 300) + "”"
}

// bundled is " as PROFILE" where a profile was asked.
func (v View) bundled() string {
	if v.Request.Profile == "" {
		return ""
	}
	return ", by the profile " + bold(words(v.Request.Profile, 60))
}

func (v View) forWhomPlain() string {
	if v.Request.Beneficiary == v.Request.Requester {
		return ""
	}
	if v.mine() {
		return " for you"
	}
	return " for " + plain(v.Beneficiary.Name, 60)
}

// state is how one request of several stands, in a line or two of markup.
func (v View) state() string {
	switch v.Request.State {
	case approvals.RequestDraft:
		if missing := Missing(v.Request, v.Entitlement); missing != "" {
			return missing
		}
		return "Not sent yet."
	case approvals.RequestPending:
		return strings.Join(v.waiting(), " ")
	case approvals.RequestApproved:
		_, lines, _ := v.grantStanding()
		return strings.TrimSpace(strings.Join(lines, " "))
	}
	return v.decided()
}

// ownButtons are what can be done with one request of several.
func (v View) ownButtons() []slack.BlockElement {
	switch v.Request.State {
	case approvals.RequestPending:
		return append(v.instead(), button(ActionCancel, string(v.Request.ID), "Cancel this one", "Cancel the request for "+v.plainThing()))
	case approvals.RequestApproved:
		_, _, buttons := v.grantStanding()
		return buttons
	}
	return nil
}
