package slacksim

import "strconv"

// setRichBlockRules adds the newer blocks: alerts, cards, tables, charts and plans.
func setRichBlockRules(id field) {
	cardRule := fields(id, opt("hero_image", elementRules["image"]), opt("icon", elementRules["image"]), opt("slack_icon", anyObject),
		opt("title", anyText("card.title")), opt("subtitle", anyText("card.subtitle")), opt("body", anyText("card.body")),
		opt("actions", list("card.actions", typed(elementRules, "button"))), opt("subtext", anyText("card.subtext")))
	task := []field{
		req("task_id", text("")), req("title", text("")), opt("status", oneOf("pending", "in_progress", "complete", "error")),
		opt("details", richTextRule), opt("output", richTextRule), opt("sources", list("", typed(map[string]rule{"url": urlSourceRule}))),
	}
	blockRules["alert"] = fields(id, req("text", anyText("alert.text")), opt("level", oneOf("default", "info", "warning", "error", "success")))
	blockRules["card"] = cardRule
	blockRules["carousel"] = fields(id, req("elements", list("carousel.elements", typed(map[string]rule{"card": cardRule}))))
	blockRules["container"] = fields(id, opt("title", anyText("container.title")), opt("subtitle", anyText("container.subtitle")),
		opt("icon", anyObject), req("child_blocks", list("container.child_blocks", (*checker).block)),
		opt("width", oneOf("standard", "narrow", "wide", "full")), opt("is_collapsible", boolean), opt("default_collapsed", boolean), opt("has_header_divider", boolean))
	blockRules["task_card"] = fields(append([]field{id}, task...)...)
	blockRules["plan"] = fields(id, req("title", text("")), opt("tasks", list("", fields(task...))))
	blockRules["table"] = both(fields(id, req("rows", list("", list("", typed(cellRules)))), opt("column_settings", list("", columnRule))), tableShape)
	blockRules["data_table"] = both(fields(id, req("rows", list("data_table.rows", list("data_table.columns", typed(dataCellRules)))),
		opt("page_size", integer(limits["data_table.page_size.min"], limits["data_table.page_size.max"])),
		opt("caption", text("")), opt("row_header_column_index", integer(0, limits["data_table.columns.max_items"]-1))), tableShape, tableContent)
	blockRules["data_visualization"] = fields(id, req("title", text("data_visualization.title")), req("chart", chartRule()))
}

var (
	cellRules = map[string]rule{
		"raw_text": fields(req("text", text(""))), "rich_text": richTextRule,
		"raw_number": fields(req("value", anyNumber), opt("text", text(""))),
	}
	dataCellRules = map[string]rule{
		"raw_text": fields(req("text", text("data_table.cell_text"))), "rich_text": richTextRule,
		"raw_number": fields(req("value", anyNumber), opt("text", text("data_table.cell_text"))),
	}
	columnRule = fields(opt("align", oneOf("left", "center", "right")), opt("is_wrapped", boolean))
)

// tableShape refuses tables with too many rows or columns, rows of different width, or settings for other than their columns.
func tableShape(c *checker, path string, v any) {
	o, _ := v.(object)
	rows, _ := o["rows"].([]any)
	if o["type"] == "table" && len(rows) > maxTableRows {
		c.fail(path+"/rows", "no more than %d items allowed", maxTableRows)
	}
	width := -1
	for i, r := range rows {
		cells, _ := r.([]any)
		if width < 0 {
			width = len(cells)
		}
		if len(cells) != width || len(cells) > maxTableColumns {
			c.fail(path+"/rows/"+strconv.Itoa(i), "rows must have the same number of cells, at most %d", maxTableColumns)
			return
		}
	}
	if settings, ok := o["column_settings"].([]any); ok && len(settings) != width {
		c.fail(path+"/column_settings", "must have one entry for each column")
	}
}

func tableContent(c *checker, path string, v any) {
	o, _ := v.(object)
	n := 0
	for _, line := range collect(nil, object{"elements": flatten(o["rows"])}) {
		n += len([]rune(line))
	}
	if n > limits["data_table.content.max_length"] {
		c.fail(path+"/rows", "must be less than %d characters in all", limits["data_table.content.max_length"]+1)
	}
}

// flatten puts the cells of all rows into one list.
func flatten(v any) []any {
	rows, _ := v.([]any)
	var out []any
	for _, r := range rows {
		cells, _ := r.([]any)
		out = append(out, cells...)
	}
	return out
}

func chartRule() rule {
	const key = "data_visualization."
	positive := func(c *checker, path string, v any) {
		if f, ok := number(v); !ok || f <= float64(limits[key+"segment.value.exclusive_min"]) {
			c.fail(path, "must be greater than %d", limits[key+"segment.value.exclusive_min"])
		}
	}
	point := fields(req("label", text(key+"point_label")), req("value", anyNumber))
	segment := fields(req("label", text(key+"segment.label")), req("value", positive))
	series := fields(
		req("series", list(key+"series", fields(req("name", text(key+"series_name")), req("data", list(key+"data", point))))),
		req("axis_config", fields(req("categories", list(key+"categories", text(key+"category_label"))),
			opt("x_label", text(key+"axis_label")), opt("y_label", text(key+"axis_label")))),
	)
	return typed(map[string]rule{
		"pie": fields(req("segments", list(key+"segments", segment))), "bar": series, "line": series, "area": series,
	})
}
