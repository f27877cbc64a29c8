package auditlog_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// bundleFiles are the files of a bundle that holds everything.
var bundleFiles = []string{"bundle.json", "events.jsonl", "leaves.txt", "checkpoints.jsonl", "texts.jsonl", "consistency.jsonl"}

func TestWhatIsNoBundleIsSaidToBeNone(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	for name, c := range map[string]struct{ file, content, want string }{
		"no header":         {"bundle.json", "", "unexpected end"},
		"another version":   {"bundle.json", `{"format":"hallpass-audit-bundle/9"}`, "this program knows"},
		"impossible range":  {"bundle.json", `{"format":"hallpass-audit-bundle/1","first":0,"last":3}`, "cannot hold"},
		"short frontier":    {"bundle.json", `{"format":"hallpass-audit-bundle/1","first":4,"last":5,"before":[]}`, "before"},
		"broken checkpoint": {"checkpoints.jsonl", "{}", "checkpoints.jsonl, line 1"},
		"broken text":       {"texts.jsonl", "x", "texts.jsonl"},
		"broken proof":      {"consistency.jsonl", `{"hashes":["x"]}`, "consistency.jsonl"},
	} {
		dir := newLog(t, k, 5, 1).save(t, filepath.Join(t.TempDir(), "b"))
		if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := auditlog.OpenBundle(dir)
		if err == nil {
			_, err = b.Verify(t.Context(), k.keys)
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
	for _, file := range bundleFiles {
		dir := newLog(t, k, 5, 1).save(t, filepath.Join(t.TempDir(), "b"))
		if err := os.Remove(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
		b, err := auditlog.OpenBundle(dir)
		if err == nil {
			_, err = b.Verify(t.Context(), k.keys)
			_ = b.Close()
		}
		if err == nil {
			t.Errorf("a bundle without %s was verified", file)
		}
	}
}

func TestVerificationEndsWithItsContext(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	b, err := auditlog.OpenBundle(newLog(t, k, 3000, 1).save(t, filepath.Join(t.TempDir(), "b")))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if report, err := b.Verify(ctx, k.keys); err == nil {
		t.Errorf("broken off, it says %+v", report)
	}
}

func FuzzBundle(f *testing.F) {
	k := newKey(f)
	honest := newLog(f, k, 6, 1)
	dir := honest.save(f, filepath.Join(f.TempDir(), "b"))
	for i, file := range bundleFiles {
		content, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), content)
	}
	f.Add(uint8(1), []byte("{\"sequence\":9223372036854775807}\n{\"sequence\":1}\n"))
	f.Add(uint8(0), []byte(`{"format":"hallpass-audit-bundle/1","first":1,"last":9223372036854775807,"selection":"x"}`))
	f.Fuzz(func(t *testing.T, which uint8, content []byte) {
		dir := honest.save(t, filepath.Join(t.TempDir(), "b"))
		file := filepath.Join(dir, bundleFiles[int(which)%len(bundleFiles)])
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := auditlog.OpenBundle(dir)
		if err != nil {
			return
		}
		defer b.Close()
		report, err := b.Verify(t.Context(), k.keys)
		// What was signed and every text that is there must be as they were.
		if err == nil && report.Sound() && filepath.Base(file) == "events.jsonl" && strings.TrimSuffix(string(content), "\n") != strings.TrimSuffix(string(before), "\n") {
			t.Errorf("events were changed to %q, and nothing is found", content)
		}
	})
}
