package understand

import "regexp"

// The patterns are tried in this order; each must fit the whole wish, or its
// beginning, so that "cancel the stuck refunds" in a reason starts nothing.
var intents = []struct {
	intent  Intent
	pattern *regexp.Regexp
}{
	{Help, regexp.MustCompile(`(?i)^\W*(?:help|hi|hello|hey|good (?:morning|afternoon|evening)|\?+|usage|how (?:do(?:es)? (?:this|it|i)|can i)\b.*|what (?:can|do) you do|what is this|who are you)\b[\s!.?]*(?:there|hallpass|me|please|work|use.*)?[\s!.?]*$|^\W*\?+\W*$`)},
	{List, regexp.MustCompile(`(?i)^\W*(?:(?:please )?(?:list|show|see)(?: me)?(?: all)?(?: (?:my|of my|mine|what i have|what i hold))?(?: (?:current|active|open|pending))?(?: (?:access|grants?|requests?|permissions?))?|what(?:'s| is| do| access| am| are)? ?(?:do |access |can |have )*(?:i|my)\b.*(?:have|hold|access|got|waiting|wait for|active|open|pending|requests?|grants?)(?: (?:right )?now| to| at the moment| for)?|my (?:access|grants?|requests?)|status|do i have (?:any )?access.*)[\s!.?]*$`)},
	{Release, regexp.MustCompile(`(?i)^\W*(?:(?:ok(?:ay)?|thanks|thank you|hey|all)[,!. ]*)*(?:i(?:'m|’m| am)? ?(?:all )?(?:done|finished)\b|im (?:all )?(?:done|finished)\b|(?:all )?(?:done|finished)[\s!.]*$|done with\b|finished with\b|release\b|give (?:it|my access|the access|access|.{1,60}) back|give back\b|i don(?:'|’)?t need (?:it|this|that|the access|access|my access|.{1,60}) any ?more|drop (?:my|the) access|revoke my\b|take it back|no longer need\b|i no longer need\b)`)},
	{Cancel, regexp.MustCompile(`(?i)^\W*(?:please |can you |could you |no,? )*(?:cancel(?: (?:that|it|this|my|the|last|request|please)\b|[\s!.]*$)|never ?mind\b|nevermind\b|forget (?:it|that|about it)\b|withdraw\b|scratch that\b|stop (?:that|it|the request)\b|take (?:it|that|my request) back)`)},
	{Extend, regexp.MustCompile(`(?i)^\W*(?:please |can (?:you|i|we) |could (?:you|i) |i(?:'d| would)? (?:need|like|want) (?:to )?|need (?:to )?)*(?:extend\b|prolong\b|renew\b|(?:some |a bit |a little )?more time\b|(?:a bit |a little )?longer\b|(?:get |have )?another \S+ (?:minutes?|mins?|m|hours?|hrs?|h|days?)\b|(?:keep|have) (?:it|my access|access) (?:for )?(?:longer|another)\b|\S+ more (?:minutes?|mins?|hours?|hrs?|days?)\b)`)},
}

// asks are words with which people begin to ask for access.
var asks = regexp.MustCompile(`(?i)\b(?:need|access|grant|permission|permissions|request|give me|can i (?:get|have)|could i (?:get|have)|let me (?:in|into)|log ?in to|want)\b`)

func intentOf(text string) Intent {
	for _, i := range intents {
		if i.pattern.MatchString(text) {
			return i.intent
		}
	}
	return Other
}
