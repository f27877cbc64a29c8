// Package cards draws what people see in Slack: messages, the Home tab and the
// form, as pure functions from state to blocks and text.
//
// Every card carries a text that says it all, since phones show only that, and
// stays within Slack's limits whatever people's words and names are: they are
// cut, escaped, stripped of what cannot be seen, and never interpreted. The
// package must never read or change state, and never put more into a button
// than an opaque id.
package cards

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"
)

// Card is a message: its blocks, and the text that stands for them.
type Card struct {
	Text   string
	Blocks []slack.Block
}

// Digest tells two contents of one message apart.
func (c Card) Digest() string {
	b, err := json.Marshal(c.Blocks)
	if err != nil { // blocks are made here, from strings
		panic(fmt.Sprintf("cards: marshal blocks: %v", err))
	}
	sum := sha256.Sum256(append(b, c.Text...))
	return hex.EncodeToString(sum[:16])
}

// ValueMe follows the id in the Send button of a card that asks its reader
// whether they are who they are taken for.
const ValueMe = "me"

// The action ids of buttons and inputs, and the callback ids of the forms. A
// button's value is the id of a request or grant; what follows a space in it
// is an entitlement's id or a number of minutes, and is checked like any input.
const (
	ActionSend   = "send"
	ActionChange = "change"
	ActionCancel = "cancel"
	ActionPick   = "pick" // followed by "/" and a number
	// ActionTogether asks for all that the words of a draft name.
	ActionTogether = "together"
	ActionApprove  = "approve"
	ActionDeny     = "deny"
	ActionElse     = "answer_else" // a menu; its option opens the form for a denial with a note
	ActionLess     = "answer_less" // opens the form for an approval of less time
	ActionAbstain  = "abstain"     // leaves the answer to the other approvers
	// ActionInstead and ActionTicket are followed by "/" and a number. Their
	// value is the id of a request that waits, and what is asked in its place:
	// minutes, and an entitlement's id where it is another one. The second
	// opens the form for the ticket that is needed with it.
	ActionInstead = "instead"
	ActionTicket  = "instead_ticket"
	// ActionSendAll, ActionChangeAll and ActionCancelAll have a bundle's id as value.
	ActionSendAll   = "send_all"
	ActionChangeAll = "change_all"
	ActionCancelAll = "cancel_all"
	ActionRelease   = "release"
	ActionExtend    = "extend"
	ActionMore      = "more" // a menu of extensions; the options' values are like the button's
	ActionLetEnd    = "let_end"
	ActionNotMe     = "not_me"    // the account is taken for somebody else's
	ActionConfirm   = "confirm"   // an account; its value is a Slack user id
	ActionAsk       = "ask"       // opens the form
	ActionAgain     = "ask_again" // a new draft like an old request
	CallbackForm    = "request_form"
	CallbackDeny    = "deny_form"
	CallbackLess    = "less_form"
	CallbackTicket  = "ticket_form"

	InputEntitlement = "entitlement"
	InputDuration    = "duration"
	InputReason      = "reason"
	InputTicket      = "ticket"
	InputFor         = "for"
	InputNote        = "note"
	InputStart       = "start"
	InputMore        = "more_access"
	// InputField begins the ids of inputs that the catalogue asks for; the
	// field's name follows.
	InputField = "field."
	// ProfilePrefix begins the value of a profile among the entitlements.
	ProfilePrefix = "profile/"
)
