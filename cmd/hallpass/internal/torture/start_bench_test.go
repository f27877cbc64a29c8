package torture

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx", to fill a table in one statement

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim/process"
	"github.com/hallpass-dev/hallpass/store"
)

// sample is an active grant of p0 that ends at a time, and its request.
func (w *world) sample(id, schema string, end time.Time) approvals.Change {
	now := time.Now()
	r := approvals.Request{ID: approvals.RequestID("req_" + id), Kind: approvals.KindAccess, State: approvals.RequestApproved, Requester: "p0", Beneficiary: "p0",
		Entitlement: "sales:view", Duration: time.Hour, Key: id, Grant: approvals.GrantID(id), CreatedAt: now, SubmittedAt: now, DecidedAt: now}
	g := approvals.Grant{ID: r.Grant, Request: r.ID, Entitlement: r.Entitlement, Principal: "p0", State: approvals.GrantActive, Connector: "hook",
		Account: "p0_" + w.suffix + "@example.com", Target: map[string]string{"schema": schema}, Duration: time.Hour, CreatedAt: now.Add(-time.Hour),
		Prechecked: true, ActiveAt: now.Add(-time.Hour), EndsAt: end}
	return approvals.Change{Requests: []approvals.Request{r}, Grants: []approvals.Grant{g},
		Events: []approvals.Event{{At: now, Kind: approvals.EventGrantActive, Actor: approvals.System("bench"), Grant: g.ID, Request: r.ID}},
		Tasks:  []approvals.Task{{Kind: approvals.TaskRevoke, Key: id, RunAt: end}}}
}

// copied are the columns that each grant has of the first.
const copied = `version, request_id, entitlement, connector, account, target, duration, created_at, prechecked, standing, receipt, call_until,
	active_at, ends_at, end_reason, ended_by, end_note, revoking_at, residual_until, attempts, last_error, starts_at, ground`

// fill puts n grants into the database, each hundredth still active for days.
func (w *world) fill(b *testing.B, n int) {
	b.Helper()
	db, err := store.Open(b.Context(), store.Config{URL: w.database})
	if err == nil {
		err = db.Migrate(b.Context())
	}
	if err == nil {
		err = db.Apply(b.Context(), w.sample("gr_first", "stock", time.Now().Add(240*time.Hour)))
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	driver, dsn := "pgx", w.database
	if path, ok := strings.CutPrefix(w.database, "sqlite:"); ok {
		driver, dsn = "sqlite", path+"/hallpass.db"
	}
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = raw.Close() }() // what it did is committed
	for _, q := range []string{
		`INSERT INTO grants (id, principal, state, due_at, revoked_at, ` + copied + `)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ` + strconv.Itoa(n) + `)
			SELECT 'gr_' || i, 'p' || (i % 100000), CASE WHEN i % 100 = 0 THEN 'active' ELSE 'revoked' END,
				CASE WHEN i % 100 = 0 THEN t.due_at END, CASE WHEN i % 100 > 0 THEN t.active_at END, ` + copied + `
			FROM n, grants t WHERE t.id = 'gr_first'`,
		`INSERT INTO tasks (kind, key, run_at) SELECT 'revoke', id, ends_at FROM grants WHERE state = 'active' AND id <> 'gr_first'`,
		map[string]string{"pgx": "VACUUM ANALYZE", "sqlite": "ANALYZE"}[driver],
	} {
		if _, err := raw.ExecContext(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
}

// due puts one more grant, whose time is up, and which the endpoint has.
func (w *world) due(b *testing.B, id string) {
	b.Helper()
	db, err := store.Open(b.Context(), store.Config{URL: w.database})
	if err == nil {
		err = db.Apply(b.Context(), w.sample(id, "sales", time.Now()))
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	w.endpoint.change(effect{Given: true, What: "sales", Account: w.account("p0")})
}

// begin starts a process and waits until it is connected to Slack and has ended
// the grant that is due. It gives the time, and the most memory it held.
func (w *world) begin(b *testing.B) (took time.Duration, resident int64) {
	b.Helper()
	cmd, err := process.Command(w.specs[0])
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	for members := []string{""}; len(members) > 0 || w.desk.Connections() == 0; members = w.endpoint.held() {
		if pause(ctx, 5*time.Millisecond); ctx.Err() != nil {
			_ = cmd.Process.Kill()
			log, _ := os.ReadFile(w.specs[0].Log)
			b.Fatalf("it did not start within a minute, connected %d times:\n%s", w.desk.Connections(), log)
		}
	}
	took = time.Since(began)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if kilobytes, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			_, _ = fmt.Sscan(kilobytes, &resident)
		}
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		b.Error(err)
	}
	return took, resident
}

// BenchmarkStart starts all of Hallpass as a process of its own on a database
// with a million grants, or HALLPASS_BENCH_STORED of them: until it is connected
// to Slack and has ended a grant whose time is up.
func BenchmarkStart(b *testing.B) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("HALLPASS_BENCH_STORED"), map[bool]string{false: "1000000", true: "20000"}[testing.Short()]))
	if err != nil {
		b.Fatal("HALLPASS_BENCH_STORED must be a number")
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			w := newWorld(b, plan{engine: engine, replicas: 1, people: 1})
			w.fill(b, n)
			var most int64
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				w.due(b, fmt.Sprint("gr_due", i, time.Now().UnixNano()))
				b.StartTimer()
				took, resident := w.begin(b)
				most = max(most, resident)
				b.ReportMetric(took.Seconds(), "s")
			}
			b.ReportMetric(float64(most)/1024, "MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}
