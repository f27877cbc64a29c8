package webhook_test

import (
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
	"github.com/hallpass-dev/hallpass/connectors/contract"
	"github.com/hallpass-dev/hallpass/connectors/contract/contracttest"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
	"github.com/hallpass-dev/hallpass/connectors/webhook"
)

const (
	key   = "0123456789abcdef-the-key"
	token = "token-in-the-address"
)

// endpoint serves h over TLS and gives the configuration that reaches it.
func endpoint(t *testing.T, h http.HandlerFunc) webhook.Config {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return webhook.Config{Name: "warehouse", URL: s.URL + "/" + token, Key: []byte(key), Roots: roots,
		Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Operations: contract.Optional}
}

// serve is how a good endpoint answers, and a system in trouble.
func serve(s *contracttest.System) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		question, err := io.ReadAll(r.Body)
		if err != nil || outbound.Verify([]byte(key), r.Header.Get(outbound.SignatureHeader), question, time.Now(), 5*time.Minute) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		a := s.Answer(question)
		switch a.Trouble {
		case connectortest.LostAnswer:
			panic(http.ErrAbortHandler)
		case connectortest.Cut:
			w.WriteHeader(http.StatusServiceUnavailable)
		case connectortest.Conflict:
			w.WriteHeader(http.StatusConflict)
		case connectortest.Throttled:
			w.Header().Set("Retry-After", strconv.Itoa(a.Seconds))
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			_, _ = w.Write(a.Body)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) (approvals.Connector, connectortest.World) {
		s := contracttest.New()
		c, err := webhook.New(endpoint(t, serve(s)))
		if err != nil {
			t.Fatal(err)
		}
		return c, s.World([]string{key, token}, nil)
	}})
}

func TestStatusesMeanWhatTheyMeanToTheLifecycle(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		body   string
		want   approvals.FailureKind
		words  string
	}{
		{200, `{"error":{"kind":"permanent","message":"no such person"}}`, approvals.Permanent, "no such person"},
		{422, `{"error":{"kind":"permanent","message":"no such person"}}`, approvals.Permanent, "no such person"},
		{500, `{"error":{"kind":"retryable","message":"restarting"}}`, approvals.Retryable, "restarting"},
		{201, `{}`, approvals.Ambiguous, "201"},
		{400, `secret-body`, approvals.Permanent, "400"},
		{401, ``, approvals.Misconfigured, "Check url and key"},
		{403, ``, approvals.Misconfigured, "403"},
		{404, ``, approvals.Misconfigured, "404"},
		{302, ``, approvals.Misconfigured, "Redirects are not followed"},
		{409, ``, approvals.Retryable, "409"},
		{500, `secret-body`, approvals.Ambiguous, "500"},
		{502, ``, approvals.Ambiguous, "502"},
		{503, ``, approvals.Retryable, "503"},
	} {
		c, err := webhook.New(endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
			_, _ = io.WriteString(w, tc.body)
		}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Grant(t.Context(), approvals.Grant{ID: "gr_1", Account: "maya"})
		var got *approvals.ConnectorError
		if !errors.As(err, &got) || got.Kind != tc.want || !strings.Contains(got.Message, tc.words) {
			t.Errorf("%d %s: %v, want %s with %q", tc.status, tc.body, err, tc.want, tc.words)
		}
		if err != nil && (strings.Contains(err.Error(), "secret-body") || strings.Contains(err.Error(), token)) {
			t.Errorf("%d: the error quotes what it must not: %v", tc.status, err)
		}
	}
}

func TestAcceptance29AddressInsideIsBlockedUnlessAllowed(t *testing.T) {
	t.Parallel()
	cfg := endpoint(t, func(http.ResponseWriter, *http.Request) { t.Error("the endpoint was called") })
	cfg.Private = nil
	for _, url := range []string{cfg.URL, "https://169.254.169.254/latest/meta-data/iam/security-credentials/"} {
		cfg.URL = url
		c, err := webhook.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Grant(t.Context(), approvals.Grant{ID: "gr_1"})
		var got *approvals.ConnectorError
		if !errors.As(err, &got) || got.Kind != approvals.Misconfigured || !strings.Contains(got.Message, "private:") {
			t.Errorf("%v, want it blocked as misconfigured, with the mend", err)
		}
	}
}

func TestEndpointThatIsDownIsTriedAgain(t *testing.T) {
	t.Parallel()
	cfg := endpoint(t, nil)
	cfg.URL = "https://127.0.0.1:1/" + token
	c, err := webhook.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Revoke(t.Context(), approvals.Grant{ID: "gr_1"}, nil)
	var got *approvals.ConnectorError
	if !errors.As(err, &got) || got.Kind != approvals.Retryable || strings.Contains(err.Error(), token) {
		t.Errorf("%v, want retryable, without the address", err)
	}
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	good := webhook.Config{Name: "warehouse", URL: "https://access.example.com/" + token, Key: []byte(key)}
	for _, tc := range []struct {
		change func(*webhook.Config)
		want   string
	}{
		{func(*webhook.Config) {}, ""},
		{func(c *webhook.Config) { c.Name = "" }, "name"},
		{func(c *webhook.Config) { c.URL = "http://access.example.com/" + token }, "https"},
		{func(c *webhook.Config) { c.URL = "" }, "url"},
		{func(c *webhook.Config) { c.Key = []byte("short") }, "openssl rand"},
	} {
		cfg := good
		tc.change(&cfg)
		_, err := webhook.New(cfg)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want %q", err, tc.want)
		}
		if err != nil && (strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "short")) {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}
