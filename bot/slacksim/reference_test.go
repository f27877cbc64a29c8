package slacksim

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// reference is the folder with Slack's own facts as data. Tests that need it are skipped where it is not.
func reference(t *testing.T, parts ...string) string {
	t.Helper()
	dir := os.Getenv("HALLPASS_SLACK_REFERENCE")
	if dir == "" {
		t.Skip("HALLPASS_SLACK_REFERENCE is not set: the tables are not held against Slack's reference")
	}
	return filepath.Join(append([]string{dir}, parts...)...)
}

func readJSON[T any](t *testing.T, path string) T {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

func TestMethodFactsAgreeWithTheReference(t *testing.T) {
	t.Parallel()
	type facts struct {
		Scope struct{ Bot []string } `json:"scope"`
		Tier  string                 `json:"rate_limits"`
		JSON  bool                   `json:"json_input_supported"`
		Args  struct {
			Required   []string
			Properties map[string]any
		}
		Err map[string]any `json:"errors"`
	}
	for name, m := range methodTable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ref := readJSON[facts](t, reference(t, "methods", name+".json"))
			scopes := m.scopes
			if m.app {
				scopes = nil // the reference names bot and user scopes only
			}
			slices.Sort(ref.Scope.Bot)
			scopes = slices.Sorted(slices.Values(scopes))
			if diff := cmp.Diff(ref.Scope.Bot, scopes, cmp.Comparer(func(a, b []string) bool { return slices.Equal(a, b) })); diff != "" {
				t.Errorf("scopes (-reference +ours):\n%s", diff)
			}
			if want := "t" + string(rune('0'+m.tier)); ref.Tier != want {
				t.Errorf("tier: reference %s, ours %s", ref.Tier, want)
			}
			if ref.JSON != m.json {
				t.Errorf("JSON bodies: reference %v, ours %v", ref.JSON, m.json)
			}
			want := slices.DeleteFunc(ref.Args.Required, func(s string) bool { return s == "token" })
			if !slices.Equal(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(m.required))) {
				t.Errorf("required arguments: reference %v, ours %v", want, m.required)
			}
			known := slices.DeleteFunc(slices.Sorted(maps.Keys(ref.Args.Properties)), func(s string) bool { return s == "token" || slices.Contains(m.required, s) })
			if diff := cmp.Diff(known, strings.Fields(optional[name]), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("optional arguments (-reference +ours):\n%s", diff)
			}
			for _, e := range m.errors {
				if _, ok := ref.Err[e]; !ok {
					t.Errorf("error %s is not one of the method's", e)
				}
			}
		})
	}
}

func TestLimitsAgreeWithTheReference(t *testing.T) {
	t.Parallel()
	got := map[string]int{}
	flattenLimits(got, "", readJSON[map[string]any](t, reference(t, "blocks", "limits.json")))
	if diff := cmp.Diff(got, limits); diff != "" {
		t.Errorf("limits (-reference +ours):\n%s", diff)
	}
}

func flattenLimits(out map[string]int, prefix string, v map[string]any) {
	for k, x := range v {
		switch x := x.(type) {
		case map[string]any:
			flattenLimits(out, prefix+k+".", x)
		case float64:
			out[prefix+k] = int(x)
		}
	}
}

// TestReferenceBlocksAreAccepted feeds every valid fixture to the part of the validator that reads its kind.
func TestReferenceBlocksAreAccepted(t *testing.T) {
	t.Parallel()
	dir := reference(t, "blocks", "fixtures", "valid")
	objectRules := map[string]rule{
		"confirmation_dialogue": confirmRule, "conversation_filter": filterRule, "dispatch_action_configuration": dispatchRule, "input_parameter": parameterRule,
		"option_group": groupRule, "option": optionRule, "text": anyText("text"), "trigger": triggerRule, "workflow": workflowRule,
	}
	prefixes := slices.SortedFunc(maps.Keys(objectRules), func(a, b string) int { return len(b) - len(a) })
	count := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		count++
		v := readJSON[any](t, path)
		o, _ := v.(object)
		c := newChecker()
		switch filepath.Base(filepath.Dir(path)) {
		case "blocks":
			c.block("/blocks/0", v)
		case "elements":
			rules := maps.Clone(elementRules)
			rules["url"] = urlSourceRule
			typed(rules)(c, "/element", v)
		case "views":
			c.problems = ValidateView(o)
		case "messages", "attachments":
			list, _ := objects(o["blocks"])
			c.problems = ValidateBlocks(list)
			if strings.HasPrefix(d.Name(), "webhook_") {
				c.problems = validateWebhook(list)
			}
			atts, _ := objects(o["attachments"])
			for _, a := range atts {
				list, _ := objects(a["blocks"])
				c.problems = append(c.problems, ValidateBlocks(list)...)
			}
		case "rich_text":
			rules := maps.Clone(richRules)
			maps.Copy(rules, inlineRules)
			typed(rules)(c, "/rich", v)
		case "objects":
			i := slices.IndexFunc(prefixes, func(p string) bool { return strings.HasPrefix(d.Name(), p) })
			if i < 0 {
				t.Errorf("no rule for %s", d.Name())
				return nil
			}
			objectRules[prefixes[i]](c, "", v)
		default:
			t.Errorf("no rule for the folder of %s", path)
		}
		for _, p := range c.problems {
			t.Errorf("%s: %s", d.Name(), p)
		}
		return nil
	})
	if err != nil || count < 100 {
		t.Fatalf("read %d fixtures, want at least 100: %v", count, err)
	}
	t.Logf("%d valid fixtures accepted", count)
}

// sortedNames are the files of the reference's methods.
func sortedNames(t *testing.T) []string {
	t.Helper()
	files, err := os.ReadDir(reference(t, "methods"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".json") {
			out = append(out, f.Name())
		}
	}
	return out
}
