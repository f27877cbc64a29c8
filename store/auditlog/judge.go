package auditlog

import (
	"cmp"
	"slices"
)

// signed is a checkpoint whose signature holds, and what became of it.
type signed struct {
	Checkpoint
	known bool // from elsewhere
	holds bool // the tree had that root
	seen  bool // the tree came to that size
}

// open reads all checkpoints. One that no key signed, or that lies where it
// does not belong, is a finding and proves nothing.
func (v *verifier) open() {
	var before Checkpoint
	for i, text := range v.log.Checkpoints {
		c, err := OpenCheckpoint(text, v.keys)
		switch claimed, _ := Peek(text); {
		case err != nil:
			at := max(claimed.Size, 1)
			v.find(BadCheckpoint, at, at, "checkpoint %d, of %d events, is not signed by a key that is trusted", i+1, claimed.Size)
			continue
		case before.Size > 0 && c.Origin != before.Origin:
			v.find(BadCheckpoint, c.Size, c.Size, "checkpoint %d is of another log, %q", i+1, c.Origin)
			continue
		case c.Size <= before.Size:
			v.find(BadCheckpoint, c.Size, before.Size, "checkpoint %d, of %d events, comes after one of %d", i+1, c.Size, before.Size)
			continue
		}
		before = c
		v.signed = append(v.signed, signed{Checkpoint: c})
	}
	for _, text := range v.log.Known {
		c, err := OpenCheckpoint(text, v.keys)
		if err != nil {
			v.find(BadCheckpoint, max(c.Size, 1), max(c.Size, 1), "a checkpoint from elsewhere is not signed by a key that is trusted")
			continue
		}
		v.signed = append(v.signed, signed{Checkpoint: c, known: true})
	}
	slices.SortStableFunc(v.signed, func(a, b signed) int { return cmp.Compare(a.Size, b.Size) })
	v.reached()
}

// reached compares the root with the checkpoints of the tree's size.
func (v *verifier) reached() {
	for v.next < len(v.signed) && v.signed[v.next].Size <= v.tree.Size() {
		s := &v.signed[v.next]
		if s.seen = s.Size == v.tree.Size(); s.seen {
			s.holds = v.tree.Root() == s.Root
		}
		v.next++
	}
}

// judge says what the checkpoints prove.
func (v *verifier) judge() {
	holds := int64(0) // the largest size that a checkpoint proves
	for _, s := range v.signed {
		if s.holds {
			holds = s.Size
		}
	}
	v.Signed = holds
	good := v.log.First - 1 // the largest proved size before the one looked at
	altered, short := false, false
	whole := v.place > v.log.Last && len(v.gaps) == 0 && v.tree.Size() >= v.place-1
	for _, s := range v.signed {
		switch {
		case s.holds:
			v.Checkpoints++
			good = s.Size
		case s.Size < v.log.First-1:
			v.earlier(s)
		case !s.seen && whole && !short:
			short = true
			v.beyond(s, good)
		case !s.seen: // something is missing before it, and was found
		case s.Size < holds:
			v.find(BadCheckpoint, s.Size, s.Size, "a signed checkpoint of %d events has a root of its own; the log as it is agrees with a later one", s.Size)
		case !altered:
			altered = true
			kind, words := Altered, "between two checkpoints the log is not what was signed"
			if s.known {
				kind, words = RolledBack, "the log is not the one of which a checkpoint from elsewhere tells"
			}
			v.find(kind, max(good+1, v.log.First), s.Size, "%s", words)
		}
	}
}

// earlier compares a checkpoint that is older than the part that is here.
func (v *verifier) earlier(s signed) {
	for _, c := range v.log.Consistency {
		for _, later := range v.signed {
			if later.holds && consistent(c, s.Checkpoint, later.Checkpoint) {
				v.Checkpoints++
				return
			}
		}
	}
	v.find(ProofFails, s.Size, s.Size, "nothing proves that the log of %d events that was signed is the beginning of this one", s.Size)
}

// beyond says of a checkpoint of more events than there are. What comes after
// the last one that holds may have been changed as well, since the one that
// would tell covers what is not there.
func (v *verifier) beyond(s signed, good int64) {
	if end := v.tree.Size(); end > good {
		v.find(Altered, max(good+1, v.log.First), end, "the checkpoint that covers them cannot be compared")
	}
	kind, words := Cut, "a checkpoint was signed over more events than there are"
	if s.known {
		kind, words = RolledBack, "a checkpoint from elsewhere tells of more events than there are: the log was rolled back or cut off"
	}
	v.find(kind, v.tree.Size()+1, s.Size, "%s", words)
}
