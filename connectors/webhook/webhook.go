package webhook

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/contract"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

// minKey is the shortest key that is accepted, in bytes.
const minKey = 16

// Config says which endpoint a connector calls.
type Config struct {
	Name       string               // of the connector
	URL        string               // https; may hold a token, and is never shown
	Key        []byte               // signs each call; at least 16 bytes
	Private    []netip.Prefix       // ranges that may be called besides public addresses
	Operations []contract.Operation // the optional ones that the endpoint has
	Timeout    time.Duration        // of one call; zero: 10 s
	Roots      *x509.CertPool       // nil: the system's
	Resolver   *net.Resolver        // nil: the system's
	Now        func() time.Time
}

// New prepares a connector. It does not connect: an endpoint that is down now
// must not stop Hallpass.
func New(cfg Config) (*contract.Connector, error) {
	if cfg.Name == "" {
		return nil, errors.New("webhook: the connector has no name; give it one and keep it")
	}
	if err := outbound.CheckURL(cfg.URL); err != nil {
		return nil, fmt.Errorf("webhook: the url of connector %s can't be called: %w", cfg.Name, err)
	}
	if len(cfg.Key) < minKey {
		return nil, fmt.Errorf("webhook: the key of connector %s has %d bytes; make one of at least %d, e.g. with: openssl rand -hex 32", cfg.Name, len(cfg.Key), minKey)
	}
	client := outbound.New(outbound.Config{Private: cfg.Private, Key: cfg.Key, Roots: cfg.Roots, Timeout: cfg.Timeout, Resolver: cfg.Resolver, Now: cfg.Now})
	return contract.New(cfg.Name, func(ctx context.Context, question []byte) ([]byte, error) {
		answer, err := client.Post(ctx, cfg.URL, question, nil)
		if err != nil {
			return nil, failed(err)
		}
		return read(answer)
	}, cfg.Operations, cfg.Now), nil
}

// failed says what a call without an answer means.
func failed(err error) error {
	switch {
	case errors.Is(err, outbound.ErrBlocked):
		return &approvals.ConnectorError{Kind: approvals.Misconfigured, Err: err,
			Message: "The endpoint's address is not a public one; if it is meant, allow its range under private: in hallpass.yaml."}
	case errors.Is(err, outbound.ErrUnsent):
		return &approvals.ConnectorError{Kind: approvals.Retryable, Message: "The endpoint can't be reached.", Err: err}
	case errors.Is(err, outbound.ErrTooLarge):
		return &approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "The endpoint's answer is too long.", Err: err}
	}
	return &approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "The endpoint did not answer.", Err: err}
}

// read says what an answer's status means. The body of one that is no success
// is shown only when it is the contract's own error.
func read(a outbound.Answer) ([]byte, error) {
	if a.Status == http.StatusOK {
		return a.Body, nil
	}
	var said *approvals.ConnectorError
	if _, err := contract.Decode(contract.Validate, a.Body); errors.As(err, &said) {
		return a.Body, nil
	}
	status := fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	switch a.Status {
	case http.StatusConflict, http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return nil, &approvals.ConnectorError{Kind: approvals.Retryable, After: a.RetryAfter(), Message: "The endpoint is busy: " + status + "."}
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return nil, &approvals.ConnectorError{Kind: approvals.Permanent, Message: "The endpoint refused: " + status + "."}
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return nil, &approvals.ConnectorError{Kind: approvals.Misconfigured, Message: "The endpoint does not accept Hallpass: " + status + ". Check url and key."}
	}
	if a.Status >= 300 && a.Status < 400 {
		return nil, &approvals.ConnectorError{Kind: approvals.Misconfigured, Message: "The endpoint sends elsewhere: " + status + ". Redirects are not followed; write the final address."}
	}
	return nil, &approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "The endpoint failed: " + status + "."}
}
