package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata/parse.golden.jsonl")

// exampleAccess is the example's access folder.
var exampleAccess = filepath.Join("..", "..", "examples", "access")

func TestParsePrintsOneObjectALine(t *testing.T) {
	t.Parallel()
	p, err := parseFlags{catalogue: exampleAccess, people: filepath.Join(exampleAccess, "people.yaml"), now: "2026-03-03T13:00:00Z",
		zone: "Europe/Berlin", speaker: "priya.raman@northwind.example"}.parser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	said, err := os.ReadFile(filepath.Join("testdata", "parse.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := p.lines(t.Context(), bytes.NewReader(said), &got); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "parse.golden.jsonl")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("parse.txt (-want +got):\n%s", diff)
	}
	if in, out := bytes.Count(said, []byte("\n")), bytes.Count(got.Bytes(), []byte("\n")); in != out {
		t.Errorf("%d lines in, %d out", in, out)
	}
}

func TestParseAnswersEachLineWhateverItHolds(t *testing.T) {
	t.Parallel()
	p := parserFor(t, utterances(t, "utterances.jsonl")[0])
	long := strings.Repeat("the refund is stuck ", 1<<20/20)
	tests := map[string]struct {
		in   string
		want []string // what each line of output is understood as, and for which access
	}{
		"nothing":                 {"", nil},
		"an empty line":           {"\n", []string{"other "}},
		"empty lines between":     {"help\n\n\nzendesk 1h\n", []string{"help ", "other ", "other ", "request tickets:agent"}},
		"no end of line":          {"help\nzendesk 1h", []string{"help ", "request tickets:agent"}},
		"lines from Windows":      {"help\r\nzendesk 1h\r\n", []string{"help ", "request tickets:agent"}},
		"a byte order mark":       {"\xef\xbb\xbfzendesk 1h\n", []string{"request tickets:agent"}},
		"not UTF-8":               {"\xff\xfe zendesk\xc3 1h\n\xc3\x28\n", []string{"request tickets:agent", "other "}},
		"zero bytes":              {"zendesk 1h\x00\n", []string{"request tickets:agent"}},
		"a line of a megabyte":    {"zendesk 1h, " + long + "\nhelp\n", []string{"request tickets:agent", "help "}},
		"only a megabyte":         {long, []string{"other "}},
		"what others call a line": {"zendesk\u2028 1h\v\n", []string{"request tickets:agent"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := p.lines(t.Context(), strings.NewReader(tt.in), &out); err != nil {
				t.Fatal(err)
			}
			var got []string
			for line := range strings.Lines(out.String()) {
				var u understood
				if err := json.Unmarshal([]byte(line), &u); err != nil {
					t.Fatalf("%q: %v", line, err)
				}
				got = append(got, string(u.Intent)+" "+text(u.Entitlement))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("understood as (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseStopsWhenItCannotReadOrWrite(t *testing.T) {
	t.Parallel()
	p := parserFor(t, utterances(t, "utterances.jsonl")[0])
	if err := p.lines(t.Context(), io.MultiReader(strings.NewReader("help\nhe"), iotest.ErrReader(io.ErrClosedPipe)), io.Discard); !errors.Is(err, io.ErrClosedPipe) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v, want the error of line 2", err)
	}
	closed, gone := io.Pipe()
	_ = closed.Close()
	if err := p.lines(t.Context(), strings.NewReader("help\n"), gone); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("%v, want the error of line 1", err)
	}
}

func TestParseReadsPeopleFromEitherFormOfFile(t *testing.T) {
	t.Parallel()
	csv := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(csv, []byte("\xef\xbb\xbfid,name,email,time_zone\r\np1,\"Zoë Müller\",zoe@x.example,Europe/Oslo\r\np2,Ada Lind,ada@x.example,\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := parseFlags{catalogue: exampleAccess, people: csv, now: "2026-03-03T14:00:00Z", speaker: "ada@x.example"}.parser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := text(p.understood("zendesk for zoe muller 1h").Beneficiary); got != "zoe@x.example" {
		t.Errorf("it is for %q", got)
	}
}

// FuzzParseLines feeds whole inputs: each line gets one line, of valid JSON,
// that names only what there is.
func FuzzParseLines(f *testing.F) {
	f.Add([]byte("billing db ro 1h, INC-4312\r\n\n\xff\xfe\nzendesk for maya.lindqvist@northwind.example until 6pm"))
	f.Add([]byte("make it 4h\n<!channel> aws prod admin \u202e1h"))
	var once sync.Once
	var p *parser
	f.Fuzz(func(t *testing.T, in []byte) {
		once.Do(func() {
			p = parserFor(t, utterance{Now: time.Date(2026, 3, 3, 13, 0, 0, 0, time.UTC), TimeZone: "Europe/Berlin", Speaker: "priya.raman@northwind.example"})
		})
		var out bytes.Buffer
		if err := p.lines(t.Context(), bytes.NewReader(in), &out); err != nil {
			t.Fatal(err)
		}
		want := bytes.Count(in, []byte("\n"))
		if len(in) > 0 && in[len(in)-1] != '\n' {
			want++
		}
		if got := bytes.Count(out.Bytes(), []byte("\n")); got != want {
			t.Fatalf("%d lines in, %d out", want, got)
		}
		for line := range bytes.Lines(out.Bytes()) {
			p.holds(t, line)
		}
	})
}

// holds checks what must be true of any line of output.
func (p *parser) holds(t *testing.T, line []byte) {
	t.Helper()
	var u understood
	if err := json.Unmarshal(line, &u); err != nil || !utf8.Valid(line) {
		t.Fatalf("%q: %v", line, err)
	}
	if _, known := p.byID[deref(u.Entitlement)]; u.Entitlement != nil && !known {
		t.Errorf("%s is not in the catalogue", *u.Entitlement)
	}
	if u.Entitlement != nil && len(u.Candidates) > 0 || len(u.Candidates) > 3 {
		t.Errorf("entitlement %s, candidates %s", deref(u.Entitlement), u.Candidates)
	}
	if u.Minutes != nil && (*u.Minutes <= 0 || *u.Minutes > 90*24*60 || u.Until != nil) {
		t.Errorf("%d minutes, until %s", *u.Minutes, text(u.Until))
	}
	if u.Until != nil {
		if until, err := time.Parse(time.RFC3339, *u.Until); err != nil || !until.After(p.world.Now) {
			t.Errorf("until %s: %v", *u.Until, err)
		}
	}
	if u.Beneficiary != nil && !slices.Contains(slices.Collect(maps.Values(p.emails)), *u.Beneficiary) {
		t.Errorf("it is for %s, who is nobody here", *u.Beneficiary)
	}
	if u.Beneficiary != nil && slices.Contains(u.Missing, "beneficiary") {
		t.Errorf("it is for %s, and asks for whom", *u.Beneficiary)
	}
}

func TestParseTakesTheAccessFolderOrItsCatalogFolder(t *testing.T) {
	t.Parallel()
	dir := accessFolder(t, "", "", "")
	for _, named := range []string{dir, filepath.Join(dir, "catalog"), filepath.Join(dir, "catalog") + string(filepath.Separator)} {
		p, err := parseFlags{catalogue: named, people: filepath.Join(dir, "people.yaml")}.parser(t.Context())
		if err != nil || len(p.byID) == 0 {
			t.Errorf("%s: %v", named, err)
		}
	}
}

func TestParseReadsTheSpeakersTimeZoneFromThePeopleFile(t *testing.T) {
	t.Parallel()
	p, err := parseFlags{catalogue: exampleAccess, people: filepath.Join(exampleAccess, "people.yaml"), now: "2026-03-03T14:00:00Z",
		speaker: "maya.lindqvist@northwind.example"}.parser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := text(p.understood("zendesk until 5pm").Until); got != "2026-03-03T17:00:00-06:00" {
		t.Errorf("until %s", got)
	}
}

func TestParseNamesWhatIsWrongWithItsFlagsAndFiles(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file, old, replacement string
		args                   []string
		code                   int
		says                   []string
	}{
		"nothing":            {code: 2, says: []string{"--catalog"}},
		"no people":          {args: []string{"--catalog", "DIR"}, code: 2, says: []string{"--people"}},
		"an argument":        {args: []string{"billing db"}, code: 2, says: []string{"standard input", "billing db"}},
		"unknown flag":       {args: []string{"--zone", "UTC"}, code: 2, says: []string{"zone"}},
		"no time":            {args: []string{"--catalog", "DIR", "--people", "PEOPLE", "--now", "noon"}, code: 2, says: []string{"--now", "noon", "2026-03-03T14:00:00Z"}},
		"no zone":            {args: []string{"--catalog", "DIR", "--people", "PEOPLE", "--time-zone", "Berlin"}, code: 2, says: []string{"--time-zone", "Berlin", "Europe/Berlin"}},
		"a stranger":         {args: []string{"--catalog", "DIR", "--people", "PEOPLE", "--speaker", "x@y.example"}, code: 2, says: []string{"--speaker", "x@y.example"}},
		"no folder":          {args: []string{"--catalog", "PEOPLE", "--people", "PEOPLE"}, code: 1, says: []string{"people.yaml"}},
		"a folder of people": {args: []string{"--catalog", "DIR", "--people", "DIR"}, code: 1, says: []string{"people"}},
		"no such catalogue":  {args: []string{"--catalog", "nowhere", "--people", "PEOPLE"}, code: 1, says: []string{"nowhere"}},
		"no such people":     {args: []string{"--catalog", "DIR", "--people", "nobody.yaml"}, code: 1, says: []string{"nobody.yaml"}},
		"catalogue typo":     {file: "catalog/databases.yaml", old: "sensitivity: medium", replacement: "sensitivity: mediun", args: []string{"--catalog", "DIR", "--people", "PEOPLE"}, code: 1, says: []string{"databases.yaml:", "mediun"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := accessFolder(t, tt.file, tt.old, tt.replacement)
			args := []string{"parse"}
			for _, a := range tt.args {
				args = append(args, strings.NewReplacer("DIR", dir, "PEOPLE", filepath.Join(dir, "people.yaml")).Replace(a))
			}
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), args, &stdout, &stderr); code != tt.code {
				t.Errorf("exit code %d, want %d: %s", code, tt.code, &stderr)
			}
			for _, s := range tt.says {
				if !strings.Contains(stderr.String(), s) {
					t.Errorf("%q does not say %q", &stderr, s)
				}
			}
			if stdout.Len() > 0 {
				t.Errorf("it prints %s", &stdout)
			}
		})
	}
}
