package slacksim

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// FuzzBlocks holds the validator to: no panic, and what it accepts can be stored, shown and validated again.
func FuzzBlocks(f *testing.F) {
	for _, c := range invalidCases() {
		b, err := json.Marshal([]any{c})
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 8000 {
			f.Add(string(b))
		}
	}
	f.Add(shapeBlocks)
	f.Add(`[{"type":"input","label":{"type":"plain_text","text":"L"},"element":{"type":"checkboxes","options":[{"text":{"type":"mrkdwn","text":"a"},"value":"a"}]}}]`)
	f.Add(`[{"type":"container","child_blocks":[{"type":"container","child_blocks":[{"type":"divider"}]}]}]`)
	f.Fuzz(func(t *testing.T, s string) {
		c := &call{args: object{"blocks": s}}
		v, ok := c.json("blocks")
		list, isList := objects(v)
		if !ok || !isList {
			return
		}
		if len(ValidateBlocks(list)) > 0 {
			return
		}
		stored := complete(list)
		if problems := ValidateBlocks(stored); len(problems) > 0 {
			t.Errorf("accepted, but not once stored: %v", problems)
		}
		m := Message{Blocks: stored}
		_, _ = m.Plain(), m.Controls()
		state := initial(stored, nil)
		if b, err := json.Marshal(state.json()); err != nil {
			t.Errorf("state %s: %v", b, err)
		}
	})
}

// FuzzView holds the same for views.
func FuzzView(f *testing.F) {
	f.Add(shapeView)
	for _, c := range invalidViews() {
		b, _ := json.Marshal(c)
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, s string) {
		view, err := sentView(&call{args: object{"view": s}})
		if err != nil {
			return
		}
		if problems := ValidateView(view); len(problems) > 0 {
			t.Errorf("accepted with problems: %v", problems)
		}
	})
}

// FuzzBody holds the decoder of API bodies to: no panic, and either arguments or one of Slack's error names.
func FuzzBody(f *testing.F) {
	f.Add("application/json", "a=b", `{"a":1}`)
	f.Add("application/x-www-form-urlencoded", "", "a=b&c=%5B%5D")
	f.Add("multipart/form-data; boundary=x", "", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n")
	f.Fuzz(func(t *testing.T, contentType, query, body string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		args, bad := decodeBody(contentType, q, []byte(body))
		if (args == nil) == (bad == "") {
			t.Errorf("arguments %v and error %q", args, bad)
		}
		c := &call{args: args}
		for k := range args {
			_, _, _ = c.str(k), c.bool(k), c.int(k, 0)
			_, _ = c.json(k)
		}
	})
}

// FuzzFragments holds the reader of frame headers to: no panic, and the same answer however the bytes are cut up.
func FuzzFragments(f *testing.F) {
	f.Add([]byte{0x81, 0x82, 0, 0, 0, 0, 'h', 'i'}, 3)
	f.Add([]byte{0x01, 0x81, 0, 0, 0, 0, 'h', 0x89, 0x80, 0, 0, 0, 0, 0x80, 0x81, 0, 0, 0, 0, 'i'}, 1)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var once, twice fragments
		once.scan(b)
		cut = max(0, min(cut, len(b)))
		twice.scan(b[:cut])
		twice.scan(b[cut:])
		if !slices.Equal(once.whole, twice.whole) {
			t.Errorf("%v in one piece, %v in two", once.whole, twice.whole)
		}
	})
}

// FuzzTyped holds the notation of typed text to: no markup comes through that the person could forge.
func FuzzTyped(f *testing.F) {
	for _, s := range []string{"<!channel>", "@ana <@U1>", "a&b", "https://x.example/<a>", "x@y.zz|<b", "#general", "@ana@ana.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := New(Config{Users: []User{{ID: "U1", Name: "ana"}}, Channels: []Channel{{ID: "C1", Name: "general"}}})
		if err != nil {
			t.Fatal(err)
		}
		out := w.encode(s, false)
		for _, m := range marked.FindAllStringSubmatch(out, -1) {
			switch {
			case m[1] == "@" && m[2] == "U1", m[1] == "#" && m[2] == "C1":
			case m[1] == "" && (strings.HasPrefix(m[2], "http://") || strings.HasPrefix(m[2], "https://") || strings.HasPrefix(m[2], "mailto:")):
			default:
				t.Errorf("%q became %q with %v", s, out, m)
			}
		}
		if strings.Count(out, "<") != strings.Count(out, ">") {
			t.Errorf("%q became %q", s, out)
		}
		_ = richText(out)
	})
}
