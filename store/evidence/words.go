package evidence

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// clock is a time as the report says it.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// spell is a length of time in words, in its two largest units.
func spell(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	units := []struct {
		name string
		of   time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}}
	var said []string
	for _, u := range units {
		if n := d / u.of; n > 0 && len(said) < 2 {
			said = append(said, plural(int(n), u.name))
			d %= u.of
		} else if len(said) > 0 {
			break
		}
	}
	return strings.Join(said, " ")
}

// plural is a number with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands writes a number with spaces that do not break, as 50 000.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "\u202f" + text[i:]
	}
	return text
}

// percent is a share in words, with one digit; "–" of nothing.
func percent(n, of int) string {
	if of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}

func short(digest string) string { return digest[:min(12, len(digest))] }

func people(all []Person) string {
	if len(all) == 0 {
		return "nobody"
	}
	var names []string
	for _, p := range all {
		names = append(names, p.String())
	}
	return strings.Join(names, ", ")
}

// by is who approved or denied, in words.
func (r Record) by() string {
	switch r.By {
	case ByPolicy:
		return "a policy"
	case ByBreakGlass:
		return "break-glass"
	case ByPeople:
		return people(r.Deciders)
	}
	return "nobody"
}
