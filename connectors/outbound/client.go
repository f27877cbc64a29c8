package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// The defaults of a Config.
const (
	DefaultTimeout = 10 * time.Second
	DefaultLimit   = 1 << 20
)

// Errors that say why a call was not made, or its answer not used. Others that
// wrap ErrUnsent were not sent either; after any other error nobody knows
// whether the other side has acted.
var (
	// ErrUnsent: no connection came about, so the other side has seen nothing.
	ErrUnsent = errors.New("not sent")
	// ErrBlocked: the address is private or special, and was not allowed.
	ErrBlocked = errors.New("the address is not a public one, and is not among those allowed")
	// ErrTooLarge: the answer is longer than the limit.
	ErrTooLarge = errors.New("the answer is too long")
)

// Config says what a Client may do.
type Config struct {
	Private []netip.Prefix // private ranges that may be called besides public addresses; none by default
	Key     []byte         // signs what is sent (see Sign); empty: unsigned
	Roots   *x509.CertPool // who may vouch for the other side; nil: the system's
	// Identity is the certificate that this side shows when it is asked for one;
	// nil: none.
	Identity func(*tls.CertificateRequestInfo) (*tls.Certificate, error)
	Timeout  time.Duration // of one call in all; zero: DefaultTimeout
	Limit    int64         // bytes of an answer's body; zero: DefaultLimit
	Resolver *net.Resolver // nil: the system's
	Now      func() time.Time
}

// Client makes guarded calls. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http *http.Client
}

// Answer is what the other side said. A redirect is an answer like any other:
// it is not followed.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// maxWait bounds what a Retry-After is obeyed.
const maxWait = 15 * time.Minute

// RetryAfter is how long the other side asks to be left alone: the seconds of
// its header, at most a quarter of an hour; zero for anything else.
func (a Answer) RetryAfter() time.Duration {
	n, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxWait)
}

// New makes a client.
func New(cfg Config) *Client {
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Limit <= 0 {
		cfg.Limit = DefaultLimit
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	dialer := &net.Dialer{Timeout: min(cfg.Timeout, 5*time.Second), Resolver: cfg.Resolver, Control: guard(cfg.Private)}
	return &Client{cfg: cfg, http: &http.Client{
		Timeout:       cfg.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil, // the guard would see the proxy's address instead of the target's
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.Roots, GetClientCertificate: cfg.Identity},
			TLSHandshakeTimeout:    5 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        time.Minute,
			ForceAttemptHTTP2:      true,
		},
	}}
}

// guard looks at the address that a socket is about to connect to: the last
// moment, after all resolving.
func guard(private []netip.Prefix) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil || !reachable(ap.Addr(), private) {
			return ErrBlocked
		}
		return nil
	}
}

// Get asks; header may be nil.
func (c *Client) Get(ctx context.Context, url string, header http.Header) (Answer, error) {
	return c.Do(ctx, http.MethodGet, url, nil, header)
}

// Post sends a JSON body, signed when there is a key; header may be nil.
func (c *Client) Post(ctx context.Context, url string, body []byte, header http.Header) (Answer, error) {
	return c.Do(ctx, http.MethodPost, url, body, header)
}

// Do makes one call. A body is JSON unless the header says otherwise; it is
// signed when there is a key.
func (c *Client) Do(ctx context.Context, method, url string, body []byte, header http.Header) (Answer, error) {
	if err := CheckURL(url); err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrUnsent, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("%w: the address can't be read", ErrUnsent)
	}
	for k, vs := range header {
		req.Header[http.CanonicalHeaderKey(k)] = vs
	}
	req.Header.Set("User-Agent", "hallpass")
	if body != nil && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if len(c.cfg.Key) > 0 {
		req.Header.Set(SignatureHeader, Sign(c.cfg.Key, c.cfg.Now(), body))
	}
	req.GetBody = nil // a signed call is made once; trying again is the caller's to decide
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, unsent(err)
	}
	defer func() { _ = resp.Body.Close() }() // the answer was read, or is given up
	data, err := io.ReadAll(io.LimitReader(resp.Body, c.cfg.Limit+1))
	if err != nil {
		return Answer{}, fmt.Errorf("read the answer: %w", hide(err))
	}
	if int64(len(data)) > c.cfg.Limit {
		return Answer{}, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, c.cfg.Limit)
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: data}, nil
}

// unsent marks the errors after which nothing was sent.
func unsent(err error) error {
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.Is(err, ErrBlocked):
		return fmt.Errorf("%w: %w", ErrUnsent, ErrBlocked)
	case errors.As(err, &cert):
		return fmt.Errorf("%w: the other side's certificate is not trusted", ErrUnsent)
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("%w: no connection came about: %w", ErrUnsent, hide(err))
	}
	return fmt.Errorf("call: %w", hide(err))
}

// hide keeps what kind of error it was and drops what it says: net/http quotes
// the address, which may hold a secret.
func hide(err error) error {
	var dns *net.DNSError
	var errno syscall.Errno
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.As(err, &dns):
		return errors.New("the name can't be resolved")
	case errors.As(err, &errno):
		return errno
	case errors.As(err, &op) && op.Op == "remote error": // how crypto/tls names an alert; its text is the alert's name
		return fmt.Errorf("it ended TLS and said %q", op.Err.Error())
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return context.DeadlineExceeded
	}
	return errors.New("the connection failed")
}
