package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// midway is a version of the schema with grants in full swing.
const midway = 14

// TestPendingRevocationsSurviveAnUpgrade migrates a database of an earlier
// version in which one access is over, one is being taken away by a process
// that died, and one runs.
func TestPendingRevocationsSurviveAnUpgrade(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, midway)
		now := time.Now().UTC()
		stamp := func(d time.Duration) string { return now.Add(d).Format(stampLayout) }
		no := map[string]string{"sqlite": "0", "postgres": "false"}[s.dialect.name]
		yes := map[string]string{"sqlite": "1", "postgres": "true"}[s.dialect.name]
		box, err := sandbox.New(sandbox.Config{Resources: []sandbox.Resource{{System: "postgres", Name: "billing-db", Levels: []string{"read-only", "admin"}}}})
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range []struct {
			who, state, ends, revoking string
		}{{"amy", "active", stamp(-time.Minute), ""}, {"bob", "revoking", stamp(time.Hour), stamp(-time.Minute)}, {"mia", "active", stamp(time.Hour), ""}} {
			revoking := "NULL"
			if c.revoking != "" {
				revoking = "'" + c.revoking + "'"
			}
			due := min(c.ends, map[bool]string{true: c.ends, false: c.revoking}[c.revoking == ""])
			exec(t, s, fmt.Sprintf(`INSERT INTO requests (id, version, kind, state, requester, beneficiary, entitlement, duration, reason, ticket, grant_id, key, origin, created_at, decided_by, note)
				VALUES ('r%[1]d', 2, 'access', 'approved', '%[2]s', '%[2]s', 'billing-db:admin', 3600000000000, 'why', '', 'g%[1]d', 'k%[1]d', '', '%[3]s', '', '')`, i, c.who, stamp(-time.Hour)))
			exec(t, s, fmt.Sprintf(`INSERT INTO grants (id, version, request_id, entitlement, principal, state, connector, account, target, duration, created_at, prechecked, standing,
				receipt, active_at, ends_at, end_reason, ended_by, end_note, revoking_at, attempts, last_error, due_at)
				VALUES ('g%[1]d', 3, 'r%[1]d', 'billing-db:admin', '%[2]s', '%[3]s', 'postgres', '%[2]s@example.com', '{"resource":"billing-db","level":"admin"}', 3600000000000, '%[4]s', %[8]s, %[9]s,
				'{}', '%[4]s', '%[5]s', '', '', '', %[6]s, 0, '', '%[7]s')`, i, c.who, c.state, stamp(-time.Hour), c.ends, revoking, due, yes, no))
			exec(t, s, fmt.Sprintf(`INSERT INTO tasks (kind, key, run_at, attempt, leased_until) VALUES ('revoke', 'g%d', '%s', 1, '%s')`, i, due, stamp(-time.Second)))
			if err := box.Seat("billing-db", "admin", c.who+"@example.com"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		w, err := lifecycle.New(lifecycle.Config{Service: approvalstest.NewWorld(s).Service, Store: s, Connectors: map[string]approvals.Connector{"postgres": box}})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.RunOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[approvals.GrantID]approvals.GrantState{"g0": approvals.GrantRevoked, "g1": approvals.GrantRevoked, "g2": approvals.GrantActive} {
			if g, err := s.Grant(t.Context(), id); err != nil || g.State != want {
				t.Errorf("%s is %s, %v; want %s; last error %q", id, g.State, err, want, g.LastError)
			}
		}
		if members := box.Snapshot().Members; len(members) != 1 || members[0].Account != "mia@example.com" {
			t.Errorf("access that is left: %+v, want mia's", members)
		}
	})
}
