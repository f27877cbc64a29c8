package store

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

// entry is a journal entry of that id.
func entry(id string) approvals.JournalEntry {
	return approvals.JournalEntry{ID: id, At: time.Date(2026, 11, 22, 1, 2, 3, 4e6, time.UTC), Grant: "gr_" + approvals.GrantID(id), Entitlement: "billing-db:admin",
		Connector: "postgres", Account: "amy@example.com", ReadBack: "absent: <no> membership", SessionsEnded: 2,
		ResidualUntil: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC), Residue: "a session"}
}

// journalAt opens a journal, and closes it when the test ends.
func journalAt(t *testing.T, path string, wantSaid string) *Journal {
	t.Helper()
	j, said, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	if text := strings.Join(said, " "); wantSaid == "" && text != "" || !strings.Contains(text, wantSaid) {
		t.Errorf("it says %q, want %q", text, wantSaid)
	}
	return j
}

// written is the path of a closed journal of some entries.
func written(t *testing.T, ids ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data", "revocations.journal")
	j := journalAt(t, path, "")
	for _, id := range ids {
		if err := j.Append(entry(id)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func holds(t *testing.T, j *Journal, ids ...string) {
	t.Helper()
	var want []approvals.JournalEntry
	for _, id := range ids {
		want = append(want, entry(id))
	}
	if diff := cmp.Diff(want, j.Entries()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestJournalReadsBackWhatItWasTold(t *testing.T) {
	t.Parallel()
	path := written(t, "a", "b")
	j := journalAt(t, path, "")
	holds(t, j, "a", "b")
	if err := j.Append(entry("c")); err != nil {
		t.Fatal(err)
	}
	if err := j.Forget(2); err != nil {
		t.Fatal(err)
	}
	holds(t, j, "c")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = journalAt(t, path, "") // what is not forgotten whole comes again: the log knows it
	holds(t, j, "a", "b", "c")
	if err := j.Forget(3); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	holds(t, journalAt(t, path, ""))
}

func TestJournalHasRoomBeforeTheDiskIsFull(t *testing.T) {
	t.Parallel()
	path := written(t, "a")
	info, err := os.Stat(path)
	if err != nil || info.Size() < journalReserve || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v; want a reserve of %d bytes, for this user alone", info, err, journalReserve)
	}
}

func TestJournalIsOneProcesss(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "revocations.journal")
	journalAt(t, path, "")
	second, _, err := OpenJournal(path)
	if approvals.ErrorCode(err) != approvals.CodeUnavailable {
		t.Errorf("a second process opens it: %v", err)
	}
	if err := second.Append(entry("a")); err == nil {
		t.Error("it says that an entry was written")
	}
	holds(t, second, "a")
}

func TestJournalToleratesWhatACrashLeavesAndSaysWhatIsBroken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meddle func(text []byte) []byte
		said   string
		holds  []string
	}{
		"torn":   {func(b []byte) []byte { return b[:len(b)-7] }, "Line 3 of the journal was cut off", []string{"a", "b"}},
		"edited": {func(b []byte) []byte { return bytes.Replace(b, []byte("gr_b"), []byte("gr_x"), 1) }, "Line 3 of the journal does not follow", []string{"a", ""}},
		"removed": {func(b []byte) []byte {
			return append(b[:bytes.IndexByte(b, '\n')+1:bytes.IndexByte(b, '\n')+1], b[bytes.LastIndexByte(b[:len(b)-1], '\n')+1:]...)
		}, "Line 2 of the journal does not follow", []string{"a"}},
		"scribbled": {func(b []byte) []byte { return append([]byte("{]\n"), b...) }, "Line 1 of the journal can't be read", nil},
		"empty":     {func([]byte) []byte { return nil }, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := written(t, "a", "b", "c")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			broken := c.meddle(data[:bytes.IndexByte(data, 0)])
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			j := journalAt(t, path, c.said)
			if got := len(j.Entries()); got != len(c.holds) {
				t.Fatalf("%d entries, want %d", got, len(c.holds))
			}
			if c.said != "" {
				if kept, err := os.ReadFile(path + ".broken"); err != nil || !bytes.Equal(kept, broken) {
					t.Errorf("what was found is kept as %q, %v", kept, err)
				}
			}
			if err := j.Append(entry("d")); err != nil {
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if again := journalAt(t, path, ""); len(again.Entries()) != len(c.holds)+1 {
				t.Errorf("%d entries after one more, want %d", len(again.Entries()), len(c.holds)+1)
			}
		})
	}
}

// TestJournaler is the process that TestJournalSurvivesSIGKILL kills.
func TestJournaler(t *testing.T) {
	path := os.Getenv("HALLPASS_TEST_JOURNAL")
	if path == "" {
		t.Skip("only runs for TestJournalSurvivesSIGKILL")
	}
	j := journalAt(t, path, "")
	for n := 0; ; n++ {
		id := fmt.Sprint("e", n)
		if err := j.Append(entry(id)); err != nil {
			t.Fatal(err)
		}
		fmt.Println("wrote", id)
	}
}

func TestJournalSurvivesSIGKILL(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "revocations.journal")
	cmd := osexec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestJournaler$")
	cmd.Env = append(os.Environ(), "HALLPASS_TEST_JOURNAL="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var told []string
	for lines := bufio.NewScanner(out); len(told) < 40 && lines.Scan(); {
		if id, ok := strings.CutPrefix(lines.Text(), "wrote "); ok {
			told = append(told, id)
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	j, _, err := OpenJournal(path) // a line may be cut off
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	got := j.Entries()
	if len(told) < 40 || len(got) < len(told) {
		t.Fatalf("%d entries of %d that were told", len(got), len(told))
	}
	for i, id := range told {
		if diff := cmp.Diff(entry(id), got[i]); diff != "" {
			t.Fatalf("entry %d: -want +got\n%s", i, diff)
		}
	}
}
