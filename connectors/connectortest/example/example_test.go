package example_test

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
	"github.com/hallpass-dev/hallpass/connectors/connectortest/example"
)

const token = "the-token-of-the-service"

// service is the target system: a strict one, which is not kinder than the real
// thing. Where you can, start the real thing instead.
type service struct {
	mu      sync.Mutex
	groups  map[string][]string // members
	before  []string            // those of the group that changed last
	known   []string            // accounts
	effects map[string]int
	fault   *connectortest.Fault // of the next call
	lasting *connectortest.Fault // of all calls
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	op := map[string]connectortest.Op{http.MethodPut: connectortest.Grant, http.MethodDelete: connectortest.Revoke, http.MethodGet: connectortest.Check}[r.Method]
	f := connectortest.Fault{}
	if s.fault != nil && s.fault.Op == op {
		f, s.fault = *s.fault, nil
	} else if s.lasting != nil && s.lasting.Op == op {
		f = *s.lasting
	}
	switch f.Trouble {
	case connectortest.Cut:
		w.WriteHeader(http.StatusServiceUnavailable)
	case connectortest.Conflict:
		w.WriteHeader(http.StatusConflict)
	case connectortest.Throttled:
		w.Header().Set("Retry-After", strconv.Itoa(int(f.After.Seconds())))
		w.WriteHeader(http.StatusTooManyRequests)
	case connectortest.Lie:
		w.WriteHeader(http.StatusNoContent)
	case connectortest.LostAnswer:
		s.handle(httptest.NewRecorder(), r, false)
		panic(http.ErrAbortHandler)
	default:
		s.handle(w, r, f.Trouble == connectortest.Stale)
	}
}

func (s *service) handle(w http.ResponseWriter, r *http.Request, stale bool) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /groups/{group}/members", func(w http.ResponseWriter, r *http.Request) {
		members, ok := s.groups[r.PathValue("group")]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if stale {
			members = s.before
		}
		_ = json.NewEncoder(w).Encode(map[string][]string{"members": append([]string{}, members...)})
	})
	mux.HandleFunc("/groups/{group}/members/{account}", func(w http.ResponseWriter, r *http.Request) {
		if !s.set(r.PathValue("group"), r.PathValue("account"), r.Method == http.MethodPut) {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.ServeHTTP(w, r)
}

// set is the one place where membership changes.
func (s *service) set(group, account string, in bool) bool {
	members, ok := s.groups[group]
	is := slices.Contains(members, account)
	switch {
	case !ok || !slices.Contains(s.known, account), !in && !is:
		return false
	case in == is:
		return true
	}
	s.before = slices.Clone(members)
	if s.groups[group] = append(members, account); !in {
		s.groups[group] = slices.DeleteFunc(slices.Clone(members), func(m string) bool { return m == account })
	}
	s.effects[account]++
	return true
}

// start serves over TLS and makes a connector for it.
func start(t *testing.T) (*example.Connector, *service) {
	t.Helper()
	s := &service{groups: map[string][]string{"readers": {}, "admins & others": {}}, known: []string{"maya@example.com", "li@example.com"}, effects: map[string]int{}}
	h := httptest.NewUnstartedServer(s)
	h.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	h.StartTLS()
	t.Cleanup(h.Close)
	roots := x509.NewCertPool()
	roots.AddCert(h.Certificate())
	c, err := example.New(example.Config{Name: "groups", URL: h.URL, Token: token, Roots: roots, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func entitlement(group string) approvals.Entitlement {
	return approvals.Entitlement{ID: approvals.EntitlementID("of " + group), Target: map[string]string{"group": group}}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) (approvals.Connector, connectortest.World) {
		c, s := start(t)
		locked := func(f func()) { s.mu.Lock(); defer s.mu.Unlock(); f() }
		return c, connectortest.World{
			Entitlement: entitlement("readers"), Other: entitlement("admins & others"), Nowhere: entitlement("nobody"),
			Account: "maya@example.com", Neighbour: "li@example.com", Unknown: "ghost@example.com", Secrets: []string{token},
			Reaches: func(_ *testing.T, e approvals.Entitlement, account string) (in bool) {
				locked(func() { in = slices.Contains(s.groups[e.Target["group"]], account) })
				return in
			},
			Seat:    func(_ *testing.T, account string) { locked(func() { s.set("readers", account, true) }) },
			Effects: func(account string) (n int) { locked(func() { n = s.effects[account] }); return n },
			Inject:  func(_ *testing.T, f connectortest.Fault) bool { locked(func() { s.fault = &f }); return true },
			Heal:    func(*testing.T) { locked(func() { s.fault = nil }) },
		}
	}})
}

func TestWhatCannotWorkIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]example.Config{
		"no name":      {URL: "https://a.example", Token: token},
		"in the clear": {Name: "groups", URL: "http://a.example", Token: token},
		"no token":     {Name: "groups", URL: "https://a.example"},
	} {
		if c, err := example.New(cfg); err == nil {
			t.Errorf("%s: %v", name, c)
		}
	}
}

// FuzzAnswer feeds answers: whatever the service says, nobody is said to be out
// of a group that was not read.
func FuzzAnswer(f *testing.F) {
	f.Add(`{"members": []}`)
	f.Add(`{}`)
	f.Add(`null`)
	f.Add(`{"members": ["maya@example.com", 7]}`)
	var text []byte
	h := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(text) }))
	f.Cleanup(h.Close)
	roots := x509.NewCertPool()
	roots.AddCert(h.Certificate())
	c, err := example.New(example.Config{Name: "groups", URL: h.URL, Token: token, Roots: roots, Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		text = []byte(answer)
		p, err := c.Check(t.Context(), approvals.Grant{Account: "maya@example.com", Target: map[string]string{"group": "readers"}}, nil)
		var read struct{ Members *[]string }
		if err == nil && !p.Present && (json.Unmarshal(text, &read) != nil || read.Members == nil) {
			t.Errorf("%s was taken for a group without members: %s", fmt.Sprint(p), answer)
		}
	})
}
