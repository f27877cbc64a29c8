package understand

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// letters are those that Unicode does not take apart into a letter and a mark.
var letters = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ß", "ss", "æ", "ae", "œ", "oe", "ı", "i", "’", "'")

// spelled are the letters that are also written as two.
var spelled = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")

// folded is a name as it may be typed: in lower case, each letter without its
// marks, or spelled out ("mueller" for "Müller").
func folded(name string) []string {
	name = norm.NFC.String(strings.ToLower(strings.TrimSpace(name)))
	out := []string{plain(name)}
	if two := plain(spelled.Replace(name)); two != out[0] {
		out = append(out, two)
	}
	return out
}

// plain is a name without marks.
func plain(name string) string {
	return letters.Replace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(name)))
}
