package torture

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// effect is one change of a system's truth.
type effect struct {
	At      time.Time
	Given   bool              // else taken away
	Grant   approvals.GrantID // "" where the system is not told
	What    string
	Account string // as the catalogue has it
}

// system is what a connector speaks to. It outlives every process of Hallpass,
// and what it holds is the truth.
type system interface {
	// weather makes calls go wrong, or no longer.
	weather(stormy bool)
	// held is who has access, and journal all that has changed.
	held() []string
	journal() []effect
}

// ledger keeps a system's truth. It is safe for concurrent use.
type ledger struct {
	mu     sync.Mutex
	has    map[[2]string]bool // what, and who has it
	events []effect
	ends   map[approvals.GrantID][]time.Time // that the system was told, in the order in which it was
}

// end takes over when access ends by itself.
func (l *ledger) end(id approvals.GrantID, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ends == nil {
		l.ends = map[approvals.GrantID][]time.Time{}
	}
	l.ends[id] = append(l.ends[id], at)
}

// told are the ends of a grant that the system was told.
func (l *ledger) told(id approvals.GrantID) []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.ends[id])
}

// change takes an effect over; one that changes nothing is none.
func (l *ledger) change(e effect) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := [2]string{e.What, e.Account}
	if l.has[k] == e.Given {
		return
	}
	if l.has == nil {
		l.has = map[[2]string]bool{}
	}
	if l.has[k] = e.Given; !e.Given {
		delete(l.has, k)
	}
	e.At = time.Now()
	l.events = append(l.events, e)
}

// holders are the accounts that have something.
func (l *ledger) holders(what string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	accounts := []string{}
	for k := range l.has {
		if k[0] == what {
			accounts = append(accounts, k[1])
		}
	}
	return accounts
}

func (l *ledger) held() (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.has {
		all = append(all, strings.Join(k[:], "/"))
	}
	return all
}

// journal's effects are never changed any more.
func (l *ledger) journal() []effect {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events
}
