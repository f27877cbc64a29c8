package policy_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

func TestRunningSetStaysUntilTheNextOnePasses(t *testing.T) {
	t.Parallel()
	good := map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest}
	dir := folder(t, good)
	live, err := policy.Open(t.Context(), policy.Options{Dir: dir, Catalogue: exampleCatalogue(t)})
	if err != nil {
		t.Fatal(err)
	}
	before := live.Version()
	f, a := maya(t)
	for _, tc := range []struct{ name, file, text string }{
		{"a typo", "read.cedar", strings.Replace(permitRead, "context.score <=", "context.scoer <=", 1)},
		{"a missing field", "read.cedar", strings.Replace(permitRead, "context has score && ", "", 1)},
		{"an example that no longer holds", "read.cedar", strings.Replace(permitRead, "<= 30", "<= 3", 1)},
		{"no review date", "read.cedar", strings.Replace(permitRead, `@review_by("2027-06-30")`, "", 1)},
		{"no owner", "read.cedar", strings.Replace(permitRead, `@owner("security@example.com")`, "", 1)},
		{"not Cedar", "read.cedar", "permit everything please"},
		{"empty", "read.cedar", ""},
		{"no examples", "read_test.yaml", "examples: []\n"},
		{"a file that would be passed over", "deny.ceder", permitRead},
	} {
		write(t, dir, good)
		write(t, dir, map[string]string{tc.file: tc.text})
		err := live.Reload(t.Context())
		if _, ok := err.(approvals.Problems); !ok { //nolint:errorlint // the type itself is what is promised
			t.Errorf("%s: the error is %v", tc.name, err)
		}
		if live.Version() != before {
			t.Errorf("%s: the set was replaced", tc.name)
		}
		if r := live.Decide(f, a); r.Outcome != approvals.AutoApprove {
			t.Errorf("%s: the old set no longer decides: %+v", tc.name, r)
		}
	}
}

func TestReloadReplacesTheWholeSetUnderLoad(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest})
	live, err := policy.Open(t.Context(), policy.Options{Dir: dir, Catalogue: exampleCatalogue(t)})
	if err != nil {
		t.Fatal(err)
	}
	first := live.Version().Digest
	f, a := maya(t)
	stop := make(chan struct{})
	var deciders sync.WaitGroup
	for range 4 {
		deciders.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r := live.Decide(f, a)
				approved := r.Outcome == approvals.AutoApprove
				if approved != (r.Version.Digest == first) {
					t.Errorf("a mixture of two sets answered: %+v", r)
					return
				}
				live.MayApprove(f, a, approvals.Principal{ID: "tom"})
			}
		})
	}
	write(t, dir, map[string]string{"read.cedar": strings.Replace(permitRead, "<= 30", "<= 17", 1)})
	if err := live.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	if live.Version().Digest == first {
		t.Error("the digest is the old one")
	}
	close(stop)
	deciders.Wait()
}

func TestDigestCoversWhatDecidesAndNothingElse(t *testing.T) {
	t.Parallel()
	base := map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest}
	digest := func(files map[string]string) string { return mustLoad(t, files).Version().Digest }
	want := digest(base)
	if len(want) != 64 {
		t.Errorf("digest %q", want)
	}
	for _, tc := range []struct {
		name  string
		files map[string]string
		same  bool
	}{
		{"the same files elsewhere", base, true},
		{"another example", map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest + "# more\n"}, true},
		{"a note", map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest, "README.md": "hi"}, true},
		{"another threshold", map[string]string{"read.cedar": strings.Replace(permitRead, "<= 30", "<= 31", 1), "read_test.yaml": permitReadTest}, false},
		{"another reason", map[string]string{"read.cedar": strings.Replace(permitRead, "may read", "can read", 1), "read_test.yaml": permitReadTest}, false},
		{"another name", map[string]string{"reading.cedar": permitRead, "read_test.yaml": permitReadTest}, false},
	} {
		if got := digest(tc.files); (got == want) != tc.same {
			t.Errorf("%s: digest %s, base %s", tc.name, got, want)
		}
	}
}

func TestCommitIsThatOfTheFolder(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := folder(t, map[string]string{"read.cedar": permitRead, "read_test.yaml": permitReadTest})
	commit := func() string {
		t.Helper()
		s, err := policy.Load(t.Context(), policy.Options{Dir: dir, Catalogue: exampleCatalogue(t)})
		if err != nil {
			t.Fatal(err)
		}
		return s.Version().Commit
	}
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if got := commit(); got != "" {
		t.Errorf("outside Git: %q", got)
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "policies")
	head := git("rev-parse", "HEAD")
	if got := commit(); got != head {
		t.Errorf("clean: %q, want %q", got, head)
	}
	write(t, dir, map[string]string{filepath.Join("..", "notes.txt"): "outside policies/"})
	if got := commit(); got != head {
		t.Errorf("changed outside the folder: %q", got)
	}
	write(t, dir, map[string]string{"read.cedar": permitRead + "// more\n"})
	if diff := cmp.Diff(head+"+dirty", commit()); diff != "" {
		t.Error(diff)
	}
}
