package cards

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// visible drops what cannot be seen or turns text around: controls, zero-width
// characters, bidirectional marks, variation tricks. White space becomes one
// space; new lines stay when keep is set.
func visible(s string, keep bool) string {
	var b strings.Builder
	space := false
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case r > ' ' && r <= '~': // the most of what people write
		case r == '\n' && keep:
			b.WriteRune(r)
			space = true
			continue
		case unicode.IsSpace(r):
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r >= 0x2028 && r <= 0x2029,
			r == 0x034f, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, r >= 0xfe00 && r <= 0xfe0f:
			continue
		}
		space = false
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// short cuts to n runes, the last of them an ellipsis where something is cut.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return strings.TrimRight(string(runes[:n-1]), " ") + "…"
}

var (
	escaper  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unmarked = strings.NewReplacer("*", "∗", "~", "∼", "`", "ˋ")
)

// looked is how many bytes of a text are looked at for each character that is
// shown: what is longer than that is mostly invisible.
const looked = 40

// plain is somebody's words for a plain text, at most n runes.
func plain(s string, n int) string { return short(visible(s[:min(len(s), looked*n)], false), n) }

// words is somebody's words inside markup, at most n runes before escaping:
// nothing in them is interpreted.
func words(s string, n int) string {
	return escaper.Replace(unslanted(unmarked.Replace(plain(s, n))))
}

// unslanted disarms underscores at the edge of a word, which would slant text;
// those inside a name stay as they are.
func unslanted(s string) string {
	runes := []rune(s)
	inside := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
	}
	for i, r := range runes {
		if r == '_' && (!inside(i-1) || !inside(i+1)) {
			runes[i] = '\u02cd'
		}
	}
	return string(runes)
}

// name is a person's or a thing's name inside markup.
func name(s string) string { return words(s, 80) }

func bold(s string) string { return "*" + s + "*" }

// clock is a time as Slack shows it in the reader's own zone; zone is for
// clients that cannot.
func clock(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "an unknown time"
	}
	if zone == nil {
		zone = time.UTC
	}
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), t.In(zone).Format("2 Jan 15:04 MST"))
}

// join lists names: "a, b and c"; beyond most, "a, b and 7 others".
func join(names []string, most int) string {
	switch n := len(names); {
	case n == 0:
		return "nobody"
	case n == 1:
		return names[0]
	case n > most+1: // one more is named rather than counted
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d others", n-most)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
