package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/jackc/pgx/v5/pgconn"
)

// newsChannel is the PostgreSQL channel on which replicas tell each other what
// the score counts anew.
const newsChannel = "hallpass_news"

// News is what changed since somebody last asked, for those who keep counts of
// it in memory.
type News struct {
	All       bool                      // anything may have changed unheard: look at everything
	Decisions bool                      // human decisions were taken
	Holders   []approvals.EntitlementID // who holds these was observed, or changed by a grant
}

// herald gathers the news of this process and of others.
type herald struct {
	generation atomic.Uint64 // rises with everything that may be a human decision
	live       atomic.Bool   // what other processes do is heard

	mu      sync.Mutex
	pending News
	holders map[approvals.EntitlementID]bool
	wake    waker
}

func (h *herald) everything() {
	h.generation.Add(1)
	h.tell(func() { h.pending.All = true })
}

func (h *herald) decisions() {
	h.generation.Add(1)
	h.tell(func() { h.pending.Decisions = true })
}

func (h *herald) holdersOf(e approvals.EntitlementID) {
	h.tell(func() {
		if h.holders == nil {
			h.holders = map[approvals.EntitlementID]bool{}
		}
		h.holders[e] = true
	})
}

func (h *herald) tell(note func()) {
	h.mu.Lock()
	note()
	h.mu.Unlock()
	h.wake.signal()
}

// take hands out what is pending; ok is false if nothing is.
func (h *herald) take() (n News, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n = h.pending
	for e := range h.holders {
		n.Holders = append(n.Holders, e)
	}
	h.pending, h.holders = News{}, nil
	return n, n.All || n.Decisions || len(n.Holders) > 0
}

// News waits until something changed, and says what. One caller at a time: what
// is handed out is not handed out again. With PostgreSQL it also tells of other
// replicas, at once while the connection that listens is up; after it was down,
// All is set. A sweep should look at everything now and then all the same.
func (s *Store) News(ctx context.Context) (News, error) {
	for {
		woken := s.herald.wake.wait()
		if n, ok := s.herald.take(); ok {
			return n, nil
		}
		select {
		case <-ctx.Done():
			return News{}, ctx.Err()
		case <-woken:
		}
	}
}

// Generation is a number that differs from before when human decisions may have
// been taken since. It means nothing while heard is false: then others may
// have decided without this process having been told.
func (s *Store) Generation() (generation uint64, heard bool) {
	return s.herald.generation.Load(), s.herald.live.Load()
}

// announced is what a change tells of.
func announced(changes []approvals.Change) (n News) {
	seen := map[approvals.EntitlementID]bool{}
	for _, c := range changes {
		n.Decisions = n.Decisions || len(c.Learned) > 0
		for _, g := range c.Grants {
			if settled := g.State == approvals.GrantActive || !g.State.Live(); settled && !seen[g.Entitlement] {
				seen[g.Entitlement] = true
				n.Holders = append(n.Holders, g.Entitlement)
			}
		}
	}
	return n
}

// hear passes this process's own news on after they were committed.
func (h *herald) hear(n News) {
	if n.Decisions {
		h.decisions()
	}
	for _, e := range n.Holders {
		h.holdersOf(e)
	}
}

// Payloads on the channel: who publishes, what, and of what.
const (
	newsDecisions = "decisions"
	newsHolders   = "holders"
	newsAll       = "all"
	longestNews   = 7900 // bytes of an identifier; PostgreSQL takes no payload of 8000
)

// publish tells other replicas, when the transaction commits.
func (s *Store) publish(ctx context.Context, tx *sql.Tx, n News) error {
	if s.dialect != postgres {
		return nil // nobody else can have the file open
	}
	own := strconv.FormatInt(s.holder.Load().id, 10) + " "
	var payloads []string
	if n.Decisions {
		payloads = append(payloads, own+newsDecisions)
	}
	for _, e := range n.Holders {
		if len(e) > longestNews {
			payloads = append(payloads, own+newsAll)
			continue
		}
		payloads = append(payloads, own+newsHolders+" "+string(e))
	}
	for _, p := range payloads {
		if _, err := execute(ctx, tx, "SELECT pg_notify('"+newsChannel+"', $1)", p); err != nil {
			return err
		}
	}
	return nil
}

// notified takes in what another replica published; own is this one's identity,
// which knows already. What cannot be read may be anything.
func (h *herald) notified(n *pgconn.Notification, own int64) {
	if n.Channel != newsChannel {
		return
	}
	who, what, _ := strings.Cut(n.Payload, " ")
	if who == strconv.FormatInt(own, 10) {
		return
	}
	switch kind, of, _ := strings.Cut(what, " "); {
	case kind == newsDecisions:
		h.decisions()
	case kind == newsHolders && of != "":
		h.holdersOf(approvals.EntitlementID(of))
	default:
		h.everything()
	}
}
