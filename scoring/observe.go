package scoring

import (
	"cmp"
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
	own    ownCells
	ownOut ownCells // leaving out the same approver as in without
	hour   portion  // decisions in this part of the week at this location
	longer portion  // approved requests for it that were as long or longer
}

// subject is a request in the index's terms.
type subject struct {
	who, good uint32
	values    [singles]uint32
}

// called are the names that decide in which cells somebody's request belongs.
type called struct {
	who, manager                          approvals.PrincipalID
	good                                  approvals.EntitlementID
	department, title, location, function string
}

// workOf is what counts as somebody's function: where the directory names none,
// the title stands for it.
func workOf(function, title string) string { return cmp.Or(function, title) }

// hashes are those of called.
type hashes struct{ who, manager, good, department, title, location, function uint64 }

func (w *World) hashes(c *called) hashes {
	return hashes{
		who: w.ids.hash(c.who), manager: w.ids.hash(c.manager), good: w.goods.hash(c.good),
		department: w.words[atDepartment].hash(c.department), title: w.words[atTitle].hash(c.title), location: w.words[atLocation].hash(c.location),
		function: w.words[atFunction].hash(c.function),
	}
}

// likely is the subject that the names probably mean, before they are compared.
func (w *World) likely(h *hashes) subject {
	return newSubject(w.ids.likely(h.who), w.goods.likely(h.good), w.ids.likely(h.manager),
		w.words[atDepartment].likely(h.department), w.words[atTitle].likely(h.title), w.words[atLocation].likely(h.location),
		w.words[atFunction].likely(h.function))
}

// sure is the subject that the names mean.
func (w *World) sure(c *called, h *hashes, likely *subject) subject {
	return newSubject(w.ids.sure(c.who, h.who, likely.who), w.goods.sure(c.good, h.good, likely.good),
		w.ids.sure(c.manager, h.manager, likely.values[atManager]),
		w.words[atDepartment].sure(c.department, h.department, likely.values[atDepartment]),
		w.words[atTitle].sure(c.title, h.title, likely.values[atTitle]),
		w.words[atLocation].sure(c.location, h.location, likely.values[atLocation]),
		w.words[atFunction].sure(c.function, h.function, likely.values[atFunction]))
}

func newSubject(who, good, manager, department, title, location, function uint32) subject {
	return subject{who: who, good: good, values: [singles]uint32{
		atEntitlement: good, atManager: manager, atDepartment: department, atTitle: title, atLocation: location, atFunction: function,
	}}
}

func (w *World) subject(f *approvals.Facts) subject {
	c := called{
		who: f.Beneficiary.ID, manager: f.Beneficiary.Manager, good: f.Entitlement.ID,
		department: f.Beneficiary.Department, title: f.Beneficiary.Title, location: f.Beneficiary.Location,
		function: workOf(f.Beneficiary.Function, f.Beneficiary.Title),
	}
	h := w.hashes(&c)
	likely := w.likely(&h)
	w.touch(&likely)
	return w.sure(&c, &h, &likely)
}

// observe counts everything but what needs weights to choose: which approver
// is left out.
func (w *World) observe(s *subject, at time.Time, d time.Duration, o *observation, cells *found) {
	*o = observation{all: w.all}
	k := keysOf(&s.values)
	w.cells.find(&k, cells)
	cells.counts(&o.now)
	if before, days := w.movedFrom(s.who, at); days > 0 {
		before[atEntitlement] = s.good
		bk := keysOf(&before)
		var old found
		w.cells.find(&bk, &old)
		old.counts(&o.before)
		o.moved = portion{days, int64(settling / day)}
	}
	o.own = w.ownHistory(s, at, nobody)
	w.usual(s, at, d, o)
	if s.good == 0 {
		return
	}
	me := w.faceOf(&s.values)
	self := w.peers(s.who, s.good, me, &o.peers)
	o.every = portion{int64(w.holds[s.good].count()), int64(w.active)}
	o.near = w.nearest(s, self, me, o)
}

// touch reads what observing a subject begins with, so that the memory behind it
// is fetched at once and not one after the other. The sum only keeps the reads
// from being left out.
//
//go:noinline
func (w *World) touch(s *subject) (sum uint32) {
	k, manager := keysOf(&s.values), s.values[atManager]
	area := w.people[manager].manager // first: something waits for it
	sum = uint32(w.cells.touch(&k))
	me, h := &w.people[s.who], &w.holds[s.good]
	sum += me.now[atTitle] + me.manager + w.system[s.good] + w.lasted[s.good][0] + w.lasted[s.good][durationSteps-1] + uint32(w.faces[s.who].kin)
	sum += uint32(w.ids.touch(s.who)) + uint32(w.goods.touch(s.good)) + uint32(w.ids.touch(s.values[atManager])) + uint32(w.words[atTitle].touch(s.values[atTitle]))
	if me.asked.n > 0 {
		sum += w.asks.block(me.asked.first).next
	}
	if me.zone != nil {
		sum++
	}
	if n := len(h.list); n > 0 {
		sum += h.list[0] + h.list[n/2] + h.list[n-1]
	}
	for r, k := range newFace(manager, area, s.values[atTitle], s.values[atDepartment], s.values[atLocation]).rings() {
		sum += uint32(w.groups.size(ring(r), k))
	}
	return sum
}

// answered reports whether an approver decided any request of somebody's own.
func (w *World) answered(who, approver uint32) bool {
	for a := range w.asks.each(w.people[who].asked) {
		if a.approver == approver {
			return true
		}
	}
	return false
}

// ownHistory counts a person's own decided requests, leaving out those that
// one approver decided; nobody leaves out none.
func (w *World) ownHistory(s *subject, at time.Time, leftOut uint32) (own ownCells) {
	var last, lastSibling uint32
	for a := range w.asks.each(w.people[s.who].asked) {
		if a.approver == leftOut {
			continue
		}
		denied, day := int64(a.entry&1), uint32(a.day)
		own.all.Decided++
		own.all.Denied += denied
		switch good := a.entry >> 1; {
		case s.good == 0:
		case good == s.good:
			own.entitlement.Decided++
			own.entitlement.Denied += denied
			if denied == 0 {
				if last != 0 && day <= last+renewing {
					own.renewed.n++
				}
				own.renewed.of++
				last = max(last, day)
			}
		case w.system[good] == w.system[s.good] && w.system[good] != 0:
			own.siblings.Decided++
			own.siblings.Denied += denied
			if denied == 0 {
				lastSibling = max(lastSibling, day)
			}
		}
	}
	own.last, own.lastSibling = ago(dayOf(at), last), ago(dayOf(at), lastSibling)
	return own
}

const (
	renewing    = 30  // days between two approvals of the same within which the second renews the first
	remembering = 730 // days after which it no longer matters when something was approved last
)

// ago is how many days back a day lies, today being 1, of those that matter;
// of 0 for none.
func ago(today, day uint32) portion {
	if day == 0 {
		return portion{}
	}
	return portion{min(int64(today-min(day, today)), remembering) + 1, remembering + 1}
}

// nobody is the index of no approver.
const nobody = 1<<32 - 1

// ownCells are a person's own requests: for this entitlement, for others of its
// system, and all; when the first two were approved last; and how many of the
// approvals of this renewed an earlier one.
type ownCells struct {
	entitlement, siblings, all scorecard.Cell
	last, lastSibling, renewed portion
}

// usual counts decisions at this time of the week, and of this length.
func (w *World) usual(s *subject, at time.Time, d time.Duration, o *observation) {
	week := &w.hours[s.values[atLocation]]
	for _, n := range week {
		o.hour.of += n
	}
	o.hour.n = week[slotOf(at, w.people[s.who].zone)]
	asked := durationStep(d)
	for i, n := range w.lasted[s.good] {
		o.longer.of += int64(n)
		if i >= asked {
			o.longer.n += int64(n)
		}
	}
}

// found are a request's cells as the table keeps them.
type found [singles + pairs]tally

func (f *found) counts(t *tallies) {
	for i := range t.single {
		t.single[i] = f[i].cell()
	}
	for i := range t.pair {
		t.pair[i] = f[singles+i].cell()
	}
}
