package store

import (
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

func TestAuditEventsAreAppendOnly(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		event := approvals.Event{At: s.now(), Kind: approvals.EventPolicyLoaded, Actor: approvals.System("test")}
		if err := s.Apply(t.Context(), approvals.Change{Events: []approvals.Event{event, event}}); err != nil {
			t.Fatal(err)
		}
		attacks := []string{
			"UPDATE events SET body = '{}' WHERE sequence = 1",
			"UPDATE events SET sequence = 7 WHERE sequence = 2",
			"UPDATE events SET leaf = NULL WHERE sequence = 1",
			"DELETE FROM events WHERE sequence = 2",
			"DELETE FROM events",
			"INSERT INTO events VALUES (3, '2026-01-02T03:04:05.678Z', 'x', '', '', '{}', NULL)", // as an older program would
		}
		put := "INTO events VALUES (2, '2026-01-02T03:04:05.678Z', 'x', '', '', '{}', "
		if s.dialect == postgres {
			attacks = append(attacks, "TRUNCATE events", "TRUNCATE events CASCADE", "INSERT "+put+`'\x00') ON CONFLICT (sequence) DO UPDATE SET body = '{}'`)
		} else {
			attacks = append(attacks, "INSERT OR REPLACE "+put+"x'00')", "INSERT "+put+"x'00') ON CONFLICT (sequence) DO UPDATE SET body = '{}'")
		}
		for _, attack := range attacks {
			if _, err := s.db.ExecContext(t.Context(), attack); err == nil {
				t.Errorf("%s was not refused", attack)
			} else if code := approvals.ErrorCode(s.dialect.wrap("x", err)); code != approvals.CodeInternal {
				t.Errorf("%s: code %s, want %s", attack, code, approvals.CodeInternal)
			}
		}
		events, err := s.Events(t.Context(), EventFilter{})
		if err != nil || len(events) != 2 || events[1].Kind != approvals.EventPolicyLoaded {
			t.Errorf("events = %v, %v", events, err)
		}
	})
}

func TestMissingHeadRowRefusesEveryEvent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		exec(t, s, "DELETE FROM event_head")
		event := approvals.Event{At: s.now(), Kind: approvals.EventPolicyLoaded, Actor: approvals.System("test")}
		err := s.Apply(t.Context(), approvals.Change{Events: []approvals.Event{event}})
		if approvals.ErrorCode(err) != approvals.CodeInternal {
			t.Errorf("err = %v, want %s", err, approvals.CodeInternal)
		}
	})
}

func TestRewoundHeadIsRefused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		c := approvals.Change{Events: []approvals.Event{{At: s.now(), Kind: approvals.EventPolicyLoaded, Actor: approvals.System("test")}}}
		if err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		exec(t, s, "UPDATE event_head SET sequence = 0")
		if err := s.Apply(t.Context(), c); approvals.ErrorCode(err) != approvals.CodeInternal {
			t.Errorf("writing an event over another one: %v, want %s", err, approvals.CodeInternal)
		}
	})
}
