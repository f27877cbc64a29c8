package slacksim

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// ValidateBlocks checks the blocks of a message as Slack does and returns what is wrong, in Slack's words and with a JSON
// pointer to the place, or nil. Each block is a decoded JSON object.
func ValidateBlocks(blocks []map[string]any) []string { return newChecker().message(blocks) }

// validateWebhook checks what is sent to a response URL. There a block_id may be there twice, as it is in payloads that are known
// to work; chat.postMessage refuses that.
func validateWebhook(blocks []map[string]any) []string {
	c := newChecker()
	c.repeats = true
	return c.message(blocks)
}

func (c *checker) message(blocks []map[string]any) []string {
	if len(blocks) > maxMessageBlocks {
		c.fail("/blocks", "no more than %d items allowed", maxMessageBlocks)
		return c.problems
	}
	for i, b := range blocks {
		c.block("/blocks/"+strconv.Itoa(i), b)
	}
	return c.problems
}

// ValidateView checks a modal or a Home tab as Slack does and returns what is wrong, or nil.
func ValidateView(view map[string]any) []string {
	c := newChecker()
	blocks := list("view.blocks", (*checker).block)
	common := []field{
		req("blocks", blocks), opt("private_metadata", text("view.private_metadata")), opt("callback_id", text("view.callback_id")),
		opt("external_id", both(text(""), atMost(maxExternalID))),
	}
	switch view["type"] {
	case "home":
		fields(common...)(c, "/view", view)
	case "modal":
		fields(append(common,
			req("title", plainText("view.title")), opt("submit", plainText("view.submit")), opt("close", plainText("view.close")),
			opt("clear_on_close", boolean), opt("notify_on_close", boolean), opt("submit_disabled", boolean),
		)...)(c, "/view", view)
		if hasInput(view) && view["submit"] == nil {
			c.fail("/view/submit", "missing required field: submit, because the view has input blocks")
		}
	default:
		c.fail("/view/type", "must be one of the allowed values")
	}
	return c.problems
}

func atMost(n int) rule {
	return func(c *checker, path string, v any) {
		if s, _ := v.(string); utf8.RuneCountInString(s) > n {
			c.fail(path, "must be less than %d characters", n+1)
		}
	}
}

func hasInput(view map[string]any) bool {
	blocks, _ := view["blocks"].([]any)
	for _, b := range blocks {
		if o, ok := b.(object); ok && o["type"] == "input" {
			return true
		}
	}
	return false
}

// block checks one block of a message or view. Action ids count anew in each block.
func (c *checker) block(path string, v any) {
	outer := c.actions
	c.actions = map[string]bool{}
	typed(blockRules)(c, path, v)
	c.actions = outer
}

// blockRules are the blocks of messages and views.
var blockRules map[string]rule

var (
	richTextRule = typed(map[string]rule{"rich_text": fields(opt("block_id", text("block_id")), req("elements", list("", typed(richRules))))})
	// richRules are the parts of rich text. What stands in them is checked for its kind only.
	richRules = map[string]rule{
		"rich_text_section":      fields(req("elements", list("", typed(inlineRules)))),
		"rich_text_quote":        fields(req("elements", list("", typed(inlineRules))), opt("border", integer(0, 1))),
		"rich_text_preformatted": fields(req("elements", list("", typed(inlineRules))), opt("border", integer(0, 1)), opt("language", text(""))),
		"rich_text_list": fields(req("elements", list("", typed(map[string]rule{"rich_text_section": fields(req("elements", list("", typed(inlineRules))))}))),
			req("style", oneOf("bullet", "ordered")), opt("indent", integer(0, 8)), opt("offset", integer(0, 1<<31)), opt("border", integer(0, 8))),
	}
	style       = opt("style", anyObject)
	inlineRules = map[string]rule{
		"text":      fields(req("text", text("")), style),
		"link":      fields(req("url", text("")), opt("text", text("")), opt("unsafe", boolean), style),
		"emoji":     fields(req("name", text("")), opt("unicode", text("")), opt("skin_tone", anyNumber), style),
		"user":      fields(req("user_id", text("")), style),
		"usergroup": fields(req("usergroup_id", text("")), style),
		"channel":   fields(req("channel_id", text("")), style),
		"team":      fields(req("team_id", text("")), style),
		"broadcast": fields(req("range", oneOf("here", "channel", "everyone")), style),
		"color":     fields(req("value", text("")), style),
		"date":      fields(req("timestamp", anyNumber), req("format", text("")), opt("url", text("")), opt("fallback", text("")), style),
	}
)

func setBlockRules() {
	id := opt("block_id", uniqueBlock)
	image := []field{opt("image_url", text("image.image_url")), opt("slack_file", slackFileRule), req("alt_text", text("image.alt_text"))}
	blockRules = map[string]rule{
		"section": both(fields(id, opt("text", anyText("section.text")), opt("fields", list("section.fields", fieldText)),
			opt("accessory", typed(elementRules, inAccessory...)), opt("expand", boolean)), sectionContent),
		"header":  fields(id, req("text", plainText("header.text")), opt("level", integer(1, 4))),
		"divider": fields(id),
		"context": fields(id, req("elements", list("context.elements", typed(map[string]rule{
			"image": elementRules["image"], "mrkdwn": anyText("text"), "plain_text": anyText("text"),
		})))),
		"actions": fields(id, req("elements", list("actions.elements", typed(elementRules, inActions...)))),
		"input": fields(id, req("label", plainText("input.label")), req("element", typed(elementRules, inInput...)),
			opt("hint", plainText("input.hint")), opt("optional", boolean), opt("dispatch_action", boolean)),
		"image":           both(fields(append(image, id, opt("title", plainText("image.alt_text")))...), exactlyOne("image_url", "slack_file")),
		"rich_text":       both(richTextRule, func(c *checker, path string, v any) { blockIDOf(c, path, v) }),
		"markdown":        fields(id, req("text", text("markdown.text"))),
		"file":            fields(id, req("external_id", text("")), req("source", oneOf("remote"))),
		"context_actions": fields(id, req("elements", list("context_actions.elements", typed(elementRules, "feedback_buttons", "icon_button")))),
		"video": fields(id, req("alt_text", text("video.alt_text")), req("thumbnail_url", text("")), req("title", plainText("video.title")), req("video_url", text("")),
			opt("author_name", text("video.author_name")), opt("description", plainText("video.description")), opt("provider_icon_url", text("")),
			opt("provider_name", text("video.provider_name")), opt("title_url", text(""))),
	}
	setRichBlockRules(id)
}

func blockIDOf(c *checker, path string, v any) {
	if o, ok := v.(object); ok && o["block_id"] != nil {
		uniqueBlock(c, path+"/block_id", o["block_id"])
	}
}

// fieldText is the rule of one field of a section.
func fieldText(c *checker, path string, v any) {
	anyText("text")(c, path, v)
	o, _ := v.(object)
	if s, _ := o["text"].(string); utf8.RuneCountInString(s) > limits["section.fields.item_max_length"] {
		c.fail(path+"/text", "must be less than %d characters", limits["section.fields.item_max_length"]+1)
	}
}

func sectionContent(c *checker, path string, v any) {
	o, _ := v.(object)
	if o["text"] == nil && o["fields"] == nil {
		c.fail(path, "missing required field: text or fields")
	}
}

// complete fills in what Slack fills in when it stores blocks: block and action ids, and the flags of texts.
func complete(blocks []map[string]any) []map[string]any {
	blocks = cloneBlocks(blocks)
	for _, b := range blocks {
		if str(b["block_id"]) == "" {
			b["block_id"] = newID("")[:5]
		}
		fill(b)
	}
	return blocks
}

func fill(v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			fill(x)
		}
	case object:
		kind, _ := v["type"].(string)
		switch {
		case kind == "plain_text" && v["emoji"] == nil:
			v["emoji"] = true
		case kind == "mrkdwn" && v["verbatim"] == nil:
			v["verbatim"] = false
		case elementRules[kind] != nil && kind != "image" && str(v["action_id"]) == "":
			v["action_id"] = newID("")[:5]
		}
		for _, x := range v {
			fill(x)
		}
	}
}

// viewSize is a view's size in bytes, as sent.
func viewSize(view any) int {
	b, err := json.Marshal(view)
	if err != nil {
		return maxViewBytes + 1
	}
	return len(b)
}
