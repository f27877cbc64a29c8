package understand

import (
	"regexp"
	"strings"
)

var (
	// wonders begins a question that is about something, and asks for nothing.
	wonders = regexp.MustCompile(`(?i)^\W*(?:(?:hi|hey|hello|sorry|so|ok|and|but|btw|quick question|question|well|folks|team|all)\b[\s,:!.]*)*(?:who(?:'s|se|m)?|what(?:'s)?|which|when|where|why|how|does|do (?:you|we|they|i)|did|is|isn't|are|aren't|was|were|has|have (?:you|we|they)|anyone|anybody|should|(?:can|could|would) (?:you|someone|anyone) (?:please |pls |maybe )?(?:check|tell|say|see|know|remind|explain|find out|look up))\b`)
	// wishes are the words with which a person asks for something, whatever
	// else is said.
	wishes = regexp.MustCompile(`(?i)\b(?:i(?:'ll| will| would| do)?(?: really| just| also)? (?:need|want|require|request)|i(?:'d| would) like|i'?m? (?:asking|requesting)|(?:can|could|may|might) (?:i|we)(?: please| pls| also| maybe| possibly)? (?:have|get|see|use|be|borrow|read|write)|(?:possible|way|chance|able) to (?:have|get|see|use)|give me|grant me|let me|get me|let us|need access|get access)\b`)
	// refuses is what says that something is not asked for; up to where the
	// sentence turns.
	refuses = regexp.MustCompile(`(?i)\b(?:(?:do|does|did|would|should)(?:n['’]?t| not)|wo(?:n['’]?t)|will not|never|no longer|not|nobody|no[ -]?one|none of (?:us|them))\s+(?:\w+\s+)?(?:need|want|give|gave|grant|ask|asked|request|requested|extend|approve)\w*\b[^,;.!?]*?(?:[,;.!?]|\b(?:but|just|only|rather)\b|$)|^\W*(?:please )?no\s+(?:access|need|request|thanks)\b[^,;.!?]*`)
	// acted is a clause about what somebody did or is doing.
	acted = regexp.MustCompile(`(?i)^\W*(?:(?:ok|so|well|hi|hey|btw|fyi|yesterday|today|earlier|this morning|last \w+)\b[\s,:]*)*(?:(?:i|we|you|he|she|they|someone|somebody)(?:'(?:ve|d)|\s+have|\s+just|\s+already|\s+also|\s+never)*\s+(?:(\w{2,}ed)|wrote|saw|went|made|took|ran|found|broke|lost|built|sent|was|were|had|did|got|gave|spent|(?:am|are)\s+\w+ing)|(?:i'm|we're|they're|he's|she's)\s+(\w+ing)|(wrote|spent|went|saw|fixed|moved|deployed|read about|working|reading))\b`)
	// topical is what one reads or writes about: no access to it.
	topical = regexp.MustCompile(`(?i)\b(?:read|reading|write|writing|wrote|view|edit|editing|post|posting|talk|talking|chat|docs?|documentation|article) (?:\w+ )?(?:about|on how)\b`)
	// wantedOnce are past forms with which people ask all the same.
	wantedOnce = set("need", "needed", "wanted", "hoped", "asking", "requesting", "hoping", "trying", "looking", "wondering", "going", "using", "locked", "blocked", "paged", "stuck")
)

// mood says what kind of sentence a text is.
type mood struct {
	asks   bool // asks for something
	told   bool // tells how things are, or what somebody did
	wonder bool // is a question about something
	refuse bool // says that something is not wanted, and nothing else
}

// moodOf reads the mood of a text.
func moodOf(text string) (m mood) {
	left := refuses.ReplaceAllString(text, " , ")
	m.asks = asks.MatchString(left)
	m.refuse = left != text && !m.asks && len(split(left)) <= 3
	m.wonder = wonders.MatchString(text) && !wishes.MatchString(text)
	m.told = tells.MatchString(text)
	if f := acted.FindStringSubmatch(text); f != nil && !wantedOnce[strings.ToLower(f[1]+f[2])] {
		m.told = true
	}
	return m
}

// didSomething reports whether a text begins with what somebody did.
func didSomething(text string) bool {
	f := acted.FindStringSubmatch(text)
	return f != nil && !wantedOnce[strings.ToLower(f[1]+f[2])] && !wishes.MatchString(text)
}
