package torture

import (
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/contract"
)

// effect is one change of the endpoint's truth.
type effect struct {
	At      time.Time
	Given   bool // else taken away
	Grant   approvals.GrantID
	Account string
	Schema  string
}

// endpoint is a system behind the webhook connector. It outlives every process
// of Hallpass, and remembers each change with the grant that made it.
type endpoint struct {
	server *httptest.Server

	mu      sync.Mutex
	rng     *rand.Rand
	stormy  bool   // three calls of ten go wrong
	down    string // "away": all do; "holding": those that take access away do
	members map[[2]string]bool
	journal []effect
}

func newEndpoint(t testing.TB, seed uint64) *endpoint {
	t.Helper()
	e := &endpoint{rng: rand.New(rand.NewPCG(seed, 2)), members: map[[2]string]bool{}}
	e.server = httptest.NewUnstartedServer(http.HandlerFunc(e.serve))
	e.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	e.server.StartTLS()
	t.Cleanup(e.server.Close)
	return e
}

func (e *endpoint) weather(stormy bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stormy = stormy
}

// fall takes the endpoint down, or brings it back.
func (e *endpoint) fall(down string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = down
}

// trouble is what goes wrong with one call; "" for nothing.
func (e *endpoint) trouble(op contract.Operation) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.down == "away" || e.down == "holding" && (op == contract.Revoke || op == contract.EndSessions) {
		return "cut before"
	}
	if !e.stormy || e.rng.IntN(10) >= 3 {
		return ""
	}
	return []string{"429", "500", "cut before", "cut after", "slow after"}[e.rng.IntN(5)]
}

func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var c contract.Call
	if err != nil || json.Unmarshal(body, &c) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	trouble := e.trouble(c.Operation)
	switch trouble {
	case "429":
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
		return
	case "cut before":
		panic(http.ErrAbortHandler)
	}
	reply := e.do(c)
	switch trouble {
	case "cut after":
		panic(http.ErrAbortHandler)
	case "slow after":
		pause(r.Context(), 3*time.Second) // longer than the connector waits
	}
	_ = json.NewEncoder(w).Encode(reply)
}

func (e *endpoint) do(c contract.Call) any {
	e.mu.Lock()
	defer e.mu.Unlock()
	k := [2]string{c.Target["schema"], c.Account}
	switch c.Operation {
	case contract.Grant:
		e.change(c, k, true)
		return contract.Reply{Receipt: approvals.Receipt{"schema": k[0]}}
	case contract.Revoke:
		e.change(c, k, false)
	case contract.Check:
		present := e.members[k]
		return contract.Reply{Present: &present}
	case contract.List:
		holders := []string{}
		for m := range e.members {
			if m[0] == k[0] {
				holders = append(holders, m[1])
			}
		}
		return map[string][]string{"holders": holders}
	}
	return contract.Reply{}
}

func (e *endpoint) change(c contract.Call, k [2]string, member bool) {
	if e.members[k] == member {
		return
	}
	if e.members[k] = member; !member {
		delete(e.members, k)
	}
	e.journal = append(e.journal, effect{At: time.Now(), Given: member, Grant: c.Grant, Account: k[1], Schema: k[0]})
}

// truth is who is in, and what happened.
func (e *endpoint) truth() (members []string, journal []effect) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for k := range e.members {
		members = append(members, strings.Join(k[:], "/"))
	}
	return members, append([]effect(nil), e.journal...)
}
