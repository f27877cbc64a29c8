package backtest

import (
	"encoding/binary"
	"slices"
)

// positionName is the attribute that stands for all others of the requester.
const positionName = "position"

// fewestParts is of how many attributes a position is made at least; what two
// say together is a pair already.
const fewestParts = 3

// positions number the combinations of everything that a table says of
// requesters. A table does not name people; who has manager, department, title
// and all else in common is the nearest to one person that it knows. Their
// earlier requests tell what the bot reads from a person's own.
type positions struct {
	parts   []int // attributes, by index in the layout; the position's own place comes last
	numbers map[string]uint32
}

// seePositions adds positions to the layout: as an attribute, and paired with
// one of its own parts, so that few decisions of a position count as those of a
// pair do. A position that says no more than one attribute is left out, and so
// it is where a column has its name.
func (m *model) seePositions(t *Table) {
	p := &positions{numbers: map[string]uint32{}}
	for i, a := range m.layout.Attributes {
		if a != "entitlement" {
			p.parts = append(p.parts, i)
		}
	}
	if len(p.parts) < fewestParts || t.column(positionName) >= 0 {
		return
	}
	at := len(m.layout.Attributes)
	m.layout.Attributes = append(m.layout.Attributes, positionName)
	m.positions = p
	marked := Table{Rows: m.rows(t)}
	if slices.ContainsFunc(p.parts, func(part int) bool { return marked.twins(part, at) }) {
		m.layout.Attributes, m.positions = m.layout.Attributes[:at], nil
		return
	}
	of := p.parts[0]
	if i := slices.Index(m.layout.Attributes, "manager"); i >= 0 {
		of = i
	}
	m.layout.Pairs = append(m.layout.Pairs, [2]int{of, at})
}

// mark writes a row's position to its last place; 0 where a part is unknown.
func (p *positions) mark(row []uint32) {
	key := make([]byte, 0, 4*len(p.parts))
	for _, part := range p.parts {
		if row[part] == 0 {
			return
		}
		key = binary.LittleEndian.AppendUint32(key, row[part])
	}
	n, ok := p.numbers[string(key)]
	if !ok {
		n = uint32(len(p.numbers) + 1)
		p.numbers[string(key)] = n
	}
	row[len(row)-1] = n
}
