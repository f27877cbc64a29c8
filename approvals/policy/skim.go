package policy

import (
	"bytes"
	"encoding/json"

	"github.com/hallpass-dev/hallpass/approvals"
)

// fields visits the members of a JSON object as Go's encoder writes it, without
// white space, in order. It reports whether all of it was read; what it cannot
// read, encoding/json shall.
func fields(b []byte, visit func(key, value []byte) bool) bool {
	if len(b) < 2 || b[0] != '{' {
		return false
	}
	for b = b[1:]; len(b) > 1; {
		if b[0] != '"' {
			return false
		}
		end := bytes.IndexByte(b[1:], '"') + 1
		if end == 0 || end+1 >= len(b) || b[end+1] != ':' || bytes.IndexByte(b[1:end], '\\') >= 0 {
			return false
		}
		key := b[1:end]
		b = b[end+2:]
		n := valueEnd(b)
		if n <= 0 || n >= len(b) || !visit(key, b[:n]) {
			return false
		}
		if b[n] == '}' {
			return n+1 == len(b)
		}
		if b[n] != ',' {
			return false
		}
		b = b[n+1:]
	}
	return len(b) == 1 && b[0] == '}'
}

// valueEnd is how long the JSON value is that begins here; 0 for none.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := textEnd(b[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // the end of a number or a word, and of what it is in
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return 0
}

// textEnd is how long the JSON text is that begins here; 0 for one without end.
func textEnd(b []byte) int {
	for i := 1; i < len(b); {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0
		}
		end := i + n
		escapes := 0
		for b[end-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return end + 1
		}
		i = end + 1
	}
	return 0
}

// wholeNumber reads a whole number.
func wholeNumber(b []byte) (n int64, ok bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}

func integer[T ~int | ~int64](b []byte, to *T) bool {
	n, ok := wholeNumber(b)
	*to = T(n)
	return ok
}

// text reads a JSON text. Those without escapes are taken as they are.
func text[T ~string](b []byte, to *T, seen map[string]string) bool {
	if len(b) < 2 || b[0] != '"' {
		return false
	}
	if bytes.IndexByte(b, '\\') >= 0 {
		return json.Unmarshal(b, to) == nil
	}
	raw := b[1 : len(b)-1]
	s, ok := seen[string(raw)]
	if !ok {
		s = string(raw)
		if seen != nil && len(seen) < textsAtMost {
			seen[s] = s
		}
	}
	*to = T(s)
	return true
}

// textsAtMost bounds the texts that are kept, so that each is made once.
const textsAtMost = 10_000

// skimmed is a stored decision as far as policies can see it.
type skimmed struct {
	facts       approvals.Facts // without requester, beneficiary, entitlement, evidence
	assessment  approvals.Assessment
	requester   []byte
	beneficiary []byte
	entitlement []byte
	extras      []byte // the fields that are not read here, as they are written
}

// skim reads facts and assessment without building what no policy sees. It
// reports whether both are written as expected.
func (k *skimmed) skim(d Stored, seen map[string]string) bool {
	*k = skimmed{extras: k.extras[:0]}
	return fields(d.Facts, func(key, value []byte) bool { return k.fact(key, value, seen) }) &&
		fields(d.Assessment, func(key, value []byte) bool {
			a := &k.assessment
			switch string(key) {
			case "score":
				return integer(value, &a.Score)
			case "confidence":
				return text(value, &a.Confidence, seen)
			case "problem":
				return text(value, &a.Problem, seen)
			case "raw", "p_deny", "factors", "model":
				return true
			}
			return false
		})
}

func (k *skimmed) fact(key, value []byte, seen map[string]string) bool {
	f := &k.facts
	switch string(key) {
	case "at":
		return f.At.UnmarshalJSON(value) == nil
	case "kind":
		return text(value, &f.Kind, seen)
	case "requester":
		k.requester = value
	case "beneficiary":
		k.beneficiary = value
	case "entitlement":
		k.entitlement = value
	case "duration":
		return integer(value, &f.Duration)
	case "reason_length":
		return integer(value, &f.ReasonLength)
	case "ticket":
		return text(value, &f.Ticket, seen)
	case "weekday":
		return integer(value, &f.Weekday)
	case "minute_of_day":
		return integer(value, &f.MinuteOfDay)
	case "auto_today":
		return integer(value, &f.AutoToday)
	case "directory":
		return fields(value, func(key, value []byte) bool {
			switch string(key) {
			case "source":
				return true
			case "as_of":
				return f.Directory.AsOf.UnmarshalJSON(value) == nil
			case "stale":
				f.Directory.Stale = string(value) == "true"
				return true
			}
			return false
		})
	case "problems":
		return json.Unmarshal(value, &f.Problems) == nil
	case "skip_level":
		return text(value, &f.SkipLevel, seen)
	case "starts_at":
		return f.StartsAt.UnmarshalJSON(value) == nil
	case "on_duty":
		return json.Unmarshal(value, &f.OnDuty) == nil
	case "evidence": // the score's, which policies see through the score alone
	default:
		k.extras = append(append(append(k.extras, key...), ':'), value...)
	}
	return true
}
