package understand

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hallpass-dev/hallpass/approvals"
)

var (
	ticketPattern = regexp.MustCompile(`(?i)(?:\((?:ticket |see )?|\b(?:ticket(?:'s| is)?|issue|incident|jira)[\s:#]*|[\[#])?\b([a-z][a-z0-9]{1,9}-\d{1,7})\b[)\]]?`)
	ticketNumber  = regexp.MustCompile(`(?i)\b(?:ticket|incident|case)(?:'s| is| no\.?| number)?[\s:#]*(\d{3,9})\b`)
	address       = regexp.MustCompile(`(?i)\S*://\S*`)
	giveTo        = map[string]bool{"for": true, "give": true, "grant": true, "of": true, "let": true, "add": true}
	colleague     = set("my", "our", "colleague", "teammate", "coworker", "manager", "report", "the", "new", "hire", "contractor", "intern", "lead")
	wants         = set("needs", "wants", "requires")
)

// ticket finds a ticket number such as INC-4312. A word that the catalogue
// itself uses is no ticket.
func (r *reading) ticket() string {
	for _, m := range ticketPattern.FindAllStringSubmatchIndex(r.text, -1) {
		t := r.text[m[2]:m[3]]
		prefix, digits, _ := strings.Cut(t, "-")
		vocabulary := r.finder.vocabulary
		shouted := prefix == strings.ToUpper(prefix)
		if vocabulary[strings.ToLower(t)] || (!shouted && vocabulary[normal(strings.ToLower(prefix))] && len(digits) < 3) || strings.EqualFold(prefix, "utc") {
			continue
		}
		span := m[:2]
		for _, a := range address.FindAllStringIndex(r.text, -1) {
			if a[0] <= m[2] && m[3] <= a[1] {
				span = a
			}
		}
		r.take(span)
		return strings.ToUpper(t)
	}
	if m := ticketNumber.FindStringSubmatchIndex(r.text); m != nil {
		r.take(m[:2])
		return r.text[m[2]:m[3]]
	}
	return ""
}

// forWhom finds the person whom the access is for: an address, a handle or a
// name after "for", or before "needs". unknown is what was named when nobody,
// or more than one, has that name. The speaker is nobody else.
func (r *reading) forWhom(w World) (id approvals.PrincipalID, unknown string) {
	people := w.People
	for i := range r.words {
		start, first := i, i+1
		switch {
		case first < len(r.words) && wants[r.words[first].norm]:
			for n := 1; n <= min(2, i+1); n++ {
				said := r.said(first-n, n)
				if found := named(said, true, people); len(found) > 0 {
					for start = first - n; start > 0 && colleague[r.words[start-1].norm]; {
						start--
					}
					return r.person(found, said, r.words[start].start, i, w.Speaker)
				}
			}
			continue
		case !giveTo[r.words[i].norm]:
			continue
		case r.words[i].norm == "of":
			if i < 2 || r.words[i-1].norm != "behalf" {
				continue
			}
			start = i - 2 // "on behalf of"
		}
		for first < len(r.words) && colleague[r.words[first].norm] {
			first++
		}
		if first >= len(r.words) {
			continue
		}
		for n := min(3, len(r.words)-first); n >= 1; n-- {
			said := r.said(first, n)
			found := named(said, r.ends(first+n), people)
			if len(found) == 0 && n == 2 && isName(said) && isName(r.said(first+1, 1)) && halfKnown(said, people) {
				r.take([]int{r.words[start].start, r.words[first+n-1].end})
				return "", said
			}
			if len(found) == 0 {
				continue
			}
			last := first + n - 1
			if last+2 < len(r.words) && r.words[last+1].norm == "and" && len(named(r.said(last+2, 1), true, people)) > 0 { // two people
				r.take([]int{r.words[start].start, r.words[last+2].end})
				return "", r.said(first, n+2)
			}
			return r.person(found, said, r.words[start].start, last, w.Speaker)
		}
		if said := r.said(first, 1); strings.Contains(said, "@") {
			r.take([]int{r.words[start].start, r.words[first].end})
			return "", said
		}
	}
	return "", ""
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
			for _, name := range strings.Fields(p.Name) {
				if strings.EqualFold(s, name) {
					return true
				}
			}
		}
	}
	return false
}

// named lists the people whom words mean: by address, by handle, by full name,
// or by first name when it is written as a name, or ends a clause.
func named(said string, ends bool, people []approvals.Principal) []approvals.Principal {
	s := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(said, "@"), "'s"))
	asName := isName(said) || ends
	var exact, first []approvals.Principal
	for _, p := range people {
		if p.Inactive {
			continue
		}
		handle, _, _ := strings.Cut(p.Email, "@")
		switch {
		case strings.EqualFold(p.Email, s), strings.EqualFold(p.Name, s), strings.EqualFold(handle, s) && (strings.ContainsAny(s, "._") || said[0] == '@'):
			exact = append(exact, p)
		case asName && (strings.EqualFold(handle, s) || strings.EqualFold(p.FirstName(), s)):
			first = append(first, p)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return first
}
