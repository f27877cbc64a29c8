package evidence

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// crowd is a period in which many systems with long names were used.
func crowd(months, systems int) *tally {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	t := newTally(from, from.AddDate(0, months, 0), from.AddDate(0, months, 0))
	for i := range 40 * systems {
		at := from.Add(time.Duration(i) * time.Hour)
		t.add(Record{SubmittedAt: at, System: fmt.Sprintf("kubernetes-production-%02d", i%systems), Outcome: approvals.RequestApproved,
			By: []Way{ByPolicy, ByPeople, ByBreakGlass}[i%3], Grant: "gr", ActiveAt: at.Add(time.Minute), EndsAt: at.Add(time.Hour), EndedAt: at.Add(time.Hour)})
	}
	return t
}

// word is a text of a drawing, and where it begins.
var word = regexp.MustCompile(`<text x="([-0-9.]+)" y="([-0-9.]+)"[^>]*>([^<]*)</text>`)

func TestSystemsOfLongNamesAreNamedInFull(t *testing.T) {
	t.Parallel()
	all, err := crowd(3, 14).charts()
	if err != nil {
		t.Fatal(err)
	}
	c := all[3]
	if len(c.Rows) != 14 {
		t.Errorf("the table has %d systems", len(c.Rows))
	}
	for i, row := range c.Rows {
		if named := strings.Contains(string(c.SVG), ">"+row[0]+"<"); named != (i < systemsShown) {
			t.Errorf("%s, number %d, is in the chart: %v", row[0], i+1, named)
		}
	}
}

func TestNamesBelowAChartDoNotMeet(t *testing.T) {
	t.Parallel()
	for _, months := range []int{1, 3, 6, 12, 13, 30, 60} {
		all, err := crowd(months, 2).charts()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			end, row := map[string]float64{}, map[string]string{} // by height: where the last name ended, and which it was
			for _, m := range word.FindAllStringSubmatch(string(c.SVG), -1) {
				x, err := strconv.ParseFloat(m[1], 64)
				if err != nil {
					t.Fatal(err)
				}
				if last, ok := end[m[2]]; ok && x < last && x > last-200 {
					t.Errorf("%d months, %s: %q meets %q", months, c.Title, row[m[2]], m[3])
				}
				end[m[2]], row[m[2]] = x+5*float64(len(m[3])), m[3]
			}
		}
	}
}
