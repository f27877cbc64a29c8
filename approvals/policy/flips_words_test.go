package policy_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

// replayed is a report with everything in it, and a hostile team's name.
func replayed() *policy.Replay {
	loosened := []policy.Turn{{From: approvals.Route, To: approvals.AutoApprove, Count: 2}, {From: approvals.AutoApprove, To: approvals.Refuse, Count: 1}}
	return &policy.Replay{
		Version: approvals.PolicyVersion{Digest: "0123456789abcdef0123"}, Decisions: 1234, Flips: 3, MoreApprovers: 2, FewerApprovers: 1,
		Turns:         loosened,
		ByRule:        []policy.Share{{Name: "read-only-with-ticket", Count: 3, Turns: loosened}},
		ByTeam:        []policy.Share{{Name: "@here `x` | <b>\n#1", Count: 2, Turns: loosened[:1]}, {Count: 1, Turns: loosened[1:]}},
		ByEntitlement: []policy.Share{{Name: "billing-db:read-only", Count: 3, Turns: loosened}},
		Latest: []policy.Flip{
			{Request: "req_2", At: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Entitlement: "billing-db:read-only", From: approvals.Route, To: approvals.AutoApprove, Rules: []string{"a", "b"}},
			{Request: "req_1", At: time.Date(2026, 3, 1, 5, 6, 7, 0, time.UTC), Entitlement: "billing-db:read-only", From: approvals.AutoApprove, To: "odd"},
		},
		Unreadable: []approvals.RequestID{"req_9"}, UnreadableAll: 1,
	}
}

func TestReplayReadsWellInATerminalAndInAPullRequest(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*policy.Replay{"flips": replayed(), "none": {Decisions: 1, Version: approvals.PolicyVersion{Digest: "abc"}}} {
		var text, markdown strings.Builder
		if err := r.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteMarkdown(&markdown); err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", "replay", name+".txt"), text.String())
		golden(t, filepath.Join("testdata", "replay", name+".md"), markdown.String())
	}
}
