package auditlog

import (
	"golang.org/x/mod/sumdb/note"
)

// verifySelection looks at picked events: each must be proved to be in a tree
// that was signed. That none was left out it cannot say.
func (b *Bundle) verifySelection(keys note.Verifiers, known [][]byte) (Report, error) {
	v := &verifier{log: Log{First: 1, Checkpoints: b.checkpoints, Known: known}, keys: keys}
	v.open()
	v.First = b.First
	seen := int64(0)
	for r, err := range b.records() {
		if err != nil {
			return v.Report, err
		}
		f := examine(r)
		v.Events++
		v.Texts += int64(f.texts)
		v.Absent += int64(f.absent)
		place := max(f.sequence, 1)
		v.Last = max(v.Last, place)
		switch {
		case f.problem != nil:
			place = seen + 1
			v.find(Edited, place, place, "it cannot be read: %v", f.problem)
		case f.sequence <= seen:
			v.find(Reordered, place, place, "it comes after event %d", seen)
		case f.textErr != nil:
			v.find(TextChanged, place, place, "%v", f.textErr)
		}
		v.result(place, f)
		seen = max(seen, place)
		v.proved(f.record.Body, place, b.proofs)
		b.proofs = b.proofs[min(1, len(b.proofs)):]
	}
	for _, p := range b.proofs {
		v.find(Cut, p.Sequence, p.Sequence, "there is a proof of it, and the event is not there")
	}
	v.settle()
	return v.Report, nil
}

// proved compares an event with the proof that comes first.
func (v *verifier) proved(body []byte, place int64, proofs []Proof) {
	if len(proofs) == 0 {
		v.find(ProofFails, place, place, "there is no proof of it")
		return
	}
	for i := range v.signed {
		s := &v.signed[i]
		if proofs[0].Sequence == place && proofs[0].Holds(body, s.Checkpoint) {
			v.Signed = max(v.Signed, s.Size)
			if !s.holds {
				s.holds = true
				v.Checkpoints++
			}
			return
		}
	}
	v.find(ProofFails, place, place, "its proof does not lead to a signed root: it was changed, or was never in the log")
}
