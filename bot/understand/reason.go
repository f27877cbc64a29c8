package understand

import (
	"regexp"
	"slices"
	"strings"
)

// reason is what is left, in the person's own words: what was announced as
// one, and every segment that says more than which access.
func (r *reading) reason() string {
	var out []string
	begun, ended := 0, -1 // the words of what was said last
	for _, s := range r.segments {
		for from := s.from; from < s.to; {
			if s.taken[from] {
				from++
				continue
			}
			to := from
			tells, unknown, content := s.story, 0, 0
			for to < s.to && !s.taken[to] {
				w := r.words[to]
				if !r.finder.known(w) && !w.negated {
					unknown++
				}
				if !filler[w.norm] {
					content++
				}
				to++
			}
			small := !because.MatchString(r.text[r.words[from].start:r.words[to-1].end]) && slices.ContainsFunc(r.words[from:to], func(w word) bool { return reader[w.norm] })
			// One unknown word before a name is a slip or a level of another system.
			tells = tells || unknown > 0 && content > 1 || unknown == 1 && (to == s.to || from > s.from)
			said := r.told(r.words[from].start, r.words[to-1].end)
			tells = tells || !r.open && s.piece && to == s.to
			if to < s.to {
				said = leads.ReplaceAllString(said, "")
			}
			switch {
			case from == ended && s.story && r.gap(from) == " ": // "two more refunds to check"
				ended = to
				out[len(out)-1] = r.told(r.words[begun].start, r.words[to-1].end)
			case tells && said != "" && !small && (!r.open || s.story || !r.naming(s, from, to)):
				begun, ended = from, to
				out = append(out, said)
			}
			from = to
		}
	}
	return strings.Join(out, ", ")
}

// reader are words for whom the text is addressed to: "hope you're well" is no
// reason.
var reader = set("you", "you're", "your", "u", "y'all")

// naming reports whether a stretch beside a name rather belongs to the name,
// when that is none of the catalogue's: one unknown word, or one beside a word
// that points at a thing.
func (r *reading) naming(s segment, from, to int) bool {
	beside := from > s.from && s.taken[from-1] || to < s.to && s.taken[to]
	said := 0
	points := false
	for _, w := range r.words[from:to] {
		if !filler[w.norm] {
			said++
			points = points || slices.ContainsFunc(r.finder.tokens(w), r.finder.distinctive)
		}
	}
	return beside && (said == 1 || said == 2 && points)
}

// told is a stretch of the text without slots and without what leads to it.
func (r *reading) told(from, to int) string {
	said := tidy(cut(r.text, from, to, r.spans))
	said = starts.ReplaceAllString(said+" ", "")
	said = aside.ReplaceAllString(said, "")
	said = starts.ReplaceAllString(said, "")
	said = tidy(said)
	if ended.MatchString(said) {
		return ""
	}
	for _, w := range split(said) {
		if !filler[w.norm] && !corrections[w.norm] {
			return said
		}
	}
	return ""
}

var corrections = set("no", "wait", "sorry", "actually", "instead", "rather", "meant")

// ended is an end that could not be read: no reason, but asked about.
var ended = regexp.MustCompile(`(?i)^(?:until|till|til)\s+\S+$`)

// cut is text[start:end] without the spans.
func cut(text string, start, end int, spans [][]int) string {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b []int) int { return a[0] - b[0] })
	var b strings.Builder
	for _, s := range spans {
		if s[1] <= start || s[0] >= end {
			continue
		}
		if s[0] > start {
			b.WriteString(text[start:s[0]])
		}
		start = max(start, s[1])
	}
	if start < end {
		b.WriteString(text[start:end])
	}
	return b.String()
}

// tidy drops what hangs at the ends once slots were taken out.
func tidy(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	for _, pair := range [][2]string{{" ,", ","}, {",,", ","}, {"()", ""}, {"[]", ""}, {" .", "."}} {
		s = strings.ReplaceAll(s, pair[0], pair[1])
	}
	s = strings.Trim(s, " ,;:.-–—([")
	for {
		rest, last, ok := cutLastWord(s)
		if !ok || !hanging[strings.ToLower(last)] {
			return s
		}
		s = strings.TrimRight(rest, " ,;:.-–—")
	}
}

var hanging = set("for", "until", "till", "and", "please", "pls", "plz", "thanks", "thx", "ticket", "from")

// leads are words that lead from a story to the name after it.
var leads = regexp.MustCompile(`(?i)(?:\s(?:in|on|about|with|to|of|at|into|i|we|need|the|a|an))+$`)

func cutLastWord(s string) (rest, last string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
