package review

import (
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
)

// judge says what the verdicts so far mean for a stratum. A whole stratum is
// counted; a sample passes without a deviation, or with one when it was enlarged
// for it, and fails with the second. The outcome is empty while it is open.
func judge(s approvals.Stratum, limit int) approvals.StratumOutcome {
	d := s.Deviations()
	whole := s.Size == s.Population
	switch {
	case whole && d*100 > limit*s.Population:
		return approvals.StratumFailed
	case !whole && d > 1:
		return approvals.StratumFailed
	case s.Answered() < s.Size || !whole && d == 1 && !s.Enlarged:
		return ""
	}
	return approvals.StratumPassed
}

// larger is how many a sample must be after its first deviation; 0: it stays.
func larger(s approvals.Stratum, limit int) int {
	if s.Enlarged || s.Deviations() != 1 || s.Size == s.Population {
		return 0
	}
	return Size(s.Population, 1, limit)
}

// settle notes the outcome of each stratum that is decided.
func settle(c *approvals.Campaign) {
	for i := range c.Strata {
		st := &c.Strata[i]
		if c.Kind == approvals.CampaignBlind {
			if st.Answered() == st.Size {
				st.Outcome = approvals.StratumPassed
			}
			continue
		}
		if st.Outcome == "" {
			st.Outcome = judge(*st, c.Limit)
		}
	}
}

// decided reports whether every stratum has its outcome.
func decided(c approvals.Campaign) bool {
	return !slices.ContainsFunc(c.Strata, func(s approvals.Stratum) bool { return s.Outcome == "" })
}

// stratum finds one by name; nil for one that there is not.
func stratum(c *approvals.Campaign, name string) *approvals.Stratum {
	for i := range c.Strata {
		if c.Strata[i].Name == name {
			return &c.Strata[i]
		}
	}
	return nil
}
