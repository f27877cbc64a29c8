package analytics

import (
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// What a proposed permit takes. All of it must hold.
const (
	// MinDecisions people must have approved like it: if more than 5% of such
	// requests deserved a no, 59 answers would hold none of them with less than
	// 5% chance, since 0.95^59 < 0.05. It is the sample size of the yearly
	// review (review.Size) for a large population, and of discovery sampling in
	// audits.
	MinDecisions = 59
	// QuietDays without a denial by a person: half a year, so that a change of
	// mind has shown. A denial on the last of them counts.
	QuietDays = 180
	// MinRequesters different people must have asked: a permit is for a team,
	// and the habit of one or two is none of it.
	MinRequesters = 5
	// MinApprovers different people must have approved: the leniency of one is
	// not the organisation's.
	MinApprovers = 2
	// MaxScore is the highest score of a decision that counts, of 100. It is the
	// bound of "reading at low risk" in the recipes of docs/policy.md.
	MaxScore = 30
	// ReviewDays is how long a proposed permit holds unreviewed.
	ReviewDays = 180
	// MaxProposals is how many permits, or personas, one report proposes: more
	// than that nobody reviews.
	MaxProposals = 20
)

// What a persona takes.
const (
	// MinAlike is the least Jaccard index, in percent, between what any two
	// people of a persona use: shared entitlements of all that either uses.
	MinAlike = 80
	// MinPeople is how many people make a persona.
	MinPeople = 3
	// MinShared is how many entitlements a persona has at least: what everybody
	// uses one of is no role.
	MinShared = 2
)

// RestDays without asking again make somebody who used to renew one who
// stopped: a month, in which monthly work comes round.
const RestDays = 30

const day = 24 * time.Hour

// sensitive reports whether access is beyond what is ever proposed: high or
// above, and whatever word is not known.
func sensitive(s approvals.Sensitivity) bool { return s.Rank() >= approvals.High.Rank() }
