package understand

import (
	"regexp"
	"slices"
	"strings"
)

// readAtMost is how much of a text is read, in bytes. A wish is a sentence or
// two; the rest of a pasted log says nothing more.
const readAtMost = 4000

// filler are words that ask, link or thank and mean nothing by themselves.
var filler = set("i", "i'd", "i'm", "i'll", "im", "id", "need", "needs", "needed", "please", "pls", "plz", "can", "could", "would", "may", "might",
	"you", "u", "give", "grant", "get", "have", "me", "us", "we", "my", "our", "access", "to", "on", "for", "the", "a", "an", "of", "in",
	"into", "at", "with", "and", "also", "hi", "hey", "hello", "hallpass", "thanks", "thank", "thx", "ty", "want", "like", "some", "request",
	"requesting", "ask", "asking", "permission", "permissions", "level", "is", "it", "this", "that", "there", "be", "able", "let", "just",
	"only", "asap", "now", "right", "quick", "quickly", "temporary", "temporarily", "temp", "rights", "role", "via", "from", "how", "about",
	"up", "more", "so", "do", "so", "or", "no", "not", "yes", "ok", "okay", "user", "using", "use", "extend", "release", "done", "ticket",
	"cancel", "if", "possible", "the", "until", "till", "til", "by", "tomorrow", "today", "am", "are", "s", "ll", "hmm", "uh", "um", "morning")

var (
	because = regexp.MustCompile(`(?i)\b(?:because(?: of)?|bc|cause|reason(?: is)?\s*[:=-]?|since|as (?:i|we)\b|due to|in order to|so (?:that )?(?:i|we) (?:can|may)|why:)\s*`)
	purpose = regexp.MustCompile(`(?i)\bto\s+([a-z]+)`)
	// beforeTo are words after which "to" leads to the thing, not to the reason.
	beforeTo = set("access", "in", "login", "log", "connect", "need", "want", "like", "have", "write", "read", "admin", "rights", "permission",
		"permissions", "on", "deploy", "push", "able", "going", "trying", "ssh", "up", "similar", "got", "back", "close", "prior", "allowed")
	afterTo = set("the", "a", "an", "my", "our", "your", "their", "access", "have", "get", "be", "this", "that", "me", "use", "request")
	breaks  = regexp.MustCompile(`[,;:.!?\n()–—]|\s-\s`)
	more    = set("and", "also", "plus", "as")
)

// Parse reads one text. It never fails: what it does not understand stays
// empty.
func Parse(text string, w World) Wish {
	text = clean(text)
	wish := Wish{Intent: intentOf(text)}
	if wish.Intent == Help || wish.Intent == List {
		return wish
	}
	x := w.Index.finder()
	ws := split(text)
	var spans [][]int
	take := func(span []int) {
		if span != nil {
			spans = append(spans, span)
		}
	}
	var span []int
	wish.Duration, wish.Until, span = howLong(text, w)
	take(span)
	wish.Ticket, span = ticket(text, x.vocabulary)
	take(span)
	wish.Beneficiary, wish.Unknown, span = forWhom(text, ws, w.People)
	take(span)
	for i := range ws {
		ws[i].used = slices.ContainsFunc(spans, func(s []int) bool { return ws[i].start < s[1] && ws[i].end > s[0] })
	}
	from := reasonFrom(text, ws, x.Index)
	res := x.seek(text, ws, from)
	wish.Entitlement, wish.Candidates = res.one, res.candidates
	for i := range ws {
		ws[i].wish, ws[i].narrow = res.words[i], res.narrowed[i]
	}
	wish.Sought = sought(ws)
	wish.Reason = reason(text, ws, spans, from)
	narrowed := slices.ContainsFunc(ws, func(w word) bool { return w.narrow })
	if wish.Intent == Other && (asks.MatchString(text) && (len(res.words) > 0 || narrowed || wish.Duration > 0) ||
		res.strong && wish.Duration > 0 || len(res.words) > 0 && mostlyNames(ws)) {
		wish.Intent = Request
	}
	if wish.Intent == Other { // a thing was mentioned, not asked for
		wish.Entitlement, wish.Candidates = "", nil
	}
	return wish
}

// mostlyNames reports whether at least half of what is said names the access,
// or a level or a place is named beside it.
func mostlyNames(ws []word) bool {
	named, content := 0, 0
	for _, w := range ws {
		switch {
		case w.narrow:
			return true
		case w.wish:
			named++
			content++
		case !w.used && !filler[w.norm]:
			content++
		}
	}
	return 2*named >= content
}

// clean drops what cannot be seen and bounds the length.
func clean(text string) string {
	if len(text) > readAtMost {
		text = strings.ToValidUTF8(text[:readAtMost], "")
	}
	text = strings.ToValidUTF8(text, "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r == 0x7f, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff:
			return -1
		}
		return r
	}, text))
}

// reasonFrom is the byte at which a reason is announced: after "because", or
// after a "to" that starts a purpose. len(text) when nothing announces one.
func reasonFrom(text string, ws []word, x *Index) int {
	from := len(text)
	if m := because.FindStringIndex(text); m != nil && m[0] > 0 {
		from = m[0]
	}
	for _, m := range purpose.FindAllStringSubmatchIndex(text, -1) {
		verb := strings.ToLower(text[m[2]:m[3]])
		before := ""
		for _, w := range ws {
			if w.end <= m[0] {
				before = w.norm
			}
		}
		if m[0] < from && before != "" && !beforeTo[before] && !afterTo[verb] && !x.distinctive(normal(verb)) {
			from = m[0]
			break
		}
	}
	return from
}

// seek searches the words before the announced reason, then all of them. Of
// several clauses the first that names something counts; a later one is a
// second wish when it begins with "and", or names a level or a kind of thing.
func (x *finder) seek(text string, ws []word, from int) result {
	head := slices.IndexFunc(ws, func(w word) bool { return w.start >= from })
	if head < 0 {
		head = len(ws)
	}
	all := x.find(ws[:head])
	if !all.strong {
		if late := x.find(ws); head < len(ws) && late.strong {
			late.words, late.narrowed = all.words, all.narrowed // the reason keeps its own words
			return late
		}
		return all
	}
	first := -1
	var found result
	for s := 0; s < head; {
		e := s + 1
		for e < head && !breaks.MatchString(text[ws[e-1].end:ws[e].start]) {
			e++
		}
		res := x.find(ws[s:e])
		switch {
		case !res.strong:
		case first < 0:
			first, found = s, shift(res, s)
		case all.one == "" && secondWish(ws[s:e]):
			return all
		}
		s = e
	}
	if found.one == "" || (all.one != "" && all.one != found.one) { // level or environment stands in another clause
		return all
	}
	return found
}

func secondWish(ws []word) bool {
	if more[ws[0].norm] {
		return true
	}
	for _, w := range ws {
		for _, p := range parts(w.norm) {
			if !w.used && (levels[p] || generic[p]) {
				return true
			}
		}
	}
	return false
}

func shift(r result, by int) result {
	moved := func(m map[int]bool) map[int]bool {
		to := make(map[int]bool, len(m))
		for i, v := range m {
			to[i+by] = v
		}
		return to
	}
	r.words, r.narrowed = moved(r.words), moved(r.narrowed)
	return r
}

// sought is what names the access, for searching again.
func sought(ws []word) string {
	var out []string
	for _, w := range ws {
		if !w.used && !filler[w.norm] && len(out) < 12 {
			out = append(out, w.norm)
		}
	}
	s := strings.Join(out, " ")
	return s[:min(len(s), 150)]
}

// reason is what is left: announced, all of it but the slots; else the words
// that name nothing and are not filler, clause by clause.
func reason(text string, ws []word, spans [][]int, from int) string {
	if from < len(text) {
		said := cut(text, from, len(text), spans)
		said = because.ReplaceAllString(said, "")
		if m := purpose.FindStringIndex(said); m != nil && m[0] == 0 {
			said = strings.TrimSpace(said[2:])
		}
		return tidy(said)
	}
	var out []string
	for i := 0; i < len(ws); {
		end := i + 1
		for end < len(ws) && !breaks.MatchString(text[ws[end-1].end:ws[end].start]) {
			end++
		}
		if first, last := leftover(ws[i:end]); first >= 0 {
			if said := tidy(cut(text, ws[i+first].start, ws[i+last].end, spans)); said != "" {
				out = append(out, said)
			}
		}
		i = end
	}
	return strings.Join(out, ", ")
}

// leftover is the part of a clause that gives a reason: all of a clause that
// names nothing, else the words that name nothing.
func leftover(clause []word) (first, last int) {
	first, last = -1, -1
	whole := !slices.ContainsFunc(clause, func(w word) bool { return w.wish || w.used })
	for j, w := range clause {
		if w.used || w.wish || w.narrow || filler[w.norm] {
			continue
		}
		if first < 0 {
			first = j
		}
		last = j
	}
	if first >= 0 && whole {
		first, last = 0, len(clause)-1
	}
	return first, last
}

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
		cutLast, last, ok := cutLastWord(s)
		if !ok || !hanging[strings.ToLower(last)] {
			return s
		}
		s = strings.TrimRight(cutLast, " ,;:.-–—")
	}
}

var hanging = set("for", "until", "till", "and", "please", "pls", "thanks", "thx", "ticket")

func cutLastWord(s string) (rest, last string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
