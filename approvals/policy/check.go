package policy

import (
	"context"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Report is what a check found in a policy set that loads.
type Report struct {
	Version  approvals.PolicyVersion
	Policies int // without the built-in one
	Examples int
	// Notes need attention but do not keep the set from loading: a review date
	// that has passed, or will within two weeks.
	Notes approvals.Problems
}

// Check loads a policy set for a person or a pipeline to judge. Its error is
// what Load's would be.
func Check(ctx context.Context, o Options, now time.Time) (Report, error) {
	set, examples, err := load(ctx, o)
	if err != nil {
		return Report{}, err
	}
	report := Report{Version: set.version, Policies: len(set.all) - 1, Examples: len(examples)}
	for _, r := range set.all {
		if r.reviewBy.IsZero() || now.AddDate(0, 0, 14).Before(r.reviewBy) {
			continue
		}
		note := approvals.Problem{
			File: r.file, Line: r.lineOf("@review_by"), Mend: "look whether it is still right, then move its @review_by",
			What: fmt.Sprintf("%s is due for review by %s", r.title(), r.reviewBy.AddDate(0, 0, -1).Format(time.DateOnly)),
		}
		if r.overdue(now) {
			note.What += "; that has passed, so as a permit it no longer approves by itself"
		}
		report.Notes = append(report.Notes, note)
	}
	return report, nil
}
