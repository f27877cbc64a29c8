package sandbox_test

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// safeBuffer is a log that many write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func entitlement(id, resource, level string) approvals.Entitlement {
	return approvals.Entitlement{ID: approvals.EntitlementID(id), Connector: "sandbox",
		Target: map[string]string{"resource": resource, "level": level}}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) (approvals.Connector, connectortest.World) {
		logs := &safeBuffer{}
		s := build(t, sandbox.Config{
			Logger:   slog.New(slog.NewTextHandler(logs, nil)),
			Accounts: []sandbox.Account{{ID: maya}, {ID: "li@example.com"}},
		})
		return s, world(t, s, logs)
	}})
}

func world(t *testing.T, s *sandbox.Sandbox, logs *safeBuffer) connectortest.World {
	t.Helper()
	return connectortest.World{
		Entitlement: entitlement("ro", "billing-db", "read-only"),
		Other:       entitlement("ops", "production", "operator"),
		Nowhere:     entitlement("no", "billing-db", "owner"),
		Account:     maya, Neighbour: "li@example.com", Unknown: "ghost@example.com",
		Reaches: func(t *testing.T, e approvals.Entitlement, account string) bool {
			id, err := s.Login(account, e.Target["resource"])
			if err != nil {
				return false
			}
			_, err = s.Read(id)
			if out := s.Logout(id); out != nil {
				t.Error(out)
			}
			return err == nil
		},
		Open: func(t *testing.T, account string) func() bool {
			id, err := s.Login(account, "billing-db")
			if err != nil {
				t.Fatal(err)
			}
			return func() bool { _, err := s.Read(id); return err == nil }
		},
		Seat: func(t *testing.T, account string) {
			if err := s.Seat("billing-db", "read-only", account); err != nil {
				t.Fatal(err)
			}
		},
		Effects: func(account string) int {
			n := 0
			for _, e := range s.Snapshot().Journal {
				if e.Account == account && (e.Op == sandbox.OpGrant || e.Op == sandbox.OpRevoke) {
					n++
				}
			}
			return n
		},
		Inject: func(_ *testing.T, f connectortest.Fault) bool { s.Inject(translate(f)); return true },
		Heal:   func(*testing.T) { s.Heal() },
		Logs:   logs.String,
	}
}

func translate(f connectortest.Fault) sandbox.Fault {
	out := sandbox.Fault{Op: sandbox.Op(f.Op), Times: 1}
	switch f.Trouble {
	case connectortest.LostAnswer:
		out.AnswerLost = true
	case connectortest.Cut:
		out.Err = &approvals.ConnectorError{Kind: approvals.Retryable, Message: "The line was cut."}
	case connectortest.Conflict:
		out.Err = &approvals.ConnectorError{Kind: approvals.Retryable, Message: "409: busy with the same thing."}
	case connectortest.Throttled:
		out.Err = &approvals.ConnectorError{Kind: approvals.Retryable, Message: "429: too many requests.", After: f.After}
	case connectortest.Lie:
		out.Lie = true
	case connectortest.Stale:
		out.Stale = true
	}
	return out
}
