package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the prefix of our own import paths.
const module = "github.com/hallpass-dev/hallpass"

// listed is what the tests read of `go list -json`.
type listed struct {
	ImportPath, Dir, Doc, Name string
	GoFiles                    []string
	Imports, Deps              []string
	Standard                   bool
}

// own returns the path inside our module, and whether it is inside.
func own(path string) (string, bool) {
	return strings.CutPrefix(path, module+"/")
}

// within reports whether path is root or lies under it.
func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

// list returns the packages of the module and all that they link.
func list(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps",
		"-json=ImportPath,Dir,Doc,Name,GoFiles,Imports,Deps,Standard", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	packages := map[string]listed{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

// arrows says which of our own packages each folder may import; the first
// match counts, "/..." covers what lies under a folder, and "." is the folder
// of the importer itself, two names deep. They point inward, to approvals.
var arrows = []struct {
	from string
	to   []string
}{
	{"approvals", nil},
	{"approvals/source", []string{"approvals"}},    // the one strict reader of the files that people write
	{"approvals/analytics", []string{"approvals"}}, // what it counts is a report; nothing that decides reads it
	{"approvals/...", []string{"approvals", "approvals/source", "."}},
	{"scoring/...", []string{"approvals", "prompts", "scoring/..."}},
	{"prompts/...", []string{"prompts/..."}},
	{"connectors/directory", []string{"approvals", "approvals/source"}}, // what all sources of people have in common
	{"connectors/peoplefile", []string{"approvals", "approvals/source", "connectors/directory"}},
	{"connectors/postgres", []string{"approvals", "connectors/directory", "."}},
	{"connectors/awsidc", []string{"approvals", "connectors/directory", "."}},
	{"connectors/outbound", nil}, // the guarded HTTPS client of those that call what operators configure
	{"connectors/contract/...", []string{"approvals", "connectors/connectortest", "connectors/contract"}},
	{"connectors/webhook", []string{"approvals", "connectors/contract", "connectors/outbound"}},
	{"connectors/exec", []string{"approvals", "connectors/contract"}},
	{"connectors/scim", []string{"approvals", "connectors/directory", "connectors/outbound"}},
	{"connectors/scim/scimtest", []string{"approvals", "connectors/connectortest", "."}},                        // of tests: it is spoilt as they say
	{"connectors/connectortest/whole", []string{"approvals", "approvals/approvalstest", "approvals/lifecycle"}}, // of tests
	{"connectors/connectortest/example", []string{"approvals", "connectors/outbound"}},                          // a connector to copy
	{"connectors/oncall", []string{"approvals", "connectors/outbound"}},
	{"connectors/check", []string{"approvals", "connectors/outbound"}},
	{"connectors/...", []string{"approvals", "."}},
	{"store/storetest/pgtest/...", []string{"store/storetest/pgtest"}},
	{"store/auditlog", nil}, // whoever verifies needs nothing else of ours
	{"store/auditlog/export", []string{"approvals"}},
	{"store/notary", []string{"approvals", "store", "store/auditlog"}},
	{"store/forward", []string{"approvals", "store", "store/auditlog", "store/auditlog/export"}},
	{"store/evidence", []string{"approvals", "store", "store/auditlog", "store/auditlog/export"}},
	{"store/...", []string{"approvals", "migrations", "store/..."}},
	{"migrations", nil},
	{"bot/slacksim/...", []string{"."}},
	{"bot/...", []string{"approvals", "prompts", "bot/..."}},
	{"cmd/...", []string{"approvals/...", "scoring/...", "prompts/...", "connectors/...",
		"store/...", "migrations", "bot/...", "cmd/...", "examples"}},
}

func matches(pattern, path string) bool {
	root, under := strings.CutSuffix(pattern, "/...")
	return path == root || under && within(path, root)
}

// brokenArrow returns why the package at from may not import the one at to,
// both inside our module; "" when it may.
func brokenArrow(from, to string) string {
	folder := strings.Join(strings.SplitN(from+"//", "/", 3)[:2], "/")
	for _, arrow := range arrows {
		if !matches(arrow.from, from) {
			continue
		}
		for _, allowed := range arrow.to {
			if matches(allowed, to) || allowed == "." && within(to, folder) {
				return ""
			}
		}
		return from + " may not import " + to
	}
	return from + " is in no folder that the house has room for"
}

func TestArrowsPointInward(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		from, ours := own(p.ImportPath)
		if !ours {
			continue
		}
		for _, imported := range p.Imports {
			if to, ours := own(imported); ours {
				if why := brokenArrow(from, to); why != "" {
					t.Error(why)
				}
			}
		}
	}
}

func TestArrowRules(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		from, to string
		ok       bool
	}{
		{"approvals", "store", false},
		{"approvals", "approvals/policy", false},
		{"approvals/policy", "approvals", true},
		{"approvals/policy", "approvals/lifecycle", false},
		{"approvals/policy", "scoring", false},
		{"approvals/policy", "approvals/analytics", false},
		{"approvals/analytics", "approvals/policy", false},
		{"store", "approvals/analytics", false},
		{"bot", "approvals/analytics", false},
		{"approvals/lifecycle", "approvals", true},
		{"approvals/lifecycle", "connectors/sandbox", false},
		{"scoring", "approvals", true},
		{"scoring", "prompts", true},
		{"scoring", "approvals/policy", false},
		{"prompts", "approvals", false},
		{"connectors/postgres", "approvals", true},
		{"connectors/postgres", "connectors/sandbox", false},
		{"connectors/postgres", "connectors/postgres/roles", true},
		{"connectors/postgres", "store", false},
		{"connectors/connectortest", "approvals", true},
		{"store", "migrations", true},
		{"store", "bot", false},
		{"store/storetest", "store", true},
		{"store/auditlog", "approvals", false},
		{"store/auditlog", "store", false},
		{"store/auditlog/export", "approvals", true},
		{"store/notary", "store", true},
		{"store/notary", "bot", false},
		{"store/storetest/pgtest", "store", false},
		{"migrations", "store", false},
		{"bot", "approvals", true},
		{"bot", "store", false},
		{"bot", "scoring", false},
		{"bot/slacksim", "approvals", false},
		{"bot/slacksim", "bot", false},
		{"bot/slacksim", "bot/slacksim/page", true},
		{"cmd/hallpass", "connectors/sandbox", true},
		{"cmd/hallpass", "approvals/lifecycle", true},
		{"tools", "approvals", false},
	} {
		if why := brokenArrow(tc.from, tc.to); (why == "") != tc.ok {
			t.Errorf("%s -> %s: allowed is %v, want %v", tc.from, tc.to, why == "", tc.ok)
		}
	}
}

// homes are the only folders that may import a module, each with the reason.
var homes = map[string]struct {
	folders []string
	why     string
}{
	"github.com/slack-go/slack":         {[]string{"bot"}, "bot is the only package that speaks Slack"},
	"github.com/cedar-policy/cedar-go":  {[]string{"approvals/policy"}, "policy is the only package that knows Cedar"},
	"github.com/sashabaranov/go-openai": {[]string{"prompts"}, "prompts holds the one model client"},
	"github.com/jackc/pgx/v5":           {[]string{"store", "connectors/postgres"}, "the rest speaks database/sql or approvals.Store"},
	"modernc.org/sqlite":                {[]string{"store"}, "the rest speaks approvals.Store"},
	"github.com/pressly/goose/v3":       {[]string{"store"}, "the store migrates itself"},
	"golang.org/x/mod":                  {[]string{"store", "cmd"}, "trees and signed notes are the audit log's"},
	"github.com/aws/aws-sdk-go-v2":      {[]string{"connectors", "store/notary", "cmd"}, "AWS is reached by connectors and by the anchor in a bucket"},
	"github.com/spf13/cobra":            {[]string{"cmd"}, "flags are cmd's"},
	"github.com/chromedp/chromedp":      {nil, "a browser is for tests"},
	"pgregory.net/rapid":                {[]string{"store/storetest", "connectors/connectortest"}, "generated cases are for tests"},
	"github.com/google/go-cmp":          {[]string{"store/storetest", "connectors/connectortest", "connectors/directory/directorytest"}, "comparing is for tests"},
	module + "/bot/slacksim":            {[]string{"bot/slacksim", "cmd"}, "the bot does not know that Slack may be a local workspace"},
}

func TestEveryLibraryHasItsHome(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		from, ours := own(p.ImportPath)
		if !ours {
			continue
		}
		for _, imported := range p.Imports {
			for lib, home := range homes {
				if within(imported, lib) && !slices.ContainsFunc(home.folders, func(f string) bool { return within(from, f) }) {
					t.Errorf("%s imports %s: %s", from, imported, home.why)
				}
			}
		}
	}
}

func TestDomainAndMigrationsLinkOnlyTheStandardLibrary(t *testing.T) {
	t.Parallel()
	packages := list(t)
	for _, path := range []string{"approvals", "migrations", "approvals/analytics"} {
		for _, dep := range packages[module+"/"+path].Deps {
			if p := packages[dep]; !p.Standard && dep != module+"/approvals" {
				t.Errorf("%s links %s", path, dep)
			}
		}
	}
}

func TestPromptsLinkOnlyTheModelClient(t *testing.T) {
	t.Parallel()
	packages := list(t)
	for _, dep := range packages[module+"/prompts"].Deps {
		if p := packages[dep]; !p.Standard && !within(dep, "github.com/sashabaranov/go-openai") {
			t.Errorf("prompts links %s", dep)
		}
	}
}

// What the past speaks for is text for people: no server, and nothing that
// decides, has any of it.
func TestNothingThatRunsReachesWhatIsSuggested(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		from, ours := own(p.ImportPath)
		if !ours || from == "cmd/hallpass" || from == "cmd/hallpass/internal/suggest" {
			continue
		}
		for _, dep := range p.Deps {
			if to, _ := own(dep); to == "approvals/analytics" || to == "cmd/hallpass/internal/suggest" {
				t.Errorf("%s links %s", from, to)
			}
		}
	}
}

func TestTheProgramLinksNoTestCode(t *testing.T) {
	t.Parallel()
	for _, dep := range list(t)[module+"/cmd/hallpass"].Deps {
		if dep == "testing" || strings.HasSuffix(dep, "/pgtest") || strings.HasSuffix(dep, "/storetest") {
			t.Errorf("cmd/hallpass links %s", dep)
		}
	}
}

// Where there are no zone files, as in a container, people's zones would be
// unknown, and no access folder sound.
func TestTheProgramBringsTimeZones(t *testing.T) {
	t.Parallel()
	if !slices.Contains(list(t)[module+"/cmd/hallpass"].Deps, "time/tzdata") {
		t.Error("cmd/hallpass does not link time/tzdata")
	}
}
