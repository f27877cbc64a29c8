package awsidc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// failure is the only error that leaves the connector.
type failure = approvals.ConnectorError

var (
	errAbsent      = errors.New("AWS has no such thing")
	errBusy        = errors.New("too many requests")
	errCredentials = errors.New("no credentials")
)

// maxWait bounds what a Retry-After is obeyed.
const maxWait = 15 * time.Minute

// effect says whether a request changes anything.
type effect bool

const (
	reads   effect = false
	changes effect = true
)

// busyTries is how often a question is asked again that AWS was too busy for,
// and busyWait the first pause before that. Others share the quota: a console,
// a pipeline. Changes are the lifecycle's to try again.
const (
	busyTries = 4
	busyWait  = 250 * time.Millisecond
)

// do makes one request of the SDK in its turn.
func do[I, O, Opt any](ctx context.Context, c *Connector, e effect, action string,
	f func(context.Context, *I, ...func(Opt)) (*O, error), in *I) (*O, error) {
	for try := 0; ; try++ {
		if err := c.quota.turn(ctx, c.quota.calls); err != nil {
			return nil, err
		}
		out, err := f(ctx, in)
		if err == nil {
			return out, nil
		}
		err = classify(err, e, action)
		busy, ok := errors.AsType[*failure](err)
		wait := busyWait << try
		if !ok || e != reads || !errors.Is(err, errBusy) || busy.After > wait || try == busyTries {
			return nil, err
		}
		if c.cfg.Wait(ctx, wait) != nil {
			return nil, err
		}
	}
}

// classify says what a failed request means. What the SDK says is not shown:
// AWS's answer to a wrong signature quotes headers, the session token among
// them.
func classify(err error, e effect, action string) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		return refused(err, api.ErrorCode(), e, action)
	}
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
	case errors.Is(err, errCredentials):
		return &failure{Kind: approvals.Misconfigured, Message: "Hallpass has no AWS credentials. Give its process a role, and check its region."}
	case errors.As(err, &op) && op.Op == "dial":
		return &failure{Kind: approvals.Retryable, Message: "AWS can't be reached.", Err: op.Err}
	}
	if e == reads {
		return &failure{Kind: approvals.Retryable, Message: "AWS did not answer " + action + "."}
	}
	return &failure{Kind: approvals.Ambiguous, Message: "AWS did not answer " + action + "; it may have done it all the same."}
}

// refused says what AWS's error code means.
func refused(err error, code string, e effect, action string) error {
	status := 0
	var response *awshttp.ResponseError
	var after time.Duration
	if errors.As(err, &response) && response.Response != nil {
		status, after = response.HTTPStatusCode(), retryAfter(response.Response.Header)
	}
	said := fmt.Sprintf("%s to %s", code, action)
	switch code {
	case "ResourceNotFoundException", "PolicyNotFoundException", "TargetNotFoundException", "ChildNotFoundException":
		return fmt.Errorf("%w: %s", errAbsent, action)
	case "ThrottlingException", "TooManyRequestsException", "Throttling", "RequestLimitExceeded", "SlowDown":
		return &failure{Kind: approvals.Retryable, After: after, Message: "AWS is busy: it answers " + said + ".", Err: errBusy}
	case "ConflictException", "ConcurrentModificationException", "PolicyChangesInProgressException", "ServiceQuotaExceededException":
		return &failure{Kind: approvals.Retryable, After: after, Message: "AWS is busy with the same thing: it answers " + said + "."}
	case "AccessDeniedException", "AccessDenied":
		return &failure{Kind: approvals.Misconfigured, Message: "AWS does not let Hallpass do this: it answers " + said +
			". Check its role's policy, and that it is of the management account or of the delegated administrator of IAM Identity Center."}
	case "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException", "InvalidClientTokenId", "IncompleteSignature", "MissingAuthenticationTokenException":
		return &failure{Kind: approvals.Misconfigured, Message: "AWS does not accept Hallpass's credentials: it answers " + said + ". Check them, and the machine's clock."}
	case "AWSOrganizationsNotInUseException":
		return &failure{Kind: approvals.Misconfigured, Message: "These credentials are of an account that is in no organization."}
	}
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusConflict:
		return &failure{Kind: approvals.Retryable, After: after, Message: "AWS is busy: it answers " + said + ".", Err: errBusy}
	case code == unnamed && status < http.StatusInternalServerError: // cut off, or of something between
		return unclear(e, after, "An answer came to "+action+" that is not AWS's own.")
	case status >= http.StatusInternalServerError:
		return unclear(e, after, "AWS failed: it answers "+said+".")
	}
	return &failure{Kind: approvals.Permanent, Message: "AWS refuses: it answers " + said + "."}
}

// unnamed is the SDK's code for an answer that bears none.
const unnamed = "UnknownError"

// unclear is an answer that does not say whether anything was done. A question
// has changed nothing.
func unclear(e effect, after time.Duration, words string) error {
	if e == reads {
		return &failure{Kind: approvals.Retryable, After: after, Message: words}
	}
	return &failure{Kind: approvals.Ambiguous, After: after, Message: words}
}

// retryAfter reads the header's seconds; zero for anything else.
func retryAfter(h http.Header) time.Duration {
	n, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxWait)
}

// httpStatus finds the status in the reason of a failed asynchronous call. AWS
// gives it in words only: "Received a 404 status error: …".
var httpStatus = regexp.MustCompile(`\b([45][0-9][0-9])\b`)

// failed says what the reason of a failed asynchronous call means; errAbsent
// for a 404.
func failed(action, reason string) error {
	status := 0
	if m := httpStatus.FindString(reason); m != "" {
		status, _ = strconv.Atoi(m)
	}
	f := &failure{Kind: approvals.Retryable, Message: fmt.Sprintf("AWS took the %s and it failed: %s", action, reason)}
	switch status {
	case http.StatusNotFound:
		return fmt.Errorf("%w: %s", errAbsent, reason)
	case http.StatusForbidden, http.StatusUnauthorized:
		f.Kind = approvals.Misconfigured
	case http.StatusBadRequest:
		f.Kind = approvals.Permanent
	}
	return f
}

// isKind reports whether an error is a failure of a kind.
func isKind(err error, kind approvals.FailureKind) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && f.Kind == kind
}

// guarded keeps what a credentials source says out of errors: it may quote
// what it read.
type guarded struct{ aws.CredentialsProvider }

// Retrieve asks the source.
func (g guarded) Retrieve(ctx context.Context) (aws.Credentials, error) {
	v, err := g.CredentialsProvider.Retrieve(ctx)
	if err == nil || ctx.Err() != nil {
		return v, err
	}
	return aws.Credentials{}, errCredentials
}
