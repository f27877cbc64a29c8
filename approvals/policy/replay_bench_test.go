package policy

import (
	"testing"
)

// BenchmarkReplay decides fifty thousand different stored requests of two
// thousand people again, from memory; the memory of earlier answers is empty
// at the beginning of each round.
func BenchmarkReplay(b *testing.B) {
	s := examples(b)
	p := newPast(b, 5, 2000)
	all := make([]Stored, 50_000)
	size := 0
	for i := range all {
		all[i] = p.row(b, s)
		size += len(all[i].Facts) + len(all[i].Assessment) + len(all[i].Ruling)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Replay(func(yield func(Stored) error) error {
			for _, d := range all {
				if err := yield(d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || r.Flips != 0 || r.Decisions != len(all) {
			b.Fatalf("%+v, %v", r, err)
		}
	}
	b.ReportMetric(float64(len(all)*b.N)/b.Elapsed().Seconds(), "decisions/s")
}
