package understand

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	numberWords = `a|an|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|forty-five|sixty|ninety|half an|half a|a couple of|couple of|a few`
	unitWords   = `minutes?|mins?|m|hours?|hrs?|hr|h|days?|d|weeks?|w`
	clockTime   = `noon|midnight|eod|cob|end of (?:the )?day|close of (?:business|play)|(?:[01]?\d|2[0-3])(?:[:.h][0-5]\d)?\s?(?:am|pm|a\.m\.|p\.m\.)?`
)

var (
	spanPattern  = regexp.MustCompile(`(?i)\b(?:for |about |around |~|another |max(?:imum)? |up to )*(?:the next )?(\d+(?:[.,]\d+)?|` + numberWords + `)[\s-]?(?:more |extra |additional )?(` + unitWords + `)\b(?:\s?(?:and |,)?\s?(\d+|a half)\s?(minutes?|mins?|m)?\b)?`)
	untilPattern = regexp.MustCompile(`(?i)\b(?:until|till|til|'til|to the|by)\s+(tomorrow|tonight)?\s?(?:at )?(` + clockTime + `)?(?:\s(tomorrow))?\b`)
	dayPattern   = regexp.MustCompile(`(?i)\b(?:for )?(?:(?:the )?(?:rest|remainder) of (?:the|my) day|today|eod|end of day)\b`)
	goesOn       = regexp.MustCompile(`^[:.]?\d`) // a time that is none, such as 6:75
	clockPattern = regexp.MustCompile(`(?i)^(\d{1,2})(?:[:.h](\d\d))?\s?(a|p)?`)
)

var numbers = map[string]float64{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
	"nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45, "sixty": 60,
	"ninety": 90, "half an": 0.5, "half a": 0.5, "a couple of": 2, "couple of": 2, "a few": 3}

// longest bounds what is believed to be a wish: 90 days.
const longest = 90 * 24 * time.Hour

// howLong finds a length or an end. span is the bytes that said it.
func howLong(text string, w World) (d time.Duration, until time.Time, span []int) {
	if d, span = length(text); d > 0 {
		return d, time.Time{}, span
	}
	zone := w.Zone
	if zone == nil {
		zone = time.UTC
	}
	now := w.Now.In(zone)
	if until, span = end(text, now, w.close()); until.IsZero() {
		return 0, until, nil
	}
	d = until.Sub(now).Round(time.Minute)
	if d < time.Minute || d > longest {
		return 0, time.Time{}, nil
	}
	return d, until, span
}

func (w World) close() time.Duration {
	if w.CloseOfDay > 0 {
		return w.CloseOfDay
	}
	return 18 * time.Hour
}

// compact is "1h30" and "1h30m", written as one word.
var compact = regexp.MustCompile(`(?i)\b(?:for )?(\d{1,2})h([0-5]?\d)m?(?:in)?\b`)

// length finds the first length, such as "2h", "90 min" or "half an hour".
func length(text string) (time.Duration, []int) {
	if m := compact.FindStringSubmatchIndex(text); m != nil {
		hours, _ := strconv.Atoi(text[m[2]:m[3]])
		minutes, _ := strconv.Atoi(text[m[4]:m[5]])
		if d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute; d >= time.Minute {
			return d, m[:2]
		}
	}
	for _, m := range spanPattern.FindAllStringSubmatchIndex(text, -1) {
		number, unit := strings.ToLower(text[m[2]:m[3]]), strings.ToLower(text[m[4]:m[5]])
		n, isWord := numbers[number]
		if isWord && len(unit) == 1 {
			continue // "a d" and "an h" are no lengths
		}
		if !isWord {
			var err error
			if n, err = strconv.ParseFloat(strings.Replace(number, ",", ".", 1), 64); err != nil {
				continue
			}
		}
		end := m[5]
		total := n * float64(unitOf(unit))
		if m[6] >= 0 { // "1h30", "1 hour and 30 minutes", "an hour and a half"
			more := strings.ToLower(text[m[6]:m[7]])
			minutes, err := strconv.Atoi(more)
			switch {
			case more == "a half":
				total, end = total+float64(unitOf(unit))/2, m[7]
			case err == nil && unitOf(unit) == time.Hour && minutes < 60 && (m[8] >= 0 || m[6] == m[5]):
				total, end = total+float64(minutes)*float64(time.Minute), max(m[7], m[9])
			}
		}
		if total < float64(time.Minute) || total > float64(longest) {
			continue
		}
		return time.Duration(total).Round(time.Minute), []int{m[0], end}
	}
	return 0, nil
}

func unitOf(unit string) time.Duration {
	switch unit[0] {
	case 'h':
		return time.Hour
	case 'd':
		return 24 * time.Hour
	case 'w':
		return 7 * 24 * time.Hour
	}
	return time.Minute
}

// end finds an end, such as "until 6pm", "til tomorrow noon" or "for today".
func end(text string, now time.Time, closes time.Duration) (time.Time, []int) {
	for _, m := range untilPattern.FindAllStringSubmatchIndex(text, -1) {
		part := func(i int) string {
			if m[i] < 0 {
				return ""
			}
			return strings.ToLower(text[m[i]:m[i+1]])
		}
		day, clock := part(2), part(4)
		if day == "" {
			day = part(6)
		}
		if (day == "" && clock == "") || goesOn.MatchString(text[m[1]:]) {
			continue
		}
		if t, ok := at(now, day, clock, closes); ok {
			return t, m[:2]
		}
	}
	if m := dayPattern.FindStringIndex(text); m != nil {
		if t := midnight(now).Add(closes); t.After(now) {
			return t, m
		}
	}
	return time.Time{}, nil
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// at is the next time that a clock shows, today or tomorrow. An hour without
// am or pm is the next one that comes: "until 6" said at 14:00 is 18:00.
func at(now time.Time, day, clock string, closes time.Duration) (time.Time, bool) {
	base := midnight(now)
	if day == "tomorrow" {
		base = base.AddDate(0, 0, 1)
	}
	var hour, minute int
	var open bool
	switch m := clockPattern.FindStringSubmatch(clock); {
	case clock == "noon":
		hour = 12
	case clock == "midnight" || (clock == "" && day == "tonight"):
		hour = 24
	case m == nil: // end of day, close of play, or no clock at all
		hour, minute = int(closes/time.Hour), int(closes%time.Hour/time.Minute)
	default:
		hour, _ = strconv.Atoi(m[1])
		minute, _ = strconv.Atoi(m[2])
		half := strings.ToLower(m[3])
		if (half != "" && (hour < 1 || hour > 12)) || minute > 59 {
			return now, false
		}
		if half != "" {
			hour %= 12
		}
		if half == "p" {
			hour += 12
		}
		open = half == "" && hour <= 12 && m[2] == ""
	}
	clockAt := func(days, hour int) time.Time {
		return time.Date(base.Year(), base.Month(), base.Day()+days, hour, minute, 0, 0, base.Location())
	}
	t := clockAt(0, hour)
	if open && !t.After(now) && hour < 12 {
		t = clockAt(0, hour+12)
	}
	if !t.After(now) && day == "" {
		t = clockAt(1, hour)
	}
	return t, t.After(now)
}
