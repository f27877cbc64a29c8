package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"

	"github.com/hallpass-dev/hallpass/approvals"
)

var things = newTable("things", 1, "id text, version bigint, at timestamptz, done boolean, hash bytea")

func TestRowsAreOneStatementOfArraysOrOfValues(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 9, 30, 0, 999_999, time.UTC)
	rows := [][]any{{"a", int64(1), at(now), true, []byte{1}}, {approvals.GrantID("b"), 2, at(time.Time{}), false, nil}}
	for _, tc := range []struct {
		d     *dialect
		query string
		args  []any
	}{
		{postgres, "SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::boolean[], $5::bytea[])", []any{
			pgtype.FlatArray[pgtype.Text]{{String: "a", Valid: true}, {String: "b", Valid: true}},
			pgtype.FlatArray[pgtype.Int8]{{Int64: 1, Valid: true}, {Int64: 2, Valid: true}},
			pgtype.FlatArray[pgtype.Timestamptz]{{Time: now.Truncate(time.Millisecond), Valid: true}, {}},
			pgtype.FlatArray[pgtype.Bool]{{Bool: true, Valid: true}, {Bool: false, Valid: true}},
			pgtype.FlatArray[[]byte]{{1}, nil},
		}},
		{sqlite, "VALUES (?,?,?,?,?),(?,?,?,?,?)", append(rows[0], rows[1]...)},
	} {
		query, args, err := things.source(tc.d, rows)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.query, query); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.d.name, diff)
		}
		if diff := cmp.Diff(tc.args, args); diff != "" {
			t.Errorf("%s: arguments (-want +got):\n%s", tc.d.name, diff)
		}
	}
}

func TestArraysRefuseWhatTheColumnCannotHold(t *testing.T) {
	t.Parallel()
	good := []any{"a", int64(1), at(time.Now()), true, []byte{1}}
	for _, tc := range []struct {
		name   string
		column int
		value  any
		code   approvals.Code
	}{
		{"a NUL", 0, "a\x00", approvals.CodeInvalid},
		{"no UTF-8", 0, "a\xff", approvals.CodeInvalid},
		{"a number for a text", 0, 7, approvals.CodeInternal},
		{"a text for a number", 1, "7", approvals.CodeInternal},
		{"a text for a time", 2, "now", approvals.CodeInternal},
		{"a year of five digits", 2, at(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), approvals.CodeInvalid},
		{"what no column holds", 3, struct{}{}, approvals.CodeInternal},
	} {
		row := append([]any(nil), good...)
		row[tc.column] = tc.value
		if _, err := things.arrays([][]any{good, row}); err == nil || approvals.ErrorCode(err) != tc.code {
			t.Errorf("%s: %v, want code %s", tc.name, err, tc.code)
		}
	}
	if _, err := newTable("odd", 1, "id money").arrays([][]any{{"a"}}); err == nil {
		t.Error("a column of an unknown kind is written")
	}
}

func TestSwapsNameKeyAndVersion(t *testing.T) {
	t.Parallel()
	want := "SET version = v.version, at = v.at, done = v.done, hash = v.hash FROM v WHERE things.id = v.id AND things.version = v.version - 1"
	if diff := cmp.Diff(want, things.swapUpdate()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestPartsAddUpInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := make([][]any, rapid.IntRange(0, 9000).Draw(t, "n"))
		for i := range rows {
			rows[i] = []any{i}
		}
		for _, d := range []*dialect{postgres, sqlite} {
			next := 0
			for part := range d.parts(rows) {
				if len(part) < 1 || len(part) > d.maxRows || part[0][0] != next {
					t.Fatalf("%s: a part of %d rows after %d", d.name, len(part), next)
				}
				next += len(part)
			}
			if next != len(rows) {
				t.Fatalf("%s: parts add up to %d, want %d", d.name, next, len(rows))
			}
		}
	})
}
