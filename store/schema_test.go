package store

import (
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/migrations"
)

func TestBothEnginesHaveTheSameVersions(t *testing.T) {
	t.Parallel()
	versions := make(map[string][]string)
	for _, d := range []*dialect{postgres, sqlite} {
		err := fs.WalkDir(migrations.Files, d.name, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				versions[d.name] = append(versions[d.name], entry.Name())
				text, err := fs.ReadFile(migrations.Files, path)
				if err != nil {
					return err
				}
				if strings.Contains(string(text), "+goose Down") {
					t.Errorf("%s goes back; migrations only go forward", path)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(versions["postgres"], versions["sqlite"]); diff != "" {
		t.Errorf("-postgres +sqlite\n%s", diff)
	}
}

// before fills a database of an earlier version, in that version's own terms.
var before = map[int64][]string{
	1: {
		`INSERT INTO requests VALUES ('r1', 3, 'access', 'pending', 'amy', 'bob', 'e', 60000000000, 'why', '', '', 'k1', 'o', '2026-01-02T03:04:05.678Z', NULL, '2026-01-02T11:04:05.678Z', NULL, '', '')`,
		`INSERT INTO events VALUES (1, '2026-01-02T03:04:05.678Z', 'request.submitted', 'r1', '', '{"sequence":1,"at":"2026-01-02T03:04:05.678Z","kind":"request.submitted","actor":{"kind":"system"},"request":"r1"}')`,
		`UPDATE event_head SET sequence = 1`,
	},
	2: {
		`INSERT INTO tasks (kind, key, run_at) VALUES ('lapse', 'r1', '2026-01-02T11:04:05.678Z')`,
		`INSERT INTO messages VALUES ('card:r1', 'C1', '1.1', 'd')`,
	},
	3: { // leases that do not say whose they are
		`UPDATE tasks SET attempt = 1, leased_until = '2026-01-02T11:05:05.678Z'`,
		`INSERT INTO notices (slot, ord, kind, request_id, grant_id, recipient, channel, words, run_at, attempt, leased_until)
			VALUES ('s', 'o', 'request', 'r1', '', 'bob', '', '', '2026-01-02T11:04:05.678Z', 1, '2026-01-02T11:05:05.678Z')`,
		`INSERT INTO inbound (key, kind, payload, ord, at, run_at, attempt, leased_until)
			VALUES ('k', 'event', $1, 'o', '2026-01-02T11:04:05.678Z', '2026-01-02T11:04:05.678Z', 1, '2026-01-02T11:05:05.678Z')`,
	},
	4: {`UPDATE notices SET last_error = 'Slack: internal_error'`},
}

func TestMigrationKeepsTheDataOfEachEarlierVersion(t *testing.T) {
	t.Parallel()
	for _, from := range []int64{1, 2, 3, 4} {
		onBoth(t, func(t *testing.T, s *Store) {
			for version := int64(1); version <= from; version++ {
				migrated(t, s, version)
				for _, insert := range before[version] {
					var args []any
					if strings.Contains(insert, "$1") {
						args = append(args, []byte{}) // bytes are written differently in the two engines
					}
					exec(t, s, insert, args...)
				}
			}
			if err := s.Ping(t.Context()); !strings.Contains(approvals.ErrorMessage(err), "hallpass migrate") {
				t.Errorf("at version %d: %v", from, err)
			}
			migrated(t, s, 0)
			keptData(t, s, from)
		})
	}
}

// keptData checks what before put in, and that the store goes on from it.
func keptData(t *testing.T, s *Store, from int64) {
	t.Helper()
	r, err := s.Request(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	want := approvals.Request{ID: "r1", Version: 3, Kind: approvals.KindAccess, State: approvals.RequestPending, Requester: "amy", Beneficiary: "bob",
		Entitlement: "e", Duration: time.Minute, Reason: "why", Key: "k1", Origin: "o",
		CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), LapsesAt: time.Date(2026, 1, 2, 11, 4, 5, 678e6, time.UTC)}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	event := approvals.Event{At: want.CreatedAt, Kind: approvals.EventRequestCancelled, Actor: approvals.System("test"), Request: "r1"}
	r.State = approvals.RequestCancelled
	if err := s.Apply(t.Context(), approvals.Change{Requests: []approvals.Request{r}, Events: []approvals.Event{event}}); err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(t.Context(), EventFilter{Request: "r1"})
	if err != nil || len(events) != 2 || events[1].Sequence != 2 {
		t.Errorf("events = %v, %v; want the old one and the next", events, err)
	}
	if from < 2 {
		return
	}
	due, attempt := want.LapsesAt, 1
	if from >= 3 {
		keptLeases(t, s, due)
		due, attempt = due.Add(time.Minute), 2
	}
	leases, err := s.ClaimTasks(t.Context(), []approvals.TaskKind{approvals.TaskLapse}, due, time.Minute, 9)
	if err != nil || len(leases) != 1 || leases[0].Attempt != attempt {
		t.Errorf("tasks = %v, %v; want the old one, attempt %d", leases, err, attempt)
	}
	if m, err := s.Message(t.Context(), "card:r1"); err != nil || m.TS != "1.1" {
		t.Errorf("message = %v, %v", m, err)
	}
}

// keptLeases checks that leases from before they said whose they are run out
// by time, and not sooner.
func keptLeases(t *testing.T, s *Store, held time.Time) {
	t.Helper()
	if freed, err := s.FreeOrphans(t.Context()); freed != 0 || err != nil {
		t.Errorf("freed %d leases, %v; want none: their holder may live", freed, err)
	}
	claims := func(now time.Time) ([]NoticeLease, []InboundLease) {
		notices, err := s.ClaimNotices(t.Context(), now, time.Minute, 9)
		inbound, err2 := s.ClaimInbound(t.Context(), now, time.Minute, 9)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		return notices, inbound
	}
	tasks, err := s.ClaimTasks(t.Context(), []approvals.TaskKind{approvals.TaskLapse}, held, time.Minute, 9)
	if notices, inbound := claims(held); err != nil || len(tasks)+len(notices)+len(inbound) != 0 {
		t.Errorf("claimed %v, %v and %v, %v; want none while the leases last", tasks, notices, inbound, err)
	}
	notices, inbound := claims(held.Add(time.Minute))
	if len(notices) != 1 || notices[0].Attempt != 2 || !notices[0].Sending {
		t.Errorf("notices = %v; want the old one, sent perhaps", notices)
	}
	if len(inbound) != 1 || inbound[0].Attempt != 2 {
		t.Errorf("inbound entries = %v; want the old one", inbound)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		exec(t, s, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, $1)", true)
		if err := s.checkSchema(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{s.Ping(t.Context()), s.Migrate(t.Context())} {
			if approvals.ErrorCode(err) != approvals.CodeUnavailable || !strings.Contains(approvals.ErrorMessage(err), "newer than this program knows") {
				t.Errorf("with a newer schema: %v", err)
			}
		}
	})
}

func TestOpeningLeavesAnEmptyDatabaseEmpty(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		count := "SELECT count(*) FROM sqlite_master"
		if s.dialect == postgres {
			count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
		}
		var tables int
		if err := s.db.QueryRowContext(t.Context(), count).Scan(&tables); err != nil {
			t.Fatal(err)
		}
		if tables != 0 {
			t.Errorf("%d tables were made by opening", tables)
		}
	})
}

func TestReplicasMigrateInTurn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := s.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
