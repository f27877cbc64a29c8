package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

var (
	_ approvals.Connector    = (*Connector)(nil)
	_ approvals.Expirer      = (*Connector)(nil)
	_ approvals.SessionEnder = (*Connector)(nil)
	_ approvals.Validator    = (*Connector)(nil)
)

// Carrier takes a question, a Call in JSON, to the other side and brings back
// the answer. Its errors are *approvals.ConnectorError.
type Carrier func(ctx context.Context, question []byte) (answer []byte, err error)

// Connector is a connector whose hands are on the other side of a carrier. It
// is safe for concurrent use if the carrier is.
type Connector struct {
	name     string
	carry    Carrier
	optional []Operation
	now      func() time.Time
}

// New makes a connector. Optional are the operations beyond the first four that
// the other side has; without one, the connector does nothing for it.
func New(name string, carry Carrier, optional []Operation, now func() time.Time) *Connector {
	if now == nil {
		now = time.Now
	}
	return &Connector{name: name, carry: carry, optional: optional, now: now}
}

// ask makes one round trip.
func (c *Connector) ask(ctx context.Context, call Call) (Reply, error) {
	call.Version, call.Connector = Version, c.name
	question, err := json.Marshal(call)
	if err != nil {
		return Reply{}, &approvals.ConnectorError{Kind: approvals.Permanent, Message: "The request can't be written as JSON.", Err: err}
	}
	if err := ctx.Err(); err != nil {
		return Reply{}, &approvals.ConnectorError{Kind: approvals.Retryable, Message: "There was no time left for this call.", Err: err}
	}
	answer, err := c.carry(ctx, question)
	if err != nil {
		return Reply{}, err
	}
	reply, err := Decode(call.Operation, answer)
	var said *approvals.ConnectorError
	switch {
	case err == nil:
		return reply, nil
	case errors.As(err, &said):
		return Reply{}, said
	case call.Operation == Grant || call.Operation == Revoke || call.Operation == EndSessions || call.Operation == SetEnd:
		// It may well have acted: read back rather than believe or give up.
		return Reply{}, &approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "The system's answer can't be understood: " + err.Error() + "."}
	default:
		return Reply{}, &approvals.ConnectorError{Kind: approvals.Misconfigured, Message: "The system's answer can't be understood: " + err.Error() + "."}
	}
}

func about(op Operation, g approvals.Grant, r approvals.Receipt) Call {
	return Call{Operation: op, Entitlement: g.Entitlement, Target: g.Target, Grant: g.ID, Account: g.Account, EndsAt: g.EndsAt, Receipt: r}
}

// Grant asks the other side to give access.
func (c *Connector) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	r, err := c.ask(ctx, about(Grant, g, nil))
	return r.Receipt, err
}

// Revoke asks the other side to take access away.
func (c *Connector) Revoke(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (approvals.Removal, error) {
	r, err := c.ask(ctx, about(Revoke, g, receipt))
	return approvals.Removal{SessionsEnded: r.SessionsEnded, ResidualUntil: r.ResidualUntil, Reason: r.Reason}, err
}

// Check asks the other side whether access works now.
func (c *Connector) Check(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (approvals.Presence, error) {
	r, err := c.ask(ctx, about(Check, g, receipt))
	if err != nil {
		return approvals.Presence{}, err
	}
	if r.Detail == "" {
		r.Detail = fmt.Sprintf("the system answered: present %v", *r.Present)
	}
	return approvals.Presence{Present: *r.Present, Sessions: r.Sessions, Detail: r.Detail}, nil
}

// List asks the other side who holds an entitlement. An account that is named
// twice counts once.
func (c *Connector) List(ctx context.Context, e approvals.Entitlement) ([]approvals.Holding, error) {
	r, err := c.ask(ctx, Call{Operation: List, Entitlement: e.ID, Target: e.Target})
	if err != nil {
		return nil, err
	}
	at := c.now()
	slices.Sort(r.Holders)
	held := make([]approvals.Holding, 0, len(r.Holders))
	for _, account := range slices.Compact(r.Holders) {
		held = append(held, approvals.Holding{Entitlement: e.ID, Account: account, AsOf: at})
	}
	return held, nil
}

// SetEnd tells the other side the end, where it can keep one by itself.
func (c *Connector) SetEnd(ctx context.Context, g approvals.Grant, receipt approvals.Receipt, end time.Time) error {
	if !slices.Contains(c.optional, SetEnd) {
		return nil
	}
	g.EndsAt = end
	_, err := c.ask(ctx, about(SetEnd, g, receipt))
	return err
}

// EndSessions asks the other side to end what is open, where it can.
func (c *Connector) EndSessions(ctx context.Context, g approvals.Grant, receipt approvals.Receipt) (int, error) {
	if !slices.Contains(c.optional, EndSessions) {
		return 0, nil
	}
	r, err := c.ask(ctx, about(EndSessions, g, receipt))
	return r.SessionsEnded, err
}

// Validate asks the other side whether a catalogue entry is sound, where it
// can tell.
func (c *Connector) Validate(ctx context.Context, e approvals.Entitlement) error {
	if !slices.Contains(c.optional, Validate) {
		return nil
	}
	_, err := c.ask(ctx, Call{Operation: Validate, Entitlement: e.ID, Target: e.Target})
	return err
}
