package slacksim

import (
	"strings"
	"testing"
)

// textOf is a text object with n characters.
func textOf(kind string, n int) object { return object{"type": kind, "text": strings.Repeat("x", n)} }
func plainOf(n int) object             { return textOf("plain_text", n) }
func marked_(n int) object             { return textOf("mrkdwn", n) }
func xs(n int) string                  { return strings.Repeat("x", n) }

// many is a list of n values.
func many(n int, v func(i int) any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = v(i)
	}
	return out
}

func with(o object, key string, v any) object {
	out := cloneJSON(o).(object)
	out[key] = v
	return out
}

func optionOf(i int) any { return object{"text": plainOf(1), "value": string(rune('a' + i%26))} }

var (
	okButton  = object{"type": "button", "text": plainOf(3), "action_id": "a"}
	okConfirm = object{"title": plainOf(1), "text": plainOf(1), "confirm": plainOf(1), "deny": plainOf(1)}
	okOption  = object{"text": plainOf(1), "value": "v"}
	okImage   = object{"type": "image", "image_url": "https://example.com/i.png", "alt_text": "i"}
	okSelect  = object{"type": "static_select", "action_id": "s", "options": []any{okOption}}
	okVideo   = object{"type": "video", "alt_text": "a", "thumbnail_url": "https://example.com/t", "title": plainOf(1), "video_url": "https://example.com/v"}
	okSection = object{"type": "section", "text": marked_(1)}
	okModal   = object{"type": "modal", "title": plainOf(1), "blocks": []any{okSection}}
	okCard    = object{"type": "card", "title": marked_(1)}
)

func actions(els ...any) object { return object{"type": "actions", "elements": els} }
func input(el object) object    { return object{"type": "input", "label": plainOf(1), "element": el} }
func menuOf(o ...any) object {
	return object{"type": "overflow", "action_id": "o", "options": append([]any{}, o...)}
}
func chart(c object) object {
	return object{"type": "data_visualization", "title": "t", "chart": c}
}
func pie(segments ...any) object {
	return chart(object{"type": "pie", "segments": append([]any{}, segments...)})
}
func bar(series []any, axis object) object {
	return chart(object{"type": "bar", "series": series, "axis_config": axis})
}
func seriesOf(name string, data []any) any { return object{"name": name, "data": data} }
func table(kind string, rows, columns int) object {
	return object{"type": kind, "rows": many(rows, func(int) any {
		return many(columns, func(int) any { return object{"type": "raw_text", "text": "c"} })
	})}
}

// invalidCases are blocks and views that Slack refuses, by the names of the reference's manifest and of some more rules.
func invalidCases() map[string]object {
	out := map[string]object{}
	for _, part := range []map[string]object{invalidElements(), invalidBlocks(), invalidRich(), invalidViews()} {
		for k, v := range part {
			out[k] = v
		}
	}
	return out
}

func invalidElements() map[string]object {
	button := func(key string, v any) object { return actions(with(okButton, key, v)) }
	confirm := func(key string, n int) object { return button("confirm", with(okConfirm, key, plainOf(n))) }
	option := func(key string, v any) object { return actions(menuOf(with(okOption, key, v))) }
	group := func(label int, options []any) object {
		return input(object{"type": "static_select", "action_id": "s", "option_groups": []any{object{"label": plainOf(label), "options": options}}})
	}
	boxes := func(kind string, n int) object {
		return input(object{"type": kind, "action_id": "c", "options": many(n, optionOf)})
	}
	return map[string]object{
		"text-empty":                            object{"type": "section", "text": marked_(0)},
		"text-too-long":                         object{"type": "context", "elements": []any{marked_(3001)}},
		"button-action-id-too-long":             button("action_id", xs(256)),
		"button-text-too-long":                  button("text", plainOf(76)),
		"button-url-too-long":                   button("url", xs(3001)),
		"button-value-too-long":                 button("value", xs(2001)),
		"button-accessibility-label-too-long":   button("accessibility_label", xs(76)),
		"confirmation-title-too-long":           confirm("title", 101),
		"confirmation-text-too-long":            confirm("text", 301),
		"confirmation-confirm-too-long":         confirm("confirm", 31),
		"confirmation-deny-too-long":            confirm("deny", 31),
		"option-text-too-long":                  option("text", plainOf(76)),
		"option-value-too-long":                 option("value", xs(151)),
		"option-url-too-long":                   option("url", strings.Repeat("😀", 3001)),
		"option-description-too-long":           option("description", plainOf(76)),
		"option-group-label-too-long":           group(76, []any{okOption}),
		"option-group-empty":                    group(1, []any{}),
		"option-group-too-many-options":         group(1, many(101, optionOf)),
		"select-placeholder-too-long":           input(with(okSelect, "placeholder", plainOf(151))),
		"select-too-many-options":               input(with(okSelect, "options", many(101, optionOf))),
		"select-too-many-option-groups":         input(object{"type": "static_select", "option_groups": many(101, func(int) any { return object{"label": plainOf(1), "options": []any{okOption}} })}),
		"static-select-options-and-groups":      input(with(okSelect, "option_groups", []any{object{"label": plainOf(1), "options": []any{okOption}}})),
		"overflow-empty":                        actions(menuOf()),
		"overflow-too-many-options":             actions(menuOf(many(6, optionOf)...)),
		"checkboxes-empty":                      boxes("checkboxes", 0),
		"checkboxes-too-many-options":           boxes("checkboxes", 11),
		"radio-buttons-empty":                   boxes("radio_buttons", 0),
		"radio-buttons-too-many-options":        boxes("radio_buttons", 11),
		"file-input-max-files-too-small":        input(object{"type": "file_input", "max_files": 0}),
		"file-input-max-files-too-large":        input(object{"type": "file_input", "max_files": 11}),
		"plain-text-input-max-length-too-large": input(object{"type": "plain_text_input", "max_length": 3001}),
		"number-input-inverted-range":           input(object{"type": "number_input", "is_decimal_allowed": false, "min_value": "5", "max_value": "4"}),
		"input-invalid-element":                 input(okButton),
		"context-invalid-element":               object{"type": "context", "elements": []any{okButton}},
		"image-url-and-slack-file":              object{"type": "context", "elements": []any{with(okImage, "slack_file", object{"id": "F1"})}},
		"image-url-too-long":                    object{"type": "context", "elements": []any{with(okImage, "image_url", xs(3001))}},
		"image-alt-text-too-long":               object{"type": "context", "elements": []any{with(okImage, "alt_text", xs(2001))}},
		"unknown element":                       actions(object{"type": "slider", "action_id": "a"}),
		"unknown property":                      button("colour", "red"),
		"unknown style":                         button("style", "ghost"),
		"mrkdwn in a button":                    button("text", marked_(2)),
		"action_id twice":                       actions(okButton, okButton),
		"bad date":                              input(object{"type": "datepicker", "initial_date": "tomorrow"}),
		"bad time":                              input(object{"type": "timepicker", "initial_time": "25:00"}),
	}
}

func invalidBlocks() map[string]object {
	video := func(key string, v any) object { return with(okVideo, key, v) }
	return map[string]object{
		"actions-too-many-elements": actions(many(26, func(i int) any { return with(okButton, "action_id", "a"+string(rune('a'+i))) })...),
		"context-too-many-elements": object{"type": "context", "elements": many(11, func(int) any { return marked_(1) })},
		"header-text-too-long":      object{"type": "header", "text": plainOf(151)},
		"input-label-too-long":      with(input(okSelect), "label", plainOf(2001)),
		"input-hint-too-long":       with(input(okSelect), "hint", plainOf(2001)),
		"markdown-empty":            object{"type": "markdown", "text": ""},
		"markdown-too-long":         object{"type": "markdown", "text": xs(12001)},
		"section-text-too-long":     object{"type": "section", "text": marked_(3001)},
		"section-too-many-fields":   object{"type": "section", "fields": many(11, func(int) any { return marked_(1) })},
		"section-field-too-long":    object{"type": "section", "fields": []any{marked_(2001)}},
		"section-missing-content":   object{"type": "section"},
		"block-id-too-long":         with(okSection, "block_id", xs(256)),
		"video-alt-text-empty":      video("alt_text", ""), "video-alt-text-too-long": video("alt_text", xs(201)),
		"video-title-too-long": video("title", plainOf(201)), "video-author-name-too-long": video("author_name", xs(51)),
		"video-description-too-long": video("description", plainOf(201)), "video-provider-name-too-long": video("provider_name", xs(51)),
		"unknown block": object{"type": "banner", "text": marked_(1)},
		"no type":       object{"text": marked_(1)},
		"input in text": object{"type": "section", "text": marked_(1), "accessory": object{"type": "plain_text_input", "action_id": "x"}},
	}
}

func invalidRich() map[string]object {
	feedback := func(key string, v any) object {
		ok := object{"text": plainOf(1), "value": "v"}
		return object{"type": "context_actions", "elements": []any{object{"type": "feedback_buttons", "positive_button": with(ok, key, v), "negative_button": ok}}}
	}
	icon := object{"type": "icon_button", "icon": "trash", "text": plainOf(1)}
	card := func(key string, v any) object { return with(okCard, key, v) }
	data := func(rows, columns int) object { return table("data_table", rows, columns) }
	ragged := table("table", 2, 2)
	ragged["rows"].([]any)[1] = []any{object{"type": "raw_text", "text": "c"}}
	axis := object{"categories": []any{"Mon"}}
	point := object{"label": "Mon", "value": 1}
	series := []any{seriesOf("a", []any{point})}
	emptyCell, longCells := data(2, 1), data(201, 1)
	emptyCell["rows"].([]any)[0].([]any)[0] = object{"type": "raw_text", "text": ""}
	longCells["rows"].([]any)[0].([]any)[0] = object{"type": "raw_text", "text": xs(20001)}
	source := func(url string) object {
		return object{"type": "task_card", "task_id": "t", "title": "t", "sources": []any{object{"type": "url", "url": url}}}
	}
	return map[string]object{
		"url-source-url-empty": source(""), "url-source-url-too-long": source(xs(3001)),
		"table-too-many-rows": table("table", 101, 1), "table-ragged-rows": ragged,
		"table-column-settings-mismatch": with(table("table", 1, 2), "column_settings", []any{object{"align": "left"}}),
		"alert-text-too-long":            object{"type": "alert", "text": marked_(201)},
		"card-title-too-long":            card("title", marked_(151)), "card-subtitle-too-long": card("subtitle", marked_(151)), "card-body-too-long": card("body", marked_(201)),
		"card-too-many-actions": card("actions", many(4, func(i int) any { return with(okButton, "action_id", string(rune('a'+i))) })), "card-subtext-too-long": card("subtext", marked_(201)),
		"carousel-empty": object{"type": "carousel", "elements": []any{}}, "carousel-too-many-cards": object{"type": "carousel", "elements": many(11, func(int) any { return okCard })},
		"container-title-too-long":          object{"type": "container", "title": plainOf(151), "child_blocks": []any{okSection}},
		"container-subtitle-too-long":       object{"type": "container", "subtitle": plainOf(151), "child_blocks": []any{okSection}},
		"container-too-many-child-blocks":   object{"type": "container", "child_blocks": many(11, func(int) any { return okSection })},
		"context-actions-too-many-elements": object{"type": "context_actions", "elements": many(6, func(i int) any { return with(icon, "action_id", string(rune('a'+i))) })},
		"feedback-button-text-too-long":     feedback("text", plainOf(76)), "feedback-button-value-too-long": feedback("value", xs(2001)),
		"feedback-button-accessibility-label-too-long": feedback("accessibility_label", xs(76)),
		"icon-button-too-many-visible-users":           object{"type": "context_actions", "elements": []any{with(icon, "visible_to_user_ids", many(11, func(int) any { return "U1" }))}},
		"data-table-too-few-rows":                      data(1, 1), "data-table-too-many-rows": data(202, 1), "data-table-too-few-columns": data(2, 0), "data-table-too-many-columns": data(2, 21),
		"data-table-page-size-too-small": with(data(2, 1), "page_size", 0), "data-table-page-size-too-large": with(data(2, 1), "page_size", 101),
		"data-table-cell-text-empty": emptyCell, "data-table-content-too-long": longCells,
		"data-visualization-title-too-long": with(pie(object{"label": "a", "value": 1}), "title", xs(51)),
		"pie-chart-empty":                   pie(), "pie-chart-too-many-segments": pie(many(13, func(int) any { return object{"label": "a", "value": 1} })...),
		"chart-segment-label-too-long": pie(object{"label": xs(21), "value": 1}), "chart-segment-value-not-positive": pie(object{"label": "a", "value": 0}),
		"chart-series-empty": bar([]any{}, axis), "chart-too-many-series": bar(many(13, func(int) any { return series[0] }), axis),
		"data-series-name-too-long": bar([]any{seriesOf(xs(21), []any{point})}, axis), "data-series-empty": bar([]any{seriesOf("a", []any{})}, axis),
		"data-series-too-many-points": bar([]any{seriesOf("a", many(21, func(int) any { return point }))}, axis),
		"data-point-label-too-long":   bar([]any{seriesOf("a", []any{object{"label": xs(21), "value": 1}})}, axis),
		"axis-categories-empty":       bar(series, object{"categories": []any{}}), "axis-too-many-categories": bar(series, object{"categories": many(21, func(int) any { return "c" })}),
		"axis-category-label-too-long": bar(series, object{"categories": []any{xs(21)}}), "axis-label-too-long": bar(series, object{"categories": []any{"c"}, "x_label": xs(51)}),
	}
}

func invalidViews() map[string]object {
	modal := func(key string, v any) object { return with(okModal, key, v) }
	return map[string]object{
		"view-missing-blocks": modal("blocks", []any{}), "view-too-many-blocks": modal("blocks", many(101, func(int) any { return okSection })),
		"view-private-metadata-too-long": modal("private_metadata", xs(3001)), "view-callback-id-too-long": modal("callback_id", xs(256)),
		"view-title-too-long": modal("title", plainOf(25)), "view-close-too-long": modal("close", plainOf(25)), "view-submit-too-long": modal("submit", plainOf(25)),
		"view without title":      object{"type": "modal", "blocks": []any{okSection}},
		"input without submit":    modal("blocks", []any{input(okSelect)}),
		"title in home":           object{"type": "home", "title": plainOf(1), "blocks": []any{okSection}},
		"view of unknown type":    object{"type": "drawer", "blocks": []any{okSection}},
		"block_id twice in views": modal("blocks", []any{with(okSection, "block_id", "b"), with(okSection, "block_id", "b")}),
	}
}

// refusedBy validates a case as what it is.
func refusedBy(o object) []string {
	if _, ok := o["blocks"]; ok {
		return ValidateView(o)
	}
	return ValidateBlocks([]map[string]any{o})
}

func TestInvalidBlocksAreRefused(t *testing.T) {
	t.Parallel()
	for name, o := range invalidCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := refusedBy(o)
			if len(problems) == 0 {
				t.Fatal("accepted")
			}
			for _, p := range problems {
				if !strings.Contains(p, "[json-pointer:/") {
					t.Errorf("problem does not say where: %s", p)
				}
			}
		})
	}
}
