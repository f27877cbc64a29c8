package cards

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Filled is what a form starts with.
type Filled struct {
	Request     approvals.Request // its ID is empty for a new one
	Entitlement approvals.Entitlement
	ForUser     string // Slack id of the beneficiary when that is somebody else
}

// About is the reason that a form about a message starts with: whose message it
// is, where it stands, and what it says, in this order, so that the words of a
// long one are what is cut.
func About(whose, text, link string) string {
	s := "About " + plain(whose, 120)
	if link != "" {
		s += " (" + link + ")"
	}
	if text = short(visible(text, true), maxQuote-utf8.RuneCountInString(s)-10); text != "" {
		s += ": “" + text + "”"
	}
	return s
}

// Form is the modal in which a request is written or changed. With more than a
// hundred entitlements the first input is searched while typing.
func Form(catalogue []approvals.Entitlement, f Filled) slack.ModalViewRequest {
	title, send := "Ask for access", "Next"
	if f.Request.ID != "" {
		title, send = "Change request", "Save"
	}
	most := f.Entitlement.MaxDuration
	for _, e := range catalogue {
		if f.Entitlement.ID == "" {
			most = max(most, e.MaxDuration)
		}
	}
	reason := slack.NewPlainTextInputBlockElement(label("What do you need it for?", 150), InputReason).WithMultiline(true).WithMaxLength(2000)
	if r := short(visible(f.Request.Reason, true), 2000); r != "" {
		reason = reason.WithInitialValue(r)
	}
	ticket := slack.NewPlainTextInputBlockElement(label("INC-4312", 150), InputTicket).WithMaxLength(100)
	if t := plain(f.Request.Ticket, 100); t != "" {
		ticket = ticket.WithInitialValue(t)
	}
	whom := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, label("Yourself", 150), InputFor)
	if f.ForUser != "" {
		whom = whom.WithInitialUser(f.ForUser)
	}
	blocks := []slack.Block{
		slack.NewInputBlock(InputEntitlement, label("Access", 100), nil, entitlementInput(catalogue, f.Entitlement)),
		slack.NewInputBlock(InputDuration, label("For how long", 100), nil, durationInput(most, f.Request.Duration)),
		slack.NewInputBlock(InputReason, label("Why", 100), label("The approver and the audit log see your words.", 150), reason),
		slack.NewInputBlock(InputTicket, label("Ticket", 100), nil, ticket).WithOptional(true),
		slack.NewInputBlock(InputFor, label("For somebody else", 100), nil, whom).WithOptional(true),
	}
	return slack.ModalViewRequest{Type: slack.VTModal, Title: label(title, 24), Submit: label(send, 24), Close: label("Close", 24),
		CallbackID: CallbackForm, PrivateMetadata: string(f.Request.ID), Blocks: slack.Blocks{BlockSet: blocks}}
}

func entitlementInput(catalogue []approvals.Entitlement, chosen approvals.Entitlement) slack.BlockElement {
	var initial *slack.OptionBlockObject
	if chosen.ID != "" {
		initial = Option(chosen)
	}
	hint := label("Type to search", 150)
	var in *slack.SelectBlockElement
	if options := Options(catalogue, maxChoices+1); len(options) > 0 && len(options) <= maxChoices {
		in = slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, hint, InputEntitlement, options...)
	} else {
		in = slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, hint, InputEntitlement)
		least := 0
		in.MinQueryLength = &least
	}
	if initial != nil {
		in = in.WithInitialOption(initial)
	}
	return in
}

// Option is an entitlement as a choice.
func Option(e approvals.Entitlement) *slack.OptionBlockObject {
	about := e.Level + " on " + e.Resource
	if e.Environment != "" {
		about += ", " + e.Environment
	}
	return slack.NewOptionBlockObject(string(e.ID), label(orID(plain(e.Name, maxOption), e), maxOption), label(plain(about, maxOption), maxOption))
}

func orID(s string, e approvals.Entitlement) string {
	if s == "" {
		return string(e.ID)
	}
	return s
}

// Options are entitlements as choices, at most limit. One whose id is longer
// than Slack's 150 characters for a value can only be asked for in words.
func Options(list []approvals.Entitlement, limit int) []*slack.OptionBlockObject {
	var out []*slack.OptionBlockObject
	for _, e := range list {
		if len(out) == limit {
			break
		}
		if n := len(e.ID); n > 0 && n <= maxValue {
			out = append(out, Option(e))
		}
	}
	return out
}

func durationInput(most, chosen time.Duration) slack.BlockElement {
	option := func(d time.Duration) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(strconv.Itoa(int(d/time.Minute)), label(approvals.Span(d), maxOption), nil)
	}
	var options []*slack.OptionBlockObject
	for _, d := range choices(most, chosen) {
		options = append(options, option(d))
	}
	in := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, label("Choose", 150), InputDuration, options...)
	if chosen >= time.Minute {
		in = in.WithInitialOption(option(chosen))
	}
	return in
}
