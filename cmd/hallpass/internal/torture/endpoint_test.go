package torture

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/contract"
)

// endpoint is a system behind the webhook connector. It remembers each change
// with the grant that made it.
type endpoint struct {
	*sky
	ledger
	server *httptest.Server

	outage sync.Mutex
	down   string // "away": all calls go wrong; "holding": those that take access away do
}

func newEndpoint(t testing.TB, seed uint64) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.sky, e.server = newSky(t, seed, 2, 3, http.HandlerFunc(e.serve), true)
	return e
}

// fall takes the endpoint down, or brings it back.
func (e *endpoint) fall(down string) {
	e.outage.Lock()
	defer e.outage.Unlock()
	e.down = down
}

func (e *endpoint) away(op contract.Operation) bool {
	e.outage.Lock()
	defer e.outage.Unlock()
	return e.down == "away" || e.down == "holding" && (op == contract.Revoke || op == contract.EndSessions)
}

func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) {
	var c contract.Call
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if e.away(c.Operation) {
		panic(http.ErrAbortHandler)
	}
	_ = json.NewEncoder(w).Encode(e.do(c))
}

func (e *endpoint) do(c contract.Call) any {
	schema := c.Target["schema"]
	change := effect{Grant: c.Grant, What: schema, Account: c.Account, Given: c.Operation == contract.Grant}
	switch c.Operation {
	case contract.Grant:
		e.change(change)
		return contract.Reply{Receipt: approvals.Receipt{"schema": schema}}
	case contract.Revoke:
		e.change(change)
	case contract.SetEnd:
		e.end(c.Grant, c.EndsAt)
	case contract.Check:
		present := slices.Contains(e.holders(schema), c.Account)
		return contract.Reply{Present: &present}
	case contract.List:
		return map[string][]string{"holders": e.holders(schema)}
	}
	return contract.Reply{}
}
