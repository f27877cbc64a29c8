package slacksim

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// values are what is filled in on a view or message: the state of each element, by block id and action id.
type values map[string]map[string]map[string]any

// option is one choice of a select, with its texts as the bot gave them.
type option struct {
	value string
	raw   object
}

func (v values) clone() values {
	out := values{}
	for b, acts := range v {
		out[b] = map[string]map[string]any{}
		for a, s := range acts {
			out[b][a] = cloneJSON(s).(object)
		}
	}
	return out
}

func (v values) json() object {
	out := object{}
	for b, acts := range v {
		inner := object{}
		for a, s := range acts {
			inner[a] = cloneJSON(s)
		}
		out[b] = inner
	}
	return out
}

func (v values) set(block, action string, state object) {
	if v[block] == nil {
		v[block] = map[string]map[string]any{}
	}
	v[block][action] = state
}

// stateful are the elements that hold a value, with the property under which their state shows it.
var stateful = map[string]string{
	"plain_text_input": "value", "email_text_input": "value", "url_text_input": "value", "number_input": "value",
	"static_select": "selected_option", "external_select": "selected_option", "radio_buttons": "selected_option",
	"checkboxes": "selected_options", "multi_static_select": "selected_options", "multi_external_select": "selected_options",
	"users_select": "selected_user", "conversations_select": "selected_conversation", "channels_select": "selected_channel",
	"multi_users_select": "selected_users", "multi_conversations_select": "selected_conversations", "multi_channels_select": "selected_channels",
	"datepicker": "selected_date", "timepicker": "selected_time", "datetimepicker": "selected_date_time",
}

// element is an interactive element and the block that holds it.
type element struct {
	block, el object
}

func (e element) kind() string   { return str(e.el["type"]) }
func (e element) action() string { return str(e.el["action_id"]) }
func (e element) blockID() string {
	return str(e.block["block_id"])
}

// elementsOf lists the interactive elements of blocks in reading order.
func elementsOf(blocks []map[string]any) []element {
	var out []element
	for _, b := range blocks {
		parts, _ := b["elements"].([]any)
		for _, p := range append([]any{b["accessory"], b["element"]}, parts...) {
			if o, ok := p.(object); ok && o["action_id"] != nil {
				out = append(out, element{b, o})
			}
		}
		if children, ok := objects(b["child_blocks"]); ok {
			out = append(out, elementsOf(children)...)
		}
	}
	return out
}

// initial is the state of fresh blocks: what elements begin with, or what was filled in before in an element of the same ids.
func initial(blocks []map[string]any, before values) values {
	out := values{}
	for _, e := range elementsOf(blocks) {
		key, ok := stateful[e.kind()]
		if !ok {
			continue
		}
		if old := before[e.blockID()][e.action()]; old != nil && old["type"] == e.kind() {
			out.set(e.blockID(), e.action(), old)
			continue
		}
		begin := e.el[strings.Replace(strings.Replace(key, "selected", "initial", 1), "value", "initial_value", 1)]
		if begin == nil && strings.HasSuffix(key, "s") {
			begin = []any{}
		}
		out.set(e.blockID(), e.action(), object{"type": e.kind(), key: cloneJSON(begin)})
	}
	return out
}

// choices are the options of an element: its own, those that it began with, or those that the bot offered for a search.
func (e element) choices(offered []option) []option {
	out := slices.Clone(offered)
	add := func(list any) {
		opts, _ := objects(list)
		for _, o := range opts {
			out = append(out, option{str(o["value"]), o})
		}
	}
	add(e.el["options"])
	add(e.el["initial_options"])
	if o, ok := e.el["initial_option"].(object); ok {
		add([]any{o})
	}
	groups, _ := objects(e.el["option_groups"])
	for _, g := range groups {
		add(g["options"])
	}
	return out
}

// shown is an option as state and actions show it.
func (o option) shown() object {
	out := object{"value": o.value, "text": o.raw["text"]}
	if d := o.raw["description"]; d != nil {
		out["description"] = d
	}
	return out
}

// state makes the state of an element out of what a person put in: none, one or several values, as strings. It refuses what
// Slack's own client would not let them put in.
func (e element) state(offered []option, in []string) (object, error) {
	kind := e.kind()
	key, ok := stateful[kind]
	if !ok {
		return nil, fmt.Errorf("%s %s takes no value", kind, e.action())
	}
	out := object{"type": kind, key: nil}
	var picked []any
	if strings.HasPrefix(key, "selected_option") {
		all := e.choices(offered)
		for _, v := range in {
			i := slices.IndexFunc(all, func(o option) bool { return o.value == v })
			if i < 0 {
				return nil, fmt.Errorf("%s %s has no option %q", kind, e.action(), v)
			}
			picked = append(picked, all[i].shown())
		}
	} else {
		for _, v := range in {
			if v == "" {
				continue
			}
			if err := e.accepts(v); err != nil {
				return nil, err
			}
			picked = append(picked, v)
		}
	}
	switch {
	case strings.HasSuffix(key, "s"):
		out[key] = append([]any{}, picked...)
	case len(picked) > 1:
		return nil, fmt.Errorf("%s %s takes one value", kind, e.action())
	case len(picked) == 1 && kind == "datetimepicker":
		n, _ := strconv.ParseInt(picked[0].(string), 10, 64)
		out[key] = n
	case len(picked) == 1:
		out[key] = picked[0]
	}
	return out, nil
}

// accepts refuses a typed value that does not fit its element.
func (e element) accepts(v string) error {
	check := newChecker()
	switch e.kind() {
	case "datepicker":
		dateRule(check, "", v)
	case "timepicker":
		timeRule(check, "", v)
	case "datetimepicker":
		if n, err := strconv.ParseInt(v, 10, 64); err != nil || n < 0 || n > 9999999999 {
			check.fail("", "must be seconds since 1970, of at most ten digits")
		}
	case "number_input":
		numeral(check, "", v)
		low, okLow := e.el["min_value"].(string)
		high, okHigh := e.el["max_value"].(string)
		if okLow && parse(v) < parse(low) || okHigh && parse(v) > parse(high) {
			check.fail("", "is out of range")
		}
		if e.el["is_decimal_allowed"] != true && strings.Contains(v, ".") {
			check.fail("", "must be a whole number")
		}
	case "email_text_input":
		if a, err := mail.ParseAddress(v); err != nil || a.Address != v {
			check.fail("", "must be an email address")
		}
	case "url_text_input":
		if u, err := url.Parse(v); err != nil || u.Scheme == "" || u.Host == "" {
			check.fail("", "must be a URL")
		}
	case "plain_text_input":
		n := utf8.RuneCountInString(v)
		if low, ok := number(e.el["min_length"]); ok && n < int(low) {
			check.fail("", "must be at least %d characters", int(low))
		}
		if high, ok := number(e.el["max_length"]); ok && n > int(high) || n > limits["plain_text_input.max_length.max"] {
			check.fail("", "must be at most %d characters", min(int(high), limits["plain_text_input.max_length.max"]))
		}
	}
	if len(check.problems) > 0 {
		return fmt.Errorf("%s %s: %q %s", e.kind(), e.action(), v, strings.TrimSuffix(check.problems[0], " [json-pointer:]"))
	}
	return nil
}

// empty tells whether a state holds no value.
func empty(state object) bool {
	v := state[stateful[str(state["type"])]]
	list, isList := v.([]any)
	return v == nil || v == "" || isList && len(list) == 0
}
