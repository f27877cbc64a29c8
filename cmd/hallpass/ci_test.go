package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The example pipelines call commands and flags that there are.
func TestExamplePipelinesCallWhatThereIs(t *testing.T) {
	t.Parallel()
	call := regexp.MustCompile(`\bhallpass ((?:check|policy|replay|explain)\b[^|>&#\n]*)`)
	calls := map[string]bool{}
	for _, path := range []string{"../../examples/ci/access.yml", "../../examples/ci/pre-commit-config.yaml"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := yaml.Unmarshal(text, &doc); err != nil || len(doc) == 0 {
			t.Errorf("%s: %v", path, err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue
			}
			for _, m := range call.FindAllStringSubmatch(line, -1) {
				args := strings.Fields(strings.NewReplacer(`"`, "", ";", "").Replace(m[1]))
				calls[args[0]] = true
				var out, errs log
				// A flag that there is not exits with 2 before anything is read; the folders named here are not there.
				if code := run(t.Context(), append(args, "--no-such-flag"), io.Discard, &out); code != 2 || !strings.Contains(out.String(), "no-such-flag") {
					t.Errorf("%s: %v: exit code %d: %s", path, args, code, out.String())
				}
				if code := run(t.Context(), args, io.Discard, &errs); code != 1 {
					t.Errorf("%s: %v: exit code %d: %s", path, args, code, errs.String())
				}
			}
		}
	}
	for _, want := range []string{"check", "policy", "replay"} {
		if !calls[want] {
			t.Errorf("the pipelines do not call hallpass %s", want)
		}
	}
}
