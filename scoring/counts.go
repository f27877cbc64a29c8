package scoring

import (
	"github.com/hallpass-dev/hallpass/approvals"
)

// field ties a count's name in Facts to its place in an observation.
type field struct {
	name  string
	place func(*observation) (n, of *int64)
}

// fields lists every count that the score uses, in the order in which they are
// stored.
var fields = makeFields()

var fieldIndex = func() map[string]int {
	m := make(map[string]int, len(fields))
	for i, f := range fields {
		m[f.name] = i
	}
	return m
}()

func makeFields() []field {
	fs := []field{
		{"decided.all", func(o *observation) (n, of *int64) { return &o.all.Denied, &o.all.Decided }},
		{"moved", func(o *observation) (n, of *int64) { return &o.moved.n, &o.moved.of }},
		{"approver", func(o *observation) (n, of *int64) { return &o.alone.n, &o.alone.of }},
		{"peers.everybody", func(o *observation) (n, of *int64) { return &o.every.n, &o.every.of }},
		{"peers.near", func(o *observation) (n, of *int64) { return &o.near.n, &o.near.of }},
		{"peers.alike", func(o *observation) (n, of *int64) { return &o.alike.n, &o.alike.of }},
		{"own.entitlement", func(o *observation) (n, of *int64) { return &o.own.entitlement.Denied, &o.own.entitlement.Decided }},
		{"own.siblings", func(o *observation) (n, of *int64) { return &o.own.siblings.Denied, &o.own.siblings.Decided }},
		{"own.all", func(o *observation) (n, of *int64) { return &o.own.all.Denied, &o.own.all.Decided }},
		{"without.own.entitlement", func(o *observation) (n, of *int64) {
			return &o.ownOut.entitlement.Denied, &o.ownOut.entitlement.Decided
		}},
		{"without.own.siblings", func(o *observation) (n, of *int64) { return &o.ownOut.siblings.Denied, &o.ownOut.siblings.Decided }},
		{"without.own.all", func(o *observation) (n, of *int64) { return &o.ownOut.all.Denied, &o.ownOut.all.Decided }},
		{"last.entitlement", func(o *observation) (n, of *int64) { return &o.own.last.n, &o.own.last.of }},
		{"last.siblings", func(o *observation) (n, of *int64) { return &o.own.lastSibling.n, &o.own.lastSibling.of }},
		{"renewed", func(o *observation) (n, of *int64) { return &o.own.renewed.n, &o.own.renewed.of }},
		{"last.entitlement.without", func(o *observation) (n, of *int64) { return &o.ownOut.last.n, &o.ownOut.last.of }},
		{"last.siblings.without", func(o *observation) (n, of *int64) { return &o.ownOut.lastSibling.n, &o.ownOut.lastSibling.of }},
		{"renewed.without", func(o *observation) (n, of *int64) { return &o.ownOut.renewed.n, &o.ownOut.renewed.of }},
		{"time", func(o *observation) (n, of *int64) { return &o.hour.n, &o.hour.of }},
		{"duration", func(o *observation) (n, of *int64) { return &o.longer.n, &o.longer.of }},
	}
	for r := range rings {
		fs = append(fs, field{"peers." + ringNames[r], func(o *observation) (n, of *int64) {
			return &o.peers[r].n, &o.peers[r].of
		}})
	}
	fs = append(fs, tallyFields("decided.", func(o *observation) *tallies { return &o.now })...)
	fs = append(fs, tallyFields("before.", func(o *observation) *tallies { return &o.before })...)
	fs = append(fs, tallyFields("without.", func(o *observation) *tallies { return &o.without })...)
	return fs
}

func tallyFields(prefix string, of func(*observation) *tallies) (fs []field) {
	for i, a := range layout.Attributes {
		fs = append(fs, field{prefix + a, func(o *observation) (*int64, *int64) {
			c := &of(o).single[i]
			return &c.Denied, &c.Decided
		}})
	}
	for i := range layout.Pairs {
		fs = append(fs, field{prefix + layout.PairName(i), func(o *observation) (*int64, *int64) {
			c := &of(o).pair[i]
			return &c.Denied, &c.Decided
		}})
	}
	return fs
}

// counts is the observation as facts carry it; what was not observed is left out.
func (o *observation) counts() []approvals.Count {
	var cs []approvals.Count
	for _, f := range fields {
		if n, of := f.place(o); *n != 0 || *of != 0 {
			cs = append(cs, approvals.Count{Name: f.name, N: *n, Of: *of})
		}
	}
	return cs
}

// observed is the observation that facts carry. Counts with other names, and
// second ones with the same name, are ignored; numbers are brought into a range
// in which no sum overflows.
func observed(e approvals.Evidence) (o observation) {
	var seen [128]bool
	for _, c := range e.Counts {
		i, ok := fieldIndex[c.Name]
		if !ok || seen[i] {
			continue
		}
		seen[i] = true
		n, of := fields[i].place(&o)
		*of = min(max(c.Of, 0), mostCounted)
		*n = min(max(c.N, 0), *of)
	}
	return o
}

// mostCounted bounds every count: a billion decisions or people.
const mostCounted = 1 << 30
