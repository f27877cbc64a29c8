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

// values is "($1, $2), ($3, $4)" for n rows.
func (t *table) values(d *dialect, n int, casts bool) string {
	var b strings.Builder
	param := 0
	for row := range n {
		if row > 0 {
			b.WriteByte(',')
		}
		for i, c := range t.columns {
			b.WriteByte("(,"[min(i, 1)])
			param++
			b.WriteString(d.param(param))
			if casts && row == 0 {
				b.WriteString("::" + c.kind)
			}
		}
		b.WriteByte(')')
	}
	return b.String()
}

// insert stores new rows. Suffix may say what happens on conflict.
func (t *table) insert(ctx context.Context, tx *sql.Tx, d *dialect, rows [][]any, suffix string) error {
	for n := range d.chunks(len(rows)) {
		query := "INSERT INTO " + t.name + " (" + t.list("") + ") VALUES " + t.values(d, n, false) + suffix
		if _, err := execute(ctx, tx, query, flat(rows[:n])...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// swap replaces rows whose stored version is one less than the given one. It
// returns the keys, joined, of those that it did replace.
func (t *table) swap(ctx context.Context, tx *sql.Tx, d *dialect, rows [][]any) (map[string]bool, error) {
	swapped := make(map[string]bool, len(rows))
	for n := range d.chunks(len(rows)) {
		keys, err := collect(ctx, tx, t.readKey, t.swapQuery(d, n), flat(rows[:n])...)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			swapped[k] = true
		}
		rows = rows[n:]
	}
	return swapped, nil
}

func (t *table) swapQuery(d *dialect, n int) string {
	var set, where, returning []string
	for i, c := range t.columns {
		if i < t.key {
			where = append(where, t.name+"."+c.name+" = v."+c.name)
			returning = append(returning, t.name+"."+c.name)
			continue
		}
		set = append(set, c.name+" = v."+c.name)
	}
	where = append(where, t.name+".version = v.version - 1")
	return "WITH v (" + t.list("") + ") AS (VALUES " + t.values(d, n, d.casts) + ") UPDATE " + t.name +
		" SET " + strings.Join(set, ", ") + " FROM v WHERE " + strings.Join(where, " AND ") +
		" RETURNING " + strings.Join(returning, ", ")
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

// chunks cuts n rows into few sizes, so that few different statements exist to
// be prepared and kept.
func (d *dialect) chunks(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for n > 0 {
			size := min(n, 4)
			for size*2 <= n && size >= 4 {
				size *= 2
			}
			size = min(size, d.maxRows)
			if !yield(size) {
				return
			}
			n -= size
		}
	}
}

// param is the n-th placeholder of a list that only counts up. SQLite's driver
// finds a bare one much faster than a numbered one.
func (d *dialect) param(n int) string {
	if d.casts {
		return "$" + strconv.Itoa(n)
	}
	return "?"
}

func flat(rows [][]any) []any {
	all := make([]any, 0, len(rows)*len(rows[0]))
	for _, r := range rows {
		all = append(all, r...)
	}
	return all
}
