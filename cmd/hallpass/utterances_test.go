package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// utterance is a line of testdata/utterances.jsonl: what somebody wrote, and
// what a careful person would take from it.
type utterance struct {
	Text     string    `json:"text"`
	Now      time.Time `json:"now"`
	TimeZone string    `json:"time_zone"`
	Speaker  string    `json:"speaker"`
	HeldOut  bool      `json:"held_out"` // not looked at while the rules were made
	Want     struct {
		Intent      understand.Intent `json:"intent"`
		Entitlement string            `json:"entitlement"`
		Allowed     string            `json:"allowed"` // may be filled in, and need not be
		Offers      []string          `json:"offers"`  // must be among the candidates
		Minutes     int               `json:"duration_minutes"`
		Until       string            `json:"until"`
		Reason      string            `json:"reason"`
		Ticket      string            `json:"ticket"`
		Beneficiary string            `json:"beneficiary"`
		// UnclearBeneficiary: somebody was named, and it must be asked who.
		UnclearBeneficiary bool `json:"unclear_beneficiary"`
	} `json:"want"`
	Unmeasured []string `json:"unmeasured"` // slots of which careful people think differently
}

func utterances(t *testing.T) []utterance {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "bot", "testdata", "utterances.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all []utterance
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		var u utterance
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			t.Fatalf("utterances.jsonl:%d: %v", len(all)+1, err)
		}
		all = append(all, u)
	}
	return all
}

// tally counts slots. A slot that is rightly empty is right, but says little:
// telling counts only the slots that were said or filled in.
type tally struct{ slots, right, telling, tellingRight, filledWrongly int }

func (s *tally) count(want, got string, always bool) bool {
	ok := want == got
	s.slots++
	if always || want != "" || got != "" {
		s.telling++
		if ok {
			s.tellingRight++
		}
	}
	if ok {
		s.right++
	}
	return ok
}

func (s *tally) share() float64        { return 100 * float64(s.right) / float64(s.slots) }
func (s *tally) tellingShare() float64 { return 100 * float64(s.tellingRight) / float64(s.telling) }

// plainly is a reason without what does not change its meaning.
func plainly(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("'’-_", r)
	}), " ")
}

// parserFor reads the example's access folder for one utterance.
func parserFor(t *testing.T, u utterance) *parser {
	t.Helper()
	access := filepath.Join("..", "..", "examples", "access")
	p, err := parseFlags{catalogue: access, people: filepath.Join(access, "people.yaml"), now: u.Now.Format(time.RFC3339), zone: u.TimeZone, speaker: u.Speaker}.parser(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func text[S ~string](s *S) string {
	if s == nil {
		return ""
	}
	return string(*s)
}

// compare counts the slots of one utterance and returns those that are wrong.
func (s *tally) compare(u utterance, got understood) (wrong []string) {
	want := u.Want
	length := func(minutes int, until string) string {
		if until != "" {
			return until
		}
		if minutes > 0 {
			return (time.Duration(minutes) * time.Minute).String()
		}
		return ""
	}
	minutes := 0
	if got.Minutes != nil {
		minutes = *got.Minutes
	}
	for _, slot := range []struct {
		name, want, got string
		always          bool // said in any case
	}{
		{"intent", string(want.Intent), string(got.Intent), true},
		{"entitlement", want.Entitlement, text(got.Entitlement), want.Intent == understand.Request},
		{"duration", length(want.Minutes, want.Until), length(minutes, text(got.Until)), false},
		{"reason", plainly(want.Reason), plainly(text(got.Reason)), false},
		{"ticket", want.Ticket, text(got.Ticket), false},
		{"beneficiary", want.Beneficiary, text(got.Beneficiary), want.UnclearBeneficiary},
	} {
		if slot.name == "beneficiary" && want.UnclearBeneficiary {
			slot.want = "asked"
			if slot.got == "" && slices.Contains(got.Missing, "beneficiary") {
				slot.got = "asked"
			}
		}
		if !slices.Contains(u.Unmeasured, slot.name) && !s.count(slot.want, slot.got, slot.always) {
			wrong = append(wrong, slot.name+": want "+slot.want+", got "+slot.got)
		}
	}
	if id := text(got.Entitlement); id != "" && id != want.Entitlement && id != want.Allowed {
		s.filledWrongly++
		wrong = append(wrong, "FILLED WRONGLY with "+id)
	}
	if len(want.Offers) > 0 {
		offered := ""
		for _, o := range want.Offers {
			if !slices.ContainsFunc(got.Candidates, func(c approvals.EntitlementID) bool { return string(c) == o }) {
				offered = "not offered: " + o
			}
		}
		if !s.count("", offered, true) {
			wrong = append(wrong, offered)
		}
	}
	return wrong
}

// least is the share of slots that must be right, in per cent.
const least = 97

func TestUtterancesAreUnderstoodAndNoneIsFilledWrongly(t *testing.T) {
	t.Parallel()
	all := utterances(t)
	if len(all) < 400 {
		t.Errorf("%d utterances, want at least 400", len(all))
	}
	parsers := map[string]*parser{}
	open, held := tally{}, tally{}
	for _, u := range all {
		key := u.Now.String() + u.TimeZone + u.Speaker
		if parsers[key] == nil {
			parsers[key] = parserFor(t, u)
		}
		to := &open
		if u.HeldOut {
			to = &held
		}
		for _, wrong := range to.compare(u, parsers[key].understood(u.Text)) {
			if !u.HeldOut {
				t.Logf("%q: %s", u.Text, wrong)
			}
		}
	}
	for name, s := range map[string]tally{"open two thirds": open, "held-out third": held} {
		t.Logf("%s: %d of %d slots right (%.1f%%); of those that were said or filled %d of %d (%.1f%%); entitlements filled wrongly: %d",
			name, s.right, s.slots, s.share(), s.tellingRight, s.telling, s.tellingShare(), s.filledWrongly)
		if s.share() < least {
			t.Errorf("%s: %.1f%% of slots are right, want at least %d%%", name, s.share(), least)
		}
		if s.filledWrongly > 0 {
			t.Errorf("%s: %d entitlements are filled in that were not asked for, want none", name, s.filledWrongly)
		}
	}
}
