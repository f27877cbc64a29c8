package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/connectors/directory/directorytest"
	"github.com/hallpass-dev/hallpass/connectors/postgres"
)

// query reads a table whose columns have names and types of their own.
const query = `SELECT mail AS email, id, full_name AS name, boss AS manager, teams AS groups, NOT active AS inactive, external::text AS contractor FROM staff`

const staff = " (id text, full_name text, mail text, boss text, teams text[], active boolean, external boolean)"

// hr is a login that may read a table of people, and the table.
func hr(t *testing.T) *server {
	t.Helper()
	return start(t, "CREATE TABLE staff"+staff,
		"GRANT SELECT, DELETE ON staff TO BOT")
}

func (s *server) people(t *testing.T, query string) *postgres.People {
	t.Helper()
	p, err := postgres.NewPeople(s.dsn(s.bot, secret), query, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Acceptance 32: a directory that is a day old, empty or half there makes
// nobody lose or gain access.
func TestAcceptance32PostgreSQL(t *testing.T) {
	t.Parallel()
	s := start(t)
	var worlds atomic.Int32
	directorytest.Run(t, func(t *testing.T) directorytest.World {
		n := worlds.Add(1)
		bot, table := fmt.Sprintf("hr%d_%s", n, s.suffix), fmt.Sprintf("staff%d", n)
		admin, err := pgx.Connect(t.Context(), s.url.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = admin.Close(context.Background()) })
		exec := func(t *testing.T, sql string) {
			t.Helper()
			if _, err := admin.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
		exec(t, "CREATE ROLE "+bot+" LOGIN PASSWORD '"+secret+"'; CREATE TABLE "+table+staff+"; GRANT SELECT ON "+table+" TO "+bot)
		t.Cleanup(func() {
			if _, err := admin.Exec(context.Background(), "DROP OWNED BY "+bot+"; DROP ROLE "+bot); err != nil {
				t.Error(err)
			}
		})
		source, err := postgres.NewPeople(s.dsn(bot, secret), strings.Replace(query, "staff", table, 1), false, nil)
		if err != nil {
			t.Fatal(err)
		}
		return directorytest.World{Source: source,
			Down: func(t *testing.T, down bool) {
				limit := "-1"
				if down {
					limit = "0"
				}
				exec(t, "ALTER ROLE "+bot+" CONNECTION LIMIT "+limit)
			},
			Put: func(t *testing.T, people []approvals.Principal) {
				t.Helper()
				exec(t, "DELETE FROM "+table)
				var rows [][]any
				for _, p := range people {
					rows = append(rows, []any{string(p.ID), p.Name, p.Email, string(p.Manager), p.Groups, !p.Inactive, p.Contractor})
				}
				if _, err := admin.CopyFrom(t.Context(), pgx.Identifier{table},
					[]string{"id", "full_name", "mail", "boss", "teams", "active", "external"}, pgx.CopyFromRows(rows)); err != nil {
					t.Fatal(err)
				}
			}}
	})
}

func TestAQueryForPeopleCanOnlyRead(t *testing.T) {
	t.Parallel()
	s := hr(t)
	s.exec(t, "INSERT INTO staff VALUES ('ana', 'Ana', 'ana@example.com')")
	for name, query := range map[string]string{
		"a change":              "DELETE FROM staff RETURNING id, full_name AS name, mail AS email",
		"a change after it":     "SELECT id, full_name AS name, mail AS email FROM staff; DELETE FROM staff",
		"a change that insists": "SELECT set_config('transaction_read_only', 'off', true) AS id, '' AS name, '' AS email; DELETE FROM staff",
	} {
		if _, err := s.people(t, query).Read(t.Context()); err == nil {
			t.Errorf("%s: it was run", name)
		}
	}
	if n := s.one(t, "SELECT count(*) FROM staff"); n != 1 {
		t.Errorf("%d people are left, want 1", n)
	}
}

func TestAQueryThatCannotWorkIsNamed(t *testing.T) {
	t.Parallel()
	s := hr(t)
	s.exec(t, "INSERT INTO staff VALUES ('ana', 'Ana', 'ana@example.com')")
	for query, want := range map[string]string{
		"SELECT id, full_name, mail AS email FROM staff":                                 `the column "full_name" is not known`,
		"SELECT id, full_name AS name FROM staff":                                        `the column "email" is missing`,
		"SELECT id, id, full_name AS name, mail AS email FROM staff":                     `the column "id" is there twice`,
		"SELECT id, full_name AS name, mail AS email, now() AS location FROM staff":      `the column "location" holds time.Time; cast it to text`,
		"SELECT id, full_name AS name, mail AS email, ARRAY['a;b'] AS groups FROM staff": `the column "groups" holds`,
		"SELECT id, full_name AS name, mail AS email FROM stuff":                         `relation "stuff" does not exist, at its character`,
		"SELEC id": "syntax error",
		"SELECT id, full_name AS name, mail AS email, 'so' AS contractor FROM staff, generate_series(1, 9)": "cannot be an id", // nobody knows what it would have said
	} {
		_, err := directory.Open(t.Context(), s.people(t, query), directory.Config{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
	}
	for _, dsn := range []string{"", "postgres://bot:" + secret + "@host:port/db"} {
		if _, err := postgres.NewPeople(dsn, query, false, nil); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%v", err)
		}
	}
	if _, err := postgres.NewPeople(s.dsn(s.bot, secret), " ", false, nil); err == nil {
		t.Error("an empty query was taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.people(t, query).Read(ctx); err == nil {
		t.Error("a cancelled reading went on")
	}
}
