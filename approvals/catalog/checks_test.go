package catalog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
)

func TestChecksOfASystemAreAskedBelowUnlessSaidOtherwise(t *testing.T) {
	t.Parallel()
	text := strings.Replace(small, "    tags: [database]\n", "    tags: [database]\n    checks: [window, training, window]\n", 1)
	text = strings.Replace(text, "            title: administrator\n", "            title: administrator\n            checks: [device]\n", 1)
	c, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": text}), team)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string][]string{"billing-db:read-only": {"training", "window"}, "billing-db:admin": {"device"}} {
		e, err := c.Entitlement(t.Context(), approvals.EntitlementID(id))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, e.Checks); diff != "" {
			t.Errorf("%s: -want +got\n%s", id, diff)
		}
	}
	_, err = catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": strings.Replace(text, "[device]", `["De vice"]`, 1)}), team)
	if err == nil || !strings.Contains(err.Error(), `"De vice" cannot be the name of a check; use the names under checks: in hallpass.yaml`) {
		t.Errorf("%v, want the wrong name named", err)
	}
}

func TestApproversMayBeOnDutyOrOneLevelUp(t *testing.T) {
	t.Parallel()
	text := strings.Replace(small, "approvers: [manager, owner]", `approvers: [manager, skip-level-manager, "on-call:PI7DH85"]`, 1)
	c, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": text}), team)
	if err != nil {
		t.Fatal(err)
	}
	e, err := c.Entitlement(t.Context(), "billing-db:read-only")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]approvals.ApproverRef{"manager", "skip-level-manager", "on-call:PI7DH85"}, e.Approvers); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
