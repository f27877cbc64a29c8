package torture

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// plan is what one seed does.
type plan struct {
	seed     uint64
	engine   string
	replicas int
	lives    int // that end early, of each replica
	storm    time.Duration
	people   int
	outage   time.Duration // of the systems, beyond what a storm brings
	apart    time.Duration // the clocks of neighbouring replicas
	wishes   []wish
}

// world is everything around the processes: systems, Slack, lines, database.
type world struct {
	plan
	t        testing.TB
	rng      *mathrand.Rand // of the test's own goroutine
	suffix   string
	dir      string
	desk     *desk
	endpoint *endpoint
	lines    *lines
	specs    []spec
	database string // URL, without a line between

	mu     sync.Mutex
	alive  map[int]*os.Process
	deaths []string
}

func draw(seed uint64, stream uint64) *mathrand.Rand {
	return mathrand.New(mathrand.NewPCG(seed, stream))
}

// planned draws what a seed does.
func planned(seed uint64) plan {
	rng := draw(seed, 1)
	p := plan{seed: seed, engine: "sqlite", replicas: 1, lives: 2 + rng.IntN(3), people: 4, apart: 2 * time.Second, storm: time.Duration(2+rng.IntN(4)) * time.Second}
	if seed%2 == 0 {
		p.engine, p.replicas = "postgres", 3
	}
	for i := range p.people {
		for _, what := range []approvals.EntitlementID{"sales:view", "stock:view", "books:view"} {
			if rng.IntN(3) == 0 {
				continue
			}
			p.wishes = append(p.wishes, wish{Key: fmt.Sprintf("torture:%d:%s", i, what), Who: approvals.PrincipalID(fmt.Sprint("p", i)), What: what,
				Duration: time.Duration(1000+rng.IntN(4000)) * time.Millisecond})
		}
	}
	return p
}

func newWorld(t testing.TB, p plan) *world {
	t.Helper()
	w := &world{plan: p, t: t, rng: draw(p.seed, 3), suffix: strings.ToLower(rand.Text()[:8]), dir: t.TempDir(), lines: newLines(), alive: map[int]*os.Process{}}
	w.desk, w.endpoint = newDesk(t, w.suffix, p.people), newEndpoint(t, p.seed)
	w.copyAccess()
	admin, err := url.Parse(pgtest.Start(t).AdminDSN())
	if err != nil {
		t.Fatal(err)
	}
	w.makeRoles(admin.String())
	bot := *admin
	bot.User = url.UserPassword("hallpass_"+w.suffix, w.suffix)
	bot.Host = w.lines.lay(t, "roles", admin.Host)
	hook := "https://" + w.lines.lay(t, "hook", strings.TrimPrefix(w.endpoint.server.URL, "https://")) + "/torture"
	database := "sqlite:" + w.dir
	if p.engine == "postgres" {
		database = pgtest.Start(t).Database(t)
	}
	w.database = database
	for i := range p.replicas {
		s := spec{Access: filepath.Join(w.dir, "access"), Database: database, APIURL: w.desk.door(fmt.Sprint(i)), Bot: "xoxb-torture", App: "xapp-torture",
			Hook: hook, Key: strings.Repeat("k", 32), Roles: bot.String(), Roots: w.endpoint.server.Certificate().Raw,
			Ahead: time.Duration(i-p.replicas/2) * p.apart, Wishes: p.wishes,
			Note: filepath.Join(w.dir, fmt.Sprint("note", i)), Log: filepath.Join(w.dir, fmt.Sprint("log", i))}
		if p.engine == "postgres" {
			u, err := url.Parse(database)
			if err != nil {
				t.Fatal(err)
			}
			u.Host = w.lines.lay(t, fmt.Sprint("database", i), u.Host)
			s.Database = u.String()
		}
		w.specs = append(w.specs, s)
	}
	return w
}

// copyAccess makes the access folder, with names of this world's own: roles
// belong to a whole server.
func (w *world) copyAccess() {
	from := os.DirFS("testdata/access")
	err := fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		to := filepath.Join(w.dir, "access", path)
		if err != nil || d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		data, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		if path == "people.yaml" {
			for i := range w.people {
				data = fmt.Appendf(data, "  - {id: p%d, name: Pat %d, email: p%d@example.com, title: Engineer, department: Payments, manager: mia}\n", i, i, i)
			}
		}
		text := strings.NewReplacer("@example.com", "_"+w.suffix+"@example.com", "torture_ro", "torture_ro_"+w.suffix).Replace(string(data))
		return os.WriteFile(to, []byte(text), 0o600)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// makeRoles makes the group and the bot's login on the server, and sees to it
// that all goes with the test.
func (w *world) makeRoles(admin string) {
	w.t.Helper()
	bot, group := "hallpass_"+w.suffix, "torture_ro_"+w.suffix
	w.exec(admin, "CREATE ROLE "+group, "CREATE ROLE "+bot+" LOGIN CREATEROLE PASSWORD '"+w.suffix+"'",
		"GRANT pg_signal_backend TO "+bot, "GRANT "+group+" TO "+bot+" WITH ADMIN OPTION")
	w.t.Cleanup(func() {
		for i := range w.people {
			w.exec(admin, fmt.Sprintf("DROP ROLE IF EXISTS p%d_%s", i, w.suffix))
		}
		w.exec(admin, "REVOKE "+group+" FROM "+bot, "DROP ROLE "+bot, "DROP ROLE "+group)
	})
}

func (w *world) exec(dsn string, statements ...string) {
	w.t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }() // what it did is done
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			w.t.Error(err)
		}
	}
}
