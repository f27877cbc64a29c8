package slacksim

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// faceLimit is one of the limits that a bot has to render within: so many are taken, and one more is refused with an error.
type faceLimit struct {
	most int
	make func(n int) object // a block, or a view
	code string             // the error of one more
}

// faceLimits are the limits of what a bot shows to people.
func faceLimits() map[string]faceLimit {
	block := func(most int, build func(n int) object) faceLimit { return faceLimit{most, build, "invalid_blocks"} }
	view := func(most int, build func(n int) object) faceLimit { return faceLimit{most, build, "invalid_arguments"} }
	button := func(key string) func(n int) object {
		return func(n int) object { return actions(with(okButton, key, xs(n))) }
	}
	ask := func(key string) func(n int) object {
		return func(n int) object { return actions(with(okButton, "confirm", with(okConfirm, key, plainOf(n)))) }
	}
	modal := func(key string) func(n int) object { return func(n int) object { return with(okModal, key, xs(n)) } }
	worded := func(key string) func(n int) object {
		return func(n int) object { return with(okModal, key, plainOf(n)) }
	}
	buttons := func(n int) object {
		return actions(many(n, func(i int) any { return with(okButton, "action_id", "a"+string(rune('a'+i))) })...)
	}
	return map[string]faceLimit{
		"blocks in a view":        view(100, func(n int) object { return with(okModal, "blocks", many(n, func(int) any { return okSection })) }),
		"characters in a section": block(3000, func(n int) object { return object{"type": "section", "text": marked_(n)} }),
		"fields in a section": block(10, func(n int) object {
			return object{"type": "section", "fields": many(n, func(int) any { return marked_(1) })}
		}),
		"characters in a field":  block(2000, func(n int) object { return object{"type": "section", "fields": []any{marked_(n)}} }),
		"characters in a header": block(150, func(n int) object { return object{"type": "header", "text": plainOf(n)} }),
		"elements in actions":    block(25, buttons),
		"elements in a context": block(10, func(n int) object {
			return object{"type": "context", "elements": many(n, func(int) any { return marked_(1) })}
		}),
		"text of a button":         block(75, func(n int) object { return actions(with(okButton, "text", plainOf(n))) }),
		"value of a button":        block(2000, button("value")),
		"action_id":                block(255, button("action_id")),
		"block_id":                 block(255, func(n int) object { return with(okSection, "block_id", xs(n)) }),
		"text of an option":        block(75, func(n int) object { return actions(menuOf(with(okOption, "text", plainOf(n)))) }),
		"value of an option":       block(150, func(n int) object { return actions(menuOf(with(okOption, "value", xs(n)))) }),
		"options of an overflow":   block(5, func(n int) object { return actions(menuOf(many(n, optionOf)...)) }),
		"options of a select":      block(100, func(n int) object { return actions(with(okSelect, "options", many(n, optionOf))) }),
		"title of a modal":         view(24, worded("title")),
		"submit of a modal":        view(24, worded("submit")),
		"close of a modal":         view(24, worded("close")),
		"title of a confirmation":  block(100, ask("title")),
		"text of a confirmation":   block(300, ask("text")),
		"yes of a confirmation":    block(30, ask("confirm")),
		"no of a confirmation":     block(30, ask("deny")),
		"private_metadata":         view(3000, modal("private_metadata")),
		"callback_id":              view(255, modal("callback_id")),
		"bytes of a view (250 KB)": {250 * 1024, viewOfSize, "view_too_large"},
		"characters of a link":     block(3000, button("url")),
		"accessibility_label":      block(75, button("accessibility_label")),
		"label of an input": view(2000, func(n int) object {
			return with(with(okModal, "submit", plainOf(1)), "blocks", []any{with(input(okSelect), "label", plainOf(n))})
		}),
		"placeholder of a select":  block(150, func(n int) object { return actions(with(okSelect, "placeholder", plainOf(n))) }),
		"choices of radio buttons": block(10, func(n int) object { return actions(object{"type": "radio_buttons", "options": many(n, optionOf)}) }),
		"choices of checkboxes":    block(10, func(n int) object { return actions(object{"type": "checkboxes", "options": many(n, optionOf)}) }),
		"alternative text of images": block(2000, func(n int) object {
			return object{"type": "context", "elements": []any{with(okImage, "alt_text", xs(n))}}
		}),
	}
}

// viewOfSize is a modal of n bytes of JSON.
func viewOfSize(n int) object {
	build := func(last int) object {
		blocks := many(89, func(i int) any {
			if i == 0 {
				return object{"type": "section", "text": marked_(last)}
			}
			return object{"type": "section", "text": marked_(2840)}
		})
		return with(okModal, "blocks", blocks)
	}
	return build(n - viewSize(build(1)) + 1)
}

func TestEveryLimitOfTheFaceIsEnforcedToTheCharacter(t *testing.T) {
	t.Parallel()
	w, err := New(Config{Users: []User{{ID: "U1", Name: "ana"}}, Channels: []Channel{{ID: "C1", Name: "general"}}, Rates: Rates{Scale: -1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	send := func(o object) string {
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if o["blocks"] == nil {
			return str(callAPI(t, w, "chat.postMessage", url.Values{"channel": {"C1"}, "text": {"t"}, "blocks": {"[" + string(b) + "]"}})["error"])
		}
		w.mu.Lock()
		w.drop("U1", 0)
		trigger := w.newTrigger("U1", "")
		w.mu.Unlock()
		return str(callAPI(t, w, "views.open", url.Values{"trigger_id": {trigger}, "view": {string(b)}})["error"])
	}
	all := faceLimits()
	for name, l := range all {
		if code := send(l.make(l.most)); code != "" {
			t.Errorf("%s: %d refused: %s", name, l.most, code)
		}
		if code := send(l.make(l.most + 1)); code != l.code {
			t.Errorf("%s: %d: error %q, want %q", name, l.most+1, code, l.code)
		}
	}
	t.Logf("%d limits, each taken at the limit and refused one beyond", len(all))
}

func TestMessagesAreHeldToTheirLengths(t *testing.T) {
	t.Parallel()
	w := shapeWorkspace(t, "")
	posted := callAPI(t, w, "chat.postMessage", url.Values{"channel": {"C1"}, "text": {strings.Repeat("é", 40001)}})
	if n := len([]rune(str(posted["message"].(object)["text"]))); n != 40000 {
		t.Errorf("a posted text is cut at %d characters", n)
	}
	for n, want := range map[int]string{4000: "", 4001: "msg_too_long"} {
		got := callAPI(t, w, "chat.update", url.Values{"channel": {"C1"}, "ts": {str(posted["ts"])}, "text": {strings.Repeat("é", n)}})
		if str(got["error"]) != want {
			t.Errorf("an update of %d characters: %v", n, got["error"])
		}
	}
	for n, want := range map[int]string{50: "", 51: "invalid_blocks"} {
		blocks := "[" + strings.TrimSuffix(strings.Repeat(`{"type":"divider"},`, n), ",") + "]"
		if got := callAPI(t, w, "chat.postMessage", url.Values{"channel": {"C1"}, "text": {"t"}, "blocks": {blocks}}); str(got["error"]) != want {
			t.Errorf("%d blocks: %v", n, got["error"])
		}
	}
}
