package policy_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals/policy"
)

func diff(t *testing.T, old, fresh map[string]string) policy.Difference {
	t.Helper()
	c := exampleCatalogue(t)
	d, err := policy.Diff(t.Context(), policy.Options{Dir: folder(t, old), Catalogue: c}, policy.Options{Dir: folder(t, fresh), Catalogue: c})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDifferenceIsOneOfMeaning(t *testing.T) {
	t.Parallel()
	old := map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest}
	same := map[string]string{
		"other.cedar":     "// moved, with a comment\n" + strings.Replace(permitRead, "when { context", "when {\n  context", 1),
		"other_test.yaml": permitReadTest,
	}
	if d := diff(t, old, same); !d.Empty() {
		t.Errorf("layout counts: %+v", d)
	}
	never := `@id("never") @owner("o") @reason("Nobody.") @review_by("2027-06-30") @effect("deny")
forbid (principal in Group::"sales", action == Action::"request", resource);
`
	fresh := map[string]string{
		"read.cedar": strings.NewReplacer(`"security@example.com"`, `"it@example.com"`, "<= 30", "<= 9").Replace(permitRead) + never,
		"read_test.yaml": strings.Replace(permitReadTest, "score: 10", "score: 9", 1) +
			"  - {name: sales is refused, who: {groups: [sales]}, expect: refuse, by: [never]}\n  - {name: support is not, who: {groups: [support]}, expect: auto_approve, by: [read], not: [never]}\n",
	}
	fresh["read_test.yaml"] = strings.Replace(fresh["read_test.yaml"], "name: sales asks, who: {groups: [sales]}, expect: route", "name: marketing asks, who: {groups: [marketing]}, expect: route", 1)
	for name, d := range map[string]policy.Difference{"changed": diff(t, old, fresh), "back": diff(t, fresh, old), "same": diff(t, old, same)} {
		var b strings.Builder
		if err := d.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, e := range d.Examples {
			text = strings.ReplaceAll(text, filepath.ToSlash(filepath.Dir(e.Place)), "policies")
		}
		golden(t, filepath.Join("testdata", "diff", name+".txt"), text)
	}
}

func TestDifferenceNeedsTwoSetsThatLoad(t *testing.T) {
	t.Parallel()
	c := exampleCatalogue(t)
	good := policy.Options{Dir: exampleAccess, Catalogue: c}
	bad := policy.Options{Dir: folder(t, map[string]string{"a.cedar": "permit"}), Catalogue: c}
	for _, pair := range [][2]policy.Options{{good, bad}, {bad, good}} {
		if _, err := policy.Diff(t.Context(), pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), "a.cedar:1") {
			t.Errorf("error %v", err)
		}
	}
}
