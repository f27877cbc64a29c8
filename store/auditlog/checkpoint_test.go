package auditlog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var point = auditlog.Checkpoint{Origin: "log.example/test", Size: 7, Root: auditlog.Hash{1, 2, 3}, At: time.Date(2026, 11, 22, 1, 2, 3, 4e6, time.UTC)}

func TestCheckpointReadsBackAsItWasSigned(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	signed, err := point.Sign(k.signer)
	if err != nil {
		t.Fatal(err)
	}
	got, err := auditlog.OpenCheckpoint(signed, k.keys)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(point, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	want := "log.example/test\n7\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nat 2026-11-22T01:02:03.004Z\n"
	if diff := cmp.Diff(want, point.Text()); diff != "" {
		t.Errorf("what is signed, -want +got\n%s", diff)
	}
}

func TestKeysAreChangedByTwoSignatures(t *testing.T) {
	t.Parallel()
	old, next, third := newKey(t), newKey(t), newKey(t)
	both, err := point.Sign(old.signer, next.signer)
	if err != nil {
		t.Fatal(err)
	}
	for name, keys := range map[string]note.Verifiers{"the old key": old.keys, "the new key": next.keys} {
		if _, err := auditlog.OpenCheckpoint(both, keys); err != nil {
			t.Errorf("by %s alone: %v", name, err)
		}
	}
	if _, err := auditlog.OpenCheckpoint(both, third.keys); err == nil {
		t.Error("opened by a key that did not sign")
	}
	all, err := auditlog.Verifiers("# keys\n\n" + old.public + "\n" + next.public + "\n" + old.public + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auditlog.OpenCheckpoint(both, all); err != nil {
		t.Error(err)
	}
}

func TestForeignOrBrokenCheckpointsAreRefused(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	sign := func(text string) []byte {
		signed, err := note.Sign(&note.Note{Text: text}, k.signer)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	good := point.Text()
	for name, text := range map[string]string{
		"of another log":   strings.Replace(good, "log.example/test", "log.example/other", 1),
		"size with a zero": strings.Replace(good, "\n7\n", "\n07\n", 1),
		"no event":         strings.Replace(good, "\n7\n", "\n0\n", 1),
		"negative":         strings.Replace(good, "\n7\n", "\n-7\n", 1),
		"short root":       strings.Replace(good, "AQID", "", 1),
		"another time":     strings.Replace(good, ".004Z", "Z", 1),
		"no time":          strings.Replace(good, "at ", "", 1),
		"one line more":    good + "more\n",
		"one line less":    "log.example/test\n7\n",
	} {
		if c, err := auditlog.OpenCheckpoint(sign(text), k.keys); err == nil {
			t.Errorf("%s: opened as %+v", name, c)
		}
	}
	if _, err := auditlog.OpenCheckpoint([]byte(good), k.keys); err == nil {
		t.Error("opened without a signature")
	}
	if _, err := point.Sign(); err == nil {
		t.Error("signed by nobody")
	}
	other := point
	other.Origin = "other"
	if _, err := other.Sign(k.signer); err == nil {
		t.Error("signed under another name")
	}
}

func TestPublicHalfIsThatOfTheSigner(t *testing.T) {
	t.Parallel()
	secret, public, err := auditlog.NewKey("log.example/test")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := auditlog.VerifierOf(secret + "\n"); err != nil || got != public {
		t.Errorf("%q, %v; want %q", got, err, public)
	}
	for _, text := range []string{"", "x", public, secret[:len(secret)-4], secret} {
		if _, err := auditlog.Verifiers(text); err == nil && text != public {
			t.Errorf("%q was read as a public key", text)
		} else if err != nil && strings.Contains(err.Error(), secret[40:]) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
	for _, name := range []string{"", "a b", "a+b", "ä"} {
		if _, _, err := auditlog.NewKey(name); err == nil {
			t.Errorf("a key named %q was made", name)
		}
	}
}

func FuzzPeek(f *testing.F) {
	f.Add([]byte(point.Text() + "\n— x y\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := auditlog.Peek(in)
		if err == nil && !strings.HasPrefix(string(in), c.Text()) {
			t.Errorf("%q is read as %q", in, c.Text())
		}
	})
}

func TestFrontierAgreesWithTheReferenceTree(t *testing.T) {
	t.Parallel()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var hashes []tlog.Hash
		for _, i := range indexes {
			hashes = append(hashes, stored[i])
		}
		return hashes, nil
	})
	var f auditlog.Frontier
	for n := range int64(600) {
		want, err := tlog.TreeHash(n, reader)
		if err != nil || f.Root() != want || f.Size() != n {
			t.Fatalf("over %d leaves: %v, want %v, %v", n, f.Root(), want, err)
		}
		again, err := auditlog.ParseFrontier(n, f.Bytes())
		if err != nil || again.Root() != want {
			t.Fatalf("read back over %d leaves: %v, %v", n, again.Root(), err)
		}
		body := fmt.Appendf(nil, "event %d", n)
		more, err := tlog.StoredHashes(n, body, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
		f.Grow(auditlog.LeafHash(body), func(height int, index int64, root auditlog.Hash) {
			if root != stored[tlog.StoredHashIndex(height, index)] {
				t.Errorf("node %d of height %d is not that of the reference", index, height)
			}
		})
	}
	for _, size := range []int64{-1, 1, 599, 601} {
		if _, err := auditlog.ParseFrontier(size, f.Bytes()); err == nil && size != 600 && len(f.Bytes()) != 32*ones(size) {
			t.Errorf("read as the frontier of %d", size)
		}
	}
}

func ones(n int64) (count int) {
	for ; n > 0; n &= n - 1 {
		count++
	}
	return count
}
