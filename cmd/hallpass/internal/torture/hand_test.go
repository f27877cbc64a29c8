package torture

import (
	"context"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// operations are the calls of a connector at which a process may die.
var operations = map[string][]string{
	"hook":    {"check", "grant", "revoke", "set_end", "end_sessions"},
	"roles":   {"check", "grant", "revoke", "set_end", "end_sessions"},
	"program": {"check", "grant", "revoke", "set_end", "end_sessions"},
	"groups":  {"check", "grant", "revoke"},
	"cloud":   {"check", "grant", "revoke"},
}

// mortalHand is the connector of a process that dies.
type mortalHand struct {
	approvals.Connector
	approvals.Validator
	name string
	fate *fate
}

// mortal makes a connector one of a process that dies. What it can do besides
// the calls that all have, it can do still.
func mortal(name string, f *fate, conn interface {
	approvals.Connector
	approvals.Validator
}) approvals.Connector {
	hand := mortalHand{conn, conn, name, f}
	holder, holds := conn.(approvals.Holder)
	chore, toils := conn.(interface{ Run(context.Context) error })
	ends, ok := conn.(ender)
	switch {
	case ok && holds:
		return struct {
			mortalEnder
			approvals.Holder
		}{mortalEnder{hand, ends}, holder}
	case ok:
		return mortalEnder{hand, ends}
	case toils:
		return struct {
			mortalHand
			approvals.Holder
			toiler
		}{hand, holder, chore}
	}
	return struct {
		mortalHand
		approvals.Holder
	}{hand, holder}
}

// toiler is a connector that has something to do besides its calls.
type toiler interface{ Run(context.Context) error }

// ender is a connector whose system keeps ends itself, and has sessions.
type ender interface {
	approvals.Expirer
	approvals.SessionEnder
}

// mortalEnder is a mortalHand that is an ender.
type mortalEnder struct {
	mortalHand
	ends ender
}

func (m mortalHand) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	return cross(m.fate, m.name+"/grant", func() (approvals.Receipt, error) { return m.Connector.Grant(ctx, g) })
}

func (m mortalHand) Revoke(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Removal, error) {
	return cross(m.fate, m.name+"/revoke", func() (approvals.Removal, error) { return m.Connector.Revoke(ctx, g, r) })
}

func (m mortalHand) Check(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Presence, error) {
	return cross(m.fate, m.name+"/check", func() (approvals.Presence, error) { return m.Connector.Check(ctx, g, r) })
}

func (m mortalEnder) SetEnd(ctx context.Context, g approvals.Grant, r approvals.Receipt, at time.Time) error {
	return crossing(m.fate, m.name+"/set_end", func() error { return m.ends.SetEnd(ctx, g, r, at) })
}

func (m mortalEnder) EndSessions(ctx context.Context, g approvals.Grant, r approvals.Receipt) (int, error) {
	return cross(m.fate, m.name+"/end_sessions", func() (int, error) { return m.ends.EndSessions(ctx, g, r) })
}
