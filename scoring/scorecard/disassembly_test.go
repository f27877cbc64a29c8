package scorecard

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// floating are arm64's instructions that compute with floating point, among them
// the fused ones that would give other bytes than amd64. Its registers may well
// move other data.
var floating = regexp.MustCompile(`\t(FN?M?ADD|FN?M?SUB|FN?MUL|FDIV|FCMP|FCVT|[SU]CVTF)[A-Z]*\t`)

// TestGeneratedCodeForArm64HasNoFloatingPoint compiles the score for arm64 and
// reads what the compiler generated. Only Float, which displays a number,
// may hold such instructions: they show that the search finds them.
func TestGeneratedCodeForArm64HasNoFloatingPoint(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("compiling for another processor takes a while; leave out -short")
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-gcflags=-S", ".", "..")
	cmd.Env = append(os.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("compile for arm64: %v\n%s", err, out)
	}
	function, found, functions := "", map[string]int{}, 0
	for line := range strings.Lines(string(out)) {
		if name, _, ok := strings.Cut(line, " STEXT "); ok {
			function = name[strings.LastIndex(name, "/")+1:]
			functions++
			continue
		}
		if floating.MatchString(line) {
			found[function]++
		}
	}
	if functions < 100 {
		t.Fatalf("only %d functions were compiled:\n%s", functions, out)
	}
	if found["scorecard.Fixed.Float"] == 0 {
		t.Errorf("the search does not find Float's own instructions among %d functions: %v", functions, found)
	}
	for f, n := range found {
		if !strings.Contains(f, "Float") {
			t.Errorf("%s holds %d floating-point instructions", f, n)
		}
	}
}
