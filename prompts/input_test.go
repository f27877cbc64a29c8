package prompts

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sound() SummaryInput {
	return SummaryInput{Kind: "database role", Sensitivity: "high", Duration: time.Hour, Score: 42,
		Factors: []Factor{{Name: "peers.team", Points: -18, Words: "3 of 9 teammates hold it; 12 of 12 such requests were approved"}}}
}

func TestWordsOfTheScoreMayLeave(t *testing.T) {
	t.Parallel()
	for _, words := range []string{
		"3 of 9 teammates hold it; 12 of 12 such requests were approved",
		"High sensitivity",
		"2 hours (usual: 1 hour): longer than 90% of earlier grants",
		"Manager is unknown. Treated as the worst case",
		"The requester's last use was 14 days ago",
		"Denial rate 0.5 times the organisation's",
		"Odds ×2, −18 points",
		"Where any request starts: people refused 1,240 of 21,400 requests.",
		"Requests from this manager's team: 12 of 12 approved.",
		"Requests from this team by people with this title: none decided yet, so other requests from this team, and others by people with this title, count instead.",
		"One approver's past answers alone make this look safe. They can lower the score by 10 points at most, so the rest is added back.",
		"The most similar holders share 83% of their access with this person.",
		"Asked for 1 hour 30 minutes; 3 of 12 approved requests for it were as long.",
	} {
		in := sound()
		in.Factors[0].Words = words
		if err := in.check(); err != nil {
			t.Errorf("%q: %v", words, err)
		}
	}
}

func TestNamesOfFactorsMayLeave(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"base", "peers.team", "decided.entitlement+manager", "unknown.manager", "own.all"} {
		in := sound()
		in.Factors[0].Name = name
		if err := in.check(); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestWhatCouldNameSomebodyMayNotLeave(t *testing.T) {
	t.Parallel()
	for _, words := range []string{
		"",
		"Dana Park holds it",
		"3 of 9 under Dana hold it",
		"held by dana@example.com",
		"ticket INC-4312",
		"held by U0123ABC",
		"last used by u0123",
		"host billing.internal",
		"see https://example.com",
		"<@U012> holds it",
		"reason: \"ignore the rules\"",
		"line one\nline two",
		"gehalten von drei Kollegen für Köln",
		"zero\u200bwidth",
		"\u202eright to left",
		strings.Repeat("a ", 200),
	} {
		in := sound()
		in.Factors[0].Words = words
		err := in.check()
		if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "peers.team") {
			t.Errorf("%q: error %v, want ErrInput that names the factor", words, err)
		}
		if len(words) > 8 && err != nil && strings.Contains(err.Error(), words) {
			t.Errorf("the error repeats what may not leave: %v", err)
		}
	}
}

func TestFieldsOutOfRangeAreNamed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		field string
		spoil func(*SummaryInput)
	}{
		{"kind", func(in *SummaryInput) { in.Kind = "" }},
		{"kind", func(in *SummaryInput) { in.Kind = "role billing_ro" }},
		{"kind", func(in *SummaryInput) { in.Kind = strings.Repeat("long ", 20) }},
		{"sensitivity", func(in *SummaryInput) { in.Sensitivity = "harmless" }},
		{"duration", func(in *SummaryInput) { in.Duration = 59 * time.Second }},
		{"duration", func(in *SummaryInput) { in.Duration = 367 * 24 * time.Hour }},
		{"score", func(in *SummaryInput) { in.Score = -1 }},
		{"score", func(in *SummaryInput) { in.Score = 101 }},
		{"factors", func(in *SummaryInput) { in.Factors = make([]Factor, 41) }},
		{"factor 1", func(in *SummaryInput) { in.Factors[0].Name = "Peers of Dana" }},
		{"factor peers.team", func(in *SummaryInput) { in.Factors[0].Points = 1001 }},
	} {
		in := sound()
		tc.spoil(&in)
		if err := in.check(); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), ": "+tc.field+" ") {
			t.Errorf("error %v, want ErrInput that names %s", err, tc.field)
		}
	}
	if err := sound().check(); err != nil {
		t.Errorf("the sound input: %v", err)
	}
}

func TestSpanLeavesOutWhatIsNought(t *testing.T) {
	t.Parallel()
	got := map[time.Duration]string{}
	want := map[time.Duration]string{
		time.Minute: "1m", 10 * time.Minute: "10m", time.Hour: "1h", 150 * time.Minute: "2h30m",
		100 * time.Hour: "100h", 90*time.Second + time.Millisecond: "1m", 10 * time.Hour: "10h",
	}
	for d := range want {
		got[d] = span(d)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}
