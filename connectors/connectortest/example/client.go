package example

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

// failure is the only error that leaves the connector.
type failure = approvals.ConnectorError

// errAbsent says that the service has no such thing.
var errAbsent = errors.New("no such thing")

func (c *Connector) members(ctx context.Context, group string) ([]string, error) {
	body, err := c.call(ctx, http.MethodGet, "/groups/"+url.PathEscape(group)+"/members")
	if err != nil {
		return nil, err
	}
	var answer struct {
		Members *[]string `json:"members"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Members == nil { // an answer without members is no empty group
		return nil, &failure{Kind: approvals.Misconfigured, Message: "The service's answer is not understood. Check url."}
	}
	return *answer.Members, nil
}

func (c *Connector) change(ctx context.Context, in bool, group, account string) error {
	method := http.MethodDelete
	if in {
		method = http.MethodPut
	}
	_, err := c.call(ctx, method, "/groups/"+url.PathEscape(group)+"/members/"+url.PathEscape(account))
	return err
}

// call makes one request and says what its answer means. A body that is an
// error's is not shown: it may quote what was sent.
func (c *Connector) call(ctx context.Context, method, path string) ([]byte, error) {
	a, err := c.client.Do(ctx, method, c.cfg.URL+path, nil, http.Header{"Authorization": {"Bearer " + c.cfg.Token}})
	status := fmt.Sprintf("%s answers %d %s", c.cfg.Name, a.Status, http.StatusText(a.Status))
	switch {
	case errors.Is(err, outbound.ErrBlocked):
		return nil, &failure{Kind: approvals.Misconfigured, Message: "The service's address is not a public one; allow its range under private:.", Err: err}
	case err != nil && (method == http.MethodGet || errors.Is(err, outbound.ErrUnsent)): // nothing was changed
		return nil, &failure{Kind: approvals.Retryable, Message: "The service can't be reached.", Err: err}
	case err != nil: // nobody knows: the next look will
		return nil, &failure{Kind: approvals.Ambiguous, Message: "The service did not answer.", Err: err}
	case a.Status >= 200 && a.Status < 300:
		return a.Body, nil
	case a.Status == http.StatusNotFound:
		return nil, errAbsent
	case a.Status == http.StatusTooManyRequests, a.Status == http.StatusServiceUnavailable, a.Status == http.StatusConflict:
		return nil, &failure{Kind: approvals.Retryable, After: a.RetryAfter(), Message: "The service is busy: " + status + "."}
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		return nil, &failure{Kind: approvals.Misconfigured, Message: "The service does not accept Hallpass: " + status + ". Check the token."}
	case a.Status >= 500 && method == http.MethodGet:
		return nil, &failure{Kind: approvals.Retryable, Message: "The service failed: " + status + "."}
	case a.Status >= 500:
		return nil, &failure{Kind: approvals.Ambiguous, Message: "The service failed: " + status + "."}
	}
	return nil, &failure{Kind: approvals.Permanent, Message: "The service refuses: " + status + "."}
}
