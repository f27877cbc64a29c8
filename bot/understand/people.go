package understand

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hallpass-dev/hallpass/approvals"
)

var (
	giveTo    = set("for", "give", "grant", "of", "let", "add", "setup", "up", "gives", "giving")
	handed    = set("give", "grant", "let", "add", "gives", "giving") // a person comes next, or "me"
	colleague = set("my", "our", "colleague", "teammate", "coworker", "manager", "report", "the", "new", "hire", "contractor", "intern", "lead", "boss")
	wants     = set("needs", "wants", "requires")
	asked     = set("can", "could", "may", "should", "would", "might", "will", "please", "must")
	having    = set("have", "get", "use", "be", "see", "work", "access", "borrow")
)

// namedWithin is how many words of a text are looked through for somebody's
// name: a directory has many names, and a pasted log many words.
const namedWithin = 80

// forWhom finds the person whom the access is for: an address, a handle or a
// name after "for" or "give", before "needs", or between "can" and "have".
// unknown is what was named when nobody, or more than one, has that name, and
// stranger says that nobody has a part of it: it may be no name at all. The
// speaker is nobody else.
func (r *reading) forWhom(w World) (id approvals.PrincipalID, unknown string, stranger bool) {
	for i := range r.words[:min(len(r.words), namedWithin)] {
		start, first := i, i+1
		var ok bool
		switch {
		case wants[r.words[i].norm] && i > 0:
			if id, unknown, stranger, ok = r.before(i, w); ok {
				return id, unknown, stranger
			}
			continue
		case r.words[i].norm == "of":
			if i < 2 || r.words[i-1].norm != "behalf" {
				continue
			}
			start = i - 2 // "on behalf of"
		case r.words[i].norm == "up":
			if i < 1 || r.words[i-1].norm != "set" {
				continue
			}
			start = i - 1
		case asked[r.words[i].norm]:
			if !slices.ContainsFunc(r.words[min(i+2, len(r.words)):min(i+5, len(r.words))], func(w word) bool { return having[w.norm] }) {
				continue
			}
		case !giveTo[r.words[i].norm]:
			continue
		case r.words[i].norm == "for" && i > 0 && !r.knows(i-1) && !r.words[i-1].used && !r.ends(i):
			continue // "covering for Anna" tells what is done for her
		}
		for first < len(r.words) && colleague[r.words[first].norm] {
			first++
		}
		if first >= len(r.words) || r.words[first].used {
			continue
		}
		if id, unknown, stranger, ok = r.after(start, first, w); ok {
			return id, unknown, stranger
		}
	}
	return "", "", false
}

// before reads the name that ends before a word such as "needs".
func (r *reading) before(verb int, w World) (id approvals.PrincipalID, unknown string, stranger, ok bool) {
	for n := min(5, verb); n >= 1; n-- {
		said := r.said(verb-n, n)
		found := r.named(said, true, w.People)
		if len(found) == 0 {
			continue
		}
		start := verb - n
		for start > 0 && colleague[r.words[start-1].norm] {
			start--
		}
		id, unknown = r.person(found, said, r.words[start].start, verb, w.Speaker)
		return id, unknown, false, true
	}
	from := verb
	for from > 0 && verb-from < 3 && r.calledSo(from-1) && !r.words[from-1].used {
		from--
	}
	goesOn := verb+1 < len(r.words) && r.knows(verb+1) && (!filler[r.words[verb+1].norm] || r.words[verb+1].norm == "access")
	if from == verb || !goesOn {
		return "", "", false, false
	}
	said := r.said(from, verb-from)
	r.take([]int{r.words[from].start, r.words[verb].end})
	return "", said, true, true
}

// after reads the name that begins at a word.
func (r *reading) after(start, first int, w World) (id approvals.PrincipalID, unknown string, stranger, ok bool) {
	from := r.words[start].start
	if first+2 < len(r.words) && r.words[first].norm == "me" && r.words[first+1].norm == "and" && (r.calledSo(first+2) || len(r.named(r.said(first+2, 1), true, w.People)) > 0) {
		r.take([]int{from, r.words[first+2].end})
		return "", r.said(first, 3), false, true
	}
	for n := min(5, len(r.words)-first); n >= 1; n-- {
		said, last := r.said(first, n), first+n-1
		found := r.named(said, r.ends(first+n) || handed[r.words[start].norm] || having[r.words[min(first+n, len(r.words)-1)].norm], w.People)
		if len(found) == 0 && n == 2 && isName(said) && isName(r.said(first+1, 1)) && halfKnown(said, w.People) {
			r.take([]int{from, r.words[last].end})
			return "", said, false, true
		}
		if len(found) == 0 {
			continue
		}
		if last+2 < len(r.words) && r.words[last+1].norm == "and" && len(r.named(r.said(last+2, 1), true, w.People)) > 0 { // two people
			r.take([]int{from, r.words[last+2].end})
			return "", r.said(first, n+2), false, true
		}
		id, unknown = r.person(found, said, from, last, w.Speaker)
		return id, unknown, false, true
	}
	if said := r.said(first, 1); strings.Contains(said, "@") {
		r.take([]int{from, r.words[first].end})
		return "", said, false, true
	}
	to := first
	for to < len(r.words) && to-first < 3 && !r.words[to].used && r.calledSo(to) && (to == first || !r.ends(to)) {
		to++
	}
	if to == first || !r.ends(to) && !r.knows(to) {
		return "", "", false, false
	}
	r.take([]int{from, r.words[to-1].end})
	return "", r.said(first, to-first), true, true
}

// calledSo reports whether a word looks like a person's name, and is no word
// that the catalogue or the calendar has: a capital, and small letters.
func (r *reading) calledSo(i int) bool {
	said := r.said(i, 1)
	small := 0
	for at, c := range said {
		switch {
		case at == 0 && !unicode.IsUpper(c), unicode.IsDigit(c):
			return false
		case unicode.IsLower(c):
			small++
		}
	}
	return small > 0 && small+2 >= utf8.RuneCountInString(strings.ReplaceAll(said, "'", "")) && !r.knows(i) && !r.finder.vocabulary[strings.ToLower(said)] && !calendar.MatchString(said)
}

// person takes the words that named somebody.
func (r *reading) person(found []approvals.Principal, said string, start, last int, speaker approvals.PrincipalID) (approvals.PrincipalID, string) {
	r.take([]int{start, r.words[last].end})
	switch {
	case len(found) > 1:
		return "", said
	case found[0].ID == speaker:
		return "", ""
	}
	return found[0].ID, ""
}

// said is the text of n words.
func (r *reading) said(first, n int) string {
	return r.text[r.words[first].start:r.words[first+n-1].end]
}

// ends reports whether a clause ends before a word: at the end, at
// punctuation, or at what a slot took.
func (r *reading) ends(i int) bool {
	return i >= len(r.words) || r.words[i].used || breaks.MatchString(r.text[r.words[i-1].end:r.words[i].start])
}

func isName(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '@' || unicode.IsUpper(r)
}

// halfKnown reports whether one of two names is somebody's: they mean a person,
// though nobody is called so.
func halfKnown(said string, people []approvals.Principal) bool {
	for _, s := range strings.Fields(said) {
		for _, p := range people {
			for name := range strings.FieldsSeq(p.Name) {
				if is(name, folded(s)) {
					return true
				}
			}
		}
	}
	return false
}

// lookups is how many names are looked up in one text.
const lookups = 30

// named lists the people whom words mean, until enough names were looked up.
func (r *reading) named(said string, ends bool, people []approvals.Principal) []approvals.Principal {
	if r.looked++; r.looked > lookups {
		return nil
	}
	return named(said, ends, people)
}

// named lists the people whom words mean: by address, by handle, by full name,
// or by first name when it is written as a name, or ends a clause.
func named(said string, ends bool, people []approvals.Principal) []approvals.Principal {
	s := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(said, "@"), "'s"))
	typed := folded(s)
	asName := isName(said) || ends
	var exact, first []approvals.Principal
	for i := range people {
		p := &people[i]
		if p.Inactive {
			continue
		}
		handle, _, _ := strings.Cut(p.Email, "@")
		switch {
		case strings.EqualFold(p.Email, s), is(p.Name, typed), strings.EqualFold(handle, s) && (strings.ContainsAny(s, "._") || said[0] == '@'):
			exact = append(exact, *p)
		case asName && (strings.EqualFold(handle, s) || is(p.FirstName(), typed)):
			first = append(first, *p)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return first
}

// is reports whether a name is what was typed, in whatever letters. Most names
// are told apart by their first letter.
func is(name string, typed []string) bool {
	if name == "" || typed[0] == "" {
		return false
	}
	if c := name[0]; c < utf8.RuneSelf && c|0x20 != typed[0][0]|0x20 {
		return false
	}
	for _, t := range typed {
		if strings.EqualFold(name, t) {
			return true
		}
	}
	letters := utf8.RuneCountInString(name)
	if letters == len(name) || letters > len(typed[0])+4 || 2*letters < len(typed[0]) { // a letter is typed as one or two
		return false
	}
	return slices.ContainsFunc(folded(name), func(f string) bool { return slices.Contains(typed, f) })
}
