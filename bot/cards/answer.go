package cards

import (
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// DenyForm is the modal in which an approver says why not. The note is read by
// the requester.
func DenyForm(v View) slack.ModalViewRequest {
	what := v.who() + " asks for " + bold(v.thing()) + " for " + bold(v.span()) + "."
	note := slack.NewPlainTextInputBlockElement(label("Ask in the channel first", 150), InputNote).WithMultiline(true).WithMaxLength(1000)
	hint := label(short(plain(v.Requester.FirstName(), 60)+" sees your words, and they are kept with the request.", 150), 150)
	return slack.ModalViewRequest{Type: slack.VTModal, Title: label("Deny with a note", 24), Submit: label("Deny", 24), Close: label("Not now", 24),
		CallbackID: CallbackDeny, PrivateMetadata: string(v.Request.ID),
		Blocks: slack.Blocks{BlockSet: []slack.Block{section(what), slack.NewInputBlock(InputNote, label("Why not", 100), hint, note)}}}
}

// LessForm is the modal in which an approver gives less time than was asked.
// It offers nothing longer. The note may stay empty.
func LessForm(v View) slack.ModalViewRequest {
	asked := v.Request.Duration
	what := v.who() + " asks for " + bold(v.thing()) + " for " + bold(v.span()) + v.forWhom() + "."
	if v.Entitlement.Sensitivity != "" {
		what += " Sensitivity: " + words(string(v.Entitlement.Sensitivity), 20) + "."
	}
	shorter := asked
	for _, d := range choices(asked, 0) {
		if d < asked {
			shorter = d
		}
	}
	first := v.Requester.FirstName()
	note := slack.NewPlainTextInputBlockElement(label("Ask again if it takes longer", 150), InputNote).WithMultiline(true).WithMaxLength(1000)
	return slack.ModalViewRequest{Type: slack.VTModal, Title: label("Approve for less time", 24), Submit: label("Approve", 24), Close: label("Not now", 24),
		CallbackID: CallbackLess, PrivateMetadata: string(v.Request.ID),
		Blocks: slack.Blocks{BlockSet: []slack.Block{section(what),
			slack.NewInputBlock(InputDuration, label("For how long", 100), label("It can be less than was asked, never more.", 150), durationInput(asked, shorter)),
			slack.NewInputBlock(InputNote, label("A word to "+plain(first, 60), 100), label("It is kept with the request.", 150), note).WithOptional(true)}}}
}

// given is for how long the answers so far approve.
func (v View) given() time.Duration {
	var answers []approvals.Approval
	for _, a := range v.Answers {
		answers = append(answers, a.Approval)
	}
	return approvals.Given(v.Request, answers)
}

// length is for how long a request asks, or was approved.
func (v View) length() string {
	if v.Request.State == approvals.RequestApproved {
		return approvals.Span(v.given())
	}
	return v.span()
}

// shortened is " for 1 hour of the 2 hours asked", in bold, when approvers gave
// less than was asked.
func (v View) shortened() string {
	if d := v.given(); d < v.Request.Duration {
		return " for " + bold(approvals.Span(d)) + " of the " + v.span() + " asked"
	}
	return ""
}
