package understand

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hallpass-dev/hallpass/approvals"
)

var (
	ticketPattern = regexp.MustCompile(`(?i)(?:\((?:ticket |see )?|\b(?:ticket|issue|incident|jira)[\s:#]*|[\[#])?\b([a-z][a-z0-9]{1,9}-\d{1,7})\b[)\]]?`)
	giveTo        = map[string]bool{"for": true, "give": true, "grant": true, "of": true, "let": true, "add": true}
)

// ticket finds a ticket number such as INC-4312. A word that the catalogue
// itself uses is no ticket.
func ticket(text string, vocabulary map[string]bool) (string, []int) {
	for _, m := range ticketPattern.FindAllStringSubmatchIndex(text, -1) {
		t := text[m[2]:m[3]]
		prefix, digits, _ := strings.Cut(t, "-")
		if vocabulary[strings.ToLower(t)] || (vocabulary[normal(strings.ToLower(prefix))] && len(digits) < 3) {
			continue
		}
		return strings.ToUpper(t), m[:2]
	}
	return "", nil
}

// forWhom finds the person whom the access is for: an address, a handle or a
// name after "for". unknown is what was named when nobody, or more than one,
// has that name.
func forWhom(text string, ws []word, people []approvals.Principal) (id approvals.PrincipalID, unknown string, span []int) {
	for i := 1; i < len(ws); i++ {
		if !giveTo[ws[i-1].norm] || (ws[i-1].norm == "of" && (i < 2 || ws[i-2].norm != "behalf")) {
			continue
		}
		start := ws[i-1].start
		if ws[i-1].norm == "of" && i >= 3 {
			start = ws[i-3].start // "on behalf of"
		}
		for n := min(3, len(ws)-i); n >= 1; n-- {
			said := text[ws[i].start:ws[i+n-1].end]
			found := named(said, n, people)
			switch {
			case len(found) == 1:
				return found[0].ID, "", []int{start, ws[i+n-1].end}
			case len(found) > 1 && (n > 1 || isName(said)):
				return "", said, []int{start, ws[i+n-1].end}
			}
		}
		if said := text[ws[i].start:ws[i].end]; strings.Contains(said, "@") {
			return "", said, []int{start, ws[i].end}
		}
	}
	return "", "", nil
}

func isName(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '@' || unicode.IsUpper(r)
}

// named lists the people whom n words mean: by address, by handle, by full
// name, or by first name when it is written as a name.
func named(said string, n int, people []approvals.Principal) []approvals.Principal {
	s := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(said, "@"), "'s"))
	var exact, first []approvals.Principal
	for _, p := range people {
		if p.Inactive {
			continue
		}
		handle, _, _ := strings.Cut(p.Email, "@")
		switch {
		case strings.EqualFold(p.Email, s), strings.EqualFold(p.Name, s):
			exact = append(exact, p)
		case n == 1 && isName(said) && (strings.EqualFold(handle, s) || strings.EqualFold(p.FirstName(), s)):
			first = append(first, p)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return first
}
