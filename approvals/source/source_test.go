package source_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

type garden struct {
	Name   string            `yaml:"name"`
	Open   bool              `yaml:"open"`
	Area   int               `yaml:"area"`
	Water  time.Duration     `yaml:"water"`
	Owner  *gardener         `yaml:"owner"`
	Beds   []bed             `yaml:"beds"`
	Labels map[string]string `yaml:"labels"`
	Closed *bool             `yaml:"closed"`
	Secret string
}

type gardener struct {
	Name string `yaml:"name"`
}

type bed struct {
	Plant string   `yaml:"plant"`
	Tags  []string `yaml:"tags"`
}

func TestDecodeReadsEveryKindOfValue(t *testing.T) {
	t.Parallel()
	closed := false
	want := garden{
		Name: "North: the old one", Open: true, Area: -12, Water: 36 * time.Hour,
		Owner: &gardener{Name: "Ada"}, Closed: &closed,
		Beds:   []bed{{Plant: "rose\n", Tags: []string{"red", "old"}}, {Plant: "mint"}, {}},
		Labels: map[string]string{"sun": "much", "wind": ""},
	}
	var got garden
	_, err := source.Decode("garden.yaml", []byte(`# a garden
name: "North: the old one"
open: true
area: -12
water: 36h
owner:
  name: Ada
beds:
  - plant: |
      rose
    tags: [red, old]
  - {plant: mint, tags: }
  -
labels: {sun: much, wind: }
closed: false
`), &got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeTakesAnEmptyFileForNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "null\n"} {
		got := garden{Name: "kept"}
		doc, err := source.Decode("garden.yaml", []byte(text), &got)
		if err != nil || got.Name != "kept" {
			t.Errorf("%q: %v, %+v", text, err, got)
		}
		if line := doc.At("beds", 3).Line(); line > 1 {
			t.Errorf("%q: line %d", text, line)
		}
	}
}

func TestDecodeNamesEveryMistakeWithLineAndMend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"an unknown key", "nme: x\n", `g.yaml:1: the key "nme" is not known here; did you mean "name"?`},
		{"an unknown key deep down", "beds:\n  - plant: x\n    tag: [a]\n", `g.yaml:3: the key "tag" is not known here; did you mean "tags"?`},
		{"a field that is not for files", "Secret: x\n", `g.yaml:1: the key "Secret" is not known here; use one of: area, beds, closed, labels, name, open, owner, water`},
		{"several", "nme: x\nopen: 1\narea: a\n", `g.yaml:1: the key "nme" is not known here; did you mean "name"?
g.yaml:2: true or false is expected, not a number; write true or false
g.yaml:3: a whole number is expected, not a text; write a whole number`},
		{"a key twice", "name: x\nname: y\n", ""},
		{"a number for a text", "name: 12\n", `g.yaml:1: a text is expected, not a number; write it in quotes`},
		{"a truth for a text", "name: true\n", `g.yaml:1: a text is expected, not true or false; write it in quotes`},
		{"a text for a list", "beds: rose\n", `g.yaml:1: a list is expected, not a text; write a list, with a dash before each entry`},
		{"a list for a mapping", "owner: [a]\n", `g.yaml:1: a mapping is expected, not a list; write key: value lines`},
		{"a text for a map", "labels: sun\n", `g.yaml:1: a mapping is expected, not a text; write key: value lines`},
		{"a list at the top", "- a\n", `g.yaml:1: a mapping is expected, not a list; write key: value lines`},
		{"a fraction", "area: 1.5\n", `g.yaml:1: a whole number is expected, not a fraction; write a whole number`},
		{"a number beyond all bounds", "area: 99999999999999999999\n", ""},
		{"a bare number of minutes", "water: 20\n", `g.yaml:1: a duration is expected, not a number; write minutes, hours or days, like "20m", "8h" or "7d"`},
		{"a negative duration", "water: -20m\n", `g.yaml:1: "-20m" is not a duration; write minutes, hours or days, like "20m", "8h" or "7d"`},
		{"a duration in words", "water: a week\n", `g.yaml:1: "a week" is not a duration; write minutes, hours or days, like "20m", "8h" or "7d"`},
		{"days beyond all bounds", "water: 99999d\n", `g.yaml:1: "99999d" is not a duration; write minutes, hours or days, like "20m", "8h" or "7d"`},
		{"an anchor", "owner: &a\n  name: x\n", `g.yaml:1: anchors, aliases and tags are not read; write the value out`},
		{"a tag", "name: !!str 1\n", `g.yaml:1: anchors, aliases and tags are not read; write the value out`},
		{"a second document", "name: x\n---\nname: y\n", `g.yaml:3: there is a second document; write one document a file, without ---`},
		{"a key that is no word", "1: x\n", `g.yaml:1: a key that is a number is not read; write a plain word as the key`},
		{"not YAML", "name: [x\n", ""},
		{"brackets without end", strings.Repeat("[", 5000), "g.yaml:1: the nesting or the line is longer than any plausible file has; write plain block YAML"},
		{"a line without end", "name: " + strings.Repeat("x", 70000), "g.yaml:1: the nesting or the line is longer than any plausible file has; write plain block YAML"},
		{"a file without end", strings.Repeat("# x\n", source.MaxBytes/4+1), "g.yaml: the file has 33554436 bytes; at most 33554432 are read; split it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var g garden
			_, err := source.Decode("g.yaml", []byte(tc.text), &g)
			problems, ok := err.(approvals.Problems) //nolint:errorlint // the type itself is what is promised
			if !ok {
				t.Fatalf("the error is %v; read %+v", err, g)
			}
			for _, p := range problems {
				if p.What == "" || p.Mend == "" || strings.Contains(p.What, "\n") {
					t.Errorf("incomplete: %+v", p)
				}
			}
			if tc.want == "" {
				return // the words are the YAML parser's
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlaceIsTheLineWhereItIsSaid(t *testing.T) {
	t.Parallel()
	var g garden
	doc, err := source.Decode("g.yaml", []byte("name: x\nbeds:\n  - plant: a\n    tags:\n      - t\n  -\n    plant: b\nowner: {name: Ada}\n"), &g)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		path []any
		want string
	}{
		{nil, "g.yaml:1"},
		{[]any{"beds"}, "g.yaml:2"},
		{[]any{"beds", 0}, "g.yaml:3"},
		{[]any{"beds", 0, "tags"}, "g.yaml:4"},
		{[]any{"beds", 0, "tags", 0}, "g.yaml:5"},
		{[]any{"beds", 1}, "g.yaml:7"},
		{[]any{"beds", 1, "tags"}, "g.yaml:7"}, // not there: the nearest that is
		{[]any{"beds", 9}, "g.yaml:2"},
		{[]any{"owner", "name"}, "g.yaml:8"},
	} {
		if got := doc.At(tc.path...).String(); got != tc.want {
			t.Errorf("%v is at %s, want %s", tc.path, got, tc.want)
		}
	}
	if at := doc.At("beds", 0); !at.Has("tags") || at.Has("size") || doc.At("beds", 7).Has("plant") {
		t.Error("Has does not say what is there")
	}
	want := approvals.Problem{File: "g.yaml", Line: 4, What: `the tag "t" is odd`, Mend: "drop it"}
	if diff := cmp.Diff(want, doc.At("beds", 0).At("tags").Problem("drop it", "the tag %q is odd", "t")); diff != "" {
		t.Error(diff)
	}
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"20m": 20 * time.Minute, "1h30m": 90 * time.Minute, "7d": 168 * time.Hour, "0d": 0, "0s": 0,
	} {
		if got, err := source.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "-1d", "1.5d", "-5m", "20", "20 m", "1w", "1d2h"} {
		if got, err := source.ParseDuration(text); approvals.ErrorCode(err) != approvals.CodeInvalid {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}
