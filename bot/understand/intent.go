package understand

import "regexp"

const (
	polite   = `^\W*(?:(?:ok(?:ay)?|so|oh|well|hey|hi|please|pls|plz|can you|could you|can i|could i|can we|could we|you can|you may|i(?:'d| would)? (?:need|like|want)(?: to)?|i want|need(?: to)?|no|wait|actually|sorry|thanks|thx|thank you|give me|let me|i wanna|all)\b[,!.\s]*)*`
	unitless = `(?:minutes?|minuts?|mins?|m|hours?|hrs?|hr|h|days?)\b`
	an       = `(?:an?|half an?|one|two|three|\d+|[a-z]+)`
)

// The patterns are tried in this order; each must fit the whole wish, or its
// beginning, so that "cancel the stuck refunds" in a reason starts nothing.
var intents = []struct {
	intent  Intent
	pattern *regexp.Regexp
}{
	{Help, regexp.MustCompile(`(?i)^\W*(?:help|hi|hello|hey|good (?:morning|afternoon|evening)|usage|how (?:do(?:es)? (?:this|it|i|we|you)|can i)\b.*|what (?:can|do|should) (?:you|i|we) (?:do|ask|request|get|say|type)\b.*|what is this|who are you|what are you)\b[\s!.?]*(?:there|hallpass|me|please|pls|work|use.*)?[\s!.?]*$|^[\s?]*\?[\s?]*$|^\W*(?:please |pls |can you |could you )*(?:help(?: me| us)?(?: out)?(?: with| using| use)? (?:hallpass|this(?: bot| thing)?|the bot|you)|(?:what|which|any) (?:commands?|options|words)\b.*|(?:show|list|see)(?: me)? (?:the )?(?:commands?|help|usage))[\s!.?]*$`)},
	{List, regexp.MustCompile(`(?i)^\W*(?:(?:please |can you |could you )*(?:list|show|see)(?: me)?(?: all)?(?: (?:my|of my|mine|what i have|what i hold))?(?: (?:current|active|open|pending))?(?: (?:access(?:es)?|grants?|requests?|permissions?))?(?: please| pls)?` +
		`|(?:what|which)(?:'?s|’s| is| do| access(?:es)?| grants?| requests?| am| are| have)? ?(?:do |access |can |have |am |still |currently )*(?:i|my|me|pending|open)\b.*(?:have|hold|access|got|waiting|wait for|active|open|pending|requests?|grants?|me)(?: (?:right )?now| to| at the moment| for| currently)?` +
		`|my (?:current |open |active )?(?:access|grants?|requests?)|status|(?:do|have) i (?:still )?(?:have|got|hold)\b.*|(?:when|how long)\b.*\b(?:my|i)\b.*(?:access|have|hold|end|expires?|got|left|keep).*|how much time do i have.*)[\s!.?]*$`)},
	{Cancel, regexp.MustCompile(`(?i)` + polite + `(?:cancel\b[^,;.!?]*\brequests?\b|cancel(?: (?:that|it|this|my|the|last|request|please)\b|[\s!.]*$|,)|never ?mind\b|nvm\b|forget (?:it|that|about it|my request)\b|withdraw\b|drop (?:it|that|this)\b|scratch that\b|stop (?:that|it|(?:the|my) request)\b|(?:ignore|drop|delete|retract) (?:my|the|that)(?: last)? request|take (?:that|my request) back|i(?:'ve| have)? changed my mind\b)|(?i)^\W*(?:i )?(?:do(?:n't| not)|don’t) need (?:it|this|that)(?: after all| any ?more)?[,.;\s]*(?:please )?cancel\b`)},
	{Release, regexp.MustCompile(`(?i)` + polite + `(?:i(?:'m|’m| am)? ?(?:all )?(?:done|finished)\b|im (?:all )?(?:done|finished)\b|(?:all )?(?:done|finished)(?:[\s!.,]|[^\w\s])*(?:here|thanks|thank you|thx|ty|cheers|now|\W)*(?:[\s!.]|[^\w\s])*$|(?:done|finished) (?:with|w/|here|now)(?:\W|$)|(?:i(?:'m|’m| am) )?through with\b|release\b|(?:give|hand) (?:it|my access|the access|access|.{1,60}) back|(?:give|hand|giving|handing) back\b|i (?:do not|don(?:'|’)?t) (?:need|want|use) (?:it|this|that|the access|access|my access|.{1,60}) (?:any ?more|any longer|now)\b|(?:there(?:'s| is) )?no (?:more )?need (?:for|of) .{1,60} (?:any ?more|any longer|now)\b|(?:drop|end|close|remove|revoke|return|stop|kill|terminate|turn off) (?:my|the)\b.*|take (?:it )?back\b|(?:i )?no longer need\b|(?:you can )?(?:take|have) (?:it|my access|.{1,40}) back)|(?i)^.{0,60}[,.!;]\s*(?:i'm |i am |im |all )(?:done|finished)[\s!.]*$`)},
	{Extend, regexp.MustCompile(`(?i)` + polite + `(?:i(?:'m| am) not (?:done|finished) yet\b.*\b(?:more|longer|another)\b|extend\b|an? extension\b|prolong\b|renew\b|(?:some |a bit |a little )?more time\b|(?:a bit |a little )?longer\b|(?:get |have )?another ` + an + ` ` + unitless + `|(?:keep|have|hold) .{1,60}?(?:for )?(?:longer\b|another\b|until\b|till?\b)|(?:get |have )?(?:an? )?` + an + ` (?:more|extra|additional) ` + unitless + `|` + an + ` ` + unitless + ` (?:more|longer)\b|\+\s?\d+\s?` + unitless + `)|^\W*\+\s?\d+\s?` + unitless)},
}

var (
	// asks are words with which people begin to ask for access.
	asks = regexp.MustCompile(`(?i)\b(?:need|needs|needed|wanted to|access|grant|permission|permissions|request|requesting|give me|can i (?:get|have|see)|could i (?:get|have|see)|let me (?:in|into)|get me into|log ?in to|want|would like|i'd like|wanna|gotta|have to|necesito|zugriff|bitte)\b`)
	// gives is a release that takes time or a ticket: of money, not of access.
	gives = regexp.MustCompile(`(?i)^\W*(?:please )?release\b.*(?:\d\s?(?:m|mins?|minutes?|h|hrs?|hours?)\b|[a-z]-\d)`)
	// tells are verbs of a sentence that tells how things are.
	tells = regexp.MustCompile(`(?i)\b(?:is|are|was|were|isn't|aren't|did|does|doesn't|had|has|went|goes|looks?|seems?|keeps?|feels?|says?|said|should|will)\b`)
	// corrects are words with which people begin to correct what they asked.
	corrects = regexp.MustCompile(`(?i)^\W*(?:no|nope|actually|sorry|wait|oh|make (?:it|that)|change (?:it|that)|i meant?|instead|rather|not|only|just|set it)\b|\binstead\W*$`)
)

// Lists are asked for in many words; what they have in common is a question, or
// "show", about what is one's own.
var (
	shows  = regexp.MustCompile(`(?i)^\W*(?:(?:please|pls|hey|hi|can you|could you|ok|so)\b[\s,]*)*(?:what(?:'s)?|which|whats|when|how (?:long|much|many)|(?:can|could|would) you (?:please )?(?:check|tell|show|see|say)\b|show|list|see|any(?:thing)?|are|is|do i|have i|am i)\b`)
	mine   = regexp.MustCompile(`(?i)\b(?:my|mine|i|for me|with me)\b`)
	holds  = regexp.MustCompile(`(?i)\b(?:hold(?:ing)?|have|having|got|left|open|pending|active|current(?:ly)?|expir\w+|runs? out|ends?|ending|waiting|grants?|requests?|permissions?|access(?:es)?|right now)\b`)
	others = regexp.MustCompile(`(?i)\b(?:need|want|get|ask(?:ed)?|give|approv\w+|who|why|can i (?:have|get)|could i|do i have to|required?)\b`)
	// further is more of what one has: "another 2h", "30 min more", "for longer".
	further = regexp.MustCompile(`(?i)\b(?:(?:for )?another ` + an + ` ?` + unitless + `|another (?:` + unitless + `)|` + an + ` ?` + unitless + ` (?:more|longer|extra)\b|for (?:a bit |a little |some time |much )?longer\b|(?:push|move|shift) (?:it|that|this|my end|the end) (?:out|back)\b)`)
)

func intentOf(text string) Intent {
	for _, i := range intents {
		if i.pattern.MatchString(text) && (i.intent != Extend || !refuses.MatchString(text)) {
			return i.intent
		}
	}
	switch at := further.FindStringIndex(text); {
	case shows.MatchString(text) && mine.MatchString(text) && holds.MatchString(text) && !others.MatchString(text):
		return List
	case at != nil && firstLength(text, at) && !toldBefore.MatchString(text[:at[0]]) && !refuses.MatchString(text):
		return Extend
	}
	return Other
}

// firstLength reports whether no other length is said before the span: "2h, the
// job runs another hour" asks for two hours.
func firstLength(text string, span []int) bool {
	all := lengths(text)
	return len(all) == 0 || all[0].span[1] >= span[0]
}
