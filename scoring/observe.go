package scoring

import (
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// observation is all that is counted for one request. A score is a function of
// it and of the request's own facts.
type observation struct {
	all     scorecard.Cell
	now     tallies
	before  tallies // with the attributes held until a recent change
	without tallies // leaving out one approver's answers
	moved   portion // days of settling left, of all; of 0: before is not set
	alone   portion // one approver was left out, of so many candidates; of 0: without is not set

	peers  [rings]portion
	every  portion // holders among all active people
	near   portion // levels up to a manager who also stands above a holder, of so many looked at
	alike  portion // similarity to the most similar holders, in thousandths
	own    scorecard.Cell
	ownAll scorecard.Cell
	hour   portion // decisions in this part of the week at this location
	longer portion // approved requests for it that were as long or longer
}

// subject is a request in the index's terms.
type subject struct {
	who, good uint32
	values    [singles]uint32
}

func (w *World) subject(f *approvals.Facts) subject {
	s := subject{who: w.ids.get(f.Beneficiary.ID), good: w.goods.get(f.Entitlement.ID)}
	s.values = [singles]uint32{
		atEntitlement: s.good,
		atManager:     w.ids.get(f.Beneficiary.Manager),
		atDepartment:  w.words[atDepartment].get(f.Beneficiary.Department),
		atTitle:       w.words[atTitle].get(f.Beneficiary.Title),
		atLocation:    w.words[atLocation].get(f.Beneficiary.Location),
	}
	return s
}

// observe counts everything but what needs weights to choose: which approver
// is left out.
func (w *World) observe(s *subject, at time.Time, d time.Duration, o *observation) {
	*o = observation{all: w.all}
	k := keysOf(&s.values)
	w.tallies(&k, &o.now)
	if before, days := w.movedFrom(s.who, at); days > 0 {
		before[atEntitlement] = s.good
		bk := keysOf(&before)
		w.tallies(&bk, &o.before)
		o.moved = portion{days, int64(settling / day)}
	}
	w.peers(s.who, s.good, &s.values, &o.peers)
	if s.good != 0 {
		o.every = portion{int64(w.holds[s.good].count()), int64(w.active)}
	}
	if s.who != 0 {
		o.ownAll = w.cells.get(ownKey(s.who, 0)).cell()
		if s.good != 0 {
			o.own = w.cells.get(ownKey(s.who, s.good)).cell()
		}
	}
	slot := slotOf(at)
	for i := range uint8(slots) {
		n := w.hours[hourKey{s.values[atLocation], i}]
		o.hour.of += n
		if i == slot {
			o.hour.n = n
		}
	}
	if s.good != 0 {
		for i, n := range w.lasted[s.good] {
			o.longer.of += int64(n)
			if i >= durationStep(d) {
				o.longer.n += int64(n)
			}
		}
	}
}

func (w *World) tallies(k *keys, t *tallies) {
	for i, key := range k.single {
		if key != 0 {
			t.single[i] = w.cells.get(key).cell()
		}
	}
	for i, key := range k.pair {
		if key != 0 {
			t.pair[i] = w.cells.get(key).cell()
		}
	}
}

// leavingOut counts the cells without one approver's answers.
func (w *World) leavingOut(k *keys, approver uint32, t *tallies) {
	*t = tallies{}
	for i, key := range k.single {
		if key != 0 {
			t.single[i] = w.cells.without(key, approver)
		}
	}
	for i, key := range k.pair {
		if key != 0 {
			t.pair[i] = w.cells.without(key, approver)
		}
	}
}
