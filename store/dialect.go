package store

import (
	"database/sql"
	"io/fs"

	"github.com/hallpass-dev/hallpass/migrations"
	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
)

// dialect is all that differs between the engines in SQL.
type dialect struct {
	name       string // as Engine returns it, and the folder of its migrations
	goose      goose.Dialect
	arrays     bool               // rows are written as one array a column
	maxRows    int                // rows that one statement writes: each is a round trip saved, or time lost in binding
	skipLocked string             // ends a subselect whose rows are to be claimed
	snapshot   sql.IsolationLevel // under which a transaction sees one state of everything
	lockRow    string             // ends a select whose row is to be locked until the transaction ends
	orphaned   string             // condition: of the holders other than this process, those that are dead
	fault      func(error) (fault, bool)
}

var postgres = &dialect{
	name:       "postgres",
	goose:      goose.DialectPostgres,
	arrays:     true,
	maxRows:    4096,
	skipLocked: " FOR UPDATE SKIP LOCKED",
	snapshot:   sql.LevelRepeatableRead,
	lockRow:    " FOR UPDATE",
	// Those who wait for their lock live as well: they take it anew.
	orphaned: "holder NOT IN (SELECT objid::bigint FROM pg_locks WHERE " + holderLocks + ")",
	fault:    postgresFault,
}

var sqlite = &dialect{
	name:     "sqlite",
	goose:    goose.DialectSQLite3,
	maxRows:  4,
	orphaned: "TRUE", // nobody else can have the file open
	fault:    sqliteFault,
}

// planned makes the server plan a statement each time that it runs: of a table
// whose size changes within seconds the plan from before is soon the wrong one.
func (d *dialect) planned(args []any) []any {
	if d != postgres {
		return args
	}
	return append([]any{pgx.QueryExecModeCacheDescribe}, args...)
}

// files is the folder of the dialect's migrations.
func (d *dialect) files() fs.FS {
	sub, err := fs.Sub(migrations.Files, d.name)
	if err != nil { // only an invalid path fails, and the two names are valid
		panic(err)
	}
	return sub
}
