package auditlog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestColumnsBesideAnEventSayWhatItSays(t *testing.T) {
	t.Parallel()
	const event = `{"at":"2026-01-02T03:04:05.6Z","kind":"grant.active","request":"r\"1","sequence":7}`
	said := func() *Columns {
		return &Columns{At: []byte("2026-01-02T03:04:05.6Z"), Kind: []byte("grant.active"), Request: []byte(`r"1`)}
	}
	for name, c := range map[string]struct {
		change func(*Columns)
		want   []string
	}{
		"as the event":           {func(*Columns) {}, nil},
		"another time":           {func(c *Columns) { c.At = []byte("2026-01-02T03:04:05.60Z") }, []string{`its column for at says "2026-01-02T03:04:05.60Z" and the event says "2026-01-02T03:04:05.6Z"`}},
		"another kind":           {func(c *Columns) { c.Kind = []byte("grant.Active") }, []string{`its column for kind says "grant.Active" and the event says "grant.active"`}},
		"no kind":                {func(c *Columns) { c.Kind = nil }, []string{`its column for kind says "" and the event says "grant.active"`}},
		"the escape itself":      {func(c *Columns) { c.Request = []byte(`r\"1`) }, []string{`its column for request says "r\\\"1" and the event says "r\"1"`}},
		"what the event has not": {func(c *Columns) { c.Grant = []byte("g1") }, []string{`its column for grant says "g1" and the event says none`}},
	} {
		columns := said()
		c.change(columns)
		found := examine(Record{Sequence: 7, Body: []byte(event), Columns: columns})
		if diff := cmp.Diff(c.want, found.columns); diff != "" || found.problem != nil {
			t.Errorf("%s: -want +got\n%s, %v", name, diff, found.problem)
		}
	}
	number := examine(Record{Body: []byte(`{"kind":1,"sequence":7}`), Columns: &Columns{Kind: []byte("1")}})
	if len(number.columns) != 1 {
		t.Errorf("a number is taken for text: %q", number.columns)
	}
}

func TestColumnsDoNotExplainWhyTheLogIsNotWhatWasSigned(t *testing.T) {
	t.Parallel()
	var r Report
	r.find(Altered, 1, 9, "not what was signed")
	r.Add(Finding{ColumnChanged, 3, 3, "another kind"})
	r.Add(Finding{DerivedChanged, 1, 8, "another hash"})
	if len(r.Findings) != 3 {
		t.Errorf("left out: %v", r.Findings)
	}
	if r.Add(Finding{Edited, 4, 4, "other bytes"}); len(r.Findings) != 3 || r.Findings[0].Kind == Altered {
		t.Errorf("an edit explains it: %v", r.Findings)
	}
}
