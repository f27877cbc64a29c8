package prompts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/sashabaranov/go-openai"
)

// maxResponse bounds what is read of a response, headers aside: many times an
// answer's size, and nothing to a machine.
const maxResponse = 256 << 10

var (
	errTooLarge = errors.New("response too large")
	errRedirect = errors.New("redirect")
)

// guarded returns a copy of client that follows no redirect, which could carry
// the key elsewhere, and reads no endless response.
func guarded(client *http.Client) *http.Client {
	if client == nil {
		client = &http.Client{}
	}
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	next := c.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	c.Transport = limited{next}
	return &c
}

type limited struct{ next http.RoundTripper }

// RoundTrip refuses redirects and bounds the body.
func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		_ = resp.Body.Close()
		return nil, errRedirect
	}
	resp.Body = &boundedBody{ReadCloser: resp.Body, left: maxResponse}
	return resp, nil
}

// boundedBody fails instead of ending early, so that a cut body is never
// taken for a whole one.
type boundedBody struct {
	io.ReadCloser
	left int
}

// Read reads at most what is left, then fails.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// classify turns whatever a call returned into one of our own errors. Nothing
// of the original text is kept: an endpoint may echo the key, and the client
// library quotes what the endpoint sent.
func classify(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrTimeout
	}
	status := 0
	if e, ok := errors.AsType[*openai.APIError](err); ok {
		status = e.HTTPStatusCode
	} else if e, ok := errors.AsType[*openai.RequestError](err); ok {
		status = e.HTTPStatusCode
	}
	netErr, isNet := errors.AsType[net.Error](err)
	switch {
	case status == http.StatusTooManyRequests || status >= 500:
		return fmt.Errorf("%w: status %d", ErrUnavailable, status)
	case status != 0:
		return fmt.Errorf("%w: status %d", ErrRefused, status)
	case errors.Is(err, errTooLarge):
		return fmt.Errorf("%w: it is longer than %d bytes", ErrAnswer, maxResponse)
	case errors.Is(err, errRedirect):
		return fmt.Errorf("%w: it answers with a redirect, which is not followed", ErrUnavailable)
	case isNet && netErr.Timeout():
		return ErrTimeout
	case isNet:
		return ErrUnavailable
	}
	return fmt.Errorf("%w: it is cut off or not a chat completion", ErrAnswer)
}
