package cards

import (
	"slices"
	"strconv"
	"strings"
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
	Profiles    []approvals.Profile
	More        []approvals.Entitlement // asked for with it
	// Bundle changes what several drafts say in common: which they are stays.
	Bundle []approvals.Entitlement
}

// fields are the questions of all that is asked for, each once.
func (f Filled) fields() []approvals.Field {
	var all []approvals.Field
	for _, e := range slices.Concat([]approvals.Entitlement{f.Entitlement}, f.More, f.Bundle) {
		for _, q := range e.Fields {
			if !slices.ContainsFunc(all, func(o approvals.Field) bool { return o.Name == q.Name }) {
				all = append(all, q)
			}
		}
	}
	return all
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
	for _, e := range slices.Concat(catalogue, f.Bundle) {
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
	start := slack.NewDateTimePickerBlockElement(InputStart)
	if at := f.Request.StartsAt; !at.IsZero() {
		start.InitialDateTime = at.Unix()
	}
	var blocks []slack.Block
	id := string(f.Request.ID)
	if len(f.Bundle) > 0 {
		id = string(f.Request.Bundle)
		blocks = append(blocks, section(bold("For all of them")+"\n"+list(f.Bundle)))
	} else {
		blocks = append(blocks, slack.NewInputBlock(InputEntitlement, label("Access", 100), nil, entitlementInput(catalogue, f)))
	}
	if more := moreInput(catalogue, f); more != nil {
		blocks = append(blocks, slack.NewInputBlock(InputMore, label("Also ask for", 100), label("Each is decided by itself.", 150), more).WithOptional(true))
	}
	blocks = append(blocks,
		slack.NewInputBlock(InputDuration, label("For how long", 100), nil, durationInput(most, f.Request.Duration)),
		slack.NewInputBlock(InputReason, label("Why", 100), label("The approver and the audit log see your words.", 150), reason),
		slack.NewInputBlock(InputTicket, label("Ticket", 100), nil, ticket).WithOptional(true))
	blocks = append(blocks, fieldInputs(f.fields(), f.Request.Fields)...)
	blocks = append(blocks,
		slack.NewInputBlock(InputStart, label("Start", 100), label("Leave it empty to start at once.", 150), start).WithOptional(true),
		slack.NewInputBlock(InputFor, label("For somebody else", 100), nil, whom).WithOptional(true))
	return slack.ModalViewRequest{Type: slack.VTModal, Title: label(title, 24), Submit: label(send, 24), Close: label("Close", 24),
		CallbackID: CallbackForm, PrivateMetadata: id, Blocks: slack.Blocks{BlockSet: blocks}}
}

// list names entitlements, one a line.
func list(all []approvals.Entitlement) string {
	var lines []string
	for _, e := range all {
		lines = append(lines, "•  "+words(e.Name, 100))
	}
	return strings.Join(lines, "\n")
}

// moreInput offers what may be asked for together, in a new form; nil where
// that is no choice.
func moreInput(catalogue []approvals.Entitlement, f Filled) slack.BlockElement {
	if f.Request.ID != "" || len(f.Bundle) > 0 || len(catalogue) < 2 {
		return nil
	}
	kind, options := slack.MultiOptTypeStatic, Options(catalogue, maxChoices+1)
	if len(options) == 0 || len(options) > maxChoices {
		kind, options = slack.MultiOptTypeExternal, nil
	}
	in := slack.NewOptionsMultiSelectBlockElement(kind, label("Further access", 150), InputMore, options...)
	for _, e := range f.More {
		in.InitialOptions = append(in.InitialOptions, Option(e))
	}
	most := moreAtMost
	in.MaxSelectedItems = &most
	if kind == slack.MultiOptTypeExternal {
		least := 0
		in.MinQueryLength = &least
	}
	return in
}

// moreAtMost is how many are asked for with another.
const moreAtMost = 19

func entitlementInput(catalogue []approvals.Entitlement, f Filled) slack.BlockElement {
	chosen := f.Entitlement
	var initial *slack.OptionBlockObject
	if chosen.ID != "" {
		initial = Option(chosen)
	}
	hint := label("Type to search", 150)
	var in *slack.SelectBlockElement
	options := Options(catalogue, maxChoices+1)
	if f.Request.ID == "" { // a profile is several requests
		options = append(options, ProfileOptions(f.Profiles)...)
	}
	if len(options) > 0 && len(options) <= maxChoices {
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
