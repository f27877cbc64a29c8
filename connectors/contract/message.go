package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Version is that of the contract; an answer need not repeat it.
const Version = 1

// Operation is what is asked for.
type Operation string

// The operations. Those after List are asked for only where the configuration
// says that the other side has them.
const (
	Grant       Operation = "grant"
	Revoke      Operation = "revoke"
	Check       Operation = "check"
	List        Operation = "list"
	SetEnd      Operation = "set_end"
	EndSessions Operation = "end_sessions"
	Validate    Operation = "validate"
)

// Optional lists the operations that the other side may lack.
var Optional = []Operation{SetEnd, EndSessions, Validate}

// Call is one question.
type Call struct {
	Version     int                     `json:"version"`
	Operation   Operation               `json:"operation"`
	Connector   string                  `json:"connector"`
	Entitlement approvals.EntitlementID `json:"entitlement"`
	Target      map[string]string       `json:"target,omitempty"`
	Grant       approvals.GrantID       `json:"grant,omitempty"`
	Account     string                  `json:"account,omitempty"`
	EndsAt      time.Time               `json:"ends_at,omitzero"`
	Receipt     approvals.Receipt       `json:"receipt,omitempty"`
}

// Reply is one answer. Which fields count depends on the operation.
type Reply struct {
	Receipt       approvals.Receipt `json:"receipt,omitempty"`
	Present       *bool             `json:"present,omitempty"`
	Sessions      int               `json:"sessions,omitempty"`
	Detail        string            `json:"detail,omitempty"`
	SessionsEnded int               `json:"sessions_ended,omitempty"`
	ResidualUntil time.Time         `json:"residual_until,omitzero"`
	Reason        string            `json:"reason,omitempty"`
	Holders       []string          `json:"holders,omitempty"`
	Error         *Failure          `json:"error,omitempty"`
}

// Failure is an answer that says why it was not done.
type Failure struct {
	Kind         approvals.FailureKind `json:"kind"`
	Message      string                `json:"message"`
	AfterSeconds int                   `json:"after_seconds,omitempty"`
}

// limits of what an answer may hold; what is longer is refused, since it ends
// up in the database and before people's eyes.
const (
	maxMessage = 1000
	maxReceipt = 4000
	maxAfter   = 24 * time.Hour
)

// fields lists what an answer to each operation may hold, besides an error.
var fields = map[Operation][]string{
	Grant:       {"receipt"},
	Revoke:      {"sessions_ended", "residual_until", "reason"},
	Check:       {"present", "sessions", "detail"},
	List:        {"holders"},
	SetEnd:      {},
	EndSessions: {"sessions_ended"},
	Validate:    {},
}

// Decode reads the answer to an operation. An answer that reports a failure
// gives that failure as a *approvals.ConnectorError; one that breaks the
// contract gives another error, which says what is wrong and does not quote
// the answer.
func Decode(op Operation, answer []byte) (Reply, error) {
	keys, err := keysOf(answer)
	if err != nil {
		return Reply{}, err
	}
	var r Reply
	dec := json.NewDecoder(bytes.NewReader(answer))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Reply{}, fmt.Errorf("the answer does not fit the contract: %s", mistake(err))
	}
	if r.Error != nil {
		return Reply{}, r.Error.failure()
	}
	for _, key := range keys {
		if key != "error" && !slices.Contains(fields[op], key) { // "error": null is none
			return Reply{}, fmt.Errorf("the answer to %s has %q, which belongs to another operation", op, key)
		}
	}
	return r, r.check(op)
}

// keysOf lists the fields of an answer, which must be exactly one JSON object
// with no field twice: encoding/json would take the last and say nothing.
func keysOf(answer []byte) ([]string, error) {
	broken := errors.New("the answer is not one JSON object")
	dec := json.NewDecoder(bytes.NewReader(answer))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, broken
	}
	var keys []string
	for dec.More() {
		token, err := dec.Token()
		key, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			return nil, broken
		}
		if slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }) {
			return nil, errors.New("the answer has a field twice")
		}
		keys = append(keys, key)
	}
	if _, err := dec.Token(); err != nil {
		return nil, broken
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, broken
	}
	return keys, nil
}

// mistake says what encoding/json found, without the values, which may be
// secrets that the other side let slip.
func mistake(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Sprintf("%q is of the wrong type", kind.Field)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok && len(name) <= 64 {
		return "there is no field " + name
	}
	return "a value is not of its field's form"
}

func (r Reply) check(op Operation) error {
	size := 0
	for k, v := range r.Receipt {
		size += len(k) + len(v)
	}
	switch {
	case op == Check && r.Present == nil:
		return errors.New(`the answer to check does not say "present": true or false`)
	case op == List && r.Holders == nil:
		return errors.New(`the answer to list has no "holders"; nobody is []`)
	case r.Sessions < 0 || r.SessionsEnded < 0:
		return errors.New("a number of sessions is negative")
	case len(r.Detail) > maxMessage || len(r.Reason) > maxMessage:
		return fmt.Errorf("a text is longer than %d bytes", maxMessage)
	case size > maxReceipt:
		return fmt.Errorf("the receipt is longer than %d bytes", maxReceipt)
	}
	return nil
}

// failure makes the error of the domain of one that the other side reports.
// One of no known kind may have had any effect.
func (f *Failure) failure() error {
	out := &approvals.ConnectorError{Kind: f.Kind, Message: f.Message}
	switch f.Kind {
	case approvals.Retryable, approvals.Ambiguous:
		out.After = time.Duration(min(max(0, f.AfterSeconds), int(maxAfter/time.Second))) * time.Second
	case approvals.Permanent, approvals.Misconfigured:
	default:
		out.Kind = approvals.Ambiguous
	}
	if out.Message == "" {
		out.Message = "The system reported a failure without saying which."
	}
	if len(out.Message) > maxMessage {
		out.Message = strings.ToValidUTF8(out.Message[:maxMessage], "") + "…"
	}
	return out
}
