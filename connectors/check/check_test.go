package check_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/check"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

const (
	key   = "0123456789abcdef-the-key"
	token = "token-in-the-address"
)

var nine = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// facts are those of a request, with words that nobody outside may see.
func facts() approvals.Facts {
	return approvals.Facts{Requester: approvals.Principal{ID: "mia", Email: "mia@example.com"},
		Beneficiary: approvals.Principal{ID: "amy", Email: "amy@example.com", Name: "Amy"},
		Entitlement: approvals.Entitlement{ID: "billing-db:read-only", System: "postgres-prod"}, Duration: time.Hour, Ticket: "INC-4312"}
}

type clock struct{ at atomic.Pointer[time.Time] }

func (c *clock) set(t time.Time) { c.at.Store(&t) }
func (c *clock) now() time.Time  { return *c.at.Load() }

// services starts one endpoint for all checks and gives their configuration.
func services(t *testing.T, h http.HandlerFunc, names ...string) map[string]check.Config {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	all := map[string]check.Config{}
	for _, name := range names {
		all[name] = check.Config{URL: s.URL + "/" + name + "?" + token, Key: []byte(key), Roots: roots, Timeout: 10 * time.Second,
			Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	}
	return all
}

func open(t *testing.T, all map[string]check.Config, log io.Writer, now func() time.Time) *check.Checks {
	t.Helper()
	c, err := check.New(all, slog.New(slog.NewTextHandler(log, nil)), now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestQuestionIsSignedAndHoldsNoWordsOfPeople(t *testing.T) {
	t.Parallel()
	var got map[string]any
	all := services(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := outbound.Verify([]byte(key), r.Header.Get(outbound.SignatureHeader), body, nine, time.Minute); err != nil {
			t.Error(err)
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, `{"passed":true,"detail":"SOX training of 2026"}`)
	}, "training")
	results := open(t, all, io.Discard, func() time.Time { return nine }).Check(t.Context(), []string{"training", "unknown", "training"}, facts())
	want := map[string]any{"version": 1., "check": "training", "at": "2026-11-22T09:00:00Z", "beneficiary": "amy@example.com", "requester": "mia@example.com",
		"entitlement": "billing-db:read-only", "system": "postgres-prod", "duration_minutes": 60., "ticket": "INC-4312"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("asked: -want +got\n%s", diff)
	}
	if diff := cmp.Diff([]approvals.CheckResult{{Name: "training", Passed: true, At: nine, Detail: "SOX training of 2026"}}, results); diff != "" {
		t.Errorf("learned: -want +got\n%s", diff)
	}
}

func TestWhatIsNotAnsweredIsAbsent(t *testing.T) {
	t.Parallel()
	answers := map[string]func(http.ResponseWriter){
		"yes":      func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"passed":true}`) },
		"no":       func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"passed":false,"detail":"expired"}`) },
		"down":     func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"moved":    func(w http.ResponseWriter) { w.Header().Set("Location", "/yes"); w.WriteHeader(http.StatusFound) },
		"empty":    func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{}`) },
		"null":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"passed":null}`) },
		"text":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"passed":"true"}`) },
		"typo":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"passed":true,"end":"2026"}`) },
		"two":      func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"passed":true}{"passed":false}`) },
		"html":     func(w http.ResponseWriter) { _, _ = io.WriteString(w, `<html>`) },
		"cut":      func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"too long": func(w http.ResponseWriter) { _, _ = w.Write(bytes.Repeat([]byte(" "), 1<<17)) },
	}
	var names []string
	for name := range answers {
		names = append(names, name)
	}
	all := services(t, func(w http.ResponseWriter, r *http.Request) { answers[strings.TrimPrefix(r.URL.Path, "/")](w) }, names...)
	blocked := all["yes"]
	blocked.Private = nil
	all["blocked"] = blocked
	var log syncBuffer
	got := open(t, all, &log, func() time.Time { return nine }).Check(t.Context(), append(names, "blocked"), facts())
	want := []approvals.CheckResult{{Name: "no", At: nine, Detail: "expired"}, {Name: "yes", Passed: true, At: nine}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if said := log.String(); strings.Contains(said, token) || strings.Contains(said, key) || strings.Count(said, "did not answer") != len(answers)-1 {
		t.Errorf("the log shows a secret, or not every check that did not answer:\n%s", said)
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}
func (s *syncBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func TestSlowCheckHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	all := services(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			_, _ = io.Copy(io.Discard, r.Body) // the server notices that the client left only when it has read all
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, `{"passed":true}`)
	}, "slow", "quick")
	slow := all["slow"]
	slow.Timeout = 50 * time.Millisecond
	all["slow"] = slow
	got := open(t, all, io.Discard, func() time.Time { return nine }).Check(t.Context(), []string{"slow", "quick"}, facts())
	if diff := cmp.Diff([]approvals.CheckResult{{Name: "quick", Passed: true, At: nine}}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestAnswersAreKeptNoLongerThanAllowed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, answer string
		cache        time.Duration
		stands       time.Duration // for how long the service is not asked again
	}{
		{"no cache", `{"passed":true}`, 0, 0},
		{"a yes", `{"passed":true}`, 10 * time.Minute, 10 * time.Minute},
		{"a yes with a nearer end", `{"passed":true,"until":"2026-11-22T09:03:00Z"}`, 10 * time.Minute, 3 * time.Minute},
		{"a yes with a farther end", `{"passed":true,"until":"2027-11-22T09:03:00Z"}`, 10 * time.Minute, 10 * time.Minute},
		{"a no", `{"passed":false}`, 10 * time.Minute, time.Minute},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			all := services(t, func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); _, _ = io.WriteString(w, tc.answer) }, "x")
			x := all["x"]
			x.Cache = tc.cache
			all["x"] = x
			var now clock
			now.set(nine)
			c := open(t, all, io.Discard, now.now)
			ask := func(f approvals.Facts) int32 { c.Check(t.Context(), []string{"x"}, f); return asked.Load() }
			ask(facts())
			if tc.stands > 0 {
				now.set(nine.Add(tc.stands - time.Millisecond))
				if n := ask(facts()); n != 1 {
					t.Errorf("asked %d times while the answer stands", n)
				}
				other := facts()
				other.Beneficiary.Email = "bob@example.com"
				if n := ask(other); n != 2 {
					t.Error("somebody else got the kept answer")
				}
				asked.Store(1)
			}
			now.set(nine.Add(tc.stands))
			if n := ask(facts()); n != 2 {
				t.Errorf("asked %d times, want again after %s", n, tc.stands)
			}
		})
	}
}

func TestKeptAnswerOfTheFutureIsNotBelieved(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	all := services(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, `{"passed":true}`)
	}, "x")
	x := all["x"]
	x.Cache = time.Hour
	all["x"] = x
	var now clock
	now.set(nine)
	c := open(t, all, io.Discard, now.now)
	c.Check(t.Context(), []string{"x"}, facts())
	now.set(nine.Add(-time.Hour)) // the clock was put back: nobody knows how old the answer is
	if c.Check(t.Context(), []string{"x"}, facts()); asked.Load() != 2 {
		t.Error("the kept answer was used")
	}
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	good := check.Config{URL: "https://learning.example.com/" + token, Key: []byte(key)}
	for _, tc := range []struct {
		change func(*check.Config)
		want   string
	}{
		{func(*check.Config) {}, ""},
		{func(c *check.Config) { c.URL = "http://x.example/" + token }, "https"},
		{func(c *check.Config) { c.Key = []byte("hunter2") }, "openssl"},
		{func(c *check.Config) { c.Timeout = time.Minute }, "timeout"},
		{func(c *check.Config) { c.Cache = -1 }, "cache"},
		{func(c *check.Config) { c.Cache = 25 * time.Hour }, "cache"},
	} {
		cfg := good
		tc.change(&cfg)
		c, err := check.New(map[string]check.Config{"training": cfg}, nil, nil)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %q", err, tc.want)
		}
		if err != nil && (strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("the error shows a secret: %v", err)
		}
		if err == nil {
			if diff := cmp.Diff([]string{"training"}, c.Names()); diff != "" {
				t.Error(diff)
			}
		}
	}
}
