package slacksim

import "regexp"

var (
	confirmRule = fields(
		req("title", plainText("confirmation.title")), req("text", anyText("confirmation.text")),
		req("confirm", plainText("confirmation.confirm")), req("deny", plainText("confirmation.deny")),
		opt("style", oneOf("primary", "danger")),
	)
	optionRule = fields(
		req("text", anyText("option.text")), req("value", text("option.value")),
		opt("description", anyText("option.description")), opt("url", text("option.url")),
	)
	groupRule      = fields(req("label", plainText("option_group.label")), req("options", list("option_group.options", optionRule)))
	slackFileRule  = fields(opt("id", text("")), opt("url", text("")))
	dispatchRule   = fields(opt("trigger_actions_on", list("", oneOf("on_enter_pressed", "on_character_entered"))))
	filterRule     = fields(opt("include", list("", oneOf("im", "mpim", "private", "public"))), opt("exclude_external_shared_channels", boolean), opt("exclude_bot_users", boolean))
	parameterRule  = fields(req("name", text("")), req("value", anything))
	triggerRule    = fields(req("url", text("")), opt("customizable_input_parameters", list("", parameterRule)))
	workflowRule   = fields(req("trigger", triggerRule))
	urlSourceRule  = fields(req("url", text("url_source.url")), opt("text", text("")))
	feedbackRule   = fields(req("text", plainText("feedback_button.text")), req("value", text("feedback_button.value")), opt("accessibility_label", text("feedback_button.accessibility_label")))
	visibleToRule  = list("icon_button.visible_to_user_ids", text(""))
	dateRule       = pattern(`^\d{4}-\d{2}-\d{2}$`, "must be a date such as 2026-01-31")
	timeRule       = pattern(`^([01]\d|2[0-3]):[0-5]\d$`, "must be a time such as 23:59")
	usersRule      = list("", text(""))
	maxSelected    = opt("max_selected_items", integer(1, 1<<31))
	placeholder    = opt("placeholder", plainText("select.placeholder"))
	focus          = opt("focus_on_load", boolean)
	action         = opt("action_id", uniqueAction)
	confirm        = opt("confirm", confirmRule)
	responseURLOpt = opt("response_url_enabled", boolean)
)

func pattern(expr, problem string) rule {
	re := regexp.MustCompile(expr)
	return func(c *checker, path string, v any) {
		if s, ok := v.(string); !ok || !re.MatchString(s) {
			c.fail(path, "%s", problem)
		}
	}
}

// exactlyOne is the rule of an object that has one of two properties, and not both.
func exactlyOne(a, b string) rule {
	return func(c *checker, path string, v any) {
		o, _ := v.(object)
		_, hasA := o[a]
		_, hasB := o[b]
		switch {
		case hasA && hasB:
			c.fail(path, "only one of %s and %s may be provided", a, b)
		case !hasA && !hasB:
			c.fail(path, "missing required field: %s", a)
		}
	}
}

// inRange refuses a number_input whose least value is above its greatest.
func inRange(c *checker, path string, v any) {
	o, _ := v.(object)
	low, okLow := o["min_value"].(string)
	high, okHigh := o["max_value"].(string)
	if okLow && okHigh && parse(low) > parse(high) {
		c.fail(path+"/min_value", "must be less than or equal to max_value")
	}
}

func choice(more ...field) rule {
	return both(fields(append([]field{
		opt("options", list("select.options", optionRule)), opt("option_groups", list("select.option_groups", groupRule)), placeholder, action, confirm, focus,
	}, more...)...), exactlyOne("options", "option_groups"))
}

func selectMenu(more ...field) rule {
	return fields(append([]field{placeholder, action, confirm, focus}, more...)...)
}

func textInput(more ...field) rule {
	return fields(append([]field{placeholder, action, focus, opt("dispatch_action_config", dispatchRule)}, more...)...)
}

// elementRules are the interactive elements and images. They are set in init because blocks and elements refer to each other.
var elementRules map[string]rule

// The elements that each place takes, by Slack's reference.
var (
	selects     = []string{"static_select", "external_select", "users_select", "conversations_select", "channels_select"}
	multis      = []string{"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select"}
	pickers     = []string{"datepicker", "timepicker", "datetimepicker", "checkboxes", "radio_buttons"}
	inAccessory = concat([]string{"button", "overflow", "image", "workflow_button"}, selects, multis, pickers)
	inActions   = concat([]string{"button", "overflow", "workflow_button", "rich_text_input"}, selects, multis, pickers)
	inInput     = concat([]string{"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input"}, selects, multis, pickers)
)

func concat(lists ...[]string) (out []string) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

func init() {
	button := []field{
		req("text", plainText("button.text")), action, opt("url", text("button.url")), opt("value", text("button.value")),
		opt("style", oneOf("primary", "danger")), confirm, opt("accessibility_label", text("button.accessibility_label")),
	}
	option := opt("initial_option", optionRule)
	options := opt("initial_options", list("", optionRule))
	query := opt("min_query_length", integer(0, 1<<31))
	elementRules = map[string]rule{
		"button": fields(button...),
		"workflow_button": fields(req("text", plainText("button.text")), req("workflow", workflowRule), action,
			opt("style", oneOf("primary", "danger")), opt("accessibility_label", text("button.accessibility_label"))),
		"image": both(fields(opt("image_url", text("image.image_url")), opt("slack_file", slackFileRule), req("alt_text", text("image.alt_text"))),
			exactlyOne("image_url", "slack_file")),
		"overflow":                   fields(req("options", list("overflow.options", optionRule)), action, confirm),
		"checkboxes":                 fields(req("options", list("checkboxes.options", optionRule)), options, action, confirm, focus),
		"radio_buttons":              fields(req("options", list("radio_buttons.options", optionRule)), option, action, confirm, focus),
		"static_select":              choice(option),
		"multi_static_select":        choice(options, maxSelected),
		"external_select":            selectMenu(option, query),
		"multi_external_select":      selectMenu(options, query, maxSelected),
		"users_select":               selectMenu(opt("initial_user", text(""))),
		"multi_users_select":         selectMenu(opt("initial_users", usersRule), maxSelected),
		"channels_select":            selectMenu(opt("initial_channel", text("")), responseURLOpt),
		"multi_channels_select":      selectMenu(opt("initial_channels", usersRule), maxSelected),
		"conversations_select":       selectMenu(opt("initial_conversation", text("")), opt("default_to_current_conversation", boolean), opt("filter", filterRule), responseURLOpt),
		"multi_conversations_select": selectMenu(opt("initial_conversations", usersRule), opt("default_to_current_conversation", boolean), opt("filter", filterRule), maxSelected),
		"datepicker":                 selectMenu(opt("initial_date", dateRule)),
		"timepicker":                 selectMenu(opt("initial_time", timeRule), opt("timezone", text(""))),
		"datetimepicker":             fields(opt("initial_date_time", integer(0, 9999999999)), action, confirm, focus),
		"plain_text_input": textInput(opt("initial_value", text("")), opt("multiline", boolean),
			opt("min_length", integer(0, 3000)), opt("max_length", integer(1, limits["plain_text_input.max_length.max"]))),
		"email_text_input": textInput(opt("initial_value", text(""))),
		"url_text_input":   textInput(opt("initial_value", text(""))),
		"number_input": both(textInput(req("is_decimal_allowed", boolean), opt("initial_value", numeral), opt("min_value", numeral), opt("max_value", numeral)),
			inRange),
		"rich_text_input": textInput(opt("initial_value", anyObject)),
		"file_input":      fields(action, opt("filetypes", list("", text(""))), opt("max_files", integer(limits["file_input.max_files.min"], limits["file_input.max_files.max"]))),
		"feedback_buttons": fields(action, req("positive_button", feedbackRule),
			req("negative_button", feedbackRule)),
		"icon_button": fields(req("icon", text("")), req("text", plainText("button.text")), action, opt("value", text("button.value")), confirm,
			opt("accessibility_label", text("button.accessibility_label")), opt("visible_to_user_ids", visibleToRule)),
	}
	setBlockRules()
}
