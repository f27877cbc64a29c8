package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestCalendarFollowsTheFrozenWeekday(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		at        string
		weekday   time.Weekday
		day, left int
	}{
		{"2026-01-31T12:00:00Z", time.Saturday, 31, 0},
		{"2026-01-31T12:00:00Z", time.Sunday, 1, 27},
		{"2026-02-01T01:00:00Z", time.Saturday, 31, 0},
		{"2026-02-28T12:00:00Z", time.Saturday, 28, 0},
		{"2028-02-28T12:00:00Z", time.Monday, 28, 1},
		{"2026-12-31T23:00:00Z", time.Friday, 1, 30},
		{"2026-01-01T01:00:00Z", time.Wednesday, 31, 0},
		{"2026-01-15T12:00:00Z", time.Monday, 15, 16}, // no zone is that far away: the date in UTC stands
	} {
		at, err := time.Parse(time.RFC3339, tc.at)
		if err != nil {
			t.Fatal(err)
		}
		day, left := calendar(approvals.Facts{At: at, Weekday: tc.weekday})
		if day != tc.day || left != tc.left {
			t.Errorf("%s on a %s: day %d, %d left; want %d, %d", tc.at, tc.weekday, day, left, tc.day, tc.left)
		}
	}
}

func TestMinutesNeverLookShorter(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]int64{
		0: 0, 1: 1, time.Minute: 1, time.Minute + 1: 2, 90 * time.Second: 2, 8 * time.Hour: 480,
	} {
		if got := minutes(d); got != want {
			t.Errorf("%s is %d minutes, want %d", d, got, want)
		}
	}
}

func TestMistakesAreFoundInTheLineOfTheWord(t *testing.T) {
	t.Parallel()
	r := rule{line: 10, text: `@id("manager")
@reason("the manager and her score") // score
permit (principal, action, resource)
when {
  // score is explained here
  context.score_confidence == "low" &&
  context.score <= 3
};`}
	for word, want := range map[string]int{
		"@id": 10, "@reason": 11, "@owner": 10, "score": 16, "score_confidence": 15, "manager": 10, "resource": 12, "low": 15, "scor": 10, "": 10,
	} {
		if got := r.lineOf(word); got != want {
			t.Errorf("%q is in line %d, want %d", word, got, want)
		}
	}
}

func TestImplausibleFilesAreRefusedBeforeTheParserSeesThem(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("(", 101)
	for _, tc := range []struct {
		name, text string
		line       int
		ok         bool
	}{
		{"plain", "permit (principal, action, resource);", 0, true},
		{"deep", "\n\n" + deep, 3, false},
		{"deep, closed", strings.Repeat("[", 101) + strings.Repeat("]", 101), 1, false},
		{"deep in a comment", "// " + deep + "\npermit", 0, true},
		{"deep in a text", `"` + deep + `"`, 0, true},
		{"deep in a text with a quote", `"\"` + deep + `"`, 0, true},
		{"deep after a text that ends in a backslash", `"\\"` + deep, 1, false},
		{"deep after a comment mark in a text", `"//"` + deep, 1, false},
		{"many, not deep", strings.Repeat("()", 1000), 0, true},
		{"not text", "permit\xff", 0, false},
	} {
		p, ok := plausible(file{path: "a.cedar", data: []byte(tc.text)})
		if ok != tc.ok || p.Line != tc.line || !ok && (p.What == "" || p.Mend == "") {
			t.Errorf("%s: %v, %+v", tc.name, ok, p)
		}
	}
}

func TestDigestTellsFilesApart(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for i, files := range [][]file{
		nil,
		{{name: "a.cedar", data: []byte("b")}},
		{{name: "a.cedar", data: []byte("")}, {name: "b.cedar", data: []byte("")}},
		{{name: "a.cedar", data: []byte("b.cedar")}},
		{{name: "b.cedar", data: []byte("a.cedar")}},
		{{name: "a.cedar", data: []byte("b")}, {name: "c.cedar", data: []byte("d")}},
		{{name: "c.cedar", data: []byte("d")}, {name: "a.cedar", data: []byte("b")}},
	} {
		d := digest(files)
		if j, dup := seen[d]; dup {
			t.Errorf("cases %d and %d have one digest", i, j)
		}
		seen[d] = i
	}
	same := digest([]file{{name: "a.cedar", data: []byte("b")}, {name: "a_test.yaml", data: []byte("examples")}})
	if seen[same] != 1 {
		t.Error("examples change the digest")
	}
}

func TestExamplesTakeWhatTheDefaultsSay(t *testing.T) {
	t.Parallel()
	yes, no, three, nine := true, false, 3, 9
	defaults := exampleText{
		Ask: "a:b", Kind: "extension", For: time.Hour, Score: &three, Confidence: "low", Ticket: "T-1", ReasonLength: &three,
		At: "then", AutoToday: &three, Stale: &yes,
		Who: personText{ID: "ada", Email: "e", Title: "t", Department: "d", Location: "l", Manager: "m", Groups: []string{"g"}, Contractor: &yes, Admin: &yes},
	}
	bare := exampleText{Name: "n", Expect: "route", By: []string{"x"}}
	want := defaults
	want.Name, want.Expect, want.By = bare.Name, bare.Expect, bare.By
	if diff := cmp.Diff(want, bare.under(defaults)); diff != "" {
		t.Errorf("nothing said: %s", diff)
	}
	full := exampleText{
		Name: "n", Ask: "c:d", Kind: "access", For: time.Minute, Score: &nine, Confidence: "high", Ticket: "T-2", ReasonLength: &nine,
		At: "now", AutoToday: &nine, Stale: &no,
		Who: personText{ID: "ben", Email: "E", Title: "T", Department: "D", Location: "L", Manager: "M", Groups: []string{}, Contractor: &no, Admin: &no},
	}
	if diff := cmp.Diff(full, full.under(defaults)); diff != "" {
		t.Errorf("all said: %s", diff)
	}
}
