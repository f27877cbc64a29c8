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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// plan is what one world goes through.
type plan struct {
	seed     uint64 // of the first round
	rounds   uint64
	engine   string
	replicas int
	people   int
	sweep    string        // see lifecycle.Config
	outage   time.Duration // of the systems, beyond what a storm brings
	apart    time.Duration // the clocks of neighbouring replicas
	wishes   []wish        // that are made at once, outside of rounds
	kinds    []string      // connectors besides the webhook's
}

// world is everything around the processes: systems, Slack, lines, database.
type world struct {
	plan
	t        testing.TB
	suffix   string
	dir      string
	desk     *desk
	endpoint *endpoint
	roles    *roles // nil: this world has no such connector
	systems  map[string]system
	lines    *lines
	specs    []spec
	database string // URL, without a line between

	tally *tally

	looking sync.Mutex
	witness witness
	slots   map[string]int // of the messages that the bot wrote

	mu      sync.Mutex
	alive   map[int]*life
	order   order
	round   *round
	fallen  string   // the note of the last who died as ordered
	pending []*round // that are over, and not compared with the database yet
}

func draw(seed uint64, stream uint64) *mathrand.Rand {
	return mathrand.New(mathrand.NewPCG(seed, stream))
}

// planned draws the world of some seeds.
func planned(seed, rounds uint64) plan {
	rng := draw(seed, 1)
	// Each kind of connector has its turn on each engine, in pairs.
	pairs := [][]string{{"roles", "cloud"}, {"roles", "groups"}, {"cloud", "program"}, {"groups", "program"}, {"roles", "program"}, {"groups", "cloud"}}
	nth := seed / rounds
	p := plan{seed: seed, rounds: rounds, engine: "sqlite", replicas: 1, people: mostBatches * batch, apart: 2 * time.Second, kinds: pairs[nth/2%uint64(len(pairs))]}
	if nth%2 == 0 {
		p.engine, p.replicas = "postgres", 3
	}
	if rng.IntN(5) == 0 { // else a task that is lost would soon be put again
		p.sweep = "@every 2s"
	}
	return p
}

// gives are what can be asked for, by connector.
var gives = map[string]approvals.EntitlementID{"roles": "books:view", "groups": "charts:view", "cloud": "production:view", "program": "jobs:view"}

func newWorld(t testing.TB, p plan) *world {
	t.Helper()
	w := &world{plan: p, t: t, suffix: strings.ToLower(rand.Text()[:8]), dir: t.TempDir(), lines: newLines(), alive: map[int]*life{}, systems: map[string]system{}, slots: map[string]int{}, tally: &tally{}}
	w.desk = newDesk(t, w.suffix, p.people)
	w.copyAccess()
	signer, public, err := auditlog.NewKey("hallpass/torture")
	if err != nil {
		t.Fatal(err)
	}
	if w.witness.keys, err = auditlog.Verifiers(public); err != nil {
		t.Fatal(err)
	}
	s := spec{Access: filepath.Join(w.dir, "access"), Database: "sqlite:" + w.dir, Bot: "xoxb-torture", App: "xapp-torture", Signer: signer,
		Key: strings.Repeat("k", 32), Systems: w.connect(), State: filepath.Join(w.dir, "jobs"), Deeds: filepath.Join(w.dir, "deeds"), Replicas: p.replicas, Sweep: p.sweep, Order: order{Wishes: p.wishes}}
	w.order = s.Order
	w.open(&round{seed: p.seed, wishes: p.wishes})
	s.Roots = w.endpoint.server.Certificate().Raw
	if p.engine == "postgres" {
		s.Database = pgtest.Start(t).Database(t)
	}
	w.database = s.Database
	for i := range p.replicas {
		s.APIURL, s.Ahead = w.desk.door(fmt.Sprint(i)), time.Duration(i-p.replicas/2)*p.apart
		s.Log = filepath.Join(w.dir, fmt.Sprint("log", i))
		if p.engine == "postgres" {
			s.Database = w.behind(fmt.Sprint("database", i), w.database)
		}
		w.specs = append(w.specs, s)
	}
	return w
}

// behind is a URL as it is reached by a line that can be torn.
func (w *world) behind(name, address string) string {
	w.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		w.t.Fatal(err)
	}
	u.Host = w.lines.lay(w.t, name, u.Host)
	return u.String()
}

// connect makes the systems, and says where they are reached.
func (w *world) connect() map[string]string {
	w.t.Helper()
	w.endpoint = newEndpoint(w.t, w.seed)
	w.systems["hook"] = w.endpoint
	at := map[string]string{"hook": w.behind("hook", w.endpoint.server.URL) + "/torture"}
	var accounts []string
	for i := range w.people {
		accounts = append(accounts, w.account(fmt.Sprint("p", i)))
	}
	for _, kind := range w.kinds {
		switch kind {
		case "roles":
			w.roles = &roles{t: w.t, suffix: w.suffix}
			w.systems[kind], at[kind] = w.roles, w.behind(kind, w.makeRoles())
		case "groups":
			g := newGroups(w.t, w.seed, accounts)
			w.systems[kind], at[kind] = g, w.behind(kind, g.url)+"/scim/v2"
		case "cloud":
			c := newCloud(w.t, w.seed, accounts)
			w.systems[kind], at[kind] = c, w.behind(kind, c.url)
		case "program":
			p := newProgram(w.t, w.dir)
			w.systems[kind], at[kind] = p, p.path
		}
	}
	return at
}

// account is a person's, in every system.
func (w *world) account(who string) string { return who + "_" + w.suffix + "@example.com" }

// copyAccess makes the access folder, with names of this world's own: roles
// belong to a whole server.
func (w *world) copyAccess() {
	from := os.DirFS("testdata/access")
	err := fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		to := filepath.Join(w.dir, "access", path)
		if err != nil || d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		if kind, ok := strings.CutSuffix(d.Name(), ".yaml"); ok && gives[kind] != "" && !slices.Contains(w.kinds, kind) {
			return nil
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
// that all goes with the test. It gives the bot's own address.
func (w *world) makeRoles() string {
	w.t.Helper()
	admin := pgtest.Start(w.t).AdminDSN()
	bot, group := "hallpass_"+w.suffix, "torture_ro_"+w.suffix
	w.exec(admin, "CREATE ROLE "+group, "CREATE ROLE "+bot+" LOGIN CREATEROLE PASSWORD '"+w.suffix+"'",
		"GRANT pg_signal_backend TO "+bot, "GRANT "+group+" TO "+bot+" WITH ADMIN OPTION")
	w.t.Cleanup(func() {
		for i := range w.people {
			w.exec(admin, fmt.Sprintf("DROP ROLE IF EXISTS p%d_%s", i, w.suffix))
		}
		w.exec(admin, "REVOKE "+group+" FROM "+bot, "DROP ROLE "+bot, "DROP ROLE "+group)
	})
	u, err := url.Parse(admin)
	if err != nil {
		w.t.Fatal(err)
	}
	u.User = url.UserPassword(bot, w.suffix)
	return u.String()
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
