package understand

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	units     = `an?|one|two|three|four|five|six|seven|eight|nine`
	tens      = `twenty|thirty|forty|fifty|sixty|ninety`
	numberOf  = `(?:` + tens + `)(?:[\s-](?:` + units + `))?|` + units + `|ten|eleven|twelve|fifteen|three quarters of an|a quarter of an|quarter of an|half an?|half|another|a couple of|couple of|a couple|couple|a few|few`
	unitWords = `minut(?:e|en|os?)?s?|mins?|m|hours?|hous|hors?|hours?|horas?|hrs?|hr|h|stunden?|tage?|days?|d|weeks?|wks?|w|fortnight`
	before    = `(?:for |about |around |roughly |approximately |like |maybe |say |~|another |by |at most |max(?:imum)? |up to |no more than |not more than |just )*(?:the )?(?:next )?`
	after     = `(?:\s?(?:max|tops|should do(?: it)?|should be enough|is plenty|is enough|will do|would do|at most|or so|or less)\b)?`
)

var (
	spanPattern = regexp.MustCompile(`(?i)(?:\b|~)` + before + `(\d+(?:[.,]\d+)?(?:-?ish)?|(?:` + numberOf + `)|next)(?:\s((?:and|&) a half))?[\s-]?(?:more |extra |additional )?(` + unitWords + `)\b(?:\s?(?:and |& ?|,)?\s?(\d+|a half)\s?(minut(?:e)?s?|mins?|m)?\b)?` + after)
	compact     = regexp.MustCompile(`(?i)\b` + before + `(\d{1,2})h([0-5]?\d)m?(?:in)?\b` + after)
	fortnight   = regexp.MustCompile(`(?i)\b` + before + `(?:a |one )?fortnight\b`)
	// told is what stands before or after a length that is told and not wished.
	toldBefore = regexp.MustCompile(`(?i)\b(?:been|was|were|had|has|went|last|past|previous|waiting|down|took|taking|takes|every|within|failing|since|over|already)\b[^,;.!?]*$`)
	toldAfter  = regexp.MustCompile(`(?i)^\s*(?:ago|late|old|earlier|overdue|behind|delay|delayed|of (?:orders|data|logs|invoices|events)|window|sla|outage|downtime|in a row)\b`)
	notBefore  = regexp.MustCompile(`(?i)\b(?:not (?:for )?|until |till |til )$`)
	choice     = regexp.MustCompile(`\d\s?(?:-|–|or|to)\s?$`)
	corrected  = regexp.MustCompile(`(?i)\b(?:sorry|actually|no wait|make (?:it|that)|rather|i mean)\b`)
)

var numbers = map[string]float64{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
	"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
	"ninety": 90, "half an": 0.5, "half a": 0.5, "half": 0.5, "a couple of": 2, "couple of": 2, "a couple": 2, "couple": 2, "a few": 3, "few": 3,
	"three quarters of an": 0.75, "a quarter of an": 0.25, "quarter of an": 0.25, "next": 1, "another": 1}

// longestWish bounds what is believed to be a wish: 90 days.
const longestWish = 90 * 24 * time.Hour

// length finds for how long, or until when, and takes the words that said it.
func (r *reading) length(w World) (d time.Duration, until time.Time) {
	zone := w.Zone
	if zone == nil {
		zone = time.UTC
	}
	now := w.Now.In(zone)
	d, span := lengthIn(r.text)
	if d == 0 {
		if until, span = end(r.text, now, w.close()); until.IsZero() {
			r.take(span)
			r.unread = span != nil
			return 0, until
		}
		if d = until.Sub(now).Round(time.Minute); d < time.Minute || d > longestWish {
			r.take(span)
			r.unread = true
			return 0, time.Time{}
		}
	}
	r.take(span)
	return d, until
}

func (w World) close() time.Duration {
	if w.CloseOfDay > 0 {
		return w.CloseOfDay
	}
	return 18 * time.Hour
}

// said is a length, and where in the text it stands.
type said struct {
	d    time.Duration
	span []int
}

// lengthIn finds the length that is wished, such as "2h", "90 min" or "half an
// hour": the first that is no part of a story, or what corrects it.
func lengthIn(text string) (time.Duration, []int) {
	var wished []said
	for _, l := range lengths(text) {
		if toldBefore.MatchString(text[:l.span[0]]) || toldAfter.MatchString(text[l.span[1]:]) || notBefore.MatchString(text[:l.span[0]]) {
			continue
		}
		if choice.MatchString(text[:l.span[0]]) { // "1-2h" is for the person to say
			return 0, nil
		}
		wished = append(wished, l)
	}
	if len(wished) == 0 {
		return 0, nil
	}
	first, last := wished[0], wished[len(wished)-1]
	if corrected.MatchString(text[first.span[1]:last.span[0]+max(0, last.span[1]-last.span[0])]) && len(wished) > 1 {
		return last.d, []int{first.span[0], last.span[1]}
	}
	return first.d, first.span
}

// lengths are all lengths in a text, in order.
func lengths(text string) (all []said) {
	if m := compact.FindStringSubmatchIndex(text); m != nil {
		hours, _ := strconv.Atoi(text[m[2]:m[3]])
		minutes, _ := strconv.Atoi(text[m[4]:m[5]])
		if d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute; d >= time.Minute {
			return []said{{d, m[:2]}}
		}
	}
	if m := fortnight.FindStringIndex(text); m != nil {
		return []said{{14 * 24 * time.Hour, m}}
	}
	for _, m := range spanPattern.FindAllStringSubmatchIndex(text, -1) {
		if l, ok := span(text, m); ok {
			all = append(all, l)
		}
	}
	return all
}

// span reads one match of spanPattern.
func span(text string, m []int) (said, bool) {
	number, unit := strings.ToLower(text[m[2]:m[3]]), strings.ToLower(text[m[6]:m[7]])
	number = strings.TrimSuffix(strings.TrimSuffix(number, "ish"), "-")
	n, isWord := numbers[number]
	if ten, one, ok := strings.Cut(strings.ReplaceAll(number, "-", " "), " "); !isWord && ok {
		n, isWord = numbers[ten]+numbers[one], numbers[ten] > 0 && numbers[one] > 0
	}
	if number == "next" && !strings.Contains(strings.ToLower(text[m[0]:m[2]]), "the") && !strings.Contains(strings.ToLower(text[m[0]:m[2]]), "for") {
		return said{}, false // "next week" is when, not how long
	}
	if isWord && len(unit) == 1 {
		return said{}, false // "a d" and "an h" are no lengths
	}
	if !isWord {
		var err error
		if n, err = strconv.ParseFloat(strings.Replace(number, ",", ".", 1), 64); err != nil {
			return said{}, false
		}
	}
	if m[4] >= 0 {
		n += 0.5 // "two and a half hours"
	}
	total := n * float64(unitOf(unit))
	end := m[1]
	if m[8] >= 0 { // "1h30", "1 hour and 30 minutes", "an hour and a half"
		more := strings.ToLower(text[m[8]:m[9]])
		minutes, err := strconv.Atoi(more)
		switch {
		case more == "a half":
			total += float64(unitOf(unit)) / 2
		case err == nil && unitOf(unit) == time.Hour && minutes < 60 && (m[10] >= 0 || m[8] == m[7] || spaced(text[m[7]:m[8]])):
			total += float64(minutes) * float64(time.Minute)
		default:
			end = m[7]
		}
	}
	if total < float64(time.Minute) || total > float64(longestWish) {
		return said{}, false
	}
	return said{time.Duration(total).Round(time.Minute), []int{m[0], end}}, true
}

// spaced reports whether nothing but a space stands between: "1 hr 15".
func spaced(s string) bool { return s == " " }

func unitOf(unit string) time.Duration {
	switch unit[0] {
	case 'h', 's':
		return time.Hour
	case 'd', 't':
		return 24 * time.Hour
	case 'w':
		return 7 * 24 * time.Hour
	}
	return time.Minute
}
