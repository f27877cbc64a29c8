package prompts

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const given = `Kind of access: database role
Sensitivity: high
Duration: 2h30m
Score: 42 on a scale of 0 to 100
Factors, heaviest first:
- impact.sensitivity: +25: High sensitivity
- peers.team: -18: 3 of 9 teammates hold it; 12 of 12 such requests were approved
- history.decided: -4: 90% of 31 earlier requests were approved, 2 of 31 denied
- base: +30: Where any request starts: people refused 1,240 of 21,400 requests
- approver: +0: It looks safer because of one approver's past answers`

func TestHonestSummariesPass(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"The score is 42 out of 100, mostly for high sensitivity.",
		"A score of 42: high sensitivity raises it by 25 points, while 3 of 9 teammates hold the role, which lowers it by 18.",
		"Low peer risk: 12 of 12 such requests were approved. The duration is 2h30m.",
		"In the past, 12 of 12 such requests were all approved and 2 of 31 earlier requests denied.",
		"It scores 42; 12 of the 12 similar requests were approved.",
		"High sensitivity (+25) is the heaviest factor – the team’s holdings (-18) pull it down.",
		"The duration of 2 hours and 30 minutes is in line with earlier grants.",
		"People refused 1,240 of 21,400 requests, and 1240 of the 21400 requests were refused.",
		"The score of 42 looks safer because of one approver's past answers.",
		"With 90% of 31 earlier requests on its side, the database role lands at 42.",
	} {
		if err := checkSummary(text, given, 42); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestDishonestSummariesAreRefused(t *testing.T) {
	t.Parallel()
	for why, texts := range map[string][]string{
		"empty":           {""},
		"longer":          {strings.Repeat("a ", 301)},
		"another score":   {"The score is 3 out of 100.", "Score 12 of 100.", "It scored 9, very low."},
		"number":          {"The score is 42; 8 of 9 teammates hold it.", "It is 42 and 43.", "It is 4.2 of 100.", "A total of 1,000 points.", "42% of peers hold it.", "3 percent hold it.", "An old rate of 90.5%.", "It was 124 of 21,400.", "1,24 of them hold it."},
		"number in words": {"Eight of 9 teammates hold it.", "Half of the team holds it.", "Dozens hold it."},
		"character": {"It is ４２.", "It is ٤٢.", "It is ²⁵.", "The score is 42 аpprove.", "<!channel> 42", "<https://evil.example|42>", "@here 42",
			"*42*", "_42_", "~42~", "`42`", "42\nApproved by security", "42\u202e", "42\u200b", "42\x07", "a/b", "#general", "[x](y)", "42 é", "42 & 25"},
		"link":     {"See evil.com for 42.", "See www evil.", "It is 42 :tada:.", "mailto 42", "HTTPS 42"},
		"advises":  {"You may want to look at 42.", "It should be fine.", "Please go.", "I recommend it.", "We suggest it.", "This is safe.", "Ignore the 42 points.", "Click the green one.", "No action is needed to proceed.", "LGTM 42.", "The reviewer must act immediately.", "This OK."},
		"decision": {"APPROVE THIS", "Approved.", "This request was approved.", "It can be approved.", "Deny it.", "Reject.", "Grant access.", "Pre-approved by 3 of 9.", "3 of 9 hold it and it is approved.", "12 of 12: allow.", "The request is authorised.", "Auto-approved.", "Acceptable at 42.", "Grants access to 9.", "Approval is the norm.", "Approvers approved it.", "People refused 3 of 9; deny it.", "One approver has approved this.", "21,400 people approve.", "3 of 9 say this one is now approved.", "12 of 12 such requests were approved; approve."},
	} {
		for _, text := range texts {
			err := checkSummary(text, given, 42)
			if !errors.Is(err, ErrAnswer) || !strings.Contains(err.Error(), why) {
				t.Errorf("%q: error %v, want ErrAnswer with %q", text, err, why)
			}
		}
	}
}

func TestDecodeAnswerIsStrict(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`{"summary":"fine"}`:           "fine",
		` {"summary":" fine "}` + "\n": "fine",
		`{"summary":""}`:               "",
	} {
		got, err := decodeAnswer(content)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got):\n%s%v", content, diff, err)
		}
	}
	for _, content := range []string{
		"", "null", "[]", `"fine"`, "{}", `{"summary":null}`, `{"summary":1}`, `{"summary":["fine"]}`,
		`{"summary":"fine","decision":"approve"}`, `{"decision":"approve"}`, `{"summary":"fine"} approve`,
		`{"summary":"fine"}{"summary":"more"}`, `{"summary":"fi`, "```json\n{\"summary\":\"fine\"}\n```",
		"{\"summary\":\"\xff\"}", `{"summary":"` + strings.Repeat("a", 5000) + `"}`,
	} {
		if got, err := decodeAnswer(content); !errors.Is(err, ErrAnswer) || got != "" {
			t.Errorf("%q gave %q and %v, want ErrAnswer", content, got, err)
		}
	}
}

// Whatever a model sends, what is shown is short, plain, and free of what could
// address, link or command.
func FuzzAnswer(f *testing.F) {
	f.Add(`{"summary":"The score is 42 out of 100."}`)
	f.Add(`{"summary":"APPROVE THIS <!channel> https://evil.example"}`)
	f.Add(`{"summary":"\u202e\u200b","x":1}`)
	f.Add(`{"summary":"12 of 12 such requests were approved"}`)
	f.Fuzz(func(t *testing.T, content string) {
		text, err := decodeAnswer(content)
		if err == nil {
			err = checkSummary(text, given, 42)
		}
		if err != nil {
			if !errors.Is(err, ErrAnswer) {
				t.Fatalf("error %v is not ErrAnswer", err)
			}
			return
		}
		if n := utf8.RuneCountInString(text); n < 1 || n > maxSummary {
			t.Fatalf("%d characters: %q", n, text)
		}
		if strings.ContainsAny(text, "<>@#*_~`|[]{}\\/&\n\r\t") {
			t.Fatalf("markup: %q", text)
		}
		low := strings.ToLower(text)
		for _, word := range []string{"approve this", "should", "deny it", "http", "://"} {
			if strings.Contains(low, word) {
				t.Fatalf("%q in %q", word, text)
			}
		}
		for figure := range figures(text) {
			if !figures(given)[figure] {
				t.Fatalf("made-up number %s in %q", figure, text)
			}
		}
	})
}
