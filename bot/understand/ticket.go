package understand

import (
	"regexp"
	"strings"
)

var (
	ticketPattern = regexp.MustCompile(`(?i)(?:\((?:ticket |see )?|\b(?:ticket(?:'s| is|\s*=)?|issue|incident|jira)[\s:#]*|[\[#])?\b([a-z][a-z0-9]{1,9}-\d{1,7})\b[)\]]?`)
	// ticketRun is a number as ITSM tools write it: INC0012345.
	ticketRun    = regexp.MustCompile(`(?:\((?:(?i:ticket|see) )?|\b(?i:ticket(?:'s| is)?|incident|change)[\s:#]*)?\b([A-Z]{2,6}\d{4,10})\b[)\]]?`)
	ticketNumber = regexp.MustCompile(`(?i)(?:\b(?:ticket|incident|case|issue)(?:'s| is| no\.?| number)?[\s:]*(#?\d{3,9})\b|\B(#\d{2,9})\b)`)
	address      = regexp.MustCompile(`(?i)\S*://\S*`)
)

// ticket finds a ticket number such as INC-4312. A word that the catalogue
// itself uses is no ticket.
func (r *reading) ticket() (first string) {
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
		if first == "" { // further ones are no reason either
			first = strings.ToUpper(t)
		}
	}
	if first != "" {
		return first
	}
	for _, m := range ticketRun.FindAllStringSubmatchIndex(r.text, -1) {
		if t := r.text[m[2]:m[3]]; !r.finder.vocabulary[strings.ToLower(t)] {
			r.take(m[:2])
			return t
		}
	}
	if m := ticketNumber.FindStringSubmatchIndex(r.text); m != nil {
		r.take(m[:2])
		if m[2] < 0 {
			return r.text[m[4]:m[5]]
		}
		return r.text[m[2]:m[3]]
	}
	return ""
}
