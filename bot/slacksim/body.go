package slacksim

import (
	"bytes"
	"encoding/json"
	"mime"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
)

// object is a JSON object as Slack passes them around.
type object = map[string]any

// maxBody is how much of a request is read. Slack does not document a limit; the largest valid call is well under it.
const maxBody = 1 << 20

// call is one Web API call: its method and arguments, whatever way they were sent.
type call struct {
	name string
	args object
}

// decodeBody reads the arguments of a call: from the query, and from a body that is a form or JSON. It returns Slack's error
// name when the body cannot be read.
func decodeBody(contentType string, query url.Values, body []byte) (object, string) {
	args := object{}
	for k, v := range query {
		args[k] = v[0]
	}
	if len(body) == 0 {
		return args, ""
	}
	if contentType == "" {
		return nil, "missing_post_type"
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, "invalid_post_type"
	}
	switch media {
	case "application/json":
		var v any
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		if dec.Decode(&v) != nil || dec.More() {
			return nil, "invalid_json"
		}
		o, ok := v.(object)
		if !ok {
			return nil, "json_not_object"
		}
		for k, v := range o {
			args[k] = v
		}
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, "invalid_form_data"
		}
		for k, v := range form {
			args[k] = v[0]
		}
	case "multipart/form-data":
		form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(maxBody)
		if err != nil {
			return nil, "invalid_form_data"
		}
		defer func() { _ = form.RemoveAll() }()
		for k, v := range form.Value {
			args[k] = v[0]
		}
	default:
		return nil, "invalid_post_type"
	}
	return args, ""
}

// str is v as a string; anything else than a string or a number is "".
func str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (c *call) str(key string) string { return str(c.args[key]) }

// has tells whether an argument was sent and is not empty.
func (c *call) has(key string) bool {
	v, ok := c.args[key]
	return ok && v != nil && v != ""
}

func (c *call) bool(key string) bool {
	switch v := c.args[key].(type) {
	case bool:
		return v
	case string:
		return v == "true" || v == "1"
	case json.Number:
		return v.String() == "1"
	}
	return false
}

func (c *call) int(key string, otherwise int) int {
	if n, err := strconv.Atoi(c.str(key)); err == nil {
		return n
	}
	return otherwise
}

// json is an argument that holds JSON: as such in a JSON body, as a string of JSON in a form. ok is false when the string
// is not JSON.
func (c *call) json(key string) (v any, ok bool) {
	s, isString := c.args[key].(string)
	if !isString {
		return c.args[key], true
	}
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	if dec.Decode(&v) != nil || dec.More() {
		return nil, false
	}
	return v, true
}
