package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// TestACommandThatIsStoppedHasNotSucceeded: who stops a verification in the
// middle has verified nothing.
func TestACommandThatIsStoppedHasNotSucceeded(t *testing.T) {
	config := filepath.Join(accessFolder(t, "", "", ""), "hallpass.yaml")
	var out, errs log
	if code := run(t.Context(), []string{"migrate", "--config", config}, &out, &errs); code != 0 {
		t.Fatalf("migrate: exit code %d\n%s", code, errs.String())
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, command := range []string{"audit verify", "reconcile", "policy suggest", "migrate"} {
		var out, errs log
		code := run(ctx, append(strings.Fields(command), "--config", config), &out, &errs)
		if code != 1 || errs.String() == "" {
			t.Errorf("%s: exit code %d, want 1; it says %q", command, code, errs.String())
		}
	}
}
