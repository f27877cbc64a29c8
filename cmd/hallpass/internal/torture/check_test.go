package torture

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// mostLate is how long after its end access may be there at the very most: a
// lease of a process that died, the longest pause that failures can have come
// to by then, and clocks that are apart.
const mostLate = 38*time.Second + 32*time.Second + 4*time.Second

func (p plan) mostLate() time.Duration { return mostLate + p.outage }

// ahead is how much sooner than it is the clock of a process may say that it is.
func (p plan) ahead() time.Duration { return time.Duration(p.replicas/2) * p.apart }

// quiet reports whether everybody was told that all of it has ended, and the
// systems hold nothing.
func (w *world) quiet() bool { return w.unrest() == "" }

// calm reports whether it is quiet while all processes live.
func (w *world) calm() bool { return w.up() && w.quiet() }

// unrest is what quiet still waits for.
func (w *world) unrest() string {
	var all []string
	for name, system := range w.systems {
		if held := system.held(); len(held) > 0 {
			all = append(all, fmt.Sprintf("%s has %v", name, held))
		}
	}
	w.mu.Lock()
	r := w.round
	w.mu.Unlock()
	if told := w.told(r); told < len(r.wishes) {
		all = append(all, fmt.Sprintf("%d of %d ends are told", told, len(r.wishes)))
	}
	deeds := w.deeds()
	for _, v := range r.wishes {
		if v.busy() && deeds[[2]string{"over", v.Key}].IsZero() {
			all = append(all, v.Key+" is not lived to its end")
		}
	}
	if heard, want := w.alarms(r); heard < want {
		all = append(all, fmt.Sprintf("%d of %d messages about emergencies are there", heard, want))
	}
	return strings.Join(all, "; ")
}

// finish compares what is not compared yet, now that all processes are gone.
func (w *world) finish() {
	w.t.Helper()
	ctx := context.Background()
	if err := w.verify(ctx); err != nil || w.witness.checkpoints == 0 {
		w.t.Errorf("the audit log: %v; %d checkpoints of it were seen", err, w.witness.checkpoints)
	}
	if w.roles != nil {
		w.roles.check(ctx)
	}
}

// check is finish, of a world without rounds.
func (w *world) check() {
	w.t.Helper()
	w.over(w.round)
	w.finish()
}

// compare compares what systems went through in a round with the audit log.
func (w *world) compare(ctx context.Context, db *store.Store, r *round) {
	w.t.Helper()
	backed, said, deeds := map[string]approvals.Grant{}, w.said(), w.deeds()
	for _, v := range r.wishes {
		req, err := db.RequestByKey(ctx, v.Key)
		if err != nil {
			w.t.Errorf("the wish %s is lost: %v", v.Key, err)
			continue
		}
		g, err := db.Grant(ctx, req.Grant)
		if err != nil {
			w.t.Errorf("the wish %s has no grant, its request is %s: %v", v.Key, req.State, err)
			continue
		}
		backed[held(g.Connector, g.Account, g.Target["schema"])] = g
		b := biography{wish: v, grant: g, events: map[approvals.EventKind]int{}}
		b.read(ctx, w, db)
		w.checkLife(b, said, deeds)
		w.checkGlass(ctx, db, b, said)
	}
	for name := range w.systems {
		w.checkTruth(name, r, backed)
	}
}

// held names what an account has in a system: of most it is one thing.
func held(system, account, what string) string {
	if system == "hook" {
		account += "/" + what
	}
	return system + "/" + account
}

// checkTruth compares what a system went through with the grants that backed
// it: given once, taken away once, and neither before nor long after the end.
func (w *world) checkTruth(name string, r *round, backed map[string]approvals.Grant) {
	w.t.Helper()
	if left := r.left[name]; len(left) > 0 {
		w.t.Errorf("%s still has %v", name, left)
	}
	given, taken := map[approvals.GrantID]int{}, map[approvals.GrantID]int{}
	for _, e := range r.journal[name] {
		g, ok := backed[held(name, e.Account, e.What)]
		if !ok || e.Grant != "" && e.Grant != g.ID {
			w.t.Errorf("%s was changed for %s by grant %q, and that is no grant", name, e.Account, e.Grant)
			continue
		}
		if e.Given {
			given[g.ID]++
			continue
		}
		taken[g.ID]++
		if late := e.At.Sub(due(g)); late > w.mostLate() || late < -w.ahead() {
			w.t.Errorf("%s took grant %s away %s after its end", name, g.ID, late)
		}
	}
	for _, g := range backed {
		if g.Connector != name {
			continue
		}
		if most := max(given[g.ID], taken[g.ID]); most > 1 || given[g.ID] != taken[g.ID] || most == 0 && name != "roles" && !g.ActiveAt.IsZero() {
			w.t.Errorf("%s gave grant %s %d times and took it away %d times in effect, want once", name, g.ID, given[g.ID], taken[g.ID])
		}
	}
}

// checkWords sees to it that nobody is told the same thing twice: neither in
// the same words, nor by two messages of one slot.
func (w *world) checkWords(r *round) {
	w.t.Helper()
	for who, n := range r.heard {
		if who == security {
			continue
		}
		said := map[string]bool{}
		for _, m := range w.desk.messages(who, n) {
			if text := m.Plain(); said[text] {
				w.t.Errorf("%s was told twice: %s", who, text)
			}
			said[m.Plain()] = true
			if slot := slot(m); slot != "" && !strings.HasPrefix(slot, "nudge/") { // a reminder is said anew when the end was moved
				if w.slots[who+" "+slot]++; w.slots[who+" "+slot] > 1 {
					w.t.Errorf("%s has %d messages of the slot %s", who, w.slots[who+" "+slot], slot)
				}
			}
		}
	}
	if told := w.told(r); told != len(r.wishes) {
		w.t.Errorf("people were told of %d ends, want %d", told, len(r.wishes))
	}
	if len(w.slots) == 0 {
		w.t.Error("no message says which slot it is of")
	}
}

// told counts the messages of a round that say that access has ended.
func (w *world) told(r *round) (n int) {
	asked := map[string]bool{}
	for _, v := range r.wishes {
		asked[string(v.Who)] = true
	}
	for who := range asked {
		for _, m := range w.desk.messages(who, r.heard[who]) {
			if tellsEnd(m.Plain()) {
				n++
			}
		}
	}
	return n
}

func (w *world) String() string {
	return fmt.Sprintf("%d seeds from %d on %s: hook %s, %d checkpoints of the log seen, %d bundles read", max(1, w.plan.rounds), w.seed, w.engine, strings.Join(w.kinds, " "), w.witness.checkpoints, w.witness.bundles)
}
