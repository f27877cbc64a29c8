package prompts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxAnswerBytes = 4 << 10 // of the JSON object
	maxSummary     = 600     // characters of the summary; the prompt asks for 500
)

// decodeAnswer reads the model's JSON object, strictly, and returns the
// summary in it. The error never holds the model's text.
func decodeAnswer(content string) (string, error) {
	if len(content) > maxAnswerBytes {
		return "", fmt.Errorf("%w: it is longer than %d bytes", ErrAnswer, maxAnswerBytes)
	}
	if !utf8.ValidString(content) {
		return "", fmt.Errorf("%w: it is not UTF-8", ErrAnswer)
	}
	var object struct {
		Summary *string `json:"summary"`
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(content)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&object); err != nil || object.Summary == nil {
		return "", fmt.Errorf("%w: it is not the JSON object that the schema asks for", ErrAnswer)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("%w: something follows the JSON object", ErrAnswer)
	}
	return strings.TrimSpace(*object.Summary), nil
}

var (
	// prose is what an English paragraph needs. Letters that only look Latin,
	// control and bidi characters, mentions, markup and digits of other scripts
	// have no place in it.
	prose = regexp.MustCompile(`^[A-Za-z0-9 .,;:%()+'"’“”–—−-]+$`)
	// linkish is what Slack or a reader may take for an address or an emoji.
	linkish = regexp.MustCompile(`(?i)[a-z0-9]\.[a-z]|\bwww\b|\b(https?|mailto|tel)\b|:[a-z0-9_+-]+:`)
	// number is a figure as it stands in a text, with its percent sign.
	number = regexp.MustCompile(`(?i)([0-9]+(?:[.,][0-9]+)*)(\s*(?:%|percent\b|per cent\b))?`)
	// thousands is a comma that only groups digits.
	thousands = regexp.MustCompile(`,([0-9]{3})\b`)
	// numeral is a number in words, which would slip past the check of figures.
	numeral = regexp.MustCompile(`(?i)\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(thir|four|fif|six|seven|eigh|nine)teen|` +
		`(twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|billions?|dozens?|half|quarters?|twice|thrice|double|triple|percentage)\b`)
	// advice is the speech of somebody who wants something done.
	advice = regexp.MustCompile(`(?i)\b(you|your|we|i|our|should|shall|must|ought|please|recommend\w*|advi[sc]e\w*|advis\w*|suggest\w*|urg(e|ed|ent|ently|ing)|` +
		`immediately|instruct\w*|ignore\w*|disregard\w*|click\w*|need(s|ed)? to|has to|have to|safe|safely|trust\w*|fine to|ok|okay|wise\w*|prudent\w*|cautio\w*|careful\w*|closer look|worth|beware|double[ -]check\w*|no risk|risk[ -]free|harmless|go ahead|proceed\w*|` +
		`lgtm|green ?light\w*|sign(ed)? ?off|endors\w*|warrant\w*|justif\w*|confirm\w*|override\w*|bypass\w*)\b`)
	// verdict is any form of the words for a decision.
	verdict = regexp.MustCompile(`(?i)\b[a-z-]*(approv|den(y|i)|refus|reject|grant|declin|permit|authori[sz]|allow|accept|revok)[a-z]*\b`)
	// ofRequests are the words that may stand between a count of requests and
	// what became of them: those that say which requests, and no others.
	ofRequests = `(?:such|earlier|past|previous|similar|comparable|human|requests?|cases|decisions|of|from|by|for|in|at|to|on|with|this|that|these|those|the|the same|same|` +
		`its|their|own|other|people|person's|team|teammates|manager|manager's|department|location|title|entitlement|access|system|it|was|were|have|had|been|also|so far|only)`
	// pastDecisions is the one way in which a verdict may be spoken of: counts
	// of what people decided before, such as "12 of 12 such requests were
	// approved", and the nouns for what came of it and who gave it, such as
	// "earlier grants".
	pastDecisions = regexp.MustCompile(`(?i)\b[0-9][0-9,]* (out )?of (the )?((last|past|earlier|previous) )?[0-9][0-9,]* (` + ofRequests + ` ){0,14}?((were|been) (all |later )?)?(approved|denied|refused)\b` +
		`|\b(people|approvers) (have )?(approved|denied|refused) [0-9][0-9,]* of [0-9]` +
		`|\b[0-9][0-9,]* (approvals|denials|refusals)\b|\b(earlier|past|previous|other) (grants|approvals|denials|refusals)\b|\bapprovers?\b|\bolder than allowed\b`)
	// singled marks a sentence on this request, which has no decision yet.
	singled = regexp.MustCompile(`(?i)\b(this|the|it|one)\b[a-z ]*\b(is|was|has been|be|being|already|hereby|now)\b[a-z ]*\b(approved|denied|refused)\b`)
	// stated is where a text says what the score is.
	stated   = regexp.MustCompile(`(?i)\bscor(?:e|es|ed)(?: (?:is|of|at|was|stands|comes|out|to|in|as|this|the|a|request|access|risk|here|reads|reaches|totals|equals|sits|lands|currently|now))* ([0-9]+)\b`)
	sentence = regexp.MustCompile(`[.;:!?]+(\s+|$)`)
)

// checkSummary returns why text may not be shown; nil when it may. given is
// what the model was told: a number that is not in it is made up. Where the
// text states a score, it is score.
func checkSummary(text, given string, score int) error {
	bad := func(why string) error { return fmt.Errorf("%w: %s", ErrAnswer, why) }
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return bad("it is empty")
	case n > maxSummary:
		return bad(fmt.Sprintf("it is longer than %d characters", maxSummary))
	case !prose.MatchString(text):
		return bad("it holds a character that plain prose does not need")
	case linkish.MatchString(text):
		return bad("it holds what looks like a link or an emoji")
	case numeral.MatchString(text):
		return bad("it writes a number in words, where it cannot be checked")
	case advice.MatchString(text):
		return bad("it advises or addresses the reader")
	}
	for _, part := range sentence.Split(text, -1) {
		if singled.MatchString(part) || verdict.MatchString(part) && verdict.MatchString(pastDecisions.ReplaceAllString(part, "")) {
			return bad("it speaks of a decision other than counts of earlier ones")
		}
	}
	for _, m := range stated.FindAllStringSubmatch(text, -1) {
		if m[1] != strconv.Itoa(score) {
			return bad("it states another score")
		}
	}
	known := figures(given)
	for figure := range figures(text) {
		if !known[figure] {
			return bad("it holds a number that it was not given")
		}
	}
	return nil
}

// figures returns the numbers in text. A percentage is known as itself and as
// its bare number; a bare number is not known as a percentage.
func figures(text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range number.FindAllStringSubmatch(text, -1) {
		figure := thousands.ReplaceAllString(m[1], "$1")
		found[figure] = true
		if m[2] != "" {
			found[figure+"%"] = true
		}
	}
	return found
}
