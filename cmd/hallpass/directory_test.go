package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/examples"
	"github.com/hallpass-dev/hallpass/store"
)

func TestDirectoryAcceptSaysWhatIsGoneAndKeepsWhoSaidSo(t *testing.T) {
	t.Parallel()
	dir := accessFolder(t, "", "", "")
	path := filepath.Join(dir, "hallpass.yaml")
	hallpass := func(want string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		run(t.Context(), append(append([]string{"directory"}, args...), "--config", path), &out, &out)
		if !strings.Contains(out.String(), want) {
			t.Errorf("hallpass directory %s: %q, want %q", strings.Join(args, " "), out.String(), want)
		}
	}
	with := func(work func(*store.Store)) {
		t.Helper()
		tampering(t, dir, work)
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	with(func(*store.Store) {})
	hallpass("Nothing of file:people.yaml has been kept yet.", "status")
	hallpass("Nothing of file:people.yaml is refused; there is nothing to accept.", "accept", "--by", admin) // and keeps what it has read
	edit(t, dir, "people.yaml", "", "people:\n  - {id: only, name: Only One, email: only@northwind.example}\n")
	hallpass("Nothing of file:people.yaml is refused; there is nothing to accept.", "accept", "--by", admin) // and finds what is lost
	var lost []approvals.Loss
	with(func(s *store.Store) {
		r, err := s.Directory(t.Context(), "file:people.yaml")
		check(err)
		lost = r.Refused
	})
	said := approvals.Losses(lost)
	if !strings.Contains(said, "active people are left") {
		t.Fatalf("refused is %q", said)
	}
	hallpass("refused: "+said, "status")
	hallpass(`required flag(s) "by" not set`, "accept")
	hallpass(`Nobody in the directory has the email address "sam"`, "accept", "--by", "sam")
	hallpass("Only an admin can accept what the directory has lost.", "accept", "--by", "xin.sharma@northwind.example")
	hallpass("Accepted by sam.weber: "+said, "accept", "--by", admin)
	with(func(s *store.Store) {
		r, err := s.Directory(t.Context(), "file:people.yaml")
		check(err)
		if r.AcceptedBy != "sam.weber" || approvals.Losses(r.Accepted) != said {
			t.Errorf("%s accepted %v", r.AcceptedBy, r.Accepted)
		}
		events, err := s.Events(t.Context(), store.EventFilter{})
		check(err)
		if len(events) != 2 || events[0].Kind != approvals.EventActionRefused || events[0].Actor.Principal != "xin.sharma" ||
			events[1].Kind != approvals.EventDirectoryAccepted || events[1].Actor.Principal != "sam.weber" {
			t.Errorf("%+v", events)
		}
	})
}

// A folder is checked where its source of people can't be reached, as in CI.
func TestCheckGoesOnWithoutADirectoryThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, examples.Access); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "access", "hallpass.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "  file: people.yaml\n", "  kind: scim\n  url: https://idp.example/scim/v2\n  token: env:NOT_SET_HERE\n", 1)
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"check", filepath.Join(dir, "access")}, &out, &out); code != 0 {
		t.Errorf("exit code %d:\n%s", code, &out)
	}
	for _, want := range []string{"The people were not read", "has no token", "is sound: 0 people"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, &out)
		}
	}
}
