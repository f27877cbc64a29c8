package scoring

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScorePathHasNoFloatingPoint is how equal bytes on every processor are
// kept: compilers may fuse a floating-point product and sum on arm64 and not on
// amd64, and they never do so with integers. No file that computes a score may
// name a floating-point type, write a floating-point number or import math.
// The one exception is the method that displays a number.
func TestScorePathHasNoFloatingPoint(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{".", "scorecard"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", dir, err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range floats(t, name, src) {
				t.Error(found)
			}
		}
	}
}

func TestTheSearchForFloatingPointFindsIt(t *testing.T) {
	t.Parallel()
	src := "package p\nimport \"math\"\nfunc f(a int) int { b := float64(a) * 1.5; return int(math.Log(b)) }\n"
	if got := floats(t, "p.go", []byte(src)); len(got) != 3 {
		t.Errorf("found %q, want an import, a type and a number", got)
	}
}

func floats(t *testing.T, name string, src []byte) (found []string) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return n.Name.Name != "Float"
		case *ast.ImportSpec:
			if n.Path.Value == `"math"` || n.Path.Value == `"math/big"` {
				found = append(found, set.Position(n.Pos()).String()+": imports "+n.Path.Value)
			}
		case *ast.Ident:
			switch n.Name {
			case "float32", "float64", "complex64", "complex128":
				found = append(found, set.Position(n.Pos()).String()+": "+n.Name)
			}
		case *ast.BasicLit:
			if n.Kind == token.FLOAT || n.Kind == token.IMAG {
				found = append(found, set.Position(n.Pos()).String()+": "+n.Value)
			}
		}
		return true
	})
	return found
}

// TestAssessmentsHaveTheRecordedBytes fails when the same organisation gets
// other scores, be it on another processor or after a change. A wanted change
// of the formula changes its version too, and then this digest.
func TestAssessmentsHaveTheRecordedBytes(t *testing.T) {
	t.Parallel()
	o := small(7)
	w, m := build(o), Shipped()
	h := sha256.New()
	for i := range 400 {
		a := assessed(t, w, m, o.Facts(i*13%240, i*17%60))
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		h.Write(b)
	}
	sameAsGolden(t, "assessments.sha256", hex.EncodeToString(h.Sum(nil))+"\n")
}
