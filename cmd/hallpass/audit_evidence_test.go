package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/store/auditlog"
)

func TestAuditEvidenceIsWrittenAndVerifiesOffline(t *testing.T) {
	t.Parallel()
	dir, configFile := auditFolder(t)
	out := filepath.Join(t.TempDir(), "evidence")
	said, _ := audit(t, 0, "evidence", "--config", configFile, "--from", "2026-11-01", "--to", "2026-12-01", "--out", out)
	if !strings.Contains(said, "0 requests in the database, 2 in the log; 2 exceptions where a control did not work") {
		t.Errorf("it says %q", said) // the log has two requests whose rows were never submitted
	}
	key := publicKey(t, dir)
	if err := os.RemoveAll(dir); err != nil { // nothing but folder and key is left
		t.Fatal(err)
	}
	said, _ = audit(t, 0, "verify", out, "--key", key)
	if !strings.Contains(said, "files are as they were signed.\n") || !strings.Contains(said, "The log is sound.\n") {
		t.Errorf("verify says %q", said)
	}
	if err := os.WriteFile(filepath.Join(out, "requests.csv"), []byte("request\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said, problem := audit(t, 1, "verify", out, "--key", key)
	if !strings.Contains(said, "requests.csv: it was changed (file_changed)") || !strings.Contains(problem, "This is NOT what was signed: 1 finding") {
		t.Errorf("verify says %q, %q", said, problem)
	}
}

func TestAuditEvidenceSaysWhatItNeeds(t *testing.T) {
	t.Parallel()
	_, configFile := auditFolder(t)
	audit(t, 0, "checkpoint", "--config", configFile)
	no := filepath.Join(t.TempDir(), "no.key")
	if err := os.WriteFile(no, []byte("not a key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secret, _, err := auditlog.NewKey("other.example/log")
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other.key")
	if err := os.WriteFile(other, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		code int
		args []string
		want string
	}{
		"no folder":       {1, []string{"--from", "2026-11-01", "--to", "2026-12-01"}, `"out" not set`},
		"no time":         {2, []string{"--from", "soon", "--to", "2026-12-01", "--out", "x"}, "write a time like 2026-01-31"},
		"backwards":       {1, []string{"--from", "2026-12-01", "--to", "2026-11-01", "--out", "x"}, "a period that ends after it begins"},
		"nothing then":    {1, []string{"--from", "2025-11-01", "--to", "2025-12-01", "--out", "x"}, "Nothing happened from 2025-11-01 00:00 UTC"},
		"no key":          {1, []string{"--from", "2026-11-01", "--to", "2026-12-01", "--out", "x", "--key", no}, "no.key holds no signing key"},
		"another log's":   {1, []string{"--from", "2026-11-01", "--to", "2026-12-01", "--out", "x", "--key", other}, "The key is of the log other.example/log, and this is the log hallpass/audit."},
		"a folder in use": {1, []string{"--from", "2026-11-01", "--to", "2026-12-01", "--out", filepath.Dir(no)}, "is not empty"},
	} {
		for i, arg := range c.args {
			if arg == "x" {
				c.args[i] = filepath.Join(t.TempDir(), "new")
			}
		}
		out, said := audit(t, c.code, append([]string{"evidence", "--config", configFile}, c.args...)...)
		if !strings.Contains(out+said, c.want) {
			t.Errorf("%s: it says %q, want %q", name, out+said, c.want)
		}
	}
}
