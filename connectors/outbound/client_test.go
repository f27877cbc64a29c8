package outbound_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// serve starts a TLS server and returns it with the pool that trusts it.
func serve(t *testing.T, h http.HandlerFunc) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // handshakes that are broken off on purpose
	s.StartTLS()
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s, pool
}

func TestSignedCallArrivesAsSent(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	var body, signature, tenant string
	s, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		body, signature, tenant = string(data), r.Header.Get(outbound.SignatureHeader), r.Header.Get("Tenant")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, "later")
	})
	key := []byte("a key that both sides have")
	c := outbound.New(outbound.Config{Private: loopback, Roots: roots, Key: key, Now: func() time.Time { return now }})
	got, err := c.Post(t.Context(), s.URL, []byte(`{"a":1}`), http.Header{"tenant": {"acme"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{429, "later", "7", `{"a":1}`, "acme"}, []any{got.Status, string(got.Body), got.Header.Get("Retry-After"), body, tenant}); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if err := outbound.Verify(key, signature, []byte(body), now.Add(time.Minute), 5*time.Minute); err != nil {
		t.Error(err)
	}
}

func TestAcceptance29PrivateAddressIsNeverConnectedTo(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	s, roots := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	c := outbound.New(outbound.Config{Roots: roots})
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	for _, url := range []string{s.URL, "https://localhost" + port, "https://[::ffff:127.0.0.1]" + port, "https://169.254.169.254/latest/meta-data/", "https://0x7f000001" + port} {
		_, err := c.Get(t.Context(), url, nil)
		if !errors.Is(err, outbound.ErrUnsent) {
			t.Errorf("%s: %v, want ErrUnsent", url, err)
		}
	}
	if _, err := c.Get(t.Context(), s.URL, nil); !errors.Is(err, outbound.ErrBlocked) {
		t.Errorf("got %v, want ErrBlocked", err)
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("the server was reached %d times", n)
	}
}

func TestAcceptance29RedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	target, _ := serve(t, func(http.ResponseWriter, *http.Request) { followed.Add(1) })
	s, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.URL, http.StatusTemporaryRedirect)
	})
	c := outbound.New(outbound.Config{Private: loopback, Roots: roots})
	got, err := c.Post(t.Context(), s.URL, []byte(`{}`), nil)
	if err != nil || got.Status != http.StatusTemporaryRedirect {
		t.Errorf("answer %d, %v; want the redirect itself", got.Status, err)
	}
	if followed.Load() != 0 {
		t.Error("the redirect was followed")
	}
}

// nameserver answers each question for an IPv4 address with the next of a list,
// and stays at the last.
func nameserver(t *testing.T, answers ...[4]byte) *net.Resolver {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 512)
		for asked := 0; ; {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Additionals = true, nil
			if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: answers[min(asked, len(answers)-1)]},
				}}
				asked++
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func TestAcceptance29NameThatIsReboundGainsNothing(t *testing.T) {
	t.Parallel()
	s, roots := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	names := nameserver(t, [4]byte{127, 0, 0, 1}, [4]byte{169, 254, 169, 254}, [4]byte{127, 0, 0, 2})
	c := outbound.New(outbound.Config{Private: loopback, Roots: roots, Resolver: names})
	url := "https://example.com" + s.URL[strings.LastIndexByte(s.URL, ':'):] // httptest's certificate names example.com
	if got, err := c.Get(t.Context(), url, nil); err != nil || got.Status != http.StatusOK {
		t.Fatalf("while the name means what is allowed: %d, %v", got.Status, err)
	}
	for range 2 {
		if _, err := c.Get(t.Context(), url, nil); !errors.Is(err, outbound.ErrBlocked) {
			t.Errorf("after the name was rebound: %v, want ErrBlocked", err)
		}
	}
}

func TestWhatGoesWrongIsToldApart(t *testing.T) {
	t.Parallel()
	s, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 101))
		case "/slow":
			<-r.Context().Done()
		case "/cut":
			panic(http.ErrAbortHandler)
		}
	})
	c := outbound.New(outbound.Config{Private: loopback, Roots: roots, Limit: 100, Timeout: 300 * time.Millisecond})
	stranger := outbound.New(outbound.Config{Private: loopback, Roots: x509.NewCertPool()})
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "https://" + closed.Addr().String() + "/secret-token"
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		client *outbound.Client
		url    string
		want   error
		unsent bool
	}{
		{"too long", c, s.URL + "/long?secret-token", outbound.ErrTooLarge, false},
		{"slow", c, s.URL + "/slow?secret-token", context.DeadlineExceeded, false},
		{"cut", c, s.URL + "/cut?secret-token", io.ErrUnexpectedEOF, false},
		{"nobody there", c, nobody, outbound.ErrUnsent, true},
		{"not trusted", stranger, s.URL + "/secret-token", outbound.ErrUnsent, true},
		{"no TLS", c, "http://127.0.0.1/secret-token", outbound.ErrUnsent, true},
	} {
		_, err := tc.client.Get(t.Context(), tc.url, nil)
		if !errors.Is(err, tc.want) || errors.Is(err, outbound.ErrUnsent) != tc.unsent {
			t.Errorf("%s: %v, want %v (unsent: %v)", tc.name, err, tc.want, tc.unsent)
		}
		if err != nil && strings.Contains(err.Error(), "secret-token") {
			t.Errorf("%s: the error quotes the address: %v", tc.name, err)
		}
	}
}

func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	// Not parallel: it sets the environment.
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("https_proxy", proxy.URL)
	s, roots := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := outbound.New(outbound.Config{Private: loopback, Roots: roots})
	if _, err := c.Get(t.Context(), s.URL, nil); err != nil {
		t.Error(err)
	}
}

func TestRetryAfterIsReadWithinReason(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-1": 0, "86400": 15 * time.Minute, "soon": 0, "Sun, 22 Nov 2026 09:00:00 GMT": 0} {
		a := outbound.Answer{Header: http.Header{"Retry-After": {text}}}
		if got := a.RetryAfter(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
