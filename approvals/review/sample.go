package review

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Confidence is how sure a sample that passes makes one, in percent.
const Confidence = 95

// Member is one decision of a population, as the audit log alone tells of it.
type Member struct {
	Request     approvals.RequestID
	Sequence    int64 // of the event
	Kind        approvals.ItemKind
	Rules       []string // the permits that approved it, ordered
	Sensitivity approvals.Sensitivity
}

// MemberOf reads a member off an event; ok is false for an event that records
// no decision which nobody looked at.
func MemberOf(e approvals.Event) (m Member, ok bool) {
	m = Member{Request: e.Request, Sequence: e.Sequence, Sensitivity: approvals.Sensitivity(e.Detail["sensitivity"])}
	switch {
	case e.Kind == approvals.EventBreakGlassOpened:
		m.Kind = approvals.ItemBreakGlass
	case e.Kind == approvals.EventRequestDecided && e.Detail["outcome"] == string(approvals.AutoApprove):
		m.Kind = approvals.ItemAutomatic
	case e.Kind == approvals.EventGrantAdopted:
		m.Kind = approvals.ItemAdopted
	default:
		return m, false
	}
	if m.Sensitivity == "" {
		m.Sensitivity = "unknown"
	}
	for _, p := range e.Policies {
		if p.Effect == "permit" {
			m.Rules = append(m.Rules, p.ID)
		}
	}
	slices.Sort(m.Rules)
	return m, true
}

// glassStratum is the one that every break-glass belongs to, and adoptedStratum
// that of standing access which somebody gave an end.
const (
	glassStratum   = "break-glass"
	adoptedStratum = "adopted access"
)

// Stratum names the part of the population that a member is judged with.
func (m Member) Stratum() string {
	switch m.Kind {
	case approvals.ItemBreakGlass:
		return glassStratum
	case approvals.ItemAdopted:
		return adoptedStratum
	}
	return strings.Join(m.Rules, " + ") + " | " + string(m.Sensitivity)
}

// all reports whether every decision like this one is reviewed: those of the
// top sensitivity, also where it is not known, every break-glass, and all access
// that was adopted.
func (m Member) all() bool {
	return m.Kind != approvals.ItemAutomatic || m.Sensitivity.Rank() >= approvals.Critical.Rank()
}

// Digest is the SHA-256 of the members' ids in the order of the log, each with
// a line feed, in hexadecimal.
func Digest(members []Member) string {
	h := sha256.New()
	for _, m := range members {
		h.Write([]byte(string(m.Request) + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Seed is what a signed checkpoint draws by: the SHA-256 of its text, up to the
// line feed before the empty line, in hexadecimal.
func Seed(note []byte) string {
	text := note
	if end := bytes.Index(note, []byte("\n\n")); end >= 0 {
		text = note[:end+1]
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Order puts requests into the order in which a seed draws them: by
// SHA-256(seed, line feed, id), the smallest first.
func Order(seed string, ids []approvals.RequestID) []approvals.RequestID {
	keys := make(map[approvals.RequestID][sha256.Size]byte, len(ids))
	for _, id := range ids {
		keys[id] = sha256.Sum256([]byte(seed + "\n" + string(id)))
	}
	ordered := slices.Clone(ids)
	slices.SortFunc(ordered, func(a, b approvals.RequestID) int {
		ka, kb := keys[a], keys[b]
		return bytes.Compare(ka[:], kb[:])
	})
	return ordered
}

// Size is how many of a population have to be looked at so that, with no more
// than so many deviations among them, less than limit percent are wrong at 95%
// confidence: the smallest n of which the hypergeometric distribution says so
// exactly. It is at most the population.
func Size(population, deviations, limit int) int {
	wrong := (population*limit + 99) / 100 // if so many were wrong, it would be the limit or more
	for n := deviations; n < population; n++ {
		if n > 0 && convinces(population, wrong, n, deviations) {
			return n
		}
	}
	return population
}

// convinces reports whether at most c deviations among n are so improbable that
// the population can't have as many as wrong.
func convinces(population, wrong, n, c int) bool {
	var few, ways, rest big.Int
	for i := 0; i <= min(c, wrong, n); i++ {
		if n-i > population-wrong {
			continue
		}
		ways.Binomial(int64(wrong), int64(i))
		rest.Binomial(int64(population-wrong), int64(n-i))
		few.Add(&few, ways.Mul(&ways, &rest))
	}
	ways.Binomial(int64(population), int64(n))
	few.Mul(&few, big.NewInt(100))
	ways.Mul(&ways, big.NewInt(100-Confidence))
	return few.Cmp(&ways) <= 0
}

// Part is one stratum as it is drawn: all of it in the order of the seed, and
// how many from the front are in the sample.
type Part struct {
	Name        string
	Rules       []string
	Sensitivity approvals.Sensitivity
	Kind        approvals.ItemKind
	Ordered     []approvals.RequestID
	Size        int
}

// Draw parts a population into strata, ordered by name, and draws a sample of
// each.
func Draw(seed string, members []Member, limit int) []Part {
	byName := map[string]*Part{}
	whole := map[string]bool{}
	for _, m := range members {
		name := m.Stratum()
		p := byName[name]
		if p == nil {
			p = &Part{Name: name, Kind: m.Kind}
			if m.Kind == approvals.ItemAutomatic { // nobody is kept from emergencies by how others used theirs
				p.Rules, p.Sensitivity = m.Rules, m.Sensitivity
			}
			byName[name], whole[name] = p, m.all()
		}
		p.Ordered = append(p.Ordered, m.Request)
	}
	parts := make([]Part, 0, len(byName))
	for name, p := range byName {
		p.Ordered = Order(seed, p.Ordered)
		p.Size = len(p.Ordered)
		if !whole[name] {
			p.Size = Size(len(p.Ordered), 0, limit)
		}
		parts = append(parts, *p)
	}
	slices.SortFunc(parts, func(a, b Part) int { return strings.Compare(a.Name, b.Name) })
	return parts
}

// blindStratum is the one stratum of a blind sample.
const blindStratum = "blind"

// DrawBlind draws so many of all automatic approvals.
func DrawBlind(seed string, members []Member, share int) []Part {
	var ids []approvals.RequestID
	for _, m := range members {
		if m.Kind == approvals.ItemAutomatic {
			ids = append(ids, m.Request)
		}
	}
	return []Part{{Name: blindStratum, Kind: approvals.ItemAutomatic, Ordered: Order(seed, ids), Size: min(share, len(ids))}}
}

// SampleDigest is the SHA-256 over a sample: for each stratum in its order, for
// each request in its order, "stratum, tab, id, line feed"; in hexadecimal.
func SampleDigest(parts []Part) string {
	h := sha256.New()
	for _, p := range parts {
		for _, id := range p.Ordered[:p.Size] {
			h.Write([]byte(p.Name + "\t" + string(id) + "\n"))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
