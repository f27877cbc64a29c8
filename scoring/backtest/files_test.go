package backtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

// folder lists a folder's files with what is in them.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

// TestAStoppedRunWritesNothingAndIsNoSuccess: half a file of scores would pass
// for a whole one, and a script would go on with it.
func TestAStoppedRunWritesNothingAndIsNoSuccess(t *testing.T) {
	t.Parallel()
	h := history(t, 6000)
	requests := write(t, "r.csv", "entitlement,manager\ne1,m1\n")
	for name, run := range map[string]func(context.Context, string) error{
		"scores": func(ctx context.Context, out string) error {
			return Run(ctx, Options{History: h, Requests: requests, Out: out}, nil)
		},
		"figures": func(ctx context.Context, out string) error {
			return Run(ctx, Options{History: h, CrossValidate: 2, HTML: out}, nil)
		},
		"weights": func(ctx context.Context, out string) error {
			return Fit(ctx, FitOptions{History: h, Out: out}, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			out := filepath.Join(dir, "out")
			if err := os.WriteFile(out, []byte("of the last run"), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			err := run(ctx, out)
			if errors.Is(err, context.Canceled) || approvals.ErrorMessage(err) != "Stopped before the end: nothing was written." {
				t.Errorf("error %v must say that it stopped, and be no ordinary end of a program", err)
			}
			if diff := cmp.Diff(map[string]string{"out": "of the last run"}, folder(t, dir)); diff != "" {
				t.Errorf("the folder (-before +after):\n%s", diff)
			}
		})
	}
}

func TestAFileHasItsNameWhenAllIsWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "s.csv")
	var files outputs
	defer files.abandon()
	for _, text := range []string{"first", "second"} {
		out, err := files.create(path)
		if err != nil {
			t.Fatal(err)
		}
		before := folder(t, dir)["s.csv"]
		err = out.put(func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			if got := folder(t, dir)["s.csv"]; got != before {
				t.Errorf("while %q is written the file holds %q", text, got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"s.csv": text}, folder(t, dir)); diff != "" {
			t.Errorf("the folder (-want +got):\n%s", diff)
		}
	}
	out, err := files.create(path)
	if err != nil {
		t.Fatal(err)
	}
	failed := errors.New("no more room")
	if err := out.put(func(io.Writer) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("error %v, want %v", err, failed)
	}
	files.abandon()
	if diff := cmp.Diff(map[string]string{"s.csv": "second"}, folder(t, dir)); diff != "" {
		t.Errorf("after a failure the folder (-want +got):\n%s", diff)
	}
}

// TestNoFileIsWrittenOverWhatIsRead: a slip of the hand would cost the export.
// What can't be written is said before the work and not after it.
func TestNoFileIsWrittenOverWhatIsRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := filepath.Join(dir, "h.csv")
	const text = "approved,entitlement\n1,a\n0,b\n"
	if err := os.WriteFile(h, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.csv")
	if err := os.Symlink(h, link); err != nil {
		t.Fatal(err)
	}
	for out, want := range map[string]string{
		h:                                "it is read by this same command",
		link:                             "it is read by this same command",
		dir:                              "it is a folder",
		filepath.Join(dir, "no", "such"): "no such file or directory",
	} {
		err := Run(t.Context(), Options{History: h, Requests: h, Out: out, Weights: "never read"}, nil)
		if got := approvals.ErrorMessage(err); approvals.ErrorCode(err) != approvals.CodeInvalid || !strings.HasPrefix(got, out+": can't be written: "+want) {
			t.Errorf("%s: error %v says %q, want %q", out, err, got, want)
		}
	}
	if got := folder(t, dir)["h.csv"]; got != text {
		t.Errorf("the history is now %q", got)
	}
}

func TestWhatIsNoFileIsWrittenTo(t *testing.T) {
	t.Parallel()
	var files outputs
	defer files.abandon()
	out, err := files.create(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.put(func(w io.Writer) error { _, err := w.Write([]byte("x")); return err }); err != nil {
		t.Fatal(err)
	}
	if at, err := os.Stat(os.DevNull); err != nil || at.Mode().IsRegular() {
		t.Errorf("it was replaced by a file: %v, %v", at, err)
	}
}

func TestItIsSaidWhichWeightsServedAndWhatWasNotCounted(t *testing.T) {
	t.Parallel()
	fitted := weightsOf(t)
	shipped := write(t, "w.json", string(fitted))
	short := write(t, "h.csv", "approved,manager,entitlement,shoe size\n1,m1,e1,40\n0,m2,e2,41\n")
	requests := write(t, "r.csv", "entitlement\ne1\n")
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"too short": {Options{History: short, Shipped: fitted}, "1 request scored, by the counts of 2 decisions (1 denied), with the shipped weights, " +
			"since to fit some takes 5000 decisions with 250 denials; not counted: shoe size; unknown, since the requests have no such column: manager.\n"},
		"named": {Options{History: short, Weights: shipped}, "1 request scored, by the counts of 2 decisions (1 denied), with the weights of " + shipped +
			"; not counted: shoe size; unknown, since the requests have no such column: manager.\n"},
	} {
		var notes, scores bytes.Buffer
		c.o.Requests, c.o.Out, c.o.Notes = requests, "-", &notes
		if err := Run(t.Context(), c.o, &scores); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, notes.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if strings.Contains(scores.String(), "decisions") {
			t.Errorf("%s: among the scores stands\n%s", name, scores.String())
		}
	}
	err := Run(t.Context(), Options{History: short, Requests: requests, Out: "-", Weights: short}, nil)
	if got := approvals.ErrorMessage(err); !strings.HasPrefix(got, short+": no weights that can be used") || !strings.Contains(got, "score fit") {
		t.Errorf("a table for weights: %q", got)
	}
}
