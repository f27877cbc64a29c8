package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/store"
)

// Acceptance 32: of half a directory nobody loses or gains access, the admins
// are told once, and a new start does not forget it.
func TestAcceptance32HalfADirectoryIsRefusedAndTold(t *testing.T) {
	t.Parallel()
	a, dir, _ := reloading(t)
	reopen := func() {
		t.Helper()
		var err error
		if a.Access.People, err = OpenPeople(t.Context(), a.config, Options{memory: a.Store}); err != nil {
			t.Fatal(err)
		}
		a.Service.Directory = a.Access.People
	}
	reopen()
	before, err := a.Access.People.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "people.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	half := "people:\n  - {id: only, name: Only One, email: only@northwind.example}\n"
	put(t, path, half)
	reopen()
	for range 2 {
		a.metPeople(t.Context(), a.Access.People.Reload(t.Context()))
	}
	now, err := a.Access.People.People(t.Context())
	if err != nil || len(now) != len(before) {
		t.Errorf("%d of %d people are left, %v", len(now), len(before), err)
	}
	a.told(t, "active people are left; complete the source, or, if they are really gone, run: hallpass directory accept --by EMAIL")
	record, err := a.Store.Directory(t.Context(), "file:people.yaml")
	if err != nil || len(record.Refused) == 0 {
		t.Fatalf("%+v, %v", record, err)
	}
	if _, err := a.Service.AcceptLoss(t.Context(), approvals.Person("sam.weber", "cli", ""), record); err != nil {
		t.Fatal(err)
	}
	reopen()
	if now, err := a.Access.People.People(t.Context()); err != nil || len(now) != 1 {
		t.Errorf("the loss was accepted, and there are %d people, %v", len(now), err)
	}
	events, err := a.Store.Events(t.Context(), store.EventFilter{})
	if err != nil || len(events) == 0 || events[0].Kind != approvals.EventDirectoryRefused || events[0].Detail["source"] != "file:people.yaml" {
		t.Errorf("%+v, %v", events, err)
	}
	put(t, path, string(text)) // more people are no loss
	if err := a.Access.People.Reload(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestEveryKindOfDirectoryIsMadeOrSaysWhatIsWrong(t *testing.T) {
	t.Setenv("URL", "https://idp.example/scim/v2")
	t.Setenv("TOKEN", "hunter2")
	t.Setenv("DSN", "postgres://hr:hunter2@db.example/hr?sslmode=verify-full")
	t.Setenv("CLEAR", "postgres://hr:hunter2@db.example/hr")
	t.Setenv("BAD", "postgres://hr:hunter2@db.example:port/hr")
	t.Setenv("AWS_ACCESS_KEY_ID", "AKID")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
	for text, want := range map[string]string{
		"{}":                "file:people.yaml",
		"{file: staff.csv}": "file:staff.csv",
		"{kind: scim, url: env:URL, token: env:TOKEN}":                 "scim:idp.example",
		"{kind: awsidc, region: eu-central-1}":                         "awsidc:eu-central-1",
		"{kind: postgres, dsn: env:DSN, query: SELECT}":                "postgres:hr",
		"{kind: postgres, dsn: env:CLEAR, query: SELECT, plain: true}": "postgres:hr",
		"{kind: postgres, dsn: env:CLEAR, query: SELECT}":              "!without TLS; add sslmode=verify-full",
		"{kind: scim, url: env:URL, token: env:NONE}":                  "!scim: connector directory has no token",
		"{kind: postgres, dsn: env:BAD, query: SELECT}":                "!the directory's connection string cannot be parsed",
		"{kind: scim, url: env:URL, token: file:/not/there/at}":        "!cannot be read",
	} {
		c, err := config.Parse("h.yaml", []byte("directory: "+text))
		if err != nil {
			t.Fatal(err)
		}
		var made directory.Source
		made, err = PeopleSource(t.Context(), c, Options{})
		switch want, wrong := strings.CutPrefix(want, "!"); {
		case err == nil && (wrong || made.Name() != want):
			t.Errorf("%s: it is %s, want %s", text, made.Name(), want)
		case err != nil && (!wrong || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
