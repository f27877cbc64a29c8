package policy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	. "github.com/hallpass-dev/hallpass/approvals/policy"
)

func numbered(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf("line %d\n", i+1))
	}
	return lines
}

func TestAPatchJoinsChangesThatAreNear(t *testing.T) {
	t.Parallel()
	e := Edit{Path: "policies/a.cedar", Old: numbered(20), Lines: map[int][]string{1: nil, 7: {"new\n", "newer\n"}, 18: nil}}
	const want = `--- a/policies/a.cedar
+++ b/policies/a.cedar
@@ -1,11 +1,11 @@
 line 1
-line 2
 line 3
 line 4
 line 5
 line 6
 line 7
-line 8
+new
+newer
 line 9
 line 10
 line 11
@@ -16,5 +16,4 @@
 line 16
 line 17
 line 18
-line 19
 line 20
`
	if diff := cmp.Diff(want, e.Patch()); diff != "" {
		t.Error(diff)
	}
	if same := (Edit{Path: "x", Old: numbered(3)}); same.Patch() != "" || same.Text() != strings.Join(numbered(3), "") {
		t.Errorf("an edit that changes nothing: %q %q", same.Patch(), same.Text())
	}
}

// Whatever lines are taken away and put in, git apply makes the same of the
// patch as Text does.
func TestGitAppliesAPatchAsItReads(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		old := numbered(rapid.IntRange(1, 30).Draw(t, "lines"))
		if rapid.Bool().Draw(t, "no line feed at the end") {
			old[len(old)-1] = "the end"
		}
		e := Edit{Path: "f.txt", Old: old, Lines: map[int][]string{}}
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			at := rapid.IntRange(0, len(old)-1).Draw(t, "at")
			e.Lines[at] = rapid.SliceOfN(rapid.SampledFrom([]string{"one\n", "two\n"}), 0, 2).Draw(t, "by")
		}
		if e.Text() == "" {
			return // Git takes an empty file for one that is gone
		}
		path := filepath.Join(dir, "f.txt")
		if err := os.WriteFile(path, []byte(strings.Join(old, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("git", "apply", "-")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(e.Patch())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s\n%s", err, out, e.Patch())
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e.Text(), string(got)); diff != "" {
			t.Fatal(diff, e.Patch())
		}
	})
}

func TestAPatchAddsAFile(t *testing.T) {
	t.Parallel()
	e := NewFile("catalog/new.yaml", "a\nb")
	if diff := cmp.Diff("--- /dev/null\n+++ b/catalog/new.yaml\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n", e.Patch()); diff != "" {
		t.Error(diff)
	}
	if e.Text() != "a\nb" {
		t.Errorf("%q", e.Text())
	}
}
