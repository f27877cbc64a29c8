package policy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// Report is what a check found in a policy set that loads.
type Report struct {
	Version  approvals.PolicyVersion
	Policies int // without the built-in one
	Examples int
	// Notes need attention but do not keep the set from loading: a review date
	// that has passed, or will within two weeks; a group that nobody is in.
	// Neither time nor the directory may keep Hallpass from starting.
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
	report.Notes = set.reviews(now)
	groups, err := set.emptyGroups(ctx, o.People)
	if err != nil {
		return Report{}, fmt.Errorf("check policies: %w", err)
	}
	report.Notes = inOrder(append(report.Notes, groups...))
	return report, nil
}

// reviews names the policies that are due for review.
func (s *Set) reviews(now time.Time) (notes approvals.Problems) {
	for _, r := range s.all {
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
		notes = append(notes, note)
	}
	return notes
}

// emptyGroups names the groups in policies that nobody is in: perhaps rightly
// so, perhaps misspelt, and then a forbid would never meet anybody.
func (s *Set) emptyGroups(ctx context.Context, directory approvals.Directory) (notes approvals.Problems, err error) {
	if directory == nil {
		return nil, nil
	}
	people, err := directory.People(ctx)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, p := range people {
		known = append(known, p.Groups...)
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for _, r := range s.all {
		for _, g := range r.groups() {
			if _, ok := slices.BinarySearch(known, g); ok {
				continue
			}
			mend := "look whether it is spelt as in the directory"
			if near := source.Nearest(g, known); near != "" {
				mend = source.Suggest(g, known)
			}
			notes = append(notes, approvals.Problem{
				File: r.file, Line: r.lineOf(g), Mend: mend,
				What: fmt.Sprintf("%s names the group %q, in which the directory has nobody", r.title(), g),
			})
		}
	}
	return notes, nil
}
