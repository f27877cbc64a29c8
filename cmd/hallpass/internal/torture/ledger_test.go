package torture

import (
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
	// truth is who has access, and all that has changed.
	truth() (held []string, journal []effect)
}

// ledger keeps a system's truth. It is safe for concurrent use.
type ledger struct {
	mu      sync.Mutex
	held    map[[2]string]bool
	journal []effect
}

// change takes an effect over; one that changes nothing is none.
func (l *ledger) change(e effect) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := [2]string{e.What, e.Account}
	if l.held[k] == e.Given {
		return
	}
	if l.held == nil {
		l.held = map[[2]string]bool{}
	}
	if l.held[k] = e.Given; !e.Given {
		delete(l.held, k)
	}
	e.At = time.Now()
	l.journal = append(l.journal, e)
}

func (l *ledger) has(what, account string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held[[2]string{what, account}]
}

// holders are the accounts that have something.
func (l *ledger) holders(what string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	accounts := []string{}
	for k := range l.held {
		if k[0] == what {
			accounts = append(accounts, k[1])
		}
	}
	return accounts
}

func (l *ledger) truth() (held []string, journal []effect) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for k := range l.held {
		held = append(held, strings.Join(k[:], "/"))
	}
	return held, append([]effect(nil), l.journal...)
}
