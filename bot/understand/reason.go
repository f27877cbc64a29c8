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
			// One unknown word before a name is a slip or a level of another system.
			tells = tells || unknown > 0 && content > 1 || unknown == 1 && (to == s.to || from > s.from)
			said := r.told(r.words[from].start, r.words[to-1].end)
			if to < s.to {
				said = leads.ReplaceAllString(said, "")
			}
			if tells && said != "" {
				out = append(out, said)
			}
			from = to
		}
	}
	return strings.Join(out, ", ")
}

// told is a stretch of the text without slots and without what leads to it.
func (r *reading) told(from, to int) string {
	said := tidy(cut(r.text, from, to, r.spans))
	said = starts.ReplaceAllString(said+" ", "")
	said = aside.ReplaceAllString(said, "")
	said = starts.ReplaceAllString(said, "")
	said = tidy(said)
	for _, w := range split(said) {
		if !filler[w.norm] && !corrections[w.norm] {
			return said
		}
	}
	return ""
}

var corrections = set("no", "wait", "sorry", "actually", "instead", "rather", "meant")

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
var leads = regexp.MustCompile(`(?i)(?:\s(?:in|on|about|with|to|of|at|into|need|the|a|an))+$`)

func cutLastWord(s string) (rest, last string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
