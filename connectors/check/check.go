package check

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

// Limits of what a service may do and say.
const (
	DefaultTimeout = 2 * time.Second
	MaxTimeout     = 10 * time.Second
	MaxCache       = 24 * time.Hour
	keepNo         = time.Minute
	maxDetail      = 300
	maxKept        = 10_000 // answers in memory; when there are more, all are forgotten
)

// Config says where one check is asked.
type Config struct {
	URL     string
	Key     []byte         // signs each question; at least 16 bytes
	Cache   time.Duration  // for how long a yes may be kept; zero: not at all
	Timeout time.Duration  // zero: DefaultTimeout
	Private []netip.Prefix // ranges that may be called besides public addresses
	Roots   *x509.CertPool // nil: the system's
}

// Checks asks the configured services. It is safe for concurrent use.
type Checks struct {
	services map[string]service
	log      *slog.Logger
	now      func() time.Time

	mu   sync.Mutex
	kept map[string]answer
}

var _ approvals.Checks = (*Checks)(nil)

type service struct {
	Config
	client *outbound.Client
}

type answer struct {
	result approvals.CheckResult
	until  time.Time
}

// New prepares the checks, by their names. It does not connect.
func New(all map[string]Config, log *slog.Logger, now func() time.Time) (*Checks, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if now == nil {
		now = time.Now
	}
	c := &Checks{services: map[string]service{}, log: log, now: now, kept: map[string]answer{}}
	for name, cfg := range all {
		if cfg.Timeout == 0 {
			cfg.Timeout = DefaultTimeout
		}
		switch err := outbound.CheckURL(cfg.URL); {
		case err != nil:
			return nil, fmt.Errorf("check: the url of %s can't be called: %w", name, err)
		case len(cfg.Key) < 16:
			return nil, fmt.Errorf("check: the key of %s has %d bytes; make one of at least 16, e.g. with: openssl rand -hex 32", name, len(cfg.Key))
		case cfg.Timeout < 0 || cfg.Timeout > MaxTimeout:
			return nil, fmt.Errorf("check: the timeout of %s must be above 0 and at most %s: somebody waits for the answer", name, MaxTimeout)
		case cfg.Cache < 0 || cfg.Cache > MaxCache:
			return nil, fmt.Errorf("check: the cache of %s must be from 0 to %s", name, MaxCache)
		}
		c.services[name] = service{cfg, outbound.New(outbound.Config{Private: cfg.Private, Key: cfg.Key, Roots: cfg.Roots,
			Timeout: cfg.Timeout, Limit: 64 << 10, Now: now})}
	}
	return c, nil
}

// Names lists the checks, ordered.
func (c *Checks) Names() []string {
	var names []string
	for name := range c.services {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Check asks the named checks side by side, and returns what was answered in
// time, ordered by name.
func (c *Checks) Check(ctx context.Context, names []string, f approvals.Facts) []approvals.CheckResult {
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		results []approvals.CheckResult
	)
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	for _, name := range names {
		s, ok := c.services[name]
		if !ok {
			continue
		}
		wg.Go(func() {
			r, err := c.one(ctx, name, s, f)
			if err != nil {
				c.log.WarnContext(ctx, "an external check did not answer, so it counts for nothing", "check", name, "error", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			results = append(results, r)
		})
	}
	wg.Wait()
	slices.SortFunc(results, func(a, b approvals.CheckResult) int { return strings.Compare(a.Name, b.Name) })
	return results
}

// question is what a service is asked.
type question struct {
	Version     int                     `json:"version"`
	Check       string                  `json:"check"`
	At          time.Time               `json:"at"`
	Beneficiary string                  `json:"beneficiary"`
	Requester   string                  `json:"requester"`
	Entitlement approvals.EntitlementID `json:"entitlement"`
	System      string                  `json:"system"`
	Minutes     int                     `json:"duration_minutes"`
	Ticket      string                  `json:"ticket,omitempty"`
}

// key of the kept answers: all that the service is asked, but for the time.
func (q question) key() string {
	q.At = time.Time{}
	b, err := json.Marshal(q)
	if err != nil {
		panic(err) // a struct of plain fields
	}
	return string(b)
}

func (c *Checks) one(ctx context.Context, name string, s service, f approvals.Facts) (approvals.CheckResult, error) {
	now := c.now().UTC().Truncate(time.Millisecond)
	q := question{Version: 1, Check: name, At: now, Beneficiary: f.Beneficiary.Email, Requester: f.Requester.Email,
		Entitlement: f.Entitlement.ID, System: f.Entitlement.System, Minutes: int(f.Duration / time.Minute), Ticket: f.Ticket}
	key := q.key()
	if r, ok := c.recall(key, now); ok {
		return r, nil
	}
	body, err := json.Marshal(q)
	if err != nil {
		return approvals.CheckResult{}, fmt.Errorf("write the question: %w", err)
	}
	a, err := s.client.Post(ctx, s.URL, body, nil)
	if err != nil {
		return approvals.CheckResult{}, err
	}
	if a.Status != http.StatusOK {
		return approvals.CheckResult{}, fmt.Errorf("it answered %d %s", a.Status, http.StatusText(a.Status))
	}
	r, until, err := read(a.Body)
	if err != nil {
		return r, err
	}
	r.Name, r.At = name, now
	c.keep(key, answer{r, keepUntil(now, s.Cache, r.Passed, until)}, now)
	return r, nil
}

// keepUntil is how long an answer may stand: no longer than the configuration
// allows, nor than the service says.
func keepUntil(now time.Time, cache time.Duration, passed bool, until time.Time) time.Time {
	if !passed {
		cache = min(cache, keepNo)
	}
	at := now.Add(cache)
	if !until.IsZero() && until.Before(at) {
		return until
	}
	return at
}

// read takes an answer, strictly: what is not understood is not an answer.
func read(body []byte) (approvals.CheckResult, time.Time, error) {
	var a struct {
		Passed *bool     `json:"passed"`
		Until  time.Time `json:"until"`
		Detail string    `json:"detail"`
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil {
		return approvals.CheckResult{}, time.Time{}, errors.New("its answer is not of the form that was asked for")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) || a.Passed == nil {
		return approvals.CheckResult{}, time.Time{}, errors.New(`its answer does not say "passed": true or false, or says more than one thing`)
	}
	if len(a.Detail) > maxDetail {
		a.Detail = strings.ToValidUTF8(a.Detail[:maxDetail], "") + "…"
	}
	return approvals.CheckResult{Passed: *a.Passed, Detail: a.Detail}, a.Until, nil
}

func (c *Checks) recall(key string, now time.Time) (approvals.CheckResult, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.kept[key]
	return a.result, ok && now.Before(a.until) && !now.Before(a.result.At)
}

func (c *Checks) keep(key string, a answer, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !now.Before(a.until) {
		delete(c.kept, key)
		return
	}
	if len(c.kept) >= maxKept {
		clear(c.kept)
	}
	c.kept[key] = a
}
