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
	decision approvals.Learned
	hashes   hashes
	by       uint64  // hash of the approver's name
	likely   subject // before names are compared
	approver uint32  // likely
	route    route   // of these
}

// arrivals are the decisions that came last, on their way into the index: each is
// counted when three more have come, since by then nothing of it has to be waited
// for. Whoever reads or changes the world otherwise counts them before; see lock
// and rlock.
type arrivals struct {
	ring [4]arrival // by number
	came uint       // how many came, and the number of the next
	done uint       // how many were counted
}

func (a *arrivals) at(number uint) *arrival { return &a.ring[number%uint(len(a.ring))] }

// arrive takes in one decision, and brings those before it a step further.
func (w *World) arrive(l *approvals.Learned) {
	as := &w.arriving
	newest := as.came
	as.came++
	a := as.at(newest)
	a.decision = *l
	w.announce(a)
	if newest == as.done {
		return
	}
	next := as.at(newest - 1)
	w.approach(next)
	switch newest - as.done {
	case 3:
		w.near(as.at(newest - 2))
		w.learn(as.at(as.done), &next.route)
		as.done++
		return
	case 2:
		w.near(as.at(as.done))
	}
	w.cells.ask(&next.route)
}

// settle counts all decisions that came.
func (w *World) settle() {
	as := &w.arriving
	if as.came == as.done {
		return
	}
	last := as.at(as.came - 1)
	w.approach(last)
	w.cells.ask(&last.route)
	for i := as.done; i != as.came; i++ {
		w.near(as.at(i))
	}
	for ; as.done != as.came; as.done++ {
		w.learn(as.at(as.done), nil)
	}
}

// lock is for whoever changes the world.
func (w *World) lock() {
	w.mu.Lock()
	w.settle()
}

// rlock is for whoever reads it.
func (w *World) rlock() {
	for w.mu.RLock(); w.arriving.came != w.arriving.done; w.mu.RLock() {
		w.mu.RUnlock()
		w.lock()
		w.mu.Unlock()
	}
}

func calledIn(l *approvals.Learned) called {
	return called{who: l.Beneficiary, manager: l.Manager, good: l.Entitlement, department: l.Department, title: l.Title, location: l.Location,
		function: workOf(l.Function, l.Title)}
}

// announce asks for where a decision's names are looked for.
func (w *World) announce(a *arrival) {
	l := &a.decision
	c := calledIn(l)
	a.hashes, a.by = w.hashes(&c), w.ids.hash(l.Approver)
	h := &a.hashes
	prefetch([]uintptr{w.ids.slot(h.who), w.ids.slot(h.manager), w.ids.slot(a.by), w.goods.slot(h.good), w.words[atTitle].slot(h.title), w.words[atFunction].slot(h.function)})
}

// approach asks for the people, cells and shares that the names likely lead to.
func (w *World) approach(a *arrival) {
	l := &a.decision
	a.likely, a.approver = w.likely(&a.hashes), w.ids.likely(a.by)
	s, r := &a.likely, &a.route
	r.set(&s.values, a.approver)
	prefetch([]uintptr{
		address(&w.people[s.who]), address(&w.lasted[s.good][durationStep(l.Duration)]),
		w.ids.text(s.who), w.ids.text(s.values[atManager]), w.ids.text(a.approver), w.goods.text(s.good), w.words[atTitle].text(s.values[atTitle]), w.words[atFunction].text(s.values[atFunction]),
	})
}

// near asks for the end of what the person has asked for.
func (w *World) near(a *arrival) {
	if asked := &w.people[a.likely.who].asked; asked.n > 0 {
		prefetch([]uintptr{address(w.asks.block(asked.last))})
	}
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

// text is where a name's letters are; nowhere for no name.
func (n *names[T]) text(at uint32) uintptr {
	if at == 0 {
		return 0
	}
	return address(&n.letters[n.ends[at-1]])
}

// address is where something is, for prefetch alone: it is never made a pointer
// again, so it does no harm when what lies there is moved or freed.
func address[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) } //nolint:gosec // see above
