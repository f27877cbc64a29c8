package understand

import (
	"strings"
	"unicode"
)

// word is one token of a text: its normal form, and where it stands.
type word struct {
	norm       string
	start, end int  // bytes in the text
	used       bool // taken by a slot: no part of the reason
	negated    bool // what is not wanted
}

// split parts a text into words: letters, digits and what joins them inside a
// name (-, _, ', @, .).
func split(text string) []word {
	var ws []word
	start := -1
	flush := func(end int) {
		if start < 0 {
			return
		}
		s, e := start, end
		for e > s && strings.IndexByte(".-_'/:", text[e-1]) >= 0 { // punctuation at the end joins nothing
			e--
		}
		if e > s {
			ws = append(ws, word{norm: strings.ToLower(text[s:e]), start: s, end: e})
		}
		start = -1
	}
	for i, r := range text {
		inner := strings.ContainsRune("-_'’@./+", r) || (r == ':' && start >= 0 && i+1 < len(text) && isDigit(text[i-1]) && isDigit(text[i+1]))
		if unicode.IsLetter(r) || unicode.IsDigit(r) || (inner && (start >= 0 || r == '@')) {
			if start < 0 {
				start = i
			}
			continue
		}
		flush(i)
	}
	flush(len(text))
	for i := range ws {
		ws[i].norm = strings.ReplaceAll(ws[i].norm, "’", "'")
	}
	return ws
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// parts cuts a name into its tokens in normal form: "billing-db" is billing,
// database.
func parts(s string) []string {
	var out []string
	s = strings.ToLower(s)
	switch s {
	case "r/o":
		s = "ro"
	case "r/w":
		s = "rw"
	}
	s = joined.Replace(s)
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		out = append(out, normal(f))
	}
	return out
}

// joined are environments that are written in two: "pre-prod" is not production.
var joined = strings.NewReplacer("pre-prod", "preprod", "pre_prod", "preprod", "non-prod", "nonprod", "non_prod", "nonprod")

// synonyms maps what people write to what the catalogue's words are reduced to.
var synonyms = map[string]string{
	"db": "database", "dbs": "database", "databases": "database", "prod": "production", "prd": "production", "live": "production",
	"stg": "staging", "stage": "staging", "dev": "development", "ro": "readonly", "rw": "readwrite", "reader": "readonly",
	"read": "readonly", "viewer": "readonly", "view": "readonly", "write": "readwrite", "writer": "readwrite", "writing": "readwrite",
	"edit": "readwrite", "administrator": "admin", "k8s": "kubernetes", "kube": "kubernetes",
	"repos": "repository", "repo": "repository", "pg": "postgres", "postgresql": "postgres", "gh": "github", "deployment": "deploy",
	"deployer": "deploy", "logs": "log", "debugging": "debug", "reading": "readonly", "infra": "infrastructure", "raed": "readonly", "wirte": "readwrite", "wrtie": "readwrite",
	"preprod": "preproduction", "nonprod": "nonproduction",
}

// normal is a word as the catalogue and a text are compared: synonyms made
// one, and without the s of a plural.
func normal(s string) string {
	if short := strings.TrimSuffix(s, "access"); len(short) > 3 && short != s { // "readonlyaccess"
		s = short
	}
	if n, ok := synonyms[s]; ok {
		s = n
	}
	if len(s) > 4 && strings.HasSuffix(s, "s") && !strings.HasSuffix(s, "ss") {
		s = s[:len(s)-1]
		if n, ok := synonyms[s]; ok {
			s = n
		}
	}
	return s
}

// near reports whether two words are the same but for a slip of the finger:
// one for words from five letters on, two from nine on. Short words must be
// equal: "prod" is not "prof".
func near(a, b string) bool {
	allowed := 0
	switch n := min(len(a), len(b)); {
	case n >= 9:
		allowed = 2
	case n >= 5:
		allowed = 1
	}
	if a == b {
		return true
	}
	if allowed == 0 || len(a)-len(b) > allowed || len(b)-len(a) > allowed {
		return false
	}
	return slips(a, b, allowed) <= allowed
}

// slips is the optimal string alignment distance in bytes: insertions,
// deletions, substitutions, and neighbours swapped. It stops, and answers with
// more than enough, once they are more than enough.
func slips(a, b string, enough int) int {
	const longest = 64
	if len(a) >= longest || len(b) >= longest {
		return enough + 1
	}
	var rows [3][longest]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur, prev, before := &rows[i%3], &rows[(i+2)%3], &rows[(i+1)%3]
		cur[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
			least = min(least, cur[j])
		}
		if least > enough {
			return enough + 1
		}
	}
	return rows[len(a)%3][len(b)]
}
