package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// auditFolder is an access folder whose embedded database has a log: request
// "r1" of amy's with her reason, and events of another one.
func auditFolder(t *testing.T) (dir, configFile string) {
	t.Helper()
	dir = t.TempDir()
	configFile = filepath.Join(dir, "hallpass.yaml")
	text := "database:\n  url: file:none\naudit:\n  anchors:\n    - kind: folder\n      path: anchored\n"
	for name, content := range map[string]string{configFile: text, filepath.Join(dir, "none"): ""} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tampering(t, dir, func(s *store.Store) {
		score := 12
		at := time.Date(2026, 11, 22, 1, 2, 3, 4e6, time.UTC)
		r := approvals.Request{ID: "r1", Kind: approvals.KindAccess, State: approvals.RequestApproved, Requester: "amy", Beneficiary: "amy",
			Entitlement: "billing-db:read-only", Reason: "the refund of Mrs Doe", Key: "k", CreatedAt: at}
		event := func(kind approvals.EventKind, actor approvals.Actor, id approvals.RequestID) approvals.Event {
			return approvals.Event{At: at, Kind: kind, Actor: actor, Request: id, Entitlement: r.Entitlement, Beneficiary: "amy", Score: &score, Model: "m1",
				FactsDigest: strings.Repeat("ab", 32), Version: approvals.PolicyVersion{Digest: strings.Repeat("cd", 32), Commit: "4f0c1d2"},
				Policies: []approvals.PolicyRef{{ID: "=cmd|' /C calc'!A0", Effect: "permit"}}}
		}
		asked := event(approvals.EventRequestSubmitted, approvals.Person("amy", "slack", "C1/1.2"), "r1")
		asked.Words = map[string]string{"reason": r.Reason}
		active := event(approvals.EventGrantActive, approvals.System("worker"), "r1")
		active.Grant, active.Connector, active.Operation, active.ReadBack, active.Approvers = "g1", "postgres", "grant", "member of billing_ro", []approvals.PrincipalID{"mia"}
		c := approvals.Change{Requests: []approvals.Request{r}, Events: []approvals.Event{
			asked, event(approvals.EventRequestSubmitted, approvals.Person("bob", "slack", ""), "r2"), active}}
		if err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	})
	return dir, configFile
}

// tampering opens the folder's database for a while.
func tampering(t *testing.T, dir string, work func(*store.Store)) {
	t.Helper()
	s, err := store.Open(context.Background(), store.Config{URL: "sqlite:" + filepath.Join(dir, "data")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	work(s)
}

// audit runs a sub-command of audit, which must end with a code.
func audit(t *testing.T, want int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	if got := run(t.Context(), append([]string{"audit"}, args...), &out, &problems); got != want {
		t.Fatalf("audit %v: exit code %d, want %d\n%s%s", args, got, want, out.String(), problems.String())
	}
	return out.String(), problems.String()
}

// publicKey writes the public half of the folder's key into a file.
func publicKey(t *testing.T, dir string) string {
	t.Helper()
	public, _ := audit(t, 0, "key", "--public", filepath.Join(dir, "data", "audit.key"))
	path := filepath.Join(t.TempDir(), "key.pub")
	if err := os.WriteFile(path, []byte(public), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAuditBundleVerifiesOffline(t *testing.T) {
	t.Parallel()
	dir, configFile := auditFolder(t)
	bundle := filepath.Join(t.TempDir(), "bundle")
	_, said := audit(t, 0, "export", "--config", configFile, "--texts", "--out", bundle)
	if !strings.Contains(said, "Events 1 to 3 of hallpass/audit") {
		t.Errorf("export says %q", said)
	}
	key := publicKey(t, dir)
	if err := os.RemoveAll(dir); err != nil { // nothing but bundle and key is left
		t.Fatal(err)
	}
	out, _ := audit(t, 0, "verify", bundle, "--key", key)
	if want := "3 events, 1 to 3; signed up to 3 by 1 checkpoint; 1 text compared, 0 erased or not handed out.\nThe log is sound.\n"; out != want {
		t.Errorf("verify says %q, want %q", out, want)
	}
	if python, err := exec.LookPath("python3"); err == nil {
		out, err := exec.CommandContext(t.Context(), python, "../../docs/verify.py", "--key", key, bundle).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "3 events, 1 to 3; signed up to 3 by 1 checkpoints; 1 texts compared, 0 absent: sound") {
			t.Errorf("docs/verify.py says %s, %v", out, err)
		}
	}
	events := filepath.Join(bundle, "events.jsonl")
	text, err := os.ReadFile(events)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(events, bytes.Replace(text, []byte(`"bob"`), []byte(`"eve"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	out, said = audit(t, 1, "verify", bundle, "--key", key)
	if !strings.Contains(out, "event 2: its bytes were changed") || !strings.Contains(said, "NOT what was signed: 1 finding") {
		t.Errorf("edited, verify says %q and %q", out, said)
	}
	out, _ = audit(t, 1, "verify", bundle, "--key", key, "--json")
	var report auditlog.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || len(report.Findings) != 1 || report.Findings[0].From != 2 {
		t.Errorf("as JSON: %s, %v", out, err)
	}
}

func TestAuditVerifyNamesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	none := filepath.Join(dir, "none")
	secret, _, err := auditlog.NewKey("x")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{2, "--key", []string{"verify", none}},
		{1, "no such file", []string{"verify", none, "--key", none}},
		{1, "must stay secret", []string{"verify", none, "--key", filepath.Join(dir, "secret")}},
		{2, "--out", []string{"key", "name"}},
		{2, "holds a space", []string{"key", "na me", "--out", none}},
		{1, "file exists", []string{"key", "name", "--out", filepath.Join(dir, "secret")}},
		{1, "no signing key", []string{"key", "--public", filepath.Join("testdata", "parse.txt")}},
	} {
		_, said := audit(t, c.code, c.args...)
		if !strings.Contains(said, c.want) || strings.Contains(said, secret[:20]) {
			t.Errorf("audit %v says %q, not %q", c.args, said, c.want)
		}
	}
}

func TestAuditOfARequestIsToldAndProved(t *testing.T) {
	t.Parallel()
	dir, configFile := auditFolder(t)
	out, _ := audit(t, 0, "show", "--config", configFile, "r1")
	if !strings.Contains(out, "no checkpoint was signed yet") {
		t.Errorf("before a checkpoint: %s", out)
	}
	audit(t, 0, "checkpoint", "--config", configFile)
	out, _ = audit(t, 0, "show", "--config", configFile, "r1")
	for _, want := range []string{
		"2026-11-22 01:02:03 UTC  amy asked.\n", "reason       “the refund of Mrs Doe”", "law          cdcdcdcdcdcd, commit 4f0c1d2",
		"score        12 of 100, model m1, facts abababababab", "Hallpass gave access, and read it back.", "approved by  mia", "postgres grant member of billing_ro",
		"event 3 is among the 3 that hallpass/audit signed at ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the history lacks %q:\n%s", want, out)
		}
	}
	audit(t, 1, "show", "--config", configFile, "r9")

	bundle := filepath.Join(t.TempDir(), "r1")
	audit(t, 0, "export", "--config", configFile, "--request", "r1", "--out", bundle)
	verified, _ := audit(t, 0, "verify", bundle, "--key", publicKey(t, dir))
	if !strings.Contains(verified, "2 events, 1 to 3; signed up to 3") {
		t.Errorf("the request's bundle: %s", verified)
	}
}

func TestAuditErasureKeepsTheLogSound(t *testing.T) {
	t.Parallel()
	_, configFile := auditFolder(t)
	audit(t, 0, "checkpoint", "--config", configFile)
	out, _ := audit(t, 0, "erase", "--config", configFile, "--principal", "amy", "--by", "privacy desk")
	if !strings.Contains(out, "1 text erased") {
		t.Errorf("erase says %q", out)
	}
	out, _ = audit(t, 0, "show", "--config", configFile, "r1")
	if strings.Contains(out, "refund") || !strings.Contains(out, "reason       (erased)") {
		t.Errorf("after the erasure:\n%s", out)
	}
	out, _ = audit(t, 0, "verify", "--config", configFile)
	if !strings.Contains(out, "1 erased or not handed out") || !strings.Contains(out, "The log is sound.") {
		t.Errorf("verify says %q", out)
	}
	out, _ = audit(t, 0, "tail", "--config", configFile, "-n", "1")
	if !strings.Contains(out, `"kind":"text.erased"`) || !strings.Contains(out, "privacy desk") {
		t.Errorf("the last event is %s", out)
	}
}

func TestAuditExportsForOtherTools(t *testing.T) {
	t.Parallel()
	_, configFile := auditFolder(t)
	table := filepath.Join(t.TempDir(), "events.csv")
	audit(t, 0, "export", "--config", configFile, "--format", "csv", "--out", table)
	f, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 4 || rows[1][0] != "1" || rows[1][13] != "permit =cmd|' /C calc'!A0" {
		t.Errorf("%d rows, %v: %q", len(rows), err, rows)
	}
	out, _ := audit(t, 0, "export", "--config", configFile, "--format", "cloudevents", "--request", "r1", "--out", "-")
	var classes []string
	for line := range strings.Lines(out) {
		var e struct {
			SpecVersion, Type, ID string
			Data                  struct {
				ClassUID int `json:"class_uid"`
				TypeUID  int `json:"type_uid"`
			}
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.SpecVersion != "1.0" {
			t.Fatalf("%s: %v", line, err)
		}
		classes = append(classes, fmt.Sprint(e.ID, " ", e.Type, " ", e.Data.ClassUID, " ", e.Data.TypeUID))
	}
	if diff := cmp.Diff([]string{"1 dev.hallpass.request.submitted 3004 300401", "3 dev.hallpass.grant.active 3005 300501"}, classes); diff != "" {
		t.Error(diff)
	}
	out, _ = audit(t, 0, "export", "--config", configFile, "--format", "jsonl", "--from", "2026-11-22", "--to", "2026-11-23", "--out", "-")
	if n := strings.Count(out, "\n"); n != 3 {
		t.Errorf("%d lines, want 3", n)
	}
	audit(t, 1, "export", "--config", configFile, "--format", "jsonl", "--from", "2027-01-01", "--out", "-")
	audit(t, 2, "export", "--config", configFile, "--format", "xml", "--out", "-")
	audit(t, 2, "export", "--config", configFile, "--format", "csv", "--from", "soon", "--out", "-")
}

func TestAuditAnchorsNow(t *testing.T) {
	t.Parallel()
	dir, configFile := auditFolder(t)
	out, _ := audit(t, 0, "anchor", "--config", configFile)
	if want := "checkpoint of 3 events: the folder " + filepath.Join(dir, "anchored") + " has it\n"; out != want {
		t.Errorf("says %q, want %q", out, want)
	}
	known, err := filepath.Glob(filepath.Join(dir, "anchored", "*", "*3.txt"))
	if err != nil || len(known) != 1 {
		t.Fatal(known, err)
	}
	keyFile := filepath.Join(dir, "data", "audit.key")
	key, err := os.ReadFile(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "data")); err != nil { // the log is begun anew by somebody who has the key
		t.Fatal(err)
	}
	tampering(t, dir, func(s *store.Store) {
		e := approvals.Event{At: time.Now(), Kind: approvals.EventPolicyLoaded, Actor: approvals.System("x")}
		if err := s.Apply(t.Context(), approvals.Change{Events: []approvals.Event{e}}); err != nil {
			t.Fatal(err)
		}
	})
	if err := os.WriteFile(keyFile, key, 0o600); err != nil {
		t.Fatal(err)
	}
	audit(t, 0, "checkpoint", "--config", configFile)
	audit(t, 0, "verify", "--config", configFile)
	out, _ = audit(t, 1, "verify", "--config", configFile, "--known", known[0])
	if !strings.Contains(out, "events 2 to 3: a checkpoint from elsewhere tells of more events than there are") {
		t.Errorf("verify says %q", out)
	}
}
