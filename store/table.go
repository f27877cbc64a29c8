package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// table writes rows of one table, several a statement.
type table struct {
	name    string
	columns []column
	key     int // how many leading columns are the primary key; a version follows them
}

type column struct{ name, kind string } // kind is PostgreSQL's word

// newTable reads "name kind, name kind, …".
func newTable(name string, key int, columns string) *table {
	t := &table{name: name, key: key}
	for c := range strings.SplitSeq(columns, ",") {
		n, kind, _ := strings.Cut(strings.TrimSpace(c), " ")
		t.columns = append(t.columns, column{n, kind})
	}
	return t
}

// list is the names of the columns, each after a prefix.
func (t *table) list(prefix string) string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = prefix + c.name
	}
	return strings.Join(names, ", ")
}

// source is rows to insert or to join with, and its arguments.
func (t *table) source(d *dialect, rows [][]any) (query string, args []any, err error) {
	if !d.arrays {
		return "VALUES " + t.values(len(rows)), flat(rows), nil
	}
	args, err = t.arrays(rows)
	return t.unnest(), args, err
}

// values is "(?, ?), (?, ?)" for n rows. SQLite's driver finds a bare parameter
// much faster than a numbered one.
func (t *table) values(n int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(t.columns)), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(row+",", n), ",")
}

// unnest selects rows from one array a column.
func (t *table) unnest() string {
	arrays := make([]string, len(t.columns))
	for i, c := range t.columns {
		arrays[i] = "$" + strconv.Itoa(i+1) + "::" + c.kind + "[]"
	}
	return "SELECT * FROM unnest(" + strings.Join(arrays, ", ") + ")"
}

// insert stores new rows. Suffix may say what happens on conflict.
func (t *table) insert(ctx context.Context, tx *sql.Tx, d *dialect, rows [][]any, suffix string) error {
	return t.run(ctx, tx, d, rows, "INSERT INTO "+t.name+" ("+t.list("")+") ", suffix)
}

// run executes a statement that has rows between its head and its tail.
func (t *table) run(ctx context.Context, tx *sql.Tx, d *dialect, rows [][]any, head, tail string) error {
	for part := range d.parts(rows) {
		source, args, err := t.source(d, part)
		if err != nil {
			return err
		}
		if _, err := execute(ctx, tx, head+source+tail, args...); err != nil {
			return err
		}
	}
	return nil
}

// swap replaces rows whose stored version is one less than the given one. It
// returns the keys, joined, of those that it did replace.
func (t *table) swap(ctx context.Context, tx *sql.Tx, d *dialect, rows [][]any) (map[string]bool, error) {
	return t.touch(ctx, tx, d, rows, t.swapUpdate())
}

func (t *table) swapUpdate() string {
	var set, where []string
	for i, c := range t.columns {
		if i < t.key {
			where = append(where, t.name+"."+c.name+" = v."+c.name)
			continue
		}
		set = append(set, c.name+" = v."+c.name)
	}
	return "SET " + strings.Join(set, ", ") + " FROM v WHERE " + strings.Join(where, " AND ") + " AND " + t.name + ".version = v.version - 1"
}

// touch updates the rows that an update, from its SET on, finds in v, which are
// the given ones. It returns the keys, joined, of those that it did touch.
func (t *table) touch(ctx context.Context, tx *sql.Tx, d *dialect, rows [][]any, update string) (map[string]bool, error) {
	keys := make([]string, t.key)
	for i, c := range t.columns[:t.key] {
		keys[i] = t.name + "." + c.name
	}
	touched := make(map[string]bool, len(rows))
	for part := range d.parts(rows) {
		source, args, err := t.source(d, part)
		if err != nil {
			return nil, err
		}
		query := "WITH v (" + t.list("") + ") AS (" + source + ") UPDATE " + t.name + " " + update + " RETURNING " + strings.Join(keys, ", ")
		found, err := collect(ctx, tx, t.readKey, query, args...)
		if err != nil {
			return nil, err
		}
		for _, k := range found {
			touched[k] = true
		}
	}
	return touched, nil
}

func (t *table) readKey(scan scan) (string, error) {
	parts := make([]string, t.key)
	dest := make([]any, t.key)
	for i := range parts {
		dest[i] = &parts[i]
	}
	err := scan(dest...)
	return joinKey(parts...), err
}

// joinKey makes one string of a key. Stored text has no NUL, so it is unambiguous.
func joinKey(parts ...string) string { return strings.Join(parts, "\x00") }

// parts cuts rows into what one statement writes, in few sizes, so that few
// different statements exist to be prepared and kept.
func (d *dialect) parts(rows [][]any) func(func([][]any) bool) {
	return func(yield func([][]any) bool) {
		for len(rows) > 0 {
			n := min(len(rows), d.maxRows)
			if !yield(rows[:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}

// among is a condition on the text before it, that it is one of some keys, and
// its arguments.
func (d *dialect) among(keys []string) (condition string, args []any) {
	if d.arrays {
		return " = ANY($1::text[])", []any{keys}
	}
	n := 1 // statements are kept by their text: a power of two, so that they are few
	for n < len(keys) {
		n *= 2
	}
	for i := range n {
		args = append(args, keys[min(i, len(keys)-1)])
	}
	return " IN (" + params(1, n) + ")", args
}

func flat(rows [][]any) []any {
	all := make([]any, 0, len(rows)*len(rows[0]))
	for _, r := range rows {
		all = append(all, r...)
	}
	return all
}
