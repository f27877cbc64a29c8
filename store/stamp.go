package store

import (
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// stampLayout has one width, so that the text sorts as time passes; PostgreSQL
// reads it as a timestamptz.
const stampLayout = "2006-01-02T15:04:05.000Z"

// stamp is a time in the database: UTC, whole milliseconds, NULL for the zero
// time.
type stamp struct{ time.Time }

// at makes a stamp, cutting off what is below a millisecond, so that a value
// reads back as it was compared.
func at(t time.Time) stamp { return stamp{t} }

// whole is the time as it is stored; the zero time is NULL.
func (s stamp) whole() (time.Time, error) {
	if s.IsZero() {
		return time.Time{}, nil
	}
	t := s.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}, approvals.Errorf(approvals.CodeInvalid, "The year %d is outside 1 to 9999.", y)
	}
	return t.Truncate(time.Millisecond), nil
}

// Value renders the time for either engine.
func (s stamp) Value() (driver.Value, error) {
	t, err := s.whole()
	if err != nil || s.IsZero() {
		return nil, err
	}
	return t.Format(stampLayout), nil
}

// Scan reads a timestamptz or the text of stampLayout.
func (s *stamp) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		s.Time = time.Time{}
	case time.Time:
		s.Time = v.UTC()
	case string:
		t, err := time.Parse(stampLayout, v)
		if err != nil {
			return fmt.Errorf("stored time: %w", err)
		}
		s.Time = t
	default:
		return fmt.Errorf("stored time has type %T", src)
	}
	return nil
}
