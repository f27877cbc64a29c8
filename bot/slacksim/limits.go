package slacksim

// limits are Block Kit's limits, under the names that Slack's reference gives its objects: characters for max_length and
// min_length, entries for max_items and min_items, and bounds of a number otherwise. A test holds them against a machine-readable copy of the reference.
var limits = map[string]int{
	"text.min_length": 1, "text.max_length": 3000,
	"action_id.max_length": 255, "block_id.max_length": 255,
	"button.text.max_length": 75, "button.url.max_length": 3000, "button.value.max_length": 2000, "button.accessibility_label.max_length": 75,
	"confirmation.title.max_length": 100, "confirmation.text.max_length": 300, "confirmation.confirm.max_length": 30, "confirmation.deny.max_length": 30,
	"option.text.max_length": 75, "option.value.max_length": 150, "option.description.max_length": 75, "option.url.max_length": 3000,
	"option_group.label.max_length": 75, "option_group.options.min_items": 1, "option_group.options.max_items": 100,
	"select.placeholder.max_length": 150, "select.options.max_items": 100, "select.option_groups.max_items": 100,
	"overflow.options.min_items": 1, "overflow.options.max_items": 5,
	"checkboxes.options.min_items": 1, "checkboxes.options.max_items": 10,
	"radio_buttons.options.min_items": 1, "radio_buttons.options.max_items": 10,
	"url_source.url.min_length": 1, "url_source.url.max_length": 3000,
	"file_input.max_files.min": 1, "file_input.max_files.max": 10,
	"plain_text_input.max_length.max": 3000,
	"actions.elements.max_items":      25,
	"alert.text.max_length":           200,
	"card.title.max_length":           150, "card.subtitle.max_length": 150, "card.body.max_length": 200, "card.actions.max_items": 3, "card.subtext.max_length": 200,
	"carousel.elements.min_items": 1, "carousel.elements.max_items": 10,
	"container.title.max_length": 150, "container.subtitle.max_length": 150, "container.child_blocks.max_items": 10,
	"context.elements.max_items": 10, "context_actions.elements.max_items": 5,
	"feedback_button.text.max_length": 75, "feedback_button.value.max_length": 2000, "feedback_button.accessibility_label.max_length": 75,
	"icon_button.visible_to_user_ids.max_items": 10,
	"data_table.rows.min_items":                 2, "data_table.rows.max_items": 201, "data_table.columns.min_items": 1, "data_table.columns.max_items": 20,
	"data_table.page_size.min": 1, "data_table.page_size.max": 100, "data_table.cell_text.min_length": 1, "data_table.content.max_length": 20000,
	"data_visualization.title.max_length": 50, "data_visualization.segments.min_items": 1, "data_visualization.segments.max_items": 12,
	"data_visualization.segment.label.max_length": 20, "data_visualization.segment.value.exclusive_min": 0,
	"data_visualization.series.min_items": 1, "data_visualization.series.max_items": 12, "data_visualization.series_name.max_length": 20,
	"data_visualization.data.min_items": 1, "data_visualization.data.max_items": 20, "data_visualization.point_label.max_length": 20,
	"data_visualization.categories.min_items": 1, "data_visualization.categories.max_items": 20,
	"data_visualization.category_label.max_length": 20, "data_visualization.axis_label.max_length": 50,
	"header.text.max_length":     150,
	"image.image_url.max_length": 3000, "image.alt_text.max_length": 2000,
	"input.label.max_length": 2000, "input.hint.max_length": 2000,
	"markdown.text.min_length": 1, "markdown.text.max_length": 12000,
	"section.text.max_length": 3000, "section.fields.max_items": 10, "section.fields.item_max_length": 2000,
	"video.alt_text.min_length": 1, "video.alt_text.max_length": 200, "video.title.max_length": 200, "video.author_name.max_length": 50,
	"video.description.max_length": 200, "video.provider_name.max_length": 50,
	"view.blocks.min_items": 1, "view.blocks.max_items": 100, "view.private_metadata.max_length": 3000, "view.callback_id.max_length": 255,
	"view.title.max_length": 24, "view.close.max_length": 24, "view.submit.max_length": 24,
}

// Limits that the reference keeps elsewhere than in Block Kit's own table.
const (
	maxMessageBlocks = 50
	maxTableRows     = 100
	maxTableColumns  = 20
	maxViewBytes     = 250 * 1024
	maxExternalID    = 255
	maxStack         = 3
)
