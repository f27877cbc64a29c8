package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A checker collects what is wrong with a block list or a view, in Slack's words and with a JSON pointer to the place.
type checker struct {
	problems []string
	blockIDs map[string]bool
	actions  map[string]bool // action ids of the block being checked
	depth    int
	repeats  bool // a block_id may be there twice
}

func newChecker() *checker { return &checker{blockIDs: map[string]bool{}, actions: map[string]bool{}} }

func (c *checker) fail(path, format string, args ...any) {
	if len(c.problems) < 20 {
		c.problems = append(c.problems, fmt.Sprintf(format, args...)+" [json-pointer:"+path+"]")
	}
}

// A rule checks one value at a path.
type rule func(c *checker, path string, v any)

// A field is one property of an object. Properties that no field names are refused, as Slack refuses them.
type field struct {
	name     string
	required bool
	check    rule
}

func req(name string, check rule) field { return field{name, true, check} }
func opt(name string, check rule) field { return field{name, false, check} }

// fields is the rule of an object with these properties, besides "type".
func fields(list ...field) rule {
	return func(c *checker, path string, v any) {
		o, ok := v.(object)
		if !ok {
			c.fail(path, "must provide an object")
			return
		}
		for _, f := range list {
			x, there := o[f.name]
			switch {
			case there && x != nil:
				f.check(c, path+"/"+f.name, x)
			case f.required:
				c.fail(path, "missing required field: %s", f.name)
			}
		}
		for _, k := range sortedKeys(o) {
			if k != "type" && !slices.ContainsFunc(list, func(f field) bool { return f.name == k }) {
				c.fail(path, "invalid additional property: %s", k)
			}
		}
	}
}

func sortedKeys(o object) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// both applies several rules to the same value.
func both(rules ...rule) rule {
	return func(c *checker, path string, v any) {
		for _, r := range rules {
			r(c, path, v)
		}
	}
}

func anything(*checker, string, any) {}

func anyObject(c *checker, path string, v any) {
	if _, ok := v.(object); !ok {
		c.fail(path, "must provide an object")
	}
}

func boolean(c *checker, path string, v any) {
	if _, ok := v.(bool); !ok {
		c.fail(path, "must be a valid boolean")
	}
}

// length checks the number of characters of a string against limits[key+".min_length"] and limits[key+".max_length"].
func length(c *checker, path, key, s string) {
	n := utf8.RuneCountInString(s)
	if low, ok := limits[key+".min_length"]; ok && n < low {
		c.fail(path, "must be more than %d characters", low-1)
	}
	if high, ok := limits[key+".max_length"]; ok && n > high {
		c.fail(path, "must be less than %d characters", high+1)
	}
}

// text is the rule of a string within the limits of key; an empty key means any length.
func text(key string) rule {
	return func(c *checker, path string, v any) {
		s, ok := v.(string)
		if !ok {
			c.fail(path, "must be a string")
			return
		}
		length(c, path, key, s)
	}
}

// number reads a JSON number.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// integer is the rule of a whole number within bounds.
func integer(low, high int) rule {
	return func(c *checker, path string, v any) {
		f, ok := number(v)
		switch {
		case !ok || f != float64(int64(f)):
			c.fail(path, "must be a valid integer")
		case f < float64(low):
			c.fail(path, "must be greater than or equal to %d", low)
		case f > float64(high):
			c.fail(path, "must be less than or equal to %d", high)
		}
	}
}

func anyNumber(c *checker, path string, v any) {
	if _, ok := number(v); !ok {
		c.fail(path, "must be a valid number")
	}
}

// numeral is the rule of number_input's bounds, which Slack takes as strings.
func numeral(c *checker, path string, v any) {
	s, ok := v.(string)
	if _, err := strconv.ParseFloat(s, 64); !ok || err != nil {
		c.fail(path, "must be a valid number")
	}
}

// list is the rule of an array within limits[key+".min_items"] and limits[key+".max_items"], each entry checked.
func list(key string, each rule) rule {
	return func(c *checker, path string, v any) {
		l, ok := v.([]any)
		if !ok {
			c.fail(path, "must provide an array")
			return
		}
		if low, ok := limits[key+".min_items"]; ok && len(l) < low {
			c.fail(path, "no fewer than %d items allowed", low)
		}
		if high, ok := limits[key+".max_items"]; ok && len(l) > high {
			c.fail(path, "no more than %d items allowed", high)
			return
		}
		for i, x := range l {
			each(c, path+"/"+strconv.Itoa(i), x)
		}
	}
}

// oneOf is the rule of a string out of a few.
func oneOf(allowed ...string) rule {
	return func(c *checker, path string, v any) {
		if s, _ := v.(string); !slices.Contains(allowed, s) {
			c.fail(path, "must be one of the allowed values")
		}
	}
}

// textObject is the rule of a text object of one of the kinds, within the limits of key.
func textObject(key string, kinds ...string) rule {
	return func(c *checker, path string, v any) {
		o, ok := v.(object)
		if !ok {
			c.fail(path, "must provide an object")
			return
		}
		kind, _ := o["type"].(string)
		if !slices.Contains(kinds, kind) {
			c.fail(path+"/type", "unsupported type: %s", kind)
			return
		}
		shape := fields(req("text", text("")), opt("emoji", boolean))
		if kind == "mrkdwn" {
			shape = fields(req("text", text("")), opt("verbatim", boolean))
		}
		shape(c, path, v)
		s, _ := o["text"].(string)
		length(c, path+"/text", "text", s)
		if _, ok := limits[key+".max_length"]; ok && key != "text" {
			length(c, path+"/text", key, s)
		}
	}
}

func plainText(key string) rule { return textObject(key, "plain_text") }
func anyText(key string) rule   { return textObject(key, "plain_text", "mrkdwn") }

// typed is the rule of an object whose "type" chooses among rules; allowed is nil for all of them.
func typed(rules map[string]rule, allowed ...string) rule {
	return func(c *checker, path string, v any) {
		o, ok := v.(object)
		if !ok {
			c.fail(path, "must provide an object")
			return
		}
		kind, isString := o["type"].(string)
		if !isString {
			c.fail(path, "missing required field: type")
			return
		}
		r, known := rules[kind]
		if !known || len(allowed) > 0 && !slices.Contains(allowed, kind) {
			c.fail(path+"/type", "unsupported type: %s", kind)
			return
		}
		if c.depth++; c.depth > 32 {
			c.fail(path, "nested too deeply")
			c.depth--
			return
		}
		r(c, path, v)
		c.depth--
	}
}

// uniqueAction is the rule of an action_id: within its length, and once in a block.
func uniqueAction(c *checker, path string, v any) {
	text("action_id")(c, path, v)
	id, _ := v.(string)
	if id != "" && c.actions[id] {
		c.fail(path, "`action_id` already exists: %s", id)
	}
	c.actions[id] = true
}

// uniqueBlock is the rule of a block_id: within its length, and once in a message or view.
func uniqueBlock(c *checker, path string, v any) {
	text("block_id")(c, path, v)
	id, _ := v.(string)
	if id != "" && c.blockIDs[id] && !c.repeats {
		c.fail(path, "`block_id` already exists: %s", id)
	}
	c.blockIDs[id] = true
}

// parse reads a number; what is not one counts as zero, since another rule refuses it.
func parse(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}
