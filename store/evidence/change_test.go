package evidence

import (
	"encoding/json"
	"strings"
	"testing"
)

// pinned is a set of policies as the database keeps it.
func pinned(t *testing.T, files map[string]string) string {
	t.Helper()
	type file struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}
	var set struct {
		Files []file `json:"files"`
	}
	for name, text := range files {
		set.Files = append(set.Files, file{name, text})
	}
	b, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAChangeOfPoliciesIsSaidInWords(t *testing.T) {
	t.Parallel()
	const was = "permit (\n  principal, action, resource)\nwhen { context.duration_minutes <= 240 };\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a limit": {map[string]string{"a.cedar": strings.Replace(was, "240", "480", 1)},
			"In a.cedar “when { context.duration_minutes <= 240 };” became “when { context.duration_minutes <= 480 };”."},
		"a condition gone": {map[string]string{"a.cedar": strings.Replace(was, "\nwhen { context.duration_minutes <= 240 }", "", 1)},
			"In a.cedar 2 lines went and 1 came: − “principal, action, resource)”, − “when { context.duration_minutes <= 240 };”, + “principal, action, resource);”."},
		"a comment":    {map[string]string{"a.cedar": "// Why.\n" + was}, "a.cedar says the same in another order, or with other comments."},
		"another file": {map[string]string{"a.cedar": was, "b.cedar": "forbid (principal, action, resource);"}, "In b.cedar 0 lines went and 1 came: + “forbid (principal, action, resource);”."},
		"a file gone":  {map[string]string{}, "In a.cedar 3 lines went and 0 came: − “permit (”, − “principal, action, resource)”, − “when { context.duration_minutes <= 240 };”."},
		"much": {map[string]string{"a.cedar": "1\n2\n3\n4"},
			"In a.cedar 3 lines went and 4 came: − “permit (”, − “principal, action, resource)”, − “when { context.duration_minutes <= 240 };” …"},
	} {
		var all texts
		all.keep("one", pinned(t, map[string]string{"a.cedar": was}))
		all.keep("two", pinned(t, c.files))
		if got := all.change("one", "two"); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}

func TestNothingIsSaidOfPoliciesThatAreNotKept(t *testing.T) {
	t.Parallel()
	var all texts
	all.keep("one", pinned(t, map[string]string{"a.cedar": "permit;"}))
	all.keep("broken", "{")
	for _, other := range []string{"never kept", "broken"} {
		if got := all.change("one", other) + all.change(other, "one"); got != "" {
			t.Errorf("%s: it says %q", other, got)
		}
	}
}
