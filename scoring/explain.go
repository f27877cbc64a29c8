package scoring

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Explain writes a stored decision's score for people: its factors with points
// and words, the counts that they rest on, and whether computing it again from
// the stored facts gives the same bytes. It reports whether it did. A score of
// another model version is not recomputed: only the version that gave it can.
func (m *Weights) Explain(out io.Writer, d approvals.Decision) (identical bool, err error) {
	var b strings.Builder
	a := d.Assessment
	fmt.Fprintf(&b, "score %d (raw %d), likelihood of refusal %d.%04d%%, confidence %s, model %s\n",
		a.Score, a.Raw, a.PDeny/10_000, a.PDeny%10_000, a.Confidence, a.Model)
	if a.Problem != "" {
		fmt.Fprintf(&b, "problem: %s\n", a.Problem)
	}
	b.WriteString("\nfactors\n")
	for _, f := range a.Factors {
		fmt.Fprintf(&b, "%+6d  %-32s %s\n", f.Points, f.Name, f.Words)
	}
	m.explainManager(&b, d)
	fmt.Fprintf(&b, "\ncounts, after %d human decisions\n", d.Facts.Evidence.World)
	for _, c := range d.Facts.Evidence.Counts {
		if strings.HasPrefix(c.Name, "world.") {
			fmt.Fprintf(&b, "  %-40s %d, digest %016x\n", c.Name, c.Of, c.N)
			continue
		}
		fmt.Fprintf(&b, "  %-40s %d of %d\n", c.Name, c.N, c.Of)
	}
	switch {
	case a.Model != m.model:
		fmt.Fprintf(&b, "\nnot recomputed: this program has model %s\n", m.model)
	default:
		if identical, err = m.recompute(d); err != nil {
			return false, err
		}
		verdict := "recomputed: identical"
		if !identical {
			verdict = "recomputed: DIFFERENT; the stored facts or the stored score were changed"
		}
		b.WriteString("\n" + verdict + "\n")
	}
	_, err = io.WriteString(out, b.String())
	return identical, err
}

// explainManager shows apart what comes from the team's past and what the score
// would be if nobody knew whose team it is: a hard or a lenient manager is not
// the requester's doing.
func (m *Weights) explainManager(b *strings.Builder, d approvals.Decision) {
	o := observed(d.Facts.Evidence)
	var with, without result
	m.score(&d.Facts, &o, &with)
	points := with.points[partFirstCell+atManager]
	for i, h := range layout.Pairs {
		if h[0] == atManager || h[1] == atManager {
			points += with.points[partFirstCell+singles+i]
		}
	}
	for _, t := range []*tallies{&o.now, &o.before, &o.without} {
		t.forget(atManager)
	}
	m.score(&d.Facts, &o, &without)
	fmt.Fprintf(b, "\nof these the team's past: %+d; without it, by the profile that knows no manager: raw %d\n", points, without.raw)
}

// recompute compares the stored assessment with one computed from the stored
// facts, byte by byte.
func (m *Weights) recompute(d approvals.Decision) (bool, error) {
	again, err := json.Marshal(m.Assess(d.Facts))
	if err != nil {
		return false, fmt.Errorf("write the recomputed assessment: %w", err)
	}
	stored, err := json.Marshal(d.Assessment)
	if err != nil {
		return false, fmt.Errorf("write the stored assessment: %w", err)
	}
	return string(again) == string(stored), nil
}
