package backtest

import "math"

// Flags is how unevenly approved requests are held up: the share of those that
// people approved which the score would have flagged, for the value of an
// attribute where it is least and for that where it is most. It names no value.
type Flags struct {
	Attribute   string
	Least, Most float64 // shares, 0–1
	Values      int     // how many values had approvals enough to be compared
}

const (
	flagged       = 0.10 // the likelihood from where on a request counts as flagged
	leastApproved = 100  // approved requests that a value needs to be compared
)

// watchedForFlags are the attributes along which unevenness would be unfair.
var watchedForFlags = []string{"location", "department"}

func flags(t *Table, p *prediction) (out []Flags) {
	for _, attribute := range watchedForFlags {
		c := t.column(attribute)
		if c < 0 {
			continue
		}
		approved, held := map[uint32]float64{}, map[uint32]float64{}
		for i, row := range t.Rows {
			if t.Denied[i] || row[c] == 0 {
				continue
			}
			approved[row[c]]++
			if p.p[i] >= flagged {
				held[row[c]]++
			}
		}
		f := Flags{Attribute: attribute, Least: 1}
		for value, n := range approved {
			if n < leastApproved {
				continue
			}
			f.Values++
			f.Least, f.Most = math.Min(f.Least, held[value]/n), math.Max(f.Most, held[value]/n)
		}
		if f.Values > 1 {
			out = append(out, f)
		}
	}
	return out
}
