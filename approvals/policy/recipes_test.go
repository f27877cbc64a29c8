package policy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

var codeBlock = regexp.MustCompile("(?ms)^```(cedar|yaml)\n(.*?)^```$")

// TestRecipesInTheGuideHold loads every recipe of docs/policy.md, as it stands
// there, against the catalogue that stands above them, and tries its examples.
func TestRecipesInTheGuideHold(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, guided, ok := strings.Cut(string(guide), "\n## Recipes\n")
	if !ok {
		t.Fatal("the guide has no recipes")
	}
	guided, _, _ = strings.Cut(guided, "\n## ")
	parts := strings.Split(guided, "\n### ")
	if len(parts) < 13 {
		t.Fatalf("%d recipes; the guide promises a dozen", len(parts)-1)
	}
	shop := codeBlock.FindStringSubmatch(parts[0])
	if shop == nil {
		t.Fatal("the recipes have no catalogue")
	}
	for _, part := range parts[1:] {
		title, _, _ := strings.Cut(part, "\n")
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{}
			for _, block := range codeBlock.FindAllStringSubmatch(part, -1) {
				files[map[string]string{"cedar": "recipe.cedar", "yaml": "recipe_test.yaml"}[block[1]]] += block[2]
			}
			if len(files) != 2 {
				t.Fatalf("it has %d kinds of blocks, not policies and examples", len(files))
			}
			dir := folder(t, files)
			if err := os.MkdirAll(filepath.Join(dir, "catalog"), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "catalog", "shop.yaml"), []byte(shop[2]), 0o600); err != nil {
				t.Fatal(err)
			}
			things, err := catalog.Load(t.Context(), dir, approvalstest.NewDirectory(
				approvals.Principal{ID: "dana", Name: "Dana", Email: "dana@example.com", Groups: []string{"security"}}))
			if err != nil {
				t.Fatal(err)
			}
			report, err := policy.Check(t.Context(), policy.Options{Dir: dir, Catalogue: things}, monday)
			if err != nil {
				t.Fatal(err)
			}
			if report.Policies == 0 || report.Examples < 2 {
				t.Errorf("%d policies, %d examples", report.Policies, report.Examples)
			}
		})
	}
}
