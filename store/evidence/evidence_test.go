package evidence_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/evidence"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: -want +got\n%s", name, diff)
	}
}

// drawing finds pictures, whose digits may differ between processors.
var drawing = regexp.MustCompile(`(?s)(<desc[^>]*>[^<]*</desc>).*?</svg>`)

func TestAQuarterIsReportedWhole(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	dir, said := r.write(nil)
	golden(t, "requests.csv", r.read(dir, "requests.csv"))
	golden(t, "exceptions.csv", r.read(dir, "exceptions.csv"))
	golden(t, "report.html", drawing.ReplaceAllString(r.read(dir, "report.html"), "$1…</svg>"))
	if said.Requests != 7 || said.Logged != 7 || said.Fails != 0 || !said.SoundLog {
		t.Errorf("it says %+v", said)
	}
}

func TestBothEnginesGiveTheSameEvidence(t *testing.T) {
	t.Parallel()
	one, two := newRig(t), rigOn(t, storetest.EmptyPostgres(t))
	one.quarter()
	two.quarter()
	want, _ := one.write(nil)
	got, _ := two.write(nil)
	for _, name := range []string{"requests.csv", "requests.jsonl", "exceptions.csv", "report.html"} {
		if diff := cmp.Diff(one.read(want, name), two.read(got, name)); diff != "" {
			t.Errorf("%s: -SQLite +PostgreSQL\n%s", name, diff)
		}
	}
}

func TestTheSameLogGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	one, _ := r.write(nil)
	two, _ := r.write(nil)
	if a, b := r.read(one, "manifest.note"), r.read(two, "manifest.note"); a != b {
		t.Errorf("two runs sign\n%s\n%s\nof\n%s\n%s", a, b, r.read(one, "manifest.sha256"), r.read(two, "manifest.sha256"))
	}
	if signed := r.read(one, "manifest.sha256"); !strings.Contains(signed, "  log/events.jsonl\n") || !strings.Contains(signed, "  report.html\n") {
		t.Errorf("the manifest is %s", signed)
	}
}

// verify looks at a folder with both verifiers, which must agree, and gives
// what they find.
func (r *rig) verify(dir string) auditlog.Report {
	r.t.Helper()
	report, err := auditlog.VerifyFolder(r.t.Context(), dir, r.keys())
	r.must(err)
	python, err := exec.LookPath("python3")
	if err != nil {
		return report
	}
	key := filepath.Join(r.t.TempDir(), "audit.pub")
	r.must(os.WriteFile(key, []byte(r.public), 0o600))
	out, err := exec.CommandContext(r.t.Context(), python, "../../docs/verify.py", "--json", "--key", key, dir).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	var other auditlog.Report
	r.must(json.Unmarshal(out, &other))
	if diff := cmp.Diff(report, other); diff != "" {
		r.t.Errorf("the two verifiers differ: -Go +Python\n%s", diff)
	}
	return report
}

func TestTheFolderVerifiesWithThePublicKeyAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	dir, said := r.write(nil)
	r.must(r.db.Close())
	r.must(os.Remove(r.path))
	report := r.verify(dir)
	if !report.Sound() || report.Files < 9 || report.First != said.First || report.Last != said.Last {
		t.Errorf("the verifiers say %+v", report)
	}
}

func TestWhateverIsChangedInTheFolderIsFound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	dir, _ := r.write(nil)
	other, _ := testKey(t, r.signer.Name(), 2)
	for name, c := range map[string]struct {
		change func(dir string) error
		want   string // the path and the words of the first finding
	}{
		"a figure in the report": {func(dir string) error { return edit(dir, "report.html", "7", "8") }, "report.html: it was changed"},
		"a row left out":         {func(dir string) error { return edit(dir, "requests.csv", "amy", "eve") }, "requests.csv: it was changed"},
		"a file taken away":      {func(dir string) error { return os.Remove(filepath.Join(dir, "exceptions.csv")) }, "exceptions.csv: it is missing, or listed twice"},
		"a file added":           {func(dir string) error { return os.WriteFile(filepath.Join(dir, "more.csv"), nil, 0o600) }, "more.csv: it was added"},
		"another manifest":       {func(dir string) error { return edit(dir, "manifest.sha256", "report.html", "report.htm") }, "manifest.sha256: it is not the list that was signed"},
		"signed by somebody else": {func(dir string) error {
			return auditlog.SealFolder(dir, other.Name(), other)
		}, "manifest.note: no trusted key signed it"},
		"an event": {func(dir string) error { return edit(dir, "log/events.jsonl", "amy", "eve") }, "log/events.jsonl: it was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := *r
			r.t = t
			copied := filepath.Join(t.TempDir(), "copy")
			r.must(os.CopyFS(copied, os.DirFS(dir)))
			r.must(c.change(copied))
			report := r.verify(copied)
			if report.Sound() || len(report.Changed) == 0 || report.Changed[0].Path+": "+report.Changed[0].Words != c.want {
				t.Errorf("found %+v, want %s", report.Changed, c.want)
			}
		})
	}
}

func TestAFolderWithoutItsSignatureIsNoBundle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	dir, _ := r.write(nil)
	for _, name := range []string{"manifest.note", "manifest.sha256"} {
		r.must(os.Remove(filepath.Join(dir, name)))
		if report, err := auditlog.VerifyFolder(t.Context(), dir, r.keys()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("without %s it is %+v, %v", name, report, err)
		}
	}
}

// edit changes the first place of a file.
func edit(dir, name, old, with string) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, bytes.Replace(text, []byte(old), []byte(with), 1), 0o600)
}

func TestTheReportRefersToNothingOutsideAndIsReadableWithoutEyes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	dir, _ := r.write(nil)
	html := r.read(dir, "report.html")
	for _, never := range []string{"http://", "https://", "src=", "@import", "url(", "<script", "Mrs Doe", "INC-7"} {
		if strings.Contains(html, never) {
			t.Errorf("the report has %q", never)
		}
	}
	if !strings.Contains(html, "@media print") || !strings.Contains(html, `lang="en"`) {
		t.Error("the report does not say how it is printed, or in which language it is")
	}
	pictures := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(html, -1)
	if len(pictures) != 6 {
		t.Errorf("there are %d charts", len(pictures))
	}
	for _, svg := range pictures {
		var parts struct {
			Title string `xml:"title"`
			Desc  string `xml:"desc"`
		}
		if err := xml.Unmarshal([]byte(svg), &parts); err != nil || len(parts.Title) < 10 || len(parts.Desc) < 20 {
			t.Errorf("a chart says %+v, %v", parts, err)
		}
	}
	if n := strings.Count(html, `class="chart"`); n != len(pictures) || strings.Count(html, "<table>") < n {
		t.Error("a chart has no table beside it")
	}
}

func TestWhatPeopleWroteIsHandedOutOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	for texts, want := range map[bool]string{false: "", true: "'=cmd|' /C calc'!A0 for Mrs Doe"} {
		dir, _ := r.write(func(c *evidence.Config) { c.Texts = texts })
		rows, err := csv.NewReader(strings.NewReader(r.read(dir, "requests.csv"))).ReadAll()
		r.must(err)
		at := map[string]int{}
		for i, name := range rows[0] {
			at[name] = i
		}
		if got := rows[1][at["reason"]]; got != want {
			t.Errorf("texts %v: the reason is %q, want %q", texts, got, want)
		}
		if rows[1][at["reason_length"]] != "30" {
			t.Errorf("the reason is said to have %s characters", rows[1][at["reason_length"]])
		}
		if report := r.verify(dir); !report.Sound() || (report.Texts > 0) != texts {
			t.Errorf("texts %v: the verifiers say %+v", texts, report)
		}
	}
}

func TestWhatCameAfterTheCheckpointIsSaidToBeLeftOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	dir, said := r.write(func(*evidence.Config) { r.ask("amy", approvalstest.Twin) })
	want := []string{"unsigned_events: 3 events came after the last checkpoint. Nothing here tells of them; sign another one, and write it again."}
	if got := r.found(dir); len(got) == 0 || got[0] != want[0] || said.Fails != 0 || said.Requests != 7 || said.Logged != 7 {
		t.Errorf("found %q, %+v", got, said)
	}
}

func TestOnlyTheSystemThatIsAskedForIsReported(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Catalogue.Change("ledger:read", func(e *approvals.Entitlement) {
		e.System, e.Connector, e.Approvers, e.MaxDuration, e.Owners = "ledger", "ledger", []approvals.ApproverRef{approvals.ApproverManager}, time.Hour, []approvals.PrincipalID{"olga"}
	})
	r.quarter()
	r.ask("amy", "ledger:read")
	for system, want := range map[string]int{"": 8, "ledger": 1, "postgres": 7, "none": 0} {
		_, said := r.write(func(c *evidence.Config) { c.System = system })
		if said.Requests != want || said.Logged != want || said.Fails != 0 {
			t.Errorf("system %q: %+v, want %d", system, said, want)
		}
	}
}

func TestEvidenceThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	full, _ := r.write(nil)
	for name, c := range map[string]struct {
		dir  string
		edit func(*evidence.Config)
		code approvals.Code
	}{
		"no key":          {"", func(c *evidence.Config) { c.Signers = nil }, approvals.CodeInvalid},
		"backwards":       {"", func(c *evidence.Config) { c.From, c.To = c.To, c.From }, approvals.CodeInvalid},
		"a full folder":   {full, func(*evidence.Config) {}, approvals.CodeInvalid},
		"an empty period": {"", func(c *evidence.Config) { c.From, c.To = c.From.AddDate(-9, 0, 0), c.To.AddDate(-9, 0, 0) }, approvals.CodeNotFound},
	} {
		conf := evidence.Config{Log: r.db, From: from, To: to, Keys: r.keys()}
		conf.Signers = append(conf.Signers, r.signer)
		c.edit(&conf)
		if c.dir == "" {
			c.dir = filepath.Join(t.TempDir(), "new")
		}
		if _, err := evidence.Write(t.Context(), c.dir, conf); approvals.ErrorCode(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}
