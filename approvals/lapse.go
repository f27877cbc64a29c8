package approvals

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Lapse says that one version of a rule has stopped approving by itself. A new
// version of the rule is not met by it; nor does it hold once an admin lifts it.
type Lapse struct {
	Rule       string      `json:"rule"`
	Text       string      `json:"text"`    // SHA-256 of the rule: names its version
	Version    int64       `json:"version"` // of this row; 0: not stored yet
	Campaign   CampaignID  `json:"campaign"`
	Why        string      `json:"why"` // in words
	Since      time.Time   `json:"since"`
	LiftedAt   time.Time   `json:"lifted_at,omitzero"`
	LiftedBy   PrincipalID `json:"lifted_by,omitempty"`
	LiftedNote string      `json:"lifted_note,omitempty"`
}

// Holds reports whether nobody has lifted it.
func (l Lapse) Holds() bool { return l.LiftedAt.IsZero() }

// LapsedRule is a rule that approves nothing by itself, as facts know it.
type LapsedRule struct {
	Rule     string     `json:"rule"`
	Text     string     `json:"text"` // SHA-256 of the version that it is about
	Campaign CampaignID `json:"campaign"`
}

// lapsed are the rules that approve nothing by themselves now, ordered.
func (s *Service) lapsed(ctx context.Context) ([]LapsedRule, error) {
	all, err := s.Store.Lapses(ctx)
	if err != nil {
		return nil, err
	}
	var rules []LapsedRule
	for _, l := range all {
		if l.Holds() {
			rules = append(rules, LapsedRule{Rule: l.Rule, Text: l.Text, Campaign: l.Campaign})
		}
	}
	slices.SortFunc(rules, func(a, b LapsedRule) int { return strings.Compare(a.Rule+"\n"+a.Text, b.Rule+"\n"+b.Text) })
	return rules, nil
}
