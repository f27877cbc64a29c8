package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestStatementsNameKeyVersionAndTypes(t *testing.T) {
	t.Parallel()
	small := newTable("things", 1, "id text, version bigint, at timestamptz")
	want := "WITH v (id, version, at) AS (VALUES ($1::text,$2::bigint,$3::timestamptz),($4,$5,$6)) UPDATE things" +
		" SET version = v.version, at = v.at FROM v WHERE things.id = v.id AND things.version = v.version - 1 RETURNING things.id"
	if diff := cmp.Diff(want, small.swapQuery(postgres, 2)); diff != "" {
		t.Errorf("PostgreSQL: -want +got\n%s", diff)
	}
	want = "WITH v (id, version, at) AS (VALUES (?,?,?),(?,?,?)) UPDATE things" +
		" SET version = v.version, at = v.at FROM v WHERE things.id = v.id AND things.version = v.version - 1 RETURNING things.id"
	if diff := cmp.Diff(want, small.swapQuery(sqlite, 2)); diff != "" {
		t.Errorf("SQLite: -want +got\n%s", diff)
	}
}

func TestChunksAreFewSizesThatAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 3000).Draw(t, "n")
		for _, d := range []*dialect{postgres, sqlite} {
			sum := 0
			for size := range d.chunks(n) {
				if size < 1 || size > d.maxRows || size > 4 && size&(size-1) != 0 {
					t.Fatalf("%s: a chunk of %d", d.name, size)
				}
				sum += size
			}
			if sum != n {
				t.Fatalf("%s: chunks add up to %d, want %d", d.name, sum, n)
			}
		}
	})
}

// The widest row must fit the engine's limit of parameters a statement: 65535
// in PostgreSQL, 32766 in SQLite.
func TestChunksFitTheParameterLimit(t *testing.T) {
	t.Parallel()
	for _, table := range []*table{requestTable, grantTable, learnedTable, approvalTable} {
		for d, limit := range map[*dialect]int{postgres: 65535, sqlite: 32766} {
			if n := len(table.columns) * d.maxRows; n > limit {
				t.Errorf("%s in %s: %d parameters", table.name, d.name, n)
			}
		}
	}
}
