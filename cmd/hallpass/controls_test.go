package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/store/evidence"
)

// named finds what a page says to type: a line of a block, or words in a line.
var named = regexp.MustCompile("(?m)^hallpass [^\n]+|`hallpass [^`\n]+`")

func TestEveryCommandAndFlagOfTheControlsExists(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/controls.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, line := range named.FindAllString(string(page), -1) {
		line = strings.Trim(line, "`")
		words := strings.Fields(line)[1:]
		var out bytes.Buffer
		if code := run(t.Context(), append(slices.Clone(words), "--help"), &out, &out); code != 0 {
			t.Errorf("%q: exit code %d\n%s", line, code, out.String())
			continue
		}
		path, takes := usage(out.String())
		seen[path] = true
		for i, word := range words {
			switch name, isFlag := strings.CutPrefix(word, "--"); {
			case isFlag && !strings.Contains(out.String(), "--"+name+" "):
				t.Errorf("%q: %s has no flag --%s", line, path, name)
			case !isFlag && i+2 > len(strings.Fields(path)) && i > 0 && !strings.HasPrefix(words[i-1], "--") && !takes:
				t.Errorf("%q: %s takes no %s", line, path, word)
			}
		}
		if path == "hallpass" || path == "hallpass audit" {
			t.Errorf("%q names no command", line)
		}
	}
	for _, must := range []string{"hallpass audit evidence", "hallpass audit verify", "hallpass audit show", "hallpass explain", "hallpass replay"} {
		if !seen[must] {
			t.Errorf("the page does not name %s; it names %v", must, seen)
		}
	}
}

// usage reads the path of a command from its help, and whether it takes
// arguments.
func usage(help string) (path string, takes bool) {
	_, rest, _ := strings.Cut(help, "Usage:\n  ")
	line, _, _ := strings.Cut(rest, "\n")
	var words []string
	for _, word := range strings.Fields(line) {
		if word == "[flags]" || word == "[command]" {
			continue
		}
		if word != strings.ToLower(word) || strings.HasPrefix(word, "-") {
			takes = true
			break
		}
		words = append(words, word)
	}
	return strings.Join(words, " "), takes
}

// code finds single words in backticks.
var code = regexp.MustCompile("`([a-z_]+)`")

func TestEveryColumnAndExceptionOfTheControlsExists(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/controls.md")
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.Open("../../store/evidence/testdata/requests.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer golden.Close()
	columns, err := csv.NewReader(golden).Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range evidence.Kinds() {
		columns = append(columns, string(k))
	}
	n := 0
	for _, name := range code.FindAllStringSubmatch(string(page), -1) {
		if n++; !slices.Contains(columns, name[1]) {
			t.Errorf("the page names %q, which is neither a column nor an exception", name[1])
		}
	}
	if n < 20 {
		t.Errorf("the page names only %d columns and exceptions", n)
	}
}
