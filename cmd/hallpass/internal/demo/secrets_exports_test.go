package demo

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/auditlog/export"
	"github.com/hallpass-dev/hallpass/store/evidence"
)

// exports are all forms in which the log leaves the program, with everything
// that people wrote, by where.
func (i *inspected) exports(t *testing.T) map[string]string {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	db, texts := i.demo.App.Store, map[string]string{}
	var lines, table, clouds bytes.Buffer
	rows := export.NewCSV(&table)
	for after := int64(0); ; {
		page, err := db.Records(t.Context(), after, 1000)
		must(err)
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			var e approvals.Event
			must(json.Unmarshal(r.Body, &e))
			lines.Write(append(r.Body, '\n'))
			must(rows.Event(e))
			cloud, err := export.CloudEvent(e, "/hallpass")
			must(err)
			clouds.Write(append(cloud, '\n'))
			after = r.Sequence
		}
	}
	must(rows.Close())
	texts["export: jsonl"], texts["export: csv"], texts["export: cloudevents"] = lines.String(), table.String(), clouds.String()

	signer, err := auditlog.Signer(i.signingKey(t))
	must(err)
	keys, err := auditlog.Verifiers(i.demo.public)
	must(err)
	_, _, err = db.Seal(t.Context(), signer.Name(), signer)
	must(err)
	dir, now := filepath.Join(t.TempDir(), "evidence"), i.demo.Clock.Now()
	_, err = evidence.Write(t.Context(), dir, evidence.Config{Log: db, From: now.AddDate(-1, 0, 0), To: now.AddDate(0, 0, 1), Texts: true,
		Signers: []note.Signer{signer}, Keys: keys})
	must(err)
	must(filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		texts["evidence: "+entry.Name()] = string(text)
		return err
	}))
	return texts
}

// signingKey is the secret half of the key of the demo's log.
func (i *inspected) signingKey(t *testing.T) string {
	t.Helper()
	secret, err := i.demo.config.Value(i.demo.config.Audit.Key)
	if err != nil || secret == "" {
		t.Fatalf("the demo has no signing key: %v", err)
	}
	return secret
}
