package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// exported writes a bundle and verifies it.
func exported(t *testing.T, s *Store, n notary, scope BundleScope, known []byte) (dir string, report auditlog.Report) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "bundle")
	if _, err := s.WriteBundle(t.Context(), dir, scope); err != nil {
		t.Fatal(err)
	}
	b, err := auditlog.OpenBundle(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if report, err = b.Verify(t.Context(), n.keys, known); err != nil {
		t.Fatal(err)
	}
	return dir, report
}

func TestPartsOfTheLogProveThemselves(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		n := newNotary(t)
		var notes [][]byte
		for _, more := range []int{9, 300, 30, 3, 270} { // 9, 309, 339, 342, 612
			write(t, s, more)
			notes = append(notes, n.seal(t, s).Note)
		}
		write(t, s, 3)
		dirs, firsts := map[int][]string{}, map[int][]auditlog.Report{} // by the known checkpoint
		for _, c := range []struct {
			scope                       BundleScope
			known                       int
			events, signed, checkpoints int64
			texts                       int64
		}{
			{BundleScope{}, 4, 612, 612, 6, 0},
			{BundleScope{Texts: true}, 0, 612, 612, 6, 408},
			{BundleScope{First: 310, Last: 330, Texts: true}, 2, 21, 339, 4, 14}, // 9 and 309 before, 339 after; and the known one, 339 again
			{BundleScope{First: 310, Last: 339}, 1, 30, 339, 4, 0},
			{BundleScope{First: 400, Last: 500, Since: []int64{9}}, 0, 101, 612, 3, 0}, // 342 before, 612 after; and the known one
			{BundleScope{First: 612, Last: 612}, 4, 1, 612, 3, 0},
			{BundleScope{Only: "r3", Texts: true}, 4, 4, 612, 1, 8},
			{BundleScope{Only: "r200"}, 4, 2, 612, 1, 0},
		} {
			dir, report := exported(t, s, n, c.scope, notes[c.known])
			dirs[c.known], firsts[c.known] = append(dirs[c.known], dir), append(firsts[c.known], report)
			if !report.Sound() || report.Events != c.events || report.Signed != c.signed || int64(report.Checkpoints) != c.checkpoints || report.Texts != c.texts {
				t.Errorf("%+v: %+v", c.scope, report)
			}
		}
		for known := range dirs {
			for i, second := range byPython(t, n, notes[known], dirs[known]) {
				if diff := cmp.Diff(firsts[known][i], second); diff != "" {
					t.Errorf("%s: the verifiers differ, -first +second\n%s", dirs[known][i], diff)
				}
			}
		}
		// A checkpoint from before that part, without a proof that it agrees.
		_, report := exported(t, s, n, BundleScope{First: 400, Last: 500}, notes[0])
		if len(report.Findings) != 1 || report.Findings[0].Kind != auditlog.ProofFails || report.Findings[0].From != 9 {
			t.Errorf("without a proof of consistency: %+v", report)
		}
	})
}

func TestBundlesAreRefusedBeforeTheyLie(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		n := newNotary(t)
		write(t, s, 5)
		refused := func(what string, want approvals.Code, scope BundleScope, dir string) {
			t.Helper()
			if _, err := s.WriteBundle(t.Context(), dir, scope); approvals.ErrorCode(err) != want {
				t.Errorf("%s: %v, want %s", what, err, want)
			}
		}
		fresh := func() string { return filepath.Join(t.TempDir(), "b") }
		refused("without a checkpoint", approvals.CodeNotFound, BundleScope{}, fresh())
		n.seal(t, s)
		write(t, s, 5)
		refused("beyond what is signed", approvals.CodeConflict, BundleScope{Last: 7}, fresh())
		refused("backwards", approvals.CodeConflict, BundleScope{First: 4, Last: 3}, fresh())
		refused("of no request", approvals.CodeNotFound, BundleScope{Only: "none"}, fresh())
		full := t.TempDir()
		if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		refused("into a folder that is used", approvals.CodeInternal, BundleScope{}, full)
	})
}

func TestSealRefusesWhatWasChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ change, want string }{
		"edited":    {"UPDATE events SET body = replace(body, 'billing', 'payroll') WHERE sequence = 7", "Event 7 was changed"},
		"deleted":   {"DELETE FROM events WHERE sequence = 7", "Event 7 is missing"},
		"cut off":   {"DELETE FROM events WHERE sequence > 8", "Event 9 is missing"},
		"signed":    {"UPDATE events SET body = (SELECT body FROM events WHERE sequence = 3), leaf = (SELECT leaf FROM events WHERE sequence = 3) WHERE sequence = 2", "The log of the first 5 events is no longer the one that was signed"},
		"exchanged": {"UPDATE events SET body = (SELECT body FROM events WHERE sequence = 8), leaf = (SELECT leaf FROM events WHERE sequence = 8) WHERE sequence = 7", "Something in events 1 to 10 is not what was written"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, s *Store) {
				migrated(t, s, 0)
				n := newNotary(t)
				write(t, s, 5)
				n.seal(t, s)
				write(t, s, 5)
				tx, err := s.db.BeginTx(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				m := &meddler{tb: t, s: s, tx: tx}
				m.disarm()
				m.exec(c.change)
				if err := tx.Commit(); err != nil {
					t.Fatal(err)
				}
				sealed, last, err := s.Seal(t.Context(), testLog, n)
				if sealed || approvals.ErrorCode(err) != approvals.CodeInternal || last.Size != 5 {
					t.Errorf("sealed %v at %d, %v", sealed, last.Size, err)
				}
				if got := approvals.ErrorMessage(err); len(got) < len(c.want) || got[:len(c.want)] != c.want {
					t.Errorf("says %q, want %q", got, c.want)
				}
			})
		})
	}
}
