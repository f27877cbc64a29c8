package store

import (
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"
)

// arrays turns rows into one array a column, so that a statement has as many
// parameters as there are columns, however many rows it writes: the server
// parses and plans it once and for all.
func (t *table) arrays(rows [][]any) ([]any, error) {
	all := make([]any, len(t.columns))
	for i, c := range t.columns {
		var err error
		if all[i], err = c.array(rows, i); err != nil {
			return nil, fmt.Errorf("column %s of %s: %w", c.name, t.name, err)
		}
	}
	return all, nil
}

// array is the ith value of each row.
func (c column) array(rows [][]any, i int) (any, error) {
	switch c.kind {
	case "text":
		return array(rows, i, func(v string) pgtype.Text { return pgtype.Text{String: v, Valid: true} })
	case "bigint":
		return array(rows, i, func(v int64) pgtype.Int8 { return pgtype.Int8{Int64: v, Valid: true} })
	case "boolean":
		return array(rows, i, func(v bool) pgtype.Bool { return pgtype.Bool{Bool: v, Valid: true} })
	case "bytea":
		return array(rows, i, func(v []byte) []byte { return v })
	case "timestamptz":
		return stamps(rows, i)
	}
	return nil, fmt.Errorf("there are no arrays of %s", c.kind)
}

// array is an array as the driver takes it; nil is NULL.
func array[V, E any](rows [][]any, i int, element func(V) E) (pgtype.FlatArray[E], error) {
	all := make(pgtype.FlatArray[E], len(rows))
	for n, row := range rows {
		if err := storable(row[i : i+1]); err != nil {
			return nil, err
		}
		value, plain := row[i].(V)
		if !plain {
			converted, err := driver.DefaultParameterConverter.ConvertValue(row[i])
			if err != nil {
				return nil, err
			}
			if converted == nil {
				continue
			}
			if value, plain = converted.(V); !plain {
				return nil, fmt.Errorf("a %T does not belong here", row[i])
			}
		}
		all[n] = element(value)
	}
	return all, nil
}

// stamps is array for times.
func stamps(rows [][]any, i int) (pgtype.FlatArray[pgtype.Timestamptz], error) {
	all := make(pgtype.FlatArray[pgtype.Timestamptz], len(rows))
	for n, row := range rows {
		s, ok := row[i].(stamp)
		if !ok {
			return nil, fmt.Errorf("a %T is no time", row[i])
		}
		t, err := s.whole()
		if err != nil {
			return nil, err
		}
		all[n] = pgtype.Timestamptz{Time: t, Valid: !t.IsZero()}
	}
	return all, nil
}
