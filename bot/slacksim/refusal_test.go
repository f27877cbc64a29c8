package slacksim

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// wording is what Slack says of a constraint: max_length and the like by their limit, the others one by one.
func wording(constraint string) string {
	n, known := limits[constraint]
	if strings.HasPrefix(constraint, "table.rows") {
		n, known = maxTableRows, true
	}
	kind := constraint[strings.LastIndexByte(constraint, '.')+1:]
	shapes := map[string]string{
		"max_length": fmt.Sprintf("must be less than %d characters", n+1), "item_max_length": fmt.Sprintf("must be less than %d characters", n+1),
		"min_length": fmt.Sprintf("must be more than %d characters", n-1), "max_items": fmt.Sprintf("no more than %d items allowed", n),
		"min_items": fmt.Sprintf("no fewer than %d items allowed", n), "max": fmt.Sprintf("must be less than or equal to %d", n),
		"min": fmt.Sprintf("must be greater than or equal to %d", n), "exclusive_min": fmt.Sprintf("must be greater than %d", n),
	}
	others := map[string]string{
		"table.row_shape": "rows must have the same number of cells", "table.column_settings": "must have one entry for each column",
		"section.content": "missing required field: text or fields", "static_select.choice_source": "only one of options and option_groups may be provided",
		"image.source": "only one of image_url and slack_file may be provided", "number_input.range": "must be less than or equal to max_value",
		"context.elements": "unsupported type: button", "input.element": "unsupported type: button",
	}
	if known {
		return shapes[kind]
	}
	return others[constraint]
}

// TestReferenceCasesAreRefused sends each case of the reference's list of invalid blocks and views to the workspace, which must refuse
// it for the reason that the list gives.
func TestReferenceCasesAreRefused(t *testing.T) {
	t.Parallel()
	type listed struct{ ID, Description, Constraint string }
	manifest := readJSON[struct{ Cases []listed }](t, reference(t, "blocks", "fixtures", "invalid", "manifest.json"))
	w, err := New(Config{Users: []User{{ID: "U1", Name: "ana"}}, Channels: []Channel{{ID: "C1", Name: "general"}}, Rates: Rates{Scale: -1}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	ours := invalidCases()
	refused := 0
	for _, c := range manifest.Cases {
		o, ok := ours[c.ID]
		if !ok {
			t.Errorf("no case %s: %s", c.ID, c.Description)
			continue
		}
		code, said := refusalOf(t, w, o)
		want := wording(c.Constraint)
		if want == "" {
			t.Errorf("%s: no wording for the constraint %s", c.ID, c.Constraint)
		}
		if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%s: answered %s %q, want %q", c.ID, code, said, want)
			continue
		}
		refused++
	}
	if len(manifest.Cases) < 106 {
		t.Errorf("only %d cases in the list", len(manifest.Cases))
	}
	t.Logf("%d of %d cases refused, each for its reason", refused, len(manifest.Cases))
}

// refusalOf sends a block in a message, or a view, and returns the error and the messages of the answer.
func refusalOf(t *testing.T, w *Workspace, o object) (string, []string) {
	t.Helper()
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var answer object
	if _, isView := o["blocks"]; isView {
		answer = callAPI(t, w, "views.open", url.Values{"trigger_id": {"none"}, "view": {encode(o)}})
	} else {
		answer = callAPI(t, w, "chat.postMessage", url.Values{"channel": {"C1"}, "text": {"t"}, "blocks": {encode([]object{o})}})
	}
	code := str(answer["error"])
	if code != "invalid_blocks" && code != "invalid_arguments" {
		t.Errorf("answer %v", answer)
	}
	meta, _ := answer["response_metadata"].(object)
	list, _ := meta["messages"].([]any)
	var said []string
	for _, m := range list {
		said = append(said, str(m))
	}
	return code, said
}

// protocolErrors come before a method is looked at. The reference lists errors by method and leaves them out; Slack's page on the Web API
// names them.
var protocolErrors = []string{"unknown_method", "invalid_json", "json_not_object", "invalid_form_data", "invalid_post_type", "missing_post_type"}

func TestEveryErrorIsOneOfSlacks(t *testing.T) {
	t.Parallel()
	var all strings.Builder // errors, and the answers that the reference shows as examples
	for _, name := range sortedNames(t) {
		b, err := os.ReadFile(reference(t, "methods", name))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	known := func(e string) bool { return strings.Contains(all.String(), strconv.Quote(e)) }
	n := len(commonErrors)
	for _, e := range commonErrors {
		if known(e) == slices.Contains(protocolErrors, e) {
			t.Errorf("%s: in the reference %v", e, known(e))
		}
	}
	for name, m := range methodTable {
		n += len(m.errors)
		for _, e := range m.errors {
			if !known(e) {
				t.Errorf("%s: %s is in no method of the reference", name, e)
			}
		}
	}
	t.Logf("%d errors of %d methods; %d of them of every method, %d before any method", n, len(methodTable), len(commonErrors), len(protocolErrors))
}

func TestEventsAndTheirScopesAgreeWithTheReference(t *testing.T) {
	t.Parallel()
	for event, scope := range eventScopes {
		scopes := readJSON[struct{ Scopes []string }](t, reference(t, "events", event+".json")).Scopes
		for i, s := range scopes {
			scopes[i] = strings.Replace(s, "mentions.", "mentions:", 1) // the reference spells this one with a dot
		}
		if scope == "" && len(scopes) > 0 || scope != "" && !slices.Contains(scopes, scope) {
			t.Errorf("%s: reference %v, ours %q", event, scopes, scope)
		}
	}
}
