package understand

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	clockTime = `noon|midday|midnight|eod|cob|eob|end of (?:the |my )?(?:business )?day|end of business|close of (?:business|play)|half past [a-z0-9]+|quarter (?:past|to) [a-z0-9]+|(?:[01]\d|2[0-3])[0-5]\d\b|(?:2[0-3]|[01]?\d)(?:[:.h][0-5]\d|h\b)?(?:\s?(?:am|pm|a\.m\.|p\.m\.))?`
	dayName   = `yesterday(?: morning| afternoon| evening)?|last (?:night|week|month|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b)|tomorrow(?: morning| afternoon| evening)?|tonight|today|this afternoon|this evening|(?:next |this )?(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?(?: morning| afternoon| evening)?\b|the \d{1,2}(?:st|nd|rd|th)|(?:the )?end of (?:the |this )?(?:week|month)|(?:the )?weekend|20\d\d-\d\d-\d\d|(?:` + months + `)\s\d{1,2}(?:st|nd|rd|th)?|\d{1,2}(?:st|nd|rd|th)?(?: of)? (?:` + months + `)`
	zoneName  = `utc|gmt|z|[ecmp][sd]?t|cest|cet|bst|wet|eet|ist|sgt|jst|my time|local time|[a-z]+(?:\s[a-z]+)? time`
	months    = `jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?`
)

var (
	untilPattern = regexp.MustCompile(`(?i)\b(?:from now )?(?:(?:up )?(?:until|till|til|'til|through|thru|to the|to|by|ends?(?: at)?|ending(?: at)?|bis|hasta))\s+(?:on )?(` + dayName + `)?(?:[\s,]*(?:at )?(` + clockTime + `))?(?:\s?(` + zoneName + `)\b)?(?:,?\s(?:on )?(` + dayName + `)(?:\s(` + zoneName + `)\b)?)?(?:\s?instead)?`)
	// stamp is an end as machines write it.
	stamp = regexp.MustCompile(`(?i)\b(?:until|till|til|by)\s+(20\d\d-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))\b`)
	// period is from one clock time to another: neither a length from now nor
	// an end alone, and asked about.
	period       = regexp.MustCompile(`(?i)\b(?:from |between )?\d{1,2}(?:[:.]\d\d\s?(?:am|pm)?|\s?(?:am|pm))\s?(?:to|-|–|and|until|till|til)\s?\d{1,2}(?:[:.]\d\d)?(?:\s?(?:am|pm))?\b`)
	dayPattern   = regexp.MustCompile(`(?i)\b(?:for )?(?:(?:the )?(?:rest|remainder) of (?:(?:the |this |my )?(?:day|week|afternoon)|today)|(?:the )?(?:whole|entire|full) day|the day|today|this afternoon|eod|end of day|all day)\b`)
	bareDay      = regexp.MustCompile(`(?i)^(?:today|this afternoon|all day)`)
	goesOn       = regexp.MustCompile(`^(?:[:.]?\d|[a-z])`) // a time that is none, such as 6:75
	clockPattern = regexp.MustCompile(`(?i)^(\d{1,2}?)(?:[:.h]?(\d\d)|h)?\s?(a|p)?(?:\.?m\.?)?$`)
	wordClock    = regexp.MustCompile(`(?i)^(half past|quarter past|quarter to) ([a-z]+|\d{1,2})$`)
	digits       = regexp.MustCompile(`\d+`)
)

// end finds an end, such as "until 6pm", "til friday noon" or "for today". An
// end that is over, and what cannot be read, has a span and no time.
func end(text string, now time.Time, closes time.Duration) (time.Time, []int) {
	if m := stamp.FindStringSubmatchIndex(text); m != nil {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
			if t, err := time.Parse(layout, strings.ToUpper(text[m[2]:m[3]])); err == nil && t.After(now) {
				return t.In(now.Location()), m[:2]
			}
		}
		return time.Time{}, m[:2]
	}
	if m := period.FindStringIndex(text); m != nil {
		return time.Time{}, m
	}
	for _, m := range untilPattern.FindAllStringSubmatchIndex(text, -1) {
		part := func(i int) string {
			if m[i] < 0 {
				return ""
			}
			return strings.ToLower(text[m[i]:m[i+1]])
		}
		day, clock := part(2), part(4)
		if day == "" {
			day = part(8)
		} else if m[8] >= 0 {
			continue
		}
		if word := strings.ToLower(text[m[0] : m[0]+2]); word == "to" && m[2] < 0 && m[4] < 0 {
			continue
		}
		if (day == "" && clock == "") || goesOn.MatchString(text[m[1]:]) {
			continue
		}
		there := now
		if zone, ok := zoneOf(part(6) + part(10)); !ok {
			continue
		} else if zone != nil {
			there = now.In(zone)
		}
		switch t, ok := at(there, day, clock, closes); {
		case ok:
			return t.In(now.Location()), m[:2]
		case t.Before(there): // "until 13:00 today", said at 14:00, is no end of day
			return time.Time{}, m[:2]
		}
	}
	if m := dayPattern.FindStringIndex(text); m != nil && !toldBefore.MatchString(text[:m[0]]) && (!bareDay.MatchString(text[m[0]:m[1]]) || !tells.MatchString(text)) {
		day := ""
		if strings.HasSuffix(text[m[0]:m[1]], "eek") {
			day = "week"
		}
		if t, ok := at(now, day, "", closes); ok && (day != "" || midnight(t).Equal(midnight(now))) {
			return t, m
		}
	}
	return time.Time{}, nil
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// at is the next time that a clock shows, on the day that was named, else
// today or tomorrow. An hour without am or pm is the next one that comes:
// "until 6" said at 14:00 is 18:00.
func at(now time.Time, day, clock string, closes time.Duration) (time.Time, bool) {
	base, ok := dayOf(now, day)
	if !ok {
		return now, false
	}
	if clock == "" && (strings.HasSuffix(day, "morning") || day == "tonight") {
		clock = map[bool]string{true: "midnight", false: "noon"}[day == "tonight"]
	}
	hour, minute, open, ok := clockOf(clock, closes)
	if !ok {
		return now, false
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

// clockOf reads a clock time. open says that the half of the day was left open.
func clockOf(clock string, closes time.Duration) (hour, minute int, open, ok bool) {
	switch clock {
	case "noon", "midday":
		return 12, 0, false, true
	case "midnight":
		return 24, 0, false, true
	}
	if m := wordClock.FindStringSubmatch(clock); m != nil {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			n = int(numbers[m[2]])
		}
		if n < 1 || n > 12 {
			return 0, 0, false, false
		}
		switch m[1] {
		case "half past":
			return n, 30, true, true
		case "quarter past":
			return n, 15, true, true
		}
		return n - 1, 45, true, true
	}
	m := clockPattern.FindStringSubmatch(clock)
	if m == nil { // end of day, close of play, or no clock at all
		return int(closes / time.Hour), int(closes % time.Hour / time.Minute), false, true
	}
	hour, _ = strconv.Atoi(m[1])
	minute, _ = strconv.Atoi(m[2])
	half := strings.ToLower(m[3])
	if (half != "" && (hour < 1 || hour > 12)) || minute > 59 || hour > 23 {
		return 0, 0, false, false
	}
	if half != "" {
		hour %= 12
	}
	if half == "p" {
		hour += 12
	}
	return hour, minute, half == "" && hour <= 12 && m[2] == "" && !strings.HasSuffix(clock, "h"), true
}

// dayOf is the midnight before the day that was named; today's for none. A
// weekday is the next one that comes.
func dayOf(now time.Time, day string) (time.Time, bool) {
	base := midnight(now)
	add := func(days int) (time.Time, bool) { return base.AddDate(0, 0, days), true }
	switch {
	case day == "" || day == "tonight" || day == "today" || strings.HasPrefix(day, "this "):
		if !strings.HasSuffix(day, "day") || day == "today" {
			return base, true
		}
	case strings.HasPrefix(day, "tomorrow"):
		return add(1)
	case strings.HasPrefix(day, "yesterday"):
		return add(-1)
	case strings.HasPrefix(day, "last "): // over, whichever it was
		return add(-7)
	case strings.HasSuffix(day, "month"):
		return time.Date(base.Year(), base.Month()+1, 0, 0, 0, 0, 0, base.Location()), true
	case strings.HasSuffix(day, "week"), strings.HasSuffix(day, "weekend"):
		return add((int(time.Friday) - int(base.Weekday()) + 7) % 7)
	case strings.HasPrefix(day, "20"):
		t, err := time.ParseInLocation("2006-01-02", day, now.Location())
		return t, err == nil
	}
	if n, err := strconv.Atoi(digits.FindString(day)); err == nil && strings.HasPrefix(day, "the ") { // "the 25th"
		for months := range 3 {
			t := time.Date(base.Year(), base.Month()+time.Month(months), n, 0, 0, 0, 0, base.Location())
			if t.Day() == n && !t.Before(base) {
				return t, true
			}
		}
		return base, false
	}
	short := strings.TrimPrefix(strings.TrimPrefix(day, "next "), "this ")
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.HasPrefix(short, strings.ToLower(d.String()[:3])) && !digits.MatchString(short) {
			days := (int(d)-int(base.Weekday())+6)%7 + 1
			return add(days)
		}
	}
	for m := time.January; m <= time.December; m++ {
		if strings.Contains(short, strings.ToLower(m.String()[:3])) {
			n, err := strconv.Atoi(digits.FindString(short))
			t := time.Date(base.Year(), m, n, 0, 0, 0, 0, base.Location())
			if t.Before(base) {
				t = t.AddDate(1, 0, 0)
			}
			return t, err == nil && t.Day() == n
		}
	}
	return base, false
}

// short names of time zones, as people use them: "EST" is New York's clock, in
// summer too.
var zoneNames = map[string]string{"utc": "UTC", "gmt": "UTC", "z": "UTC", "cet": "Europe/Paris", "cest": "Europe/Paris", "bst": "Europe/London",
	"wet": "Europe/Lisbon", "eet": "Europe/Helsinki", "et": "America/New_York", "est": "America/New_York", "edt": "America/New_York",
	"ct": "America/Chicago", "cst": "America/Chicago", "cdt": "America/Chicago", "mt": "America/Denver", "mst": "America/Denver", "mdt": "America/Denver",
	"pt": "America/Los_Angeles", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "ist": "Asia/Kolkata", "sgt": "Asia/Singapore", "jst": "Asia/Tokyo",
	"uk": "Europe/London", "british": "Europe/London", "german": "Europe/Berlin", "eastern": "America/New_York", "us eastern": "America/New_York",
	"central": "America/Chicago", "us central": "America/Chicago", "mountain": "America/Denver", "pacific": "America/Los_Angeles", "us pacific": "America/Los_Angeles",
	"india": "Asia/Kolkata", "indian": "Asia/Kolkata", "japan": "Asia/Tokyo"}

// zoneOf reads a time zone: a short name, or "Lisbon time". nil is the
// speaker's own; ok is false for a place that no zone is named after.
func zoneOf(name string) (zone *time.Location, ok bool) {
	place := strings.TrimSuffix(name, " time")
	switch {
	case name == "" || place == "my" || place == "local":
		return nil, true
	case zoneNames[place] != "":
		zone, err := time.LoadLocation(zoneNames[place])
		return zone, err == nil
	}
	words := strings.Fields(place)
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	for _, continent := range []string{"Europe", "America", "Asia", "Australia", "Africa", "Pacific"} {
		if zone, err := time.LoadLocation(continent + "/" + strings.Join(words, "_")); err == nil {
			return zone, true
		}
	}
	return nil, false
}
