package source_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// FuzzDecode feeds the reader what people and attackers write: whatever it is,
// the answer is a value or problems, and every place has a line.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		"name: x\nbeds:\n  - plant: a\n", "a: &a [*a]", "? [x]\n: y", "- - - -", "<<: {a: b}", "name: |\n  x", "\"", "{", "%YAML 1.2\n---\n", "!!binary x", "name: \x00",
		"a:\n\t- b", "name: 'it''s'", "beds: [{plant: a, tags: [b]}]", "--- \n...\n---\n", "water: 9999999999h", "area: 0x7fffffffff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var g garden
		doc, err := source.Decode("g.yaml", []byte(text), &g)
		if err != nil {
			problems, ok := err.(approvals.Problems) //nolint:errorlint // the type itself is what is promised
			if !ok || len(problems) == 0 {
				t.Fatalf("the error is %v", err)
			}
			for _, p := range problems {
				if p.What == "" || p.Mend == "" || p.Line < 0 {
					t.Errorf("%+v", p)
				}
			}
		}
		for i := range g.Beds {
			if doc.At("beds", i, "tags", 0).Line() < 1 {
				t.Errorf("bed %d has no line", i)
			}
		}
		if g.Water < 0 {
			t.Errorf("a negative duration was read: %s", g.Water)
		}
	})
}
