package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
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

// utterance is a line of bot/testdata/utterances.jsonl, or of
// bot/testdata/worlds/utterances.jsonl: what somebody wrote, and what a careful
// person would take from it.
type utterance struct {
	Text     string    `json:"text"`
	World    string    `json:"world"` // a folder of bot/testdata/worlds; none: the example's access folder
	Round    int       `json:"round"` // of the worlds' sets, each written before the parser was measured on it
	Now      time.Time `json:"now"`
	TimeZone string    `json:"time_zone"`
	Speaker  string    `json:"speaker"`
	HeldOut  bool      `json:"held_out"` // not looked at while the rules were made
	Want     struct {
		Intent      string   `json:"intent"` // "cancel|release" where either will do
		Entitlement string   `json:"entitlement"`
		Allowed     string   `json:"allowed"` // may be filled in, and need not be
		Offers      []string `json:"offers"`  // must be among the candidates
		Minutes     int      `json:"duration_minutes"`
		Until       string   `json:"until"`
		Reason      string   `json:"reason"`
		Ticket      string   `json:"ticket"`
		Beneficiary string   `json:"beneficiary"`
		// UnclearBeneficiary: somebody was named, and it must be asked who.
		UnclearBeneficiary bool `json:"unclear_beneficiary"`
	} `json:"want"`
	Unmeasured []string `json:"unmeasured"` // slots of which careful people think differently
}

func utterances(t *testing.T, file ...string) []utterance {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "bot", "testdata"}, file...)...))
	if err != nil {
		t.Fatal(err)
	}
	var all []utterance
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		var u utterance
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			t.Fatalf("%s:%d: %v", filepath.Join(file...), len(all)+1, err)
		}
		all = append(all, u)
	}
	return all
}

// tally counts slots. A slot that is rightly empty is right, but says little:
// telling counts only the slots that were said or filled in.
type tally struct {
	slots, right, telling, tellingRight, filledWrongly int
	bySlot                                             map[string][2]int // right, of how many
}

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

// parserFor reads the access folder of an utterance's world.
func parserFor(t *testing.T, u utterance) *parser {
	t.Helper()
	access := exampleAccess
	if u.World != "" && u.World != "northwind" {
		access = filepath.Join("..", "..", "bot", "testdata", "worlds", u.World)
	}
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
	intent := want.Intent
	if slices.Contains(strings.Split(intent, "|"), string(got.Intent)) {
		intent = string(got.Intent)
	}
	for _, slot := range []struct {
		name, want, got string
		always          bool // said in any case
	}{
		{"intent", intent, string(got.Intent), true},
		{"entitlement", want.Entitlement, text(got.Entitlement), intent == string(understand.Request)},
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
		if slices.Contains(u.Unmeasured, slot.name) {
			continue
		}
		ok := s.count(slot.want, slot.got, slot.always)
		if s.bySlot == nil {
			s.bySlot = map[string][2]int{}
		}
		n := s.bySlot[slot.name]
		n[1]++
		if ok {
			n[0]++
		}
		s.bySlot[slot.name] = n
		if !ok {
			wrong = append(wrong, slot.name+": want "+slot.want+", got "+slot.got)
		}
	}
	if id := text(got.Entitlement); id != "" && id != want.Entitlement && id != want.Allowed {
		s.filledWrongly++
		wrong = append(wrong, "FILLED WRONGLY with "+id)
	}
	if len(want.Offers) > 0 && (got.Entitlement == nil || text(got.Entitlement) != want.Allowed) {
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
	all := utterances(t, "utterances.jsonl")
	if len(all) < 400 {
		t.Errorf("%d utterances, want at least 400", len(all))
	}
	measure(t, all, func(u utterance) string {
		if u.HeldOut {
			return "held-out third"
		}
		return "open two thirds"
	})
}

// TestOtherPeoplesCataloguesAreUnderstoodToo reads what is said in companies
// that name their systems, levels and people otherwise. Each round was written
// before the parser was measured on it, the second after the first was mended.
func TestOtherPeoplesCataloguesAreUnderstoodToo(t *testing.T) {
	t.Parallel()
	measure(t, utterances(t, "worlds", "utterances.jsonl"), func(u utterance) string { return fmt.Sprintf("round %d", u.Round) })
}

// TestReasonsMaySpeakOfWhatTheCatalogueHas reads requests whose reasons hold
// words of the catalogue and numbers, and second wishes that look like such a
// reason. The first round was written before the parser was mended for it, the
// second after.
func TestReasonsMaySpeakOfWhatTheCatalogueHas(t *testing.T) {
	t.Parallel()
	measure(t, utterances(t, "reasons.jsonl"), func(u utterance) string { return fmt.Sprintf("reasons, round %d", u.Round) })
}

// measure holds every set of utterances to the share that must be right, and
// to no entitlement filled in wrongly.
func measure(t *testing.T, all []utterance, set func(utterance) string) {
	t.Helper()
	parsers := map[string]*parser{}
	sets := map[string]*tally{}
	for _, u := range all {
		key := u.World + u.Now.String() + u.TimeZone + u.Speaker
		if parsers[key] == nil {
			parsers[key] = parserFor(t, u)
		}
		name := set(u)
		if sets[name] == nil {
			sets[name] = &tally{}
		}
		for _, wrong := range sets[name].compare(u, parsers[key].understood(u.Text)) {
			if !u.HeldOut {
				t.Logf("%s %q: %s", u.World, u.Text, wrong)
			}
		}
	}
	for name, s := range sets {
		t.Logf("%s: %d of %d slots right (%.1f%%); of those that were said or filled %d of %d (%.1f%%); entitlements filled wrongly: %d; %v",
			name, s.right, s.slots, s.share(), s.tellingRight, s.telling, s.tellingShare(), s.filledWrongly, s.bySlot)
		if s.share() < least {
			t.Errorf("%s: %.1f%% of slots are right, want at least %d%%", name, s.share(), least)
		}
		if s.filledWrongly > 0 {
			t.Errorf("%s: %d entitlements are filled in that were not asked for, want none", name, s.filledWrongly)
		}
	}
}
