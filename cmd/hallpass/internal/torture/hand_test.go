package torture

import (
	"context"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// operations are the calls of a connector at which a process may die: of all
// access, and of access that was opened at once, was extended or was given back.
var operations = map[string][]string{
	"hook":    slices.Concat(always, ending),
	"roles":   slices.Concat(always, ending),
	"program": slices.Concat(always, ending),
	"groups":  always,
	"cloud":   always,
}

var (
	always = []string{"check", "grant", "revoke", "grant.glass", "revoke.released"}
	ending = []string{"set_end", "end_sessions", "set_end.extended"}
)

// at names a call at which a process may die.
func (m mortalHand) at(operation string, g approvals.Grant) string {
	v, _ := m.fate.wish(g.Principal, g.Entitlement)
	switch {
	case operation == "grant" && v.Glass:
		operation += ".glass"
	case operation == "revoke" && g.EndReason == approvals.EndReleased:
		operation += ".released"
	case operation == "set_end" && v.More > 0 && g.Duration > v.Duration:
		operation += ".extended"
	}
	return m.name + "/" + operation
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
	return cross(m.fate, m.at("grant", g), func() (approvals.Receipt, error) { return m.Connector.Grant(ctx, g) })
}

func (m mortalHand) Revoke(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Removal, error) {
	return cross(m.fate, m.at("revoke", g), func() (approvals.Removal, error) { return m.Connector.Revoke(ctx, g, r) })
}

func (m mortalHand) Check(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Presence, error) {
	return cross(m.fate, m.at("check", g), func() (approvals.Presence, error) { return m.Connector.Check(ctx, g, r) })
}

func (m mortalEnder) SetEnd(ctx context.Context, g approvals.Grant, r approvals.Receipt, at time.Time) error {
	return crossing(m.fate, m.at("set_end", g), func() error { return m.ends.SetEnd(ctx, g, r, at) })
}

func (m mortalEnder) EndSessions(ctx context.Context, g approvals.Grant, r approvals.Receipt) (int, error) {
	return cross(m.fate, m.at("end_sessions", g), func() (int, error) { return m.ends.EndSessions(ctx, g, r) })
}
