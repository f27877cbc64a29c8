package policy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

// exampleFiles reads the example folder's policies and examples.
func exampleFiles(tb testing.TB) map[string]string {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(exampleAccess, "policies", "*"))
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no example policies: %v", err)
	}
	files := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		files[filepath.Base(path)] = string(text)
	}
	return files
}

var (
	onePolicy  = regexp.MustCompile(`(?ms)^@id\("([a-z-]+)"\)\n(?:@[^\n]*\n)*(?:permit|forbid) .*?;$`)
	conditions = regexp.MustCompile(`(?s)\b(?:when|unless) \{.*\}`)
	groupIn    = regexp.MustCompile(`principal in Group::"[a-z-]+"`)
)

// TestEveryMistakeInAnExamplePolicyIsCaught breaks each policy of the example
// folder in each of these ways; none of the broken sets may load.
func TestEveryMistakeInAnExamplePolicyIsCaught(t *testing.T) {
	t.Parallel()
	mutations := []struct {
		name   string
		mutate func(policy string) string
	}{
		{"dropped", func(string) string { return "" }},
		{"turned round", func(p string) string {
			return strings.NewReplacer("\npermit (", "\nforbid (", "\nforbid (", "\npermit (").Replace(p)
		}},
		{"unconditional", func(p string) string { return conditions.ReplaceAllString(p, "") }},
		{"never", func(p string) string { return conditions.ReplaceAllString(p, "when { false }") }},
		{"for everybody", func(p string) string { return groupIn.ReplaceAllString(p, "principal") }},
		{"for another group", func(p string) string { return groupIn.ReplaceAllString(p, `principal in Group::"x"`) }},
		{"for another action", func(p string) string {
			return strings.NewReplacer(`"request"`, `"approve"`, `"approve"`, `"request"`).Replace(p)
		}},
		{"when and unless swapped", func(p string) string {
			return strings.NewReplacer("when {", "unless {", "unless {", "when {").Replace(p)
		}},
		{"a misspelt attribute", func(p string) string {
			return strings.NewReplacer("context.score", "context.scroe", "principal.contractor", "principal.contracter", "resource.sensitivity", "resource.sensitvity",
				"resource.tags", "resource.tag", "context.auto_today", "context.auto_todey", "resource.owners", "resource.owner",
				"resource.approver_groups", "resource.approvergroups", "context.beneficiary", "context.benficiary").Replace(p)
		}},
		{"without has", func(p string) string {
			return strings.NewReplacer("context has score && ", "", "context has ticket &&", "", "context.beneficiary has manager && ", "", "resource has environment && ", "").Replace(p)
		}},
		{"a text for a number", func(p string) string {
			return regexp.MustCompile(`(<=|>=|<|>) (\d+)`).ReplaceAllString(p, `$1 "$2"`)
		}},
		{"compared the wrong way", func(p string) string {
			return strings.NewReplacer("<=", ">=", ">=", "<=", " > ", " < ", "==", "!=").Replace(p)
		}},
		{"a refusal that asks instead", func(p string) string { return strings.Replace(p, "@effect(\"deny\")\n", "", 1) }},
		{"a forbid that refuses instead of asking", func(p string) string {
			if !strings.Contains(p, "\nforbid (") || !strings.Contains(p, `"request"`) || strings.Contains(p, "@effect") {
				return p
			}
			if strings.Contains(p, "unless { context has score }") {
				return p // without a score nothing is refused, whatever a policy says
			}
			for _, asks := range []string{"@quorum(\"2\")\n", "@channel(\"#security-access\")\n"} {
				p = strings.Replace(p, asks, "", 1)
			}
			return strings.Replace(p, "\nforbid (", "\n@effect(\"deny\")\nforbid (", 1)
		}},
		{"fewer approvers", func(p string) string { return strings.Replace(p, "@quorum(\"2\")\n", "", 1) }},
		{"another channel", func(p string) string {
			if strings.Contains(p, "@stage") {
				return p // an example can say in which channel a request begins, not in which a later stage goes on
			}
			return strings.Replace(p, "#security-access", "#random", 1)
		}},
		{"a negation dropped", func(p string) string {
			return strings.Replace(strings.Replace(p, "!principal", "principal", 1), "![", "[", 1)
		}},
		{"a negation added", func(p string) string {
			return regexp.MustCompile(`(when|unless) \{\s+(principal|resource|context)(\.| has )`).ReplaceAllString(p, "$1 {\n  !$2$3")
		}},
		{"the requester in the principal's place", func(p string) string { return strings.ReplaceAll(p, "principal.", "context.requester.") }},
		{"and for or", func(p string) string { return strings.NewReplacer("&&", "||", "||", "&&").Replace(p) }},
		{"a limit ten times as wide", func(p string) string { return regexp.MustCompile(`(<=|>=|<|>) (\d+)`).ReplaceAllString(p, "$1 ${2}0") }},
		{"a limit one step off", func(p string) string {
			return regexp.MustCompile(`(<=|>=|<|>) (\d+)`).ReplaceAllStringFunc(p, func(m string) string {
				op, digits, _ := strings.Cut(m, " ")
				n, _ := strconv.Atoi(digits)
				if op == ">=" {
					n -= 2
				}
				return op + " " + strconv.Itoa(n+1)
			})
		}},
		{"principal and resource swapped", func(p string) string {
			return strings.NewReplacer("principal.", "resource.", "resource.", "principal.").Replace(p)
		}},
	}
	files := exampleFiles(t)
	tried := 0
	for name, text := range files {
		for _, policy := range onePolicy.FindAllStringSubmatch(text, -1) {
			for _, m := range mutations {
				mutant := m.mutate(policy[0])
				if mutant == policy[0] {
					continue
				}
				// "action ==" must stay for "compared the wrong way" to be a mistake in meaning, not in form.
				mutant = strings.ReplaceAll(mutant, "action !=", "action ==")
				if mutant == policy[0] {
					continue
				}
				tried++
				t.Run(policy[1]+" "+m.name, func(t *testing.T) {
					t.Parallel()
					broken := map[string]string{}
					for k, v := range files {
						broken[k] = v
					}
					broken[name] = strings.Replace(text, policy[0], mutant, 1)
					_, err := load(t, broken)
					if err == nil {
						t.Fatalf("loads:\n%s", mutant)
					}
					if _, ok := err.(approvals.Problems); !ok { //nolint:errorlint // the type itself is what is promised
						t.Errorf("the error is %v", err)
					}
				})
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d mistakes were tried", tried)
	}
}
