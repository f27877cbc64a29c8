package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

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

func TestParseRefusesALineWithoutEnd(t *testing.T) {
	t.Parallel()
	p := parserFor(t, utterances(t, "utterances.jsonl")[0])
	err := p.lines(t.Context(), strings.NewReader("help\n"+strings.Repeat("x", lineAtMost+1)), &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "Line 2") {
		t.Errorf("%v, want an error that names line 2", err)
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
		"nothing":           {code: 2, says: []string{"--catalog"}},
		"no people":         {args: []string{"--catalog", "DIR"}, code: 2, says: []string{"--people"}},
		"an argument":       {args: []string{"billing db"}, code: 2, says: []string{"standard input", "billing db"}},
		"unknown flag":      {args: []string{"--zone", "UTC"}, code: 2, says: []string{"zone"}},
		"no time":           {args: []string{"--catalog", "DIR", "--people", "PEOPLE", "--now", "noon"}, code: 2, says: []string{"--now", "noon", "2026-03-03T14:00:00Z"}},
		"no zone":           {args: []string{"--catalog", "DIR", "--people", "PEOPLE", "--time-zone", "Berlin"}, code: 2, says: []string{"--time-zone", "Berlin", "Europe/Berlin"}},
		"a stranger":        {args: []string{"--catalog", "DIR", "--people", "PEOPLE", "--speaker", "x@y.example"}, code: 2, says: []string{"--speaker", "x@y.example"}},
		"no such catalogue": {args: []string{"--catalog", "nowhere", "--people", "PEOPLE"}, code: 1, says: []string{"nowhere"}},
		"no such people":    {args: []string{"--catalog", "DIR", "--people", "nobody.yaml"}, code: 1, says: []string{"nobody.yaml"}},
		"catalogue typo":    {file: "catalog/databases.yaml", old: "sensitivity: medium", replacement: "sensitivity: mediun", args: []string{"--catalog", "DIR", "--people", "PEOPLE"}, code: 1, says: []string{"databases.yaml:", "mediun"}},
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
