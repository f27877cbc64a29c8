package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/examples"
)

// accessFolder is a copy of the example's access folder in which one file is
// changed: old is replaced by new, or the whole file when old is empty.
func accessFolder(t *testing.T, file, old, replacement string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, examples.Access); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "access")
	if file == "" {
		return dir
	}
	return edit(t, dir, file, old, replacement)
}

// edit changes one file of a folder: old is replaced by new, or the whole file
// when old is empty.
func edit(t *testing.T, dir, file, old, replacement string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(file))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if old == "" {
		data = []byte(replacement)
	} else if changed := strings.Replace(string(data), old, replacement, 1); changed != string(data) {
		data = []byte(changed)
	} else {
		t.Fatalf("%s does not have %q", file, old)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// nobodyListens is an address of this machine at which nobody answers.
func nobodyListens(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func TestBadInputIsToldWithItsMend(t *testing.T) {
	gone := nobodyListens(t)
	tests := map[string]struct {
		file, old, replacement string            // of the access folder
		env                    map[string]string // besides working tokens
		args                   []string          // DIR and CONFIG stand for the folder and its hallpass.yaml
		code                   int
		says                   []string
	}{
		"unknown command":      {args: []string{"serv"}, code: 1, says: []string{"serv"}},
		"unknown flag":         {args: []string{"serve", "--konfig", "x"}, code: 2, says: []string{"konfig"}},
		"no such config":       {args: []string{"serve", "--config", "nowhere.yaml"}, code: 1, says: []string{"nowhere.yaml", "no such file", "--config"}},
		"no such folder":       {args: []string{"check", "nowhere"}, code: 1, says: []string{"nowhere", "no such folder"}},
		"yaml that is none":    {file: "hallpass.yaml", replacement: "slack: [", args: []string{"check", "DIR"}, code: 1, says: []string{"hallpass.yaml", "YAML"}},
		"unknown key":          {file: "hallpass.yaml", old: "bot_token:", replacement: "bottoken:", args: []string{"check", "DIR"}, code: 1, says: []string{"hallpass.yaml:5", `"bottoken"`, `"bot_token"`}},
		"secret in the file":   {file: "hallpass.yaml", old: "env:SLACK_BOT_TOKEN", replacement: "xoxb-123-secret", args: []string{"check", "DIR"}, code: 1, says: []string{"hallpass.yaml:5", "env:NAME"}},
		"bad duration":         {file: "hallpass.yaml", old: "lapse_after: 8h", replacement: "lapse_after: eight", args: []string{"check", "DIR"}, code: 1, says: []string{"hallpass.yaml:", "eight", "8h"}},
		"unknown person":       {file: "hallpass.yaml", old: "sam.weber@", replacement: "nobody@", args: []string{"serve", "--config", "CONFIG"}, code: 1, says: []string{"hallpass.yaml:", "nobody@northwind.example"}},
		"catalogue typo":       {file: "catalog/databases.yaml", old: "sensitivity: medium", replacement: "sensitivity: mediun", args: []string{"check", "DIR"}, code: 1, says: []string{"databases.yaml:", "mediun", "medium"}},
		"policy typo":          {file: "policies/requests.cedar", old: "resource.level", replacement: "resource.levle", args: []string{"check", "DIR"}, code: 1, says: []string{"requests.cedar:", "levle", "level"}},
		"policy cut off":       {file: "policies/requests.cedar", old: "};", replacement: "", args: []string{"check", "DIR"}, code: 1, says: []string{"requests.cedar:"}},
		"example that fails":   {file: "policies/requests_test.yaml", old: "expect: auto_approve", replacement: "expect: refuse", args: []string{"check", "DIR"}, code: 1, says: []string{"requests_test.yaml:"}},
		"people with a twin":   {file: "people.yaml", old: "id: ahmed.almeida", replacement: "id: ingrid.solheim", args: []string{"check", "DIR"}, code: 1, says: []string{"people.yaml:", "ingrid.solheim"}},
		"no token":             {env: map[string]string{"SLACK_BOT_TOKEN": ""}, args: []string{"serve", "--config", "CONFIG"}, code: 1, says: []string{"no Slack bot token (xoxb-…): set SLACK_BOT_TOKEN."}},
		"token of other kind":  {env: map[string]string{"SLACK_BOT_TOKEN": "xapp-swapped-secret"}, args: []string{"serve", "--config", "CONFIG"}, code: 1, says: []string{"xoxb"}},
		"slack unreachable":    {file: "hallpass.yaml", old: "app_token:", replacement: "api_url: http://" + gone + "/api/\n  app_token:", args: []string{"serve", "--config", "CONFIG"}, code: 1, says: []string{"Slack"}},
		"no temporary files":   {env: map[string]string{"TMPDIR": "nowhere"}, args: []string{"demo"}, code: 1, says: []string{"--data"}},
		"database url":         {env: map[string]string{"DATABASE_URL": "mysql://root:secret@db/x"}, args: []string{"migrate", "--config", "CONFIG"}, code: 1, says: []string{"postgres://", "sqlite:"}},
		"database away":        {env: map[string]string{"DATABASE_URL": "postgres://hallpass:secret@" + gone + "/hallpass"}, args: []string{"migrate", "--config", "CONFIG"}, code: 1, says: []string{"PostgreSQL", "Check that it runs"}},
		"collector's address":  {env: map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "me:secret@otel"}, args: []string{"serve", "--config", "CONFIG"}, code: 1, says: []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"}},
		"listen address":       {file: "hallpass.yaml", old: "127.0.0.1:9321", replacement: "localhost", args: []string{"check", "DIR"}, code: 1, says: []string{"hallpass.yaml:", "host:port"}},
		"connector of no kind": {file: "hallpass.yaml", old: "kind: sandbox", replacement: "kind: sandbx", args: []string{"check", "DIR"}, code: 1, says: []string{"hallpass.yaml:", `"sandbx"`, `"sandbox"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := accessFolder(t, tt.file, tt.old, tt.replacement)
			t.Setenv("SLACK_BOT_TOKEN", "xoxb-1-secret")
			t.Setenv("SLACK_APP_TOKEN", "xapp-1-secret")
			t.Setenv("DATABASE_URL", "")
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			args := make([]string, len(tt.args))
			for i, a := range tt.args {
				a = strings.ReplaceAll(a, "CONFIG", filepath.Join(dir, "hallpass.yaml"))
				args[i] = strings.ReplaceAll(a, "DIR", dir)
			}
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), args, &stdout, &stderr); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range tt.says {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, stderr.String())
				}
			}
			for _, never := range []string{"secret", "goroutine", "panic", ".go:"} {
				if strings.Contains(strings.ReplaceAll(stderr.String(), "a secret stands in the file, keep the secret", ""), never) && (never != "secret" || name != "secret in the file") {
					t.Errorf("it shows %q:\n%s", never, stderr.String())
				}
			}
		})
	}
}
