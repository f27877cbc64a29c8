package scoring

import (
	"unsafe"

	"github.com/hallpass-dev/hallpass/approvals"
)

// arrival is a decision on its way into the index. Nearly all the time that
// learning one takes is waiting for memory, and what is waited for leads to
// further memory: names lead to people and cells, these to texts and shares.
// So it is asked for in steps, each for all that is known by then.
type arrival struct {
	hashes   hashes
	by       uint64  // hash of the approver's name
	likely   subject // before names are compared
	approver uint32  // likely
	route    route   // of these
}

// apart is how many decisions lie between two steps of one, where many are
// learned.
const apart = 2

func (w *World) coming(i int) *arrival { return &w.arriving[i%len(w.arriving)] }

func calledIn(l *approvals.Learned) called {
	return called{who: l.Beneficiary, manager: l.Manager, good: l.Entitlement, department: l.Department, title: l.Title, location: l.Location,
		function: workOf(l.Function, l.Title)}
}

// announce asks for where a decision's names are looked for.
func (w *World) announce(l *approvals.Learned, a *arrival) {
	c := calledIn(l)
	a.hashes, a.by = w.hashes(&c), w.ids.hash(l.Approver)
	h := &a.hashes
	prefetch([]uintptr{w.ids.slot(h.who), w.ids.slot(h.manager), w.ids.slot(a.by), w.goods.slot(h.good), w.words[atTitle].slot(h.title), w.words[atFunction].slot(h.function)})
}

// approach asks for the people, cells and shares that the names likely lead to.
func (w *World) approach(l *approvals.Learned, a *arrival) {
	a.likely, a.approver = w.likely(&a.hashes), w.ids.likely(a.by)
	s, r := &a.likely, &a.route
	r.set(&s.values, a.approver)
	var at [2 * len(r.keys)]uintptr
	others := w.cells.others.buckets
	for i, hash := range r.hashes {
		buckets := w.cells.kinds[i].buckets
		at[2*i] = address(&buckets[place(hash, len(buckets))])
		at[2*i+1] = address(&others[place(r.others[i], len(others))])
	}
	prefetch(at[:])
	prefetch([]uintptr{
		address(&w.people[s.who]), address(&w.lasted[s.good][durationStep(l.Duration)]),
		w.ids.text(s.who), w.ids.text(s.values[atManager]), w.ids.text(a.approver), w.goods.text(s.good), w.words[atTitle].text(s.values[atTitle]), w.words[atFunction].text(s.values[atFunction]),
	})
}

// near asks for the rest: the letters of the names, and the end of what the
// person has asked for.
func (w *World) near(a *arrival) {
	s := &a.likely
	at := [...]uintptr{
		w.ids.letters(s.who), w.ids.letters(s.values[atManager]), w.ids.letters(a.approver), w.goods.letters(s.good),
		w.words[atTitle].letters(s.values[atTitle]), w.words[atFunction].letters(s.values[atFunction]), 0,
	}
	if asked := w.people[s.who].asked; len(asked) > 0 {
		at[len(at)-1] = address(&asked[len(asked)-1])
	}
	prefetch(at[:])
}

// enter is what a decision's names mean, those that are new included, and who
// decided.
func (w *World) enter(l *approvals.Learned, a *arrival) (s subject, approver uint32) {
	c, h, likely := calledIn(l), &a.hashes, &a.likely
	who := w.enterPerson(c.who, h.who, likely.who)
	approver = w.enterPerson(l.Approver, a.by, a.approver)
	return newSubject(who, w.enterEntitlement(c.good, h.good, likely.good), w.enterPerson(c.manager, h.manager, likely.values[atManager]),
		w.enterWord(atDepartment, c.department, h.department, likely.values[atDepartment]),
		w.enterWord(atTitle, c.title, h.title, likely.values[atTitle]),
		w.enterWord(atLocation, c.location, h.location, likely.values[atLocation]),
		w.enterWord(atFunction, c.function, h.function, likely.values[atFunction])), approver
}

// slot is where a name with this hash is looked for.
func (n *names[T]) slot(hash uint64) uintptr { return address(&n.slots[int(hash)&(len(n.slots)-1)]) }

// text is where a name is; nowhere for no name.
func (n *names[T]) text(at uint32) uintptr {
	if at == 0 {
		return 0
	}
	return address(&n.texts[at-1])
}

// letters is where a name's letters are.
func (n *names[T]) letters(at uint32) uintptr {
	if at == 0 {
		return 0
	}
	return address(unsafe.StringData(string(n.texts[at-1]))) //nolint:gosec // see address
}

// address is where something is, for prefetch alone: it is never made a pointer
// again, so it does no harm when what lies there is moved or freed.
func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) } //nolint:gosec // see above
