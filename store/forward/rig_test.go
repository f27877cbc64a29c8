package forward_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/octetcounting"
	"github.com/leodido/go-syslog/v4/rfc5424"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/forward"
)

func openStore(tb testing.TB, url string) *store.Store {
	tb.Helper()
	s, err := store.Open(context.Background(), store.Config{URL: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// happen stores so many events.
func happen(s *store.Store, n int) error {
	var c approvals.Change
	for i := range n {
		c.Events = append(c.Events, approvals.Event{At: time.Date(2026, 11, 22, 9, 0, i%60, 0, time.UTC), Kind: approvals.EventGrantActive, Actor: approvals.Person("amy", "slack", "C1/1.1"),
			Request: approvals.RequestID(fmt.Sprint("req_", i)), Grant: approvals.GrantID(fmt.Sprint("gr_", i)), Entitlement: "billing-db:read-only", Beneficiary: "bob",
			Detail: map[string]string{"note": "ü \"]\\\n"}})
	}
	return s.Apply(context.Background(), c)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inbox is what a receiver has got: the numbers of events, in the order of
// arrival.
type inbox struct {
	mu     sync.Mutex
	got    []int64
	notify chan struct{} // of capacity 1
}

func newInbox() *inbox { return &inbox{notify: make(chan struct{}, 1)} }

func (b *inbox) put(all ...int64) {
	b.mu.Lock()
	b.got = append(b.got, all...)
	b.mu.Unlock()
	select {
	case b.notify <- struct{}{}:
	default:
	}
}

func (b *inbox) all() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got)
}

// until waits until something holds of what arrived.
func (b *inbox) until(t *testing.T, holds func([]int64) bool) []int64 {
	t.Helper()
	for {
		if got := b.all(); holds(got) {
			return got
		}
		select {
		case <-b.notify:
		case <-t.Context().Done():
			t.Fatalf("it waits still, with %d events", len(b.all()))
		}
	}
}

// upTo reports whether the event of a number arrived.
func upTo(n int64) func([]int64) bool {
	return func(got []int64) bool { return slices.Contains(got, n) }
}

// whole fails unless all events up to a number arrived, none before the one
// before it.
func whole(t *testing.T, got []int64, upTo int64) {
	t.Helper()
	next := int64(1)
	for i, n := range got {
		if n > next {
			t.Fatalf("event %d came before event %d: %d is the %dth that arrived", n, next, n, i+1)
		}
		if n == next {
			next++
		}
	}
	if next != upTo+1 {
		t.Errorf("event %d never came", next)
	}
}

// endpoint is an HTTPS service that takes batches, as long as answer says 200.
type endpoint struct {
	*inbox
	*httptest.Server
	mu     sync.Mutex
	answer func(batch []int64) (status int, header http.Header)
	bodies [][]byte
}

func newEndpoint(tb testing.TB) *endpoint {
	tb.Helper()
	e := &endpoint{inbox: newInbox()}
	e.Server = httptest.NewTLSServer(http.HandlerFunc(e.serve))
	tb.Cleanup(e.Close)
	return e
}

// newPlain is an address of the endpoint that speaks HTTP without TLS, for a
// process that does not know the certificate.
func newPlain(tb testing.TB, e *endpoint) string {
	tb.Helper()
	s := httptest.NewServer(http.HandlerFunc(e.serve))
	tb.Cleanup(s.Close)
	return s.URL
}

func (e *endpoint) answers(with func(batch []int64) (int, http.Header)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = with
}

func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var batch []struct{ ID string }
	if err != nil || r.Header.Get("Content-Type") != "application/cloudevents-batch+json" || json.Unmarshal(body, &batch) != nil {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	var numbers []int64
	for _, event := range batch {
		n, _ := strconv.ParseInt(event.ID, 10, 64)
		numbers = append(numbers, n)
	}
	e.mu.Lock()
	answer := e.answer
	e.bodies = append(e.bodies, body)
	e.mu.Unlock()
	status, header := http.StatusNoContent, http.Header(nil)
	if answer != nil {
		status, header = answer(numbers)
	}
	for k, v := range header {
		w.Header()[k] = v
	}
	w.WriteHeader(status)
	if status < 300 {
		e.put(numbers...)
	}
}

// target sends to the endpoint.
func (e *endpoint) target(name string) forward.Target { return web(name, e.URL, e.Client()) }

func web(name, url string, client *http.Client) forward.Target {
	return forward.Target{Name: name, Receiver: &forward.Web{Source: "/hallpass", Post: func(ctx context.Context, body []byte, contentType string) (int, time.Duration, error) {
		return post(ctx, client, url, body, contentType)
	}}}
}

// collector is a syslog receiver that reads with somebody else's parser.
type collector struct {
	*inbox
	net.Listener
	mu       sync.Mutex
	messages []*rfc5424.SyslogMessage
	faults   []error
	conns    []net.Conn
	cuts     int // connections that die after so many messages as the next line says
	most     int
}

// newCollector listens; with a certificate it speaks TLS.
func newCollector(tb testing.TB, cert *tls.Certificate) *collector {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	if cert != nil {
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*cert}})
	}
	c := &collector{inbox: newInbox(), Listener: l}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { c.read(conn) })
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		c.cut()
		wg.Wait()
	})
	return c
}

// cut ends all connections.
func (c *collector) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

func (c *collector) read(conn net.Conn) {
	c.mu.Lock()
	c.conns = append(c.conns, conn)
	dies := c.cuts > 0
	c.cuts--
	c.mu.Unlock()
	read := 0
	octetcounting.NewParser(syslog.WithListener(func(r *syslog.Result) {
		m, ok := r.Message.(*rfc5424.SyslogMessage)
		if r.Error != nil || !ok {
			c.mu.Lock()
			c.faults = append(c.faults, r.Error)
			c.mu.Unlock()
			return
		}
		if read++; dies && read > c.most {
			_ = conn.Close()
			return // it was read and is forgotten: the receiver died
		}
		n, _ := strconv.ParseInt((*m.StructuredData)["meta"]["sequenceId"], 10, 64)
		c.mu.Lock()
		c.messages = append(c.messages, m)
		c.mu.Unlock()
		c.put(n)
	})).Parse(conn)
}

// start runs a forwarder until stop is called.
func start(t *testing.T, c forward.Config) (stop func()) {
	t.Helper()
	if c.Poll == 0 {
		c.Poll = time.Millisecond
	}
	if c.Retry == 0 {
		c.Retry = time.Millisecond
	}
	f, err := forward.New(c)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// certificate is one for 127.0.0.1, and who vouches for it.
func certificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &s.TLS.Certificates[0], pool
}
