package slacksim

import (
	"strings"
	"testing"
)

// TestEverythingIsAcceptedAtItsLimit is the other side of TestInvalidBlocksAreRefused: one character or entry less.
func TestEverythingIsAcceptedAtItsLimit(t *testing.T) {
	t.Parallel()
	button := func(i int) any { return with(okButton, "action_id", strings.Repeat("a", 254)+string(rune('a'+i))) }
	widest := object{
		"type": "button", "text": plainOf(75), "action_id": xs(255), "value": xs(2000), "url": xs(3000), "accessibility_label": xs(75), "style": "danger",
		"confirm": object{"title": plainOf(100), "text": marked_(300), "confirm": plainOf(30), "deny": plainOf(30), "style": "danger"},
	}
	choice := object{"text": plainOf(75), "value": xs(150), "description": plainOf(75)}
	cases := map[string]object{
		"section text":       {"type": "section", "block_id": xs(255), "text": marked_(3000)},
		"section fields":     {"type": "section", "fields": many(10, func(int) any { return marked_(2000) })},
		"header":             {"type": "header", "text": object{"type": "plain_text", "text": strings.Repeat("🔑", 150)}},
		"actions":            actions(many(25, button)...),
		"context":            {"type": "context", "elements": many(10, func(int) any { return marked_(3000) })},
		"button":             actions(widest),
		"overflow":           actions(menuOf(many(5, func(int) any { return choice })...)),
		"select":             input(object{"type": "static_select", "placeholder": plainOf(150), "options": many(100, func(int) any { return choice })}),
		"groups":             input(object{"type": "static_select", "option_groups": many(100, func(int) any { return object{"label": plainOf(75), "options": many(100, optionOf)} })}),
		"checkboxes":         input(object{"type": "checkboxes", "options": many(10, optionOf)}),
		"radio buttons":      input(object{"type": "radio_buttons", "options": many(10, optionOf)}),
		"input label":        with(with(input(okSelect), "label", plainOf(2000)), "hint", plainOf(2000)),
		"markdown":           {"type": "markdown", "text": xs(12000)},
		"image":              {"type": "image", "image_url": xs(3000), "alt_text": xs(2000)},
		"modal":              {"type": "modal", "title": plainOf(24), "submit": plainOf(24), "close": plainOf(24), "callback_id": xs(255), "private_metadata": xs(3000), "external_id": xs(255), "blocks": many(100, func(int) any { return okSection })},
		"home":               {"type": "home", "blocks": many(100, func(int) any { return okSection })},
		"modal with input":   with(with(okModal, "blocks", []any{input(okSelect)}), "submit", plainOf(1)),
		"same action_id in":  {"type": "home", "blocks": []any{actions(okButton), actions(okButton)}},
		"numbers":            input(object{"type": "number_input", "is_decimal_allowed": true, "min_value": "-1.5", "max_value": "-1.5"}),
		"external select":    input(object{"type": "external_select", "min_query_length": 0}),
		"date and time":      input(object{"type": "datepicker", "initial_date": "2026-12-31"}),
		"time":               input(object{"type": "timepicker", "initial_time": "23:59"}),
		"text input":         input(object{"type": "plain_text_input", "multiline": true, "min_length": 1, "max_length": 3000, "initial_value": "x"}),
		"chart":              pie(many(12, func(int) any { return object{"label": xs(20), "value": 1} })...),
		"table":              table("table", 100, 20),
		"table of data":      table("data_table", 201, 20),
		"card":               with(okCard, "actions", many(3, button)),
		"alert":              {"type": "alert", "text": marked_(200), "level": "warning"},
		"carousel":           {"type": "carousel", "elements": many(10, func(int) any { return okCard })},
		"video":              okVideo,
		"container in depth": {"type": "container", "child_blocks": []any{okSection, object{"type": "divider"}}},
	}
	for name, o := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, p := range refusedBy(o) {
				t.Error(p)
			}
		})
	}
}

func TestAMessageHasFiftyBlocks(t *testing.T) {
	t.Parallel()
	blocks := make([]map[string]any, 51)
	for i := range blocks {
		blocks[i] = object{"type": "divider"}
	}
	if p := ValidateBlocks(blocks[:50]); p != nil {
		t.Errorf("50: %v", p)
	}
	if p := ValidateBlocks(blocks); len(p) != 1 || p[0] != "no more than 50 items allowed [json-pointer:/blocks]" {
		t.Errorf("51: %v", p)
	}
}

func TestProblemsSayWhatAndWhere(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]object{
		"unsupported type: banner [json-pointer:/blocks/0/type]":                                  {"type": "banner"},
		"missing required field: text [json-pointer:/blocks/0]":                                   {"type": "header"},
		"must be less than 151 characters [json-pointer:/blocks/0/text/text]":                     {"type": "header", "text": plainOf(151)},
		"invalid additional property: colour [json-pointer:/blocks/0]":                            {"type": "divider", "colour": "red"},
		"no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]":                actions(menuOf(many(6, optionOf)...)),
		"`action_id` already exists: a [json-pointer:/blocks/0/elements/1/action_id]":             actions(okButton, okButton),
		"must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]": actions(menuOf(with(okOption, "text", plainOf(76)))),
	} {
		if got := ValidateBlocks([]map[string]any{o}); len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestStoredBlocksAreFilledInAndTheSentOnesAreNot(t *testing.T) {
	t.Parallel()
	sent := []map[string]any{actions(object{"type": "button", "text": plainOf(1)}), {"type": "section", "text": marked_(1)}}
	stored := complete(sent)
	button := stored[0]["elements"].([]any)[0].(object)
	if stored[0]["block_id"] == nil || button["action_id"] == nil || button["text"].(object)["emoji"] != true || stored[1]["text"].(object)["verbatim"] != false {
		t.Errorf("stored: %v", stored)
	}
	if sent[0]["block_id"] != nil || sent[0]["elements"].([]any)[0].(object)["action_id"] != nil {
		t.Errorf("sent: %v", sent)
	}
}
