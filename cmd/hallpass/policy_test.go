package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals/policy"
)

func TestPolicyDiffShowsTheChangeAndItsExamples(t *testing.T) {
	t.Parallel()
	old, fresh := accessFolder(t, "", "", ""), accessFolder(t, "", "", "")
	say := func(args ...string) (string, string, int) {
		var out, errs log
		code := run(t.Context(), append([]string{"policy", "diff"}, args...), &out, &errs)
		return out.String(), errs.String(), code
	}
	if out, errs, code := say(old, fresh); code != 0 || out != "The two mean the same.\n" {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	edit(t, fresh, "policies/guardrails.cedar", "context.auto_today >= 5", "context.auto_today >= 6")
	edit(t, fresh, "policies/guardrails_test.yaml", "auto_today: 5", "auto_today: 6")
	out, errs, code := say(old, fresh)
	if code != exitChanged || !strings.Contains(out, "~ daily-budget") || !strings.Contains(out, "context.auto_today >= 6") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	out, _, _ = say(old, fresh, "--json")
	var d policy.Difference
	if err := json.Unmarshal([]byte(out), &d); err != nil || len(d.Changed) != 1 || d.Changed[0].ID != "daily-budget" {
		t.Errorf("%v: %+v", err, d)
	}
	if _, errs, code := say(old, old+"/absent"); code != 1 || errs == "" {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if _, _, code := say(old); code == 0 {
		t.Error("one folder is compared with nothing")
	}
}
