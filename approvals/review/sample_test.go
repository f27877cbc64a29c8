package review_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals/review"
)

// Published sizes of discovery samples at 95% confidence and 5% tolerable
// deviation, and those that one deviation makes necessary.
func TestSampleSizesAreThePublishedHypergeometricOnes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ population, deviations, limit, want int }{
		{1_000_000, 0, 5, 59},
		{1_000, 0, 5, 57},
		{100, 0, 5, 45},
		{1_000_000, 1, 5, 93},
		{1_000_000, 0, 1, 299},
		{1_000_000, 0, 10, 29},
		{10, 0, 5, 10},
		{1, 0, 5, 1},
		{0, 0, 5, 0},
		{30, 1, 5, 30},
	} {
		if got := review.Size(tc.population, tc.deviations, tc.limit); got != tc.want {
			t.Errorf("Size(%d, %d, %d) = %d, want %d", tc.population, tc.deviations, tc.limit, got, tc.want)
		}
	}
}
