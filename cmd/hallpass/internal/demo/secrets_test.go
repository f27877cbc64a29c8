package demo

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/examples"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// modelKey is a key that the test's own endpoint takes.
const modelKey = "sk-test-9f2c71d4e8b05a36-do-not-show"

// secret is a word that may appear nowhere, in any usual spelling.
type secret struct{ name, value string }

// spellings are the ways in which a secret could be written down, among them
// most of it with its beginning or its end cut off.
func (s secret) spellings() []string {
	quoted, _ := json.Marshal(s.value)
	cut := len(s.value) * 2 / 3
	all := []string{s.value, strings.Trim(string(quoted), `"`), url.QueryEscape(s.value), hex.EncodeToString([]byte(s.value)), s.value[:cut], s.value[len(s.value)-cut:]}
	for lead := range 3 { // base64 of the secret at any place in a longer text
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, lead), s.value...))
		all = append(all, encoded[4:len(encoded)-4])
	}
	return all
}

// leak is a secret in a place.
type leak struct{ where, what string }

// scan says which secrets are in a text.
func scan(where, text string, secrets []secret) (found []leak) {
	for _, s := range secrets {
		for _, spelling := range s.spellings() {
			if strings.Contains(text, spelling) {
				found = append(found, leak{where, s.name})
				break
			}
		}
	}
	return found
}

// columns reads every column of every table as text.
func columns(t *testing.T, driver, dsn string) map[string]string {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	list := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if driver == "pgx" {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	texts := map[string]string{}
	for _, name := range strings.Fields(rowsOf(t, db, list)) {
		texts["table "+name] = rowsOf(t, db, `SELECT * FROM "`+name+`"`)
	}
	return texts
}

func rowsOf(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if b, ok := (*v.(*any)).([]byte); ok {
				text.Write(b)
			} else {
				fmt.Fprint(&text, *v.(*any))
			}
			text.WriteString("\n")
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// inspected is a demo under whose story everything that it writes is kept.
type inspected struct {
	demo   *Demo
	logs   syncBuffer
	script bytes.Buffer

	mu      sync.Mutex
	prompts []string
}

// syncBuffer is a buffer that several goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// model answers as an endpoint does at its worst: it refuses, and quotes the
// key that it was shown.
func (i *inspected) model(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		i.mu.Lock()
		i.prompts = append(i.prompts, string(body))
		i.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"Incorrect API key provided: %s"}}`, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

// accessWith copies the example's access folder and adds a model to it.
func accessWith(t *testing.T, modelURL, key string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "access")
	sub, err := fs.Sub(examples.Access, "access")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, sub); err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "hallpass.yaml")
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	section := fmt.Sprintf("\nmodel:\n  base_url: %s\n  api_key: file:%s\n  name: small-model\n", modelURL, keyFile)
	if err := os.WriteFile(path, append(have, section...), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestNoSecretIsWrittenAnywhereByTheStory(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			i, data := &inspected{}, t.TempDir()
			o := Options{Listen: "127.0.0.1:0", Data: data, Access: accessWith(t, i.model(t), modelKey), Rates: StoryRates,
				Logger: slog.New(slog.NewTextHandler(&i.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
			driver, dsn, told := "sqlite", filepath.Join(data, "hallpass.db"), chapters()
			secrets := []secret{{"model key", modelKey}}
			if engine == "postgres" {
				driver, dsn = "pgx", pgtest.Start(t).Database(t)
				told = []chapter{ruleApproves(), peopleAreAsked(), breakGlass()} // the rest writes the same to either
				o.Database = dsn
				u, err := url.Parse(dsn)
				if err != nil {
					t.Fatal(err)
				}
				password, _ := u.User.Password()
				secrets = append(secrets, secret{"database password", password})
			}
			var err error
			if i.demo, err = Start(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			secrets = append(secrets, secret{"bot token", i.demo.options.BotToken}, secret{"app token", i.demo.options.AppToken})
			if err := i.demo.story(t.Context(), &i.script, told); err != nil {
				t.Errorf("%v\n%s", err, i.script.String())
			}
			texts := i.texts(t, data)
			secrets = append(secrets, secret{"signing key", i.signingKey(t)[len("PRIVATE+KEY+"):]})
			for where, text := range i.exports(t) {
				texts[where] = text
			}
			i.demo.Close()
			for where, text := range columns(t, driver, dsn) {
				texts[where] = text
			}
			for where, text := range failures(t, o, secrets) {
				texts[where] = text
			}
			for where, text := range texts {
				for _, l := range scan(where, text, secrets) {
					t.Errorf("the %s is in the %s", l.what, l.where)
				}
			}
			for _, must := range []string{"logs", "envelopes", "messages", "sandbox state", "transcript", "table requests", "table decisions", "error: wrong tokens",
				"export: jsonl", "export: csv", "export: cloudevents", "evidence: report.html", "evidence: requests.csv", "evidence: texts.jsonl"} {
				if len(texts[must]) < 20 {
					t.Errorf("there is next to nothing in the %s: the scan looks at the wrong place", must)
				}
			}
			i.promptsNameNobody(t)
		})
	}
}

// texts is everything that the story left behind, beside the database.
func (i *inspected) texts(t *testing.T, data string) map[string]string {
	t.Helper()
	texts := map[string]string{"logs": i.logs.String(), "transcript": i.script.String()}
	add := func(where string, v any) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts[where] += string(b) + "\n"
	}
	add("envelopes", i.demo.workspace.Envelopes())
	for n := range i.demo.people(t) {
		a := i.demo.workspace.As(slackID(n))
		for _, channel := range []string{a.DMChannel(), "C0GENERAL", "C0BILLING", "C0SECURITY", "C0PARTNERS"} {
			for _, m := range a.Messages(channel) {
				add("messages", m)
			}
		}
		add("views", a.Views())
		if home, ok := a.Home(); ok {
			add("home tabs", home)
		}
	}
	for _, file := range []string{"sandbox.json", "hallpass.db", "hallpass.db-wal"} {
		b, err := os.ReadFile(filepath.Join(data, file))
		if err == nil {
			texts[map[string]string{"sandbox.json": "sandbox state"}[file]+strings.TrimPrefix(file, "sandbox.json")] = string(b)
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	texts["prompts"] = strings.Join(i.prompts, "\n")
	return texts
}

func (d *Demo) people(t *testing.T) []string {
	t.Helper()
	people, err := d.access.People.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range people {
		names = append(names, p.Name)
	}
	return names
}

// failures are the texts of what can go wrong with each secret.
func failures(t *testing.T, o Options, secrets []secret) map[string]string {
	t.Helper()
	texts := map[string]string{}
	o.Data = t.TempDir()
	d, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	good := d.options
	if err := d.App.Store.Close(); err != nil {
		t.Fatal(err)
	}
	wrong := Tokens{Bot: good.BotToken + "x", App: good.AppToken + "x"}
	if err := d.Connect(t.Context(), d.workspace.APIURL(), wrong); err != nil {
		texts["error: wrong tokens"] = fmt.Sprintf("%v %+v %q", err, err, err)
	}
	d.Close()
	for _, s := range secrets {
		if s.name != "database password" {
			continue
		}
		for what, dsn := range map[string]string{
			"port": "postgres://hallpass:" + s.value + "@127.0.0.1:1/hallpass", "password": strings.Replace(o.Database, s.value, s.value+"x", 1), "database": o.Database + "-missing",
			"url": "postgres://hallpass:" + s.value + "@127.0.0.1:port/%zz",
		} {
			if _, err := store.Open(context.Background(), store.Config{URL: dsn}); err != nil {
				texts["error: wrong "+what] = fmt.Sprintf("%v %+v %q", err, err, err)
			}
		}
	}
	return texts
}

// promptsNameNobody holds what was sent to the model to its rule: no person
// and nothing that a person wrote.
func (i *inspected) promptsNameNobody(t *testing.T) {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.prompts) == 0 {
		t.Error("the model was never asked")
	}
	people, err := i.demo.access.People.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	private := []string{"refund", "by hand", "INC-", "backfill", "missing orders", "billing-db", "orders-db", "@northwind"}
	for _, p := range people {
		private = append(private, p.Name, p.Email, `\b`+string(p.ID)+`\b`, `\b`+strings.Fields(p.Name)[len(strings.Fields(p.Name))-1]+`\b`)
	}
	never := regexp.MustCompile(`(?i)` + strings.Join(private, "|"))
	for _, prompt := range i.prompts {
		if found := never.FindString(prompt); found != "" {
			t.Errorf("a prompt holds %q: %s", found, prompt)
		}
	}
}

func TestTheScanFindsAPlantedSecret(t *testing.T) {
	t.Parallel()
	s := []secret{{"key", modelKey}}
	for name, text := range map[string]string{
		"as it is": "level=ERROR err=" + modelKey, "in JSON": fmt.Sprintf("%q", "a "+modelKey), "cut off": "Bearer " + modelKey[:30] + "…", "its end": "…" + modelKey[8:],
		"in hex": hex.EncodeToString([]byte("x" + modelKey)), "in base64": base64.StdEncoding.EncodeToString([]byte("Bearer " + modelKey + " and more")),
	} {
		if len(scan(name, text, s)) != 1 {
			t.Errorf("the secret %s is not found in %q", name, text)
		}
	}
	if found := scan("nothing", "sk-test and other words", s); len(found) > 0 {
		t.Errorf("found %v where there is none", found)
	}
	data := filepath.Join(t.TempDir(), "planted.db")
	db, err := sql.Open("sqlite", data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE notes (n INTEGER, words BLOB)`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO notes VALUES (1, $1)`, []byte(modelKey)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if found := scan("notes", columns(t, "sqlite", data)["table notes"], s); len(found) != 1 {
		t.Errorf("the planted secret is not found in the table: %v", found)
	}
}
