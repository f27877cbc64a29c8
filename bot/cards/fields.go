package cards

import (
	"strconv"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// fieldsAtMost is how many of an entitlement's own questions are asked and
// shown; choicesAtMost how many choices one has.
const (
	fieldsAtMost  = 20
	choicesAtMost = maxChoices
)

// fieldInputs are the inputs for what the catalogue asks besides.
func fieldInputs(fields []approvals.Field, given map[string]string) []slack.Block {
	var blocks []slack.Block
	for _, f := range fields[:min(len(fields), fieldsAtMost)] {
		in := slack.NewInputBlock(InputField+f.Name, label(orName(f), 150), nil, fieldInput(f, given[f.Name]))
		if f.Hint != "" {
			in.Hint = label(plain(f.Hint, 150), 150)
		}
		blocks = append(blocks, in.WithOptional(!f.Required))
	}
	return blocks
}

func orName(f approvals.Field) string {
	if s := plain(f.Label, 150); s != "" {
		return s
	}
	return f.Name
}

// fieldInput is the input for one question. A value that it could not have
// given is left out, and asked for again.
func fieldInput(f approvals.Field, value string) slack.BlockElement {
	if f.Check(value) != nil {
		value = ""
	}
	id := InputField + f.Name
	switch f.Type {
	case approvals.FieldChoice:
		return choiceInput(id, f.Choices, f.Choices, value)
	case approvals.FieldBool:
		return choiceInput(id, []string{"true", "false"}, []string{"Yes", "No"}, value)
	case approvals.FieldNumber:
		in := slack.NewNumberInputBlockElement(nil, id, false).WithMinValue("0").WithMaxValue(strconv.Itoa(approvals.FieldNumberAtMost))
		if value != "" {
			in = in.WithInitialValue(value)
		}
		return in
	}
	in := slack.NewPlainTextInputBlockElement(nil, id).WithMaxLength(approvals.FieldTextAtMost)
	if value = short(visible(value, false), approvals.FieldTextAtMost); value != "" {
		in = in.WithInitialValue(value)
	}
	return in
}

func choiceInput(id string, values, labels []string, chosen string) slack.BlockElement {
	var options []*slack.OptionBlockObject
	var initial *slack.OptionBlockObject
	for i, v := range values {
		says := plain(labels[i], maxOption)
		if v == "" || len(v) > maxValue || says == "" || len(options) == choicesAtMost {
			continue
		}
		o := slack.NewOptionBlockObject(v, label(says, maxOption), nil)
		if v == chosen {
			initial = o
		}
		options = append(options, o)
	}
	in := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, label("Choose", 150), id, options...)
	if initial != nil {
		in = in.WithInitialOption(initial)
	}
	return in
}

// profileOption is a profile as a choice among the entitlements.
func profileOption(p approvals.Profile) *slack.OptionBlockObject {
	about := strconv.Itoa(len(p.Entitlements)) + " together: " + p.Description
	if p.Description == "" {
		about = strconv.Itoa(len(p.Entitlements)) + " entitlements together"
	}
	return slack.NewOptionBlockObject(ProfilePrefix+p.Name, label("New in a role: "+plain(p.Title, maxOption), maxOption), label(plain(about, maxOption), maxOption))
}

// ProfileOptions are profiles as choices among the entitlements.
func ProfileOptions(list []approvals.Profile) []*slack.OptionBlockObject {
	var options []*slack.OptionBlockObject
	for _, p := range list {
		if len(ProfilePrefix+p.Name) <= maxValue {
			options = append(options, profileOption(p))
		}
	}
	return options
}
