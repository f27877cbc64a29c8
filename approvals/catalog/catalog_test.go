package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
)

// staff is a directory for tests.
type staff struct {
	people []approvals.Principal
	err    error
}

func (s staff) People(context.Context) ([]approvals.Principal, error) { return s.people, s.err }

func (s staff) Principal(context.Context, approvals.PrincipalID) (approvals.Principal, error) {
	return approvals.Principal{}, errors.ErrUnsupported
}

func (s staff) ByEmail(context.Context, string) (approvals.Principal, error) {
	return approvals.Principal{}, errors.ErrUnsupported
}

func (s staff) Members(context.Context, string) ([]approvals.Principal, error) {
	return nil, errors.ErrUnsupported
}

func (s staff) State(context.Context) (approvals.DirectoryState, error) {
	return approvals.DirectoryState{}, errors.ErrUnsupported
}

var team = staff{people: []approvals.Principal{
	{ID: "ada", Email: "ada@example.com", Groups: []string{"leads"}},
	{ID: "ben", Email: "Ben@example.com", Groups: []string{"leads", "security"}},
	{ID: "gone", Email: "gone@example.com", Groups: []string{"alumni"}, Inactive: true},
}}

// folder writes an access folder with these files in catalog/.
func folder(tb testing.TB, files map[string]string) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "catalog"), 0o750); err != nil {
		tb.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, "catalog", name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

const small = `systems:
  - name: postgres-prod
    title: Production PostgreSQL
    connector: sandbox
    environment: production
    owners: ["group:leads"]
    approvers: [manager, owner]
    sensitivity: medium
    default_duration: 1h
    max_duration: 8h
    ticket_required: true
    tags: [database]
    target: {host: db1, role: none}
    resources:
      - name: billing-db
        title: Billing database
        description: Invoices.
        aliases: [billing]
        tags: [payments]
        levels:
          - name: read-only
            aliases: [look]
            target: {role: ro}
          - name: admin
            title: administrator
            description: Everything.
            owners: [Ada@example.com, "person:ben", "group:leads"]
            approvers: [owner, ben@example.com, "group:security", "person:ben", "slack-group:@dbas"]
            sensitivity: critical
            default_duration: 30m
            max_duration: 1h
            ticket_required: false
            tags: [database, root]
`

func TestWhatASystemSaysHoldsBelowUnlessSaidOtherwise(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": small}), team)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []approvals.Entitlement{
		{
			ID: "billing-db:admin", System: "postgres-prod", Connector: "sandbox", Resource: "billing-db", Level: "admin",
			Environment: "production", Name: "Billing database, administrator", Description: "Everything.",
			Aliases: []string{"billing"}, Tags: []string{"database", "payments", "root"}, Sensitivity: approvals.Critical,
			Owners: []approvals.PrincipalID{"ada", "ben"}, Approvers: []approvals.ApproverRef{"owner", "person:ben", "group:security", "slack-group:dbas"},
			DefaultDuration: 30 * time.Minute, MaxDuration: time.Hour, Target: map[string]string{"host": "db1", "role": "none"},
		},
		{
			ID: "billing-db:read-only", System: "postgres-prod", Connector: "sandbox", Resource: "billing-db", Level: "read-only",
			Environment: "production", Name: "Billing database, read only", Description: "Invoices.",
			Aliases: []string{"look", "billing"}, Tags: []string{"database", "payments"}, Sensitivity: approvals.Medium,
			Owners: []approvals.PrincipalID{"ada", "ben"}, Approvers: []approvals.ApproverRef{"manager", "owner"},
			DefaultDuration: time.Hour, MaxDuration: 8 * time.Hour, TicketRequired: true, Target: map[string]string{"host": "db1", "role": "ro"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUnknownEntitlementIsNotFoundWithAHint(t *testing.T) {
	t.Parallel()
	c, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": small}), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Entitlement(t.Context(), "billing-db:readonly")
	if approvals.ErrorCode(err) != approvals.CodeNotFound {
		t.Errorf("code %q", approvals.ErrorCode(err))
	}
	want := `The catalogue has no "billing-db:readonly"; the nearest is billing-db:read-only.`
	if diff := cmp.Diff(want, approvals.ErrorMessage(err)); diff != "" {
		t.Error(diff)
	}
	if e, err := c.Entitlement(t.Context(), "billing-db:admin"); err != nil || e.Level != "admin" {
		t.Errorf("%+v, %v", e, err)
	}
}

// Each case changes the small catalogue in one place.
func TestMistakesAreNamedWithFileLineAndMend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, old, new, want string }{
		{"an unknown key", "ticket_required: true", "ticket_require: true", `a.yaml:11: the key "ticket_require" is not known here; did you mean "ticket_required"?`},
		{"an unknown sensitivity", "sensitivity: medium", "sensitivity: mediun", `a.yaml:8: "mediun" is not a sensitivity; did you mean "medium"?`},
		{"no sensitivity", "    sensitivity: medium\n", "", `a.yaml:20: "billing-db:read-only" has no sensitivity; write sensitivity: low, medium, high or critical`},
		{"no connector", "    connector: sandbox\n", "", `a.yaml:20: no connector provisions "billing-db:read-only"; write connector: with the name of a connection from hallpass.yaml
a.yaml:23: no connector provisions "billing-db:admin"; write connector: with the name of a connection from hallpass.yaml`},
		{"no owner", `    owners: ["group:leads"]` + "\n", "", `a.yaml:20: nobody owns this; write owners: with emails or group:NAME, here or above`},
		{"no approver", "    approvers: [manager, owner]\n", "", `a.yaml:20: nobody can approve this; write approvers: with manager, owner, group:NAME or an email, here or above`},
		{"an empty list of approvers", "approvers: [manager, owner]", "approvers: []", `a.yaml:7: nobody can approve this; write approvers: with manager, owner, group:NAME or an email, here or above`},
		{"an unknown owner", "owners: [Ada@example.com", "owners: [adaa@example.com", `a.yaml:27: the directory has nobody active with the email "adaa@example.com"; did you mean "ada@example.com"?`},
		{"an owner who left", "owners: [Ada@example.com", "owners: [gone@example.com", `a.yaml:27: the directory has nobody active with the email "gone@example.com"; write the email of somebody who works here`},
		{"an unknown person", `"person:ben", "group:leads"`, `"person:bea", "group:leads"`, `a.yaml:27: the directory has nobody active with the id "bea"; write the id that the directory gives`},
		{"an empty group, told once", `owners: ["group:leads"]`, `owners: ["group:leds"]`, `a.yaml:6: nobody in the directory is in the group "leds"; did you mean "leads"?`},
		{"a group of people who left", `"group:security"`, `"group:alumni"`, `a.yaml:28: nobody in the directory is in the group "alumni"; use one of: leads, security`},
		{"an owner that is no reference", "owners: [Ada@example.com", "owners: [ada", `a.yaml:27: "ada" does not name an owner; write an email, "group:NAME" or "person:ID"`},
		{"an approver that is no reference", "approvers: [manager, owner]", "approvers: [managr]", `a.yaml:7: "managr" does not name an approver; did you mean "manager"?; or write "group:NAME" or an email`},
		{"a default above the maximum", "default_duration: 1h", "default_duration: 9h", `a.yaml:9: the default of "billing-db:read-only", 9h0m0s, is more than its maximum, 8h0m0s; lower it, or raise max_duration`},
		{"seconds", "default_duration: 30m", "default_duration: 90s", `a.yaml:30: the default_duration of "billing-db:admin" is 1m30s; use whole minutes, from 1m to 90d`},
		{"no maximum", "    max_duration: 8h\n", "", `a.yaml:20: "billing-db:read-only" has no max_duration; write max_duration: like "2h", here or above`},
		{"a maximum beyond reason", "max_duration: 8h", "max_duration: 91d", `a.yaml:10: the max_duration of "billing-db:read-only" is 2184h0m0s; use whole minutes, from 1m to 90d`},
		{"a bad name", "name: billing-db", "name: Billing DB", `a.yaml:15: "Billing DB" cannot be the name of a resource; use at most 64 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit`},
		{"a bad tag", "tags: [payments]", "tags: [Payments]", `a.yaml:19: "Payments" cannot be a tag; use a-z, 0-9, dot, dash and underscore`},
		{"a title that turns the writing round", "title: administrator", `title: "admin\u202e"`, `a.yaml:25: the title of the level "admin" cannot be shown; use at most 75 plain characters on one line`},
		{"an alias of two lines", "aliases: [look]", `aliases: ["a\nb"]`, `a.yaml:22: "a\nb" cannot be an alias; use at most 75 plain characters on one line`},
		{"a description without end", "Invoices.", strings.Repeat("x", 1001), `a.yaml:17: the description has more than 1000 bytes; keep it to a paragraph`},
		{"the same level twice", "name: admin", "name: read-only", `a.yaml:24: the entitlement "billing-db:read-only" was described at a.yaml:21 already; give one of the resources another name`},
		{"nothing", small, "systems: []\n", `a.yaml:1: the file describes nothing; write systems: with at least one entry`},
		{"a system of nothing", small[strings.Index(small, "    resources:"):], "", `a.yaml:2: the system "postgres-prod" has no resources; write resources: with at least one entry`},
		{"a resource of nothing", small[strings.Index(small, "        levels:"):], "", `a.yaml:15: the resource "billing-db" has no levels; write levels: with at least one entry`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(small, tc.old) {
				t.Fatal("the case changes nothing")
			}
			dir := folder(t, map[string]string{"a.yaml": strings.Replace(small, tc.old, tc.new, 1)})
			_, err := catalog.Load(t.Context(), dir, team)
			if _, ok := err.(approvals.Problems); !ok { //nolint:errorlint // the type itself is what is promised
				t.Fatalf("the error is %v", err)
			}
			got := strings.ReplaceAll(err.Error(), filepath.ToSlash(dir)+"/catalog/", "")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFoldersThatCannotBeRightAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"empty", nil, "/catalog: the folder has no *.yaml file; describe in one what can be asked for"},
		{"a file that would be passed over", map[string]string{"a.yaml": small, "b.yml": small}, "/catalog/b.yml: this would not be read; name it *.yaml, directly in catalog/, or remove it"},
		{"one resource in two files", map[string]string{"a.yaml": small[:strings.Index(small, "          - name: admin")], "b.yaml": small[:strings.Index(small, "          - name: admin")]},
			"/catalog/b.yaml:21: the entitlement \"billing-db:read-only\" was described at DIR/catalog/a.yaml:21 already; give one of the resources another name"},
	} {
		dir := folder(t, tc.files)
		_, err := catalog.Load(t.Context(), dir, team)
		if err == nil {
			t.Errorf("%s: loads", tc.name)
			continue
		}
		slash := filepath.ToSlash(dir)
		if diff := cmp.Diff(slash+strings.ReplaceAll(tc.want, "DIR", slash), err.Error()); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
	missing := filepath.Join(t.TempDir(), "nowhere")
	if _, err := catalog.Load(t.Context(), missing, nil); err == nil || !strings.Contains(err.Error(), "there is no such folder") {
		t.Errorf("error %v", err)
	}
}

func TestSilentDirectoryIsUnavailableNotAMistakeInTheFile(t *testing.T) {
	t.Parallel()
	down := staff{err: errors.New("timeout")}
	_, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": small}), down)
	if approvals.ErrorCode(err) != approvals.CodeUnavailable {
		t.Errorf("error %v", err)
	}
}

func TestLiveCatalogueStaysWhenAReloadFails(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.yaml": small})
	live, err := catalog.Open(t.Context(), dir, team)
	if err != nil {
		t.Fatal(err)
	}
	replace := func(text string) error {
		if err := os.WriteFile(filepath.Join(dir, "catalog", "a.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return live.Reload(t.Context())
	}
	longest := func() time.Duration {
		e, err := live.Entitlement(t.Context(), "billing-db:read-only")
		if err != nil {
			t.Fatal(err)
		}
		return e.MaxDuration
	}
	if err := replace(strings.Replace(small, "max_duration: 8h", "max_duration: 8", 1)); err == nil || longest() != 8*time.Hour {
		t.Errorf("error %v, maximum %s", err, longest())
	}
	if err := replace(strings.Replace(small, "max_duration: 8h", "max_duration: 2h", 1)); err != nil || longest() != 2*time.Hour {
		t.Errorf("error %v, maximum %s", err, longest())
	}
	if all, err := live.All(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("%v, %v", all, err)
	}
}

// large is a catalogue of n resources with two levels each.
func large(n int) string {
	var b strings.Builder
	b.WriteString(small[:strings.Index(small, "    resources:")] + "    resources:\n")
	for i := range n {
		fmt.Fprintf(&b, "      - name: db-%d\n        levels:\n          - {name: read-only}\n          - {name: read-write, sensitivity: high}\n", i)
	}
	return b.String()
}

func TestCatalogueHasAnEnd(t *testing.T) {
	t.Parallel()
	_, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": large(catalog.MaxEntitlements/2 + 1)}), team)
	if err == nil || !strings.Contains(err.Error(), "there are more than 20000 entitlements") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}

func BenchmarkLoad20000Entitlements(b *testing.B) {
	dir := folder(b, map[string]string{"a.yaml": large(catalog.MaxEntitlements / 2)})
	for b.Loop() {
		if _, err := catalog.Load(b.Context(), dir, team); err != nil {
			b.Fatal(err)
		}
	}
}
