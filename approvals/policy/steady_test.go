package policy

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

// A link that is moved back and forth while the folder is read never gives
// files of two versions: it is one of them, or an error that says to wait.
func TestFolderIsNeverReadHalfAndHalf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, v := range []string{"one", "two"} {
		if err := os.MkdirAll(filepath.Join(dir, v), 0o750); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a.cedar", "b.cedar", "c.cedar"} {
			if err := os.WriteFile(filepath.Join(dir, v, name), []byte(v), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	move := func(to string) {
		if err := os.Symlink(to, filepath.Join(dir, "tmp")); err != nil {
			t.Error(err)
		}
		if err := os.Rename(filepath.Join(dir, "tmp"), filepath.Join(dir, "policies")); err != nil {
			t.Error(err)
		}
	}
	move("one")
	stop := make(chan struct{})
	var mover sync.WaitGroup
	mover.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				move([]string{"two", "one"}[i%2])
			}
		}
	})
	for range 200 {
		files, err := readSteadily(filepath.Join(dir, "policies"))
		if err != nil {
			if _, ok := err.(approvals.Problems); !ok { //nolint:errorlint // the type itself is what is promised
				t.Fatal(err)
			}
			continue
		}
		for _, f := range files {
			if string(f.data) != string(files[0].data) {
				t.Fatalf("%s is of %s, %s of %s", files[0].name, files[0].data, f.name, f.data)
			}
		}
	}
	close(stop)
	mover.Wait()
}
