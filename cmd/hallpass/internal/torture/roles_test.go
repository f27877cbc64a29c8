package torture

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// roles is a PostgreSQL server as its administrator sees it, who looks all the
// time. What comes and goes between two looks is not seen.
type roles struct {
	ledger
	t      testing.TB
	suffix string
}

// weather has no part in it: torn lines are all that a server suffers from.
func (*roles) weather(bool) {}

// watch looks until the context ends.
func (r *roles) watch(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, pgtest.Start(r.t).AdminDSN())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // it only read
	for ; ctx.Err() == nil; pause(ctx, 100*time.Millisecond) {
		if err := r.look(context.WithoutCancel(ctx), conn); err != nil {
			return err
		}
	}
	return nil
}

// look takes over who can log in with the role that access is to.
func (r *roles) look(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `SELECT member.rolname::text FROM pg_auth_members m JOIN pg_roles member ON member.oid = m.member JOIN pg_roles role ON role.oid = m.roleid
		WHERE role.rolname = $1 AND member.rolcanlogin AND member.rolname LIKE $2`, "torture_ro_"+r.suffix, "p%\\_"+r.suffix)
	if err != nil {
		return fmt.Errorf("look at the server's roles: %w", err)
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("look at the server's roles: %w", err)
	}
	now := map[string]bool{}
	for _, login := range there {
		now[login+"@example.com"] = true
		r.change(effect{Given: true, What: "books", Account: login + "@example.com"})
	}
	for _, account := range r.holders("books") {
		if !now[account] {
			r.change(effect{What: "books", Account: account})
		}
	}
	return nil
}

// check looks once more, now that all processes are gone: not even a login may
// be left.
func (r *roles) check(ctx context.Context) {
	r.t.Helper()
	conn, err := pgx.Connect(ctx, pgtest.Start(r.t).AdminDSN())
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }() // it only read
	if err := r.look(ctx, conn); err != nil {
		r.t.Error(err)
	}
	rows, err := conn.Query(ctx, "SELECT rolname::text FROM pg_roles WHERE rolname LIKE $1", "p%\\_"+r.suffix)
	if err != nil {
		r.t.Fatal(err)
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		r.t.Fatal(err)
	}
	if len(left) > 0 {
		r.t.Errorf("the server still has the logins %v", left)
	}
}
