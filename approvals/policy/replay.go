package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Stored is a decision as the database keeps it: JSON that nobody has read
// yet. Facts, Assessment and Ruling are of approvals' types of those names.
type Stored struct {
	Request    approvals.RequestID
	Facts      []byte
	Assessment []byte
	Ruling     []byte
}

// Replay decides stored requests again by this set, from the facts and the
// score that were stored with them, and reports whose answer would flip. It is
// what Decide and Restrain say of each, one by one; that they are asked once
// for all requests that look alike to the policies is a matter of speed.
//
// The source hands over each decision once, in any order; what it hands over
// may be changed as soon as yield returns. A decision that cannot be read is
// counted, never left out in silence. The error is the source's.
func (s *Set) Replay(source func(yield func(Stored) error) error) (*Replay, error) {
	memory := newMemory(s)
	full, empty := make(chan *batch, batches), make(chan *batch, batches)
	for range batches {
		empty <- &batch{}
	}
	var workers sync.WaitGroup
	tallies := make([]*tally, runtime.GOMAXPROCS(0))
	for i := range tallies {
		tallies[i] = newTally()
		workers.Go(func() {
			r := &replayer{memory: memory, tally: tallies[i], seen: map[string]string{}}
			for b := range full {
				for _, row := range b.rows {
					r.decide(row)
				}
				b.reset()
				empty <- b
			}
		})
	}
	current := <-empty
	err := source(func(d Stored) error {
		current.add(d)
		if len(current.rows) < batchRows {
			return nil
		}
		full <- current
		current = <-empty
		return nil
	})
	full <- current
	close(full)
	workers.Wait()
	if err != nil {
		return nil, fmt.Errorf("replay decisions: %w", err)
	}
	return s.report(tallies), nil
}

const (
	batches   = 8
	batchRows = 256
)

// batch is a few rows in one piece of memory that is used again.
type batch struct {
	rows []Stored
	text []byte
}

func (b *batch) add(d Stored) {
	d.Facts, d.Assessment, d.Ruling = b.keep(d.Facts), b.keep(d.Assessment), b.keep(d.Ruling)
	b.rows = append(b.rows, d)
}

// keep copies a text. When the memory moves, earlier texts stay where they are.
func (b *batch) keep(t []byte) []byte {
	from := len(b.text)
	b.text = append(b.text, t...)
	return b.text[from:len(b.text):len(b.text)]
}

func (b *batch) reset() { b.rows, b.text = b.rows[:0], b.text[:0] }

// replayer is one worker of a replay.
type replayer struct {
	memory *memory
	tally  *tally
	seen   map[string]string
	row    skimmed
	key    []byte
}

// decide decides one stored request again and counts what comes of it.
func (r *replayer) decide(d Stored) {
	now, who, ok := r.answer(d)
	var was approvals.Ruling
	if !ok || !outcomeOf(d.Ruling, &was, r.seen) {
		r.tally.unreadable(d.Request)
		return
	}
	if was.Outcome == now.outcome {
		r.tally.decisions++
		r.tally.quorum(max(was.Quorum, 1), now.quorum)
		return
	}
	if json.Unmarshal(d.Ruling, &was) != nil {
		r.tally.unreadable(d.Request)
		return
	}
	r.tally.decisions++
	r.tally.flip(d.Request, who, was, now)
}

// subject is what a report says of a request.
type subject struct {
	at          time.Time
	team        string
	entitlement string
}

// answer is what the set says of a stored decision.
func (r *replayer) answer(d Stored) (verdict, subject, bool) {
	m := r.memory
	if m.slow || !r.row.skim(d, r.seen) {
		return r.slowly(d)
	}
	f := &r.row.facts
	requester, ok := m.person(r.row.requester)
	if !ok {
		return r.slowly(d)
	}
	beneficiary := requester
	if !bytes.Equal(r.row.requester, r.row.beneficiary) {
		if beneficiary, ok = m.person(r.row.beneficiary); !ok {
			return r.slowly(d)
		}
	}
	thing, ok := m.thing(r.row.entitlement)
	if !ok {
		return r.slowly(d)
	}
	f.Requester, f.Beneficiary, f.Entitlement = requester.is, beneficiary.is, thing.is
	if f.Weekday < 0 || f.Weekday > 6 || thing.sight.blind {
		return r.slowly(d)
	}
	doubts := m.set.doubts(*f, r.row.assessment)
	r.key = thing.sight.appearance(r.key[:0], f, &r.row.assessment, requester.face, beneficiary.face, thing.number, len(doubts) > 0)
	r.key = append(r.key, r.row.extras...)
	who := subject{at: f.At, team: beneficiary.is.Department, entitlement: string(thing.is.ID)}
	if v, ok := m.known(r.key); ok {
		return v, who, true
	}
	if len(r.row.extras) > 0 {
		v, who, ok := r.slowly(d)
		if ok {
			m.learn(r.key, v)
		}
		return v, who, ok
	}
	ruling := approvals.Restrain(*f, r.row.assessment, m.set.rule(question{
		entities: cast{beneficiary.entity, requester.entity, thing.entity},
		resource: thing.entity.UID, context: contextOf(*f, r.row.assessment), vetted: true,
	}, *f, doubts))
	v := verdict{outcome: ruling.Outcome, quorum: ruling.Quorum, policies: ruling.Policies}
	m.learn(r.key, v)
	return v, who, true
}

// slowly decides without any short cut.
func (r *replayer) slowly(d Stored) (verdict, subject, bool) {
	var f approvals.Facts
	var a approvals.Assessment
	if json.Unmarshal(d.Facts, &f) != nil || json.Unmarshal(d.Assessment, &a) != nil {
		return verdict{}, subject{}, false
	}
	ruling := approvals.Restrain(f, a, r.memory.set.Decide(f, a))
	who := subject{at: f.At, team: f.Beneficiary.Department, entitlement: string(f.Entitlement.ID)}
	return verdict{outcome: ruling.Outcome, quorum: ruling.Quorum, policies: ruling.Policies}, who, true
}

// outcomeOf reads the outcome and the quorum of a stored ruling.
func outcomeOf(b []byte, r *approvals.Ruling, seen map[string]string) bool {
	if fields(b, func(key, value []byte) bool {
		switch string(key) {
		case "outcome":
			return text(value, &r.Outcome, seen)
		case "quorum":
			return integer(value, &r.Quorum)
		}
		return true
	}) {
		return r.Outcome != ""
	}
	*r = approvals.Ruling{}
	return json.Unmarshal(b, r) == nil && r.Outcome != ""
}
