package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// auditConfig is a configuration whose folder holds keys; text is the audit part.
func auditConfig(t *testing.T, text string) (c config.Config, public map[string]string) {
	t.Helper()
	dir := t.TempDir()
	public = map[string]string{}
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"one", "two"} {
		secret, verifier, err := auditlog.NewKey("log.example/test")
		if err != nil {
			t.Fatal(err)
		}
		write(name, secret)
		public[name] = verifier
	}
	write("empty", "")
	write("broken", "PRIVATE+KEY+log.example/test+0+do-not-show")
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse(filepath.Join(dir, "hallpass.yaml"), []byte("database:\n  url: file:empty\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return c, public
}

func TestCheckpointsAreSignedByTheConfiguredKeys(t *testing.T) {
	t.Parallel()
	c, public := auditConfig(t, "audit:\n  key: file:one\n  next_key: file:two\n")
	keys, err := app.LoadAuditKeys(c, false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{public["one"], public["two"]}, keys.Public); diff != "" || len(keys.Signers) != 2 {
		t.Errorf("%d signers; public keys, -want +got\n%s", len(keys.Signers), diff)
	}
	if _, err := keys.Verifiers(); err != nil {
		t.Error(err)
	}

	c, _ = auditConfig(t, "audit:\n  key: file:broken\n")
	if _, err := app.LoadAuditKeys(c, false); approvals.ErrorCode(err) != approvals.CodeInvalid || strings.Contains(err.Error(), "do-not-show") {
		t.Errorf("a key that is none: %v", err)
	}
}

func TestAnEmbeddedDatabaseMakesAKeyOnce(t *testing.T) {
	t.Parallel()
	c, _ := auditConfig(t, "audit:\n  key: file:empty\n")
	keys, err := app.LoadAuditKeys(c, false)
	if err != nil || len(keys.Signers) != 0 {
		t.Fatalf("%d signers before one is made, %v", len(keys.Signers), err)
	}
	if _, err := keys.Verifiers(); approvals.ErrorCode(err) != approvals.CodeInvalid {
		t.Errorf("verifying by no key: %v", err)
	}
	first, err := app.LoadAuditKeys(c, true)
	if err != nil || len(first.Signers) != 1 {
		t.Fatalf("%d signers, %v", len(first.Signers), err)
	}
	again, err := app.LoadAuditKeys(c, true)
	if diff := cmp.Diff(first.Public, again.Public); diff != "" || err != nil {
		t.Errorf("the second time another, %v\n%s", err, diff)
	}
	info, err := os.Stat(filepath.Join(c.Path("data"), "audit.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the key: %v, %v", info, err)
	}
}

func TestAServerDatabaseMakesNoKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	c, _ := auditConfig(t, "audit:\n  key: file:empty\n")
	if err := os.WriteFile(c.Path("empty2"), []byte("postgres://db/hallpass"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Database.URL = "file:empty2"
	keys, err := app.LoadAuditKeys(c, true)
	if err != nil || len(keys.Signers) != 0 {
		t.Errorf("%d signers, %v: replicas would sign by different keys", len(keys.Signers), err)
	}
}

func TestAnchorsAreThoseOfTheConfiguration(t *testing.T) {
	t.Parallel()
	c, _ := auditConfig(t, `audit:
  anchors:
    - {kind: folder, path: far}
    - {kind: git, path: evidence}
    - {kind: s3, bucket: b, prefix: p/, region: eu-central-1, endpoint: "http://127.0.0.1:1", mode: governance, retain: 24h}
    - {kind: slack, channel: C7, every: 2h}
`)
	anchors, err := app.Anchors(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range anchors {
		names = append(names, a.Name())
	}
	want := []string{"the folder " + c.Path("far"), "the Git repository " + c.Path("evidence"), "the bucket b/p/", "the Slack channel C7"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
