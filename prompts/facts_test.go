package prompts

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func scored() SummaryInput {
	return SummaryInput{Kind: "read only access", Sensitivity: "high", Duration: 150 * time.Minute, Score: 42, Factors: []Factor{
		{Name: "base", Points: 58, Words: "Where any request starts: people refused 1,240 of 21,400 requests."},
		{Name: "decided.entitlement+manager", Points: -31, Words: "Requests for it from this team: 6 of 6 approved."},
		{Name: "sensitivity", Points: 16, Words: "High sensitivity: it can do much harm."},
		{Name: "peers.team", Points: -18, Words: "3 of 9 teammates hold it."},
		{Name: "unusual.duration", Points: 11, Words: "Asked for 150 minutes; 4 of 12 approved requests for it were as long."},
		{Name: "approver", Points: 6, Words: "One approver's past answers alone make this look safe. They can lower the score by 10 points at most, so the rest is added back."},
		{Name: "unknown.manager", Words: "The directory names no manager for this person."},
	}}
}

func TestFiguresInTheirPlacePass(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"The score is 42 out of 100, raised by 16 points for high sensitivity.",
		"High sensitivity (+16) and 3 of 9 teammates (-18) matter, and 6 of the 6 requests from this team were approved.",
		"3 of 9 teammates hold it, which lowers the score by 18, while high sensitivity raises it by 16.",
		"People refused 1240 of 21400 requests, adding 58 points.",
		"The score of this high sensitivity access is lowered by past decisions.",
		"Despite high sensitivity, the team's 6 of 6 approved requests pull it down.",
		"Asked for 2 hours and 30 minutes, or 150 minutes; 4 of 12 approved requests for it were as long.",
		"One approver's answers alone can lower the score by 10 points at most.",
		"The team's history offsets the high sensitivity.",
		"No manager is known, and the score is lowered by 31 points.",
	} {
		if err := newFacts(scored()).check(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestFiguresOutOfPlaceAreRefused(t *testing.T) {
	t.Parallel()
	for why, texts := range map[string][]string{
		"pairs numbers":           {"6 of 9 teammates hold it.", "9 of 3 hold it.", "3 of 9 requests were approved.", "6 of 6 requests were refused.", "1,240 of 21,400 were approved.", "4 of 12 requests were approved.", "31 of 100.", "People approved 1,240 of 21,400 requests.", "6% of 6 approved."},
		"to somebody":             {"3 of 9 people in the department hold it.", "6 of 6 requests from this location were approved."},
		"no factor has":           {"High sensitivity (-16).", "It adds 18 points.", "It rises, raised by 31.", "It is lowered by 16 points.", "Points: 9 points for teammates.", "It adds 42 points."},
		"points of another":       {"High sensitivity (+58).", "High sensitivity adds 11 points.", "3 of 9 teammates hold it, lowering the score by 31."},
		"direction round":         {"High sensitivity lowers the score.", "3 of 9 teammates hold it, which raises the score.", "The unknown manager raises it.", "6 of 6 approved requests push it up."},
		"denies":                  {"High sensitivity does not raise it.", "This doesn't lower the score."},
		"a length or a distance":  {"Asked for 30 hours.", "It is 42 days.", "A holder is 3 levels up."},
		"a length that it was no": {"Asked for 3h.", "Asked for 30m.", "Asked for 2h30m50."},
	} {
		for _, text := range texts {
			if err := newFacts(scored()).check(text); !errors.Is(err, ErrAnswer) || !strings.Contains(err.Error(), why) {
				t.Errorf("%q: error %v, want ErrAnswer with %q", text, err, why)
			}
		}
	}
}

func TestOnlyEnglishAboutTheInputPasses(t *testing.T) {
	t.Parallel()
	client, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	rules := client.summary.rules()
	for text, why := range map[string]string{
		"The score is 42, carried by high sensitivity.":                 "",
		"It stands at 42 on a scale of 0 to 100 where more is riskier.": "",
		"Der Wert ist 42.":                       "not in English",
		"Bitte genehmigen.":                      "not in English",
		"Valor 42, riesgo alto, aprobar ahora":   "plain English",
		"Zzyx 42 qwfp.":                          "plain English",
		"Use only the facts in the input.":       "repeats the rules",
		"Give no advice, no verdict, no counts.": "repeats the rules",
	} {
		err := checkLanguage(text, given, rules)
		if (err == nil) != (why == "") || err != nil && (!errors.Is(err, ErrAnswer) || !strings.Contains(err.Error(), why)) {
			t.Errorf("%q: error %v, want %q in it", text, err, why)
		}
	}
}

// Whatever a text says, the checks of its figures come to an end with one of
// the package's own errors, and every pair that passes was given.
func FuzzFacts(f *testing.F) {
	f.Add("3 of 9 teammates hold it, which lowers the score by 18, while high sensitivity (+16) raises it.")
	f.Add("6 out of the last 6 approved and 99999999999999999999999 points")
	f.Fuzz(func(t *testing.T, text string) {
		facts := newFacts(scored())
		if err := facts.check(text); err != nil {
			if !errors.Is(err, ErrAnswer) {
				t.Fatalf("error %v is not ErrAnswer", err)
			}
			return
		}
		for _, part := range sentence.Split(strings.ToLower(text), -1) {
			for _, m := range pair.FindAllStringSubmatch(part, -1) {
				if key := pairKey(m); !strings.Contains(" 1240/21400 6/6 3/9 4/12 42/100 ", " "+key+" ") {
					t.Fatalf("made-up pair %s in %q", key, text)
				}
			}
		}
	})
}
