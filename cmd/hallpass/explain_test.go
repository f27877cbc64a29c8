package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals/policy"
)

func TestExplainShowsPoliciesFactsAndTheChange(t *testing.T) {
	t.Parallel()
	dir := accessFolder(t, "", "", "")
	url := "sqlite:" + filepath.Join(t.TempDir(), "past.db")
	remember(t, dir, url)
	say := func(args ...string) (string, string, int) {
		var out, errs log
		code := run(t.Context(), append([]string{"explain", "--config", filepath.Join(dir, "hallpass.yaml"), "--database", url}, args...), &out, &errs)
		return out.String(), errs.String(), code
	}
	out, errs, code := say("req_30")
	for _, want := range []string{"req_30, decision 1", "approved at once", "decides        read-only-with-ticket (permit", "the same answer", "context.score", "more do not apply; --all shows them"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, no %q in\n%s%s", code, want, out, errs)
		}
	}
	stricter(t, dir)
	if out, _, _ := say("req_30", "--all"); !strings.Contains(out, "The policies have changed since.") || !strings.Contains(out, "does not apply read-only-with-ticket") {
		t.Errorf("the change does not show:\n%s", out)
	}
	out, _, _ = say("req_30", "--json")
	var account policy.Account
	if err := json.Unmarshal([]byte(out), &account); err != nil || !account.Flips() || account.SameLaw || len(account.Now.Policies) < 10 {
		t.Errorf("%v: %+v", err, account)
	}
	if _, errs, code := say("req_none"); code != 1 || !strings.Contains(errs, "no decision") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
