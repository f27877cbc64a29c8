package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/store/auditlog"
)

func TestTheDemoSignsItsLogAndSaysHowToVerifyIt(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	public, err := os.ReadFile(filepath.Join(d.data(t), publicFile))
	if err != nil || strings.TrimSpace(string(public)) != d.public || strings.Contains(string(public), "PRIVATE") {
		t.Fatalf("the public key is %q, %v", public, err)
	}
	for data, want := range map[string]string{"": d.public, "/kept": "hallpass audit verify evidence --key /kept/audit.pub"} {
		var out bytes.Buffer
		if d.Welcome(&out, data); !strings.Contains(out.String(), want) || strings.Contains(out.String(), "PRIVATE+KEY") {
			t.Errorf("the demo says\n%s\nwant %s", out.String(), want)
		}
	}
	key, again, err := signing(d.data(t))
	if err != nil || again != d.public {
		t.Errorf("a second start on the folder has the key %q, %v", again, err)
	}
	secret, err := d.config.Value(key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := auditlog.Signer(secret)
	if err != nil {
		t.Fatal(err)
	}
	_, last, err := d.App.Store.Seal(t.Context(), signer.Name(), signer)
	if err != nil || last.Size == 0 {
		t.Fatalf("signed %+v, %v", last, err)
	}
	keys, err := auditlog.Verifiers(d.public)
	if err != nil {
		t.Fatal(err)
	}
	if report, err := d.App.Store.VerifyLog(t.Context(), keys); err != nil || !report.Sound() || report.Signed < last.Size {
		t.Errorf("the log is %+v, %v", report, err)
	}
}

// data is the demo's folder.
func (d *Demo) data(t *testing.T) string {
	t.Helper()
	return filepath.Dir(strings.TrimPrefix(d.options.Database, "sqlite:"))
}
