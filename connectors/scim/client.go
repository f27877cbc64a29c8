package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

// failure is the only error that leaves the connector.
type failure = approvals.ConnectorError

// errAbsent says that the service has no such resource.
var errAbsent = errors.New("no such resource")

// get reads a resource or a list into v. It returns the resource's version, ""
// where the service has none, and errAbsent for a 404.
func (c *Connector) get(ctx context.Context, path string, v any) (version string, err error) {
	a, err := c.call(ctx, http.MethodGet, path, nil, "")
	if err != nil {
		return "", err
	}
	return a.Header.Get("Etag"), decode(a.Body, v)
}

// decode reads an answer's JSON.
func decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return &failure{Kind: approvals.Misconfigured, Message: "The service's answer is not SCIM. Check url."}
	}
	return nil
}

// ask reads a path unless it still has a version; then the answer is 304.
func (c *Connector) ask(ctx context.Context, path, version string) (outbound.Answer, error) {
	header := c.header()
	if version != "" {
		header.Set("If-None-Match", version)
	}
	a, err := c.client.Do(ctx, http.MethodGet, c.cfg.URL+path, nil, header)
	if err == nil && a.Status == http.StatusNotModified && version != "" {
		return a, nil
	}
	return judged(http.MethodGet, a, err)
}

func (c *Connector) header() http.Header {
	return http.Header{"Authorization": {"Bearer " + c.cfg.Token}, "Accept": {"application/scim+json"}}
}

// write sends a change.
func (c *Connector) write(ctx context.Context, method, path string, v any, version string) error {
	body, err := json.Marshal(v)
	if err != nil {
		return &failure{Kind: approvals.Permanent, Message: "The change can't be written as JSON.", Err: err}
	}
	_, err = c.call(ctx, method, path, body, version)
	return err
}

// call makes one request and gives its answer when it is a success.
func (c *Connector) call(ctx context.Context, method, path string, body []byte, version string) (outbound.Answer, error) {
	header := c.header()
	if body != nil {
		header.Set("Content-Type", "application/scim+json")
	}
	if version != "" {
		header.Set("If-Match", version)
	}
	a, err := c.client.Do(ctx, method, c.cfg.URL+path, body, header)
	return judged(method, a, err)
}

// judged makes an error of all but success.
func judged(method string, a outbound.Answer, err error) (outbound.Answer, error) {
	if err != nil {
		return a, unanswered(method, err)
	}
	if a.Status >= 200 && a.Status < 300 {
		return a, nil
	}
	return a, refused(method, a)
}

// unanswered says what a call without an answer means. A question that is not
// answered has changed nothing.
func unanswered(method string, err error) error {
	switch {
	case errors.Is(err, outbound.ErrBlocked):
		return &failure{Kind: approvals.Misconfigured, Err: err,
			Message: "The service's address is not a public one; if it is meant, allow its range under private: in hallpass.yaml."}
	case errors.Is(err, outbound.ErrUnsent), method == http.MethodGet:
		return &failure{Kind: approvals.Retryable, Message: "The service can't be reached.", Err: err}
	}
	return &failure{Kind: approvals.Ambiguous, Message: "The service did not answer.", Err: err}
}

// refused says what an answer's status means. The body is not shown: it may
// quote what was sent.
func refused(method string, a outbound.Answer) error {
	status := fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	switch {
	case a.Status == http.StatusNotFound:
		return errAbsent
	case a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable:
		return &failure{Kind: approvals.Retryable, After: a.RetryAfter(), Message: "The service is busy: " + status + "."}
	case a.Status == http.StatusConflict || a.Status == http.StatusPreconditionFailed:
		return &failure{Kind: approvals.Retryable, Message: "Somebody else is changing the group: " + status + "."}
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		return &failure{Kind: approvals.Misconfigured, Message: "The service does not accept Hallpass: " + status + ". Check the token and what it may do."}
	case a.Status >= 300 && a.Status < 400:
		return &failure{Kind: approvals.Misconfigured, Message: "The service sends elsewhere: " + status + ". Redirects are not followed; write the final address."}
	case a.Status == http.StatusNotImplemented || a.Status == http.StatusMethodNotAllowed:
		return &failure{Kind: approvals.Misconfigured, Message: "The service can't do this: " + status + ". Choose another patch: in hallpass.yaml."}
	case a.Status >= 500 && method == http.MethodGet:
		return &failure{Kind: approvals.Retryable, Message: "The service failed: " + status + "."}
	case a.Status >= 500:
		return &failure{Kind: approvals.Ambiguous, Message: "The service failed: " + status + "."}
	}
	return &failure{Kind: approvals.Permanent, Message: "The service refused: " + status + "."}
}
