package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
)

func TestWhatIsDoneAboutDriftIsSaidAtAnyDepth(t *testing.T) {
	t.Parallel()
	text := strings.Replace(small, "    tags: [database]\n", "    tags: [database]\n    drift: remove\n    standing: [svc-backup]\n", 1)
	text = strings.Replace(text, "            title: administrator\n", "            title: administrator\n            drift: restore\n            standing: [root@example.com]\n", 1)
	c, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": text}), team)
	if err != nil {
		t.Fatal(err)
	}
	type said struct {
		Drift    approvals.DriftRepair
		Standing []string
	}
	for id, want := range map[string]said{
		"billing-db:read-only": {approvals.DriftRemove, []string{"svc-backup"}},
		"billing-db:admin":     {approvals.DriftRestore, []string{"svc-backup", "root@example.com"}},
	} {
		e, err := c.Entitlement(t.Context(), approvals.EntitlementID(id))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, said{e.Drift, e.Standing}); diff != "" {
			t.Errorf("%s: -want +got\n%s", id, diff)
		}
	}
	for wrong, want := range map[string]string{
		"drift: removes":        `"removes" is not what can be done about drift; did you mean "remove"?`,
		"standing: [\"a\\nb\"]": `cannot be an account; write the account as the system names it`,
	} {
		_, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": strings.Replace(small, "    tags: [database]\n", "    tags: [database]\n    "+wrong+"\n", 1)}), team)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want it to say %s", wrong, err, want)
		}
	}
}
