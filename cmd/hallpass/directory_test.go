package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/examples"
	"github.com/hallpass-dev/hallpass/store"
)

func TestDirectoryAcceptSaysWhatIsGoneAndKeepsWhoSaidSo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "hallpass.yaml")
	if err := os.WriteFile(path, []byte("database: {url: 'env:NOT_SET_HERE'}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
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
		s, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(dir, "data")})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		work(s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	with(func(*store.Store) {})
	hallpass("Nothing of file:people.yaml has been kept yet.", "status")
	hallpass("Nothing of file:people.yaml is refused; there is nothing to accept.", "accept", "--by", "sam")
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	losses := []approvals.Loss{{What: "people", Before: 100, Left: 40}}
	with(func(s *store.Store) {
		check(s.KeepDirectory(t.Context(), "file:people.yaml", []byte("[]"), at))
		check(s.RefuseDirectory(t.Context(), "file:people.yaml", losses))
	})
	hallpass("as of 2026-11-22T09:00:00Z.\nSince ", "status")
	hallpass("refused: 40 of 100 people are left.", "status")
	hallpass("--by is missing", "accept")
	hallpass("Accepted by sam: 40 of 100 people are left.", "accept", "--by", "sam")
	with(func(s *store.Store) {
		r, err := s.Directory(t.Context(), "file:people.yaml")
		check(err)
		if r.AcceptedBy != "sam" || len(r.Accepted) != 1 || r.Accepted[0] != losses[0] {
			t.Errorf("%+v", r)
		}
		events, err := s.Events(t.Context(), store.EventFilter{})
		check(err)
		if len(events) != 1 || events[0].Kind != approvals.EventDirectoryAccepted || events[0].Detail["by"] != "sam" {
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
