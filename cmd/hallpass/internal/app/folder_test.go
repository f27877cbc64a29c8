package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFolderSeesEveryWayToChangeAFile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(t *testing.T, dir string)
		seen   bool
	}{
		{"nothing", func(*testing.T, string) {}, false},
		{"the same written again", func(t *testing.T, dir string) { put(t, dir+"/policies/a.cedar", "one") }, false},
		{"another text", func(t *testing.T, dir string) { put(t, dir+"/policies/a.cedar", "two, longer") }, true},
		{"as long and as old", func(t *testing.T, dir string) {
			path := dir + "/policies/a.cedar"
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			put(t, path, "eno")
			if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"a date alone", func(t *testing.T, dir string) {
			if err := os.Chtimes(dir+"/policies/a.cedar", time.Unix(0, 0), time.Unix(0, 0)); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"a new file", func(t *testing.T, dir string) { put(t, dir+"/policies/b.cedar", "") }, true},
		{"an editor's file", func(t *testing.T, dir string) { put(t, dir+"/policies/.a.cedar.swp", "x") }, false},
		{"a file renamed", func(t *testing.T, dir string) {
			if err := os.Rename(dir+"/policies/a.cedar", dir+"/policies/b.cedar"); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"a file put in place by rename", func(t *testing.T, dir string) {
			put(t, dir+"/policies/.tmp", "two")
			if err := os.Rename(dir+"/policies/.tmp", dir+"/policies/a.cedar"); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"a file removed", func(t *testing.T, dir string) {
			if err := os.Remove(dir + "/policies/a.cedar"); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"the folder removed", func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir + "/policies"); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"people", func(t *testing.T, dir string) { put(t, dir+"/people.yaml", "other") }, true},
		{"a folder in the place of a file", func(t *testing.T, dir string) { put(t, dir+"/policies/deep/c.cedar", "x") }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			put(t, dir+"/policies/a.cedar", "one")
			put(t, dir+"/people.yaml", "people")
			f := folder{paths: []string{dir + "/people.yaml", dir + "/policies"}}
			f.take()
			for range 2 {
				if f.settled() {
					t.Fatal("sees a change where there is none")
				}
			}
			tc.change(t, dir)
			if f.settled() {
				t.Error("takes a change at first sight, when it may be half written")
			}
			if got := f.settled(); got != tc.seen {
				t.Errorf("sees the change: %v", got)
			}
			f.take()
			if f.settled() {
				t.Error("sees the same change twice")
			}
		})
	}
}

func TestFolderWaitsForAFileThatIsBeingWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir+"/a.cedar", "one")
	f := folder{paths: []string{dir}}
	f.take()
	for _, text := range []string{"per", "permit (prin", "permit (principal, action, resource);"} {
		put(t, dir+"/a.cedar", text)
		if f.settled() {
			t.Errorf("takes %q", text)
		}
	}
	if !f.settled() {
		t.Error("does not take the file when it is written")
	}
}

// Kubernetes puts a new version beside the old one and moves one link.
func TestFolderSeesALinkThatIsMoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir+"/..v1/policies/a.cedar", "one")
	put(t, dir+"/..v2/policies/a.cedar", "two")
	link := func(to string) {
		t.Helper()
		if err := os.Symlink(to, dir+"/..tmp"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(dir+"/..tmp", dir+"/..data"); err != nil {
			t.Fatal(err)
		}
	}
	link("..v1")
	if err := os.Symlink("..data/policies", dir+"/policies"); err != nil {
		t.Fatal(err)
	}
	f := folder{paths: []string{dir + "/policies"}}
	f.take()
	link("..v2")
	if f.settled() || !f.settled() {
		t.Error("does not see that the link was moved")
	}
	f.take()
	link("..v1")
	if f.settled() || !f.settled() {
		t.Error("does not see that the link was moved back")
	}
}
