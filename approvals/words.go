package approvals

import (
	"fmt"
	"strings"
	"time"
)

// Span says a duration as people do: "20 minutes", "1 hour 30 minutes",
// "2 days". Seconds are shown only below a minute.
func Span(d time.Duration) string {
	if d < time.Minute {
		return plural(int(d.Seconds()), "second")
	}
	total := int(d.Minutes())
	var parts []string
	for _, u := range []struct {
		minutes int
		word    string
	}{{24 * 60, "day"}, {60, "hour"}, {1, "minute"}} {
		if n := total / u.minutes; n > 0 {
			parts = append(parts, plural(n, u.word))
			total %= u.minutes
		}
	}
	return strings.Join(parts, " ")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
