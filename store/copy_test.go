package store

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// copyText is COPY's binary format with a head, rows and an end.
func copyText(rows ...[]string) []byte {
	b := append([]byte(nil), copyHead...)
	b = append(b, make([]byte, 8)...)
	for _, row := range rows {
		b = binary.BigEndian.AppendUint16(b, uint16(len(row)))
		for _, v := range row {
			if v == "null" {
				b = binary.BigEndian.AppendUint32(b, 0xffffffff)
				continue
			}
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
		}
	}
	return binary.BigEndian.AppendUint16(b, 0xffff)
}

// takenApart are the rows of what comes in pieces of a size.
func takenApart(data []byte, size int) (rows [][]string, err error) {
	c := &copied{row: func(v [][]byte) error {
		row := []string{}
		for _, b := range v {
			if b == nil {
				row = append(row, "null")
				continue
			}
			row = append(row, string(b))
		}
		rows = append(rows, row)
		return nil
	}}
	for len(data) > 0 {
		n := min(size, len(data))
		if m, err := c.Write(data[:n]); err != nil || m != n {
			return nil, errors.Join(err, errCopy)
		}
		data = data[n:]
	}
	return rows, c.end()
}

func TestRowsAreTheSameInWhateverPiecesTheyCome(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"billing", "ana"}, {"", "null"}, {}, {"x", "a longer name than the others"}}
	data := copyText(rows...)
	for size := 1; size <= len(data); size++ {
		got, err := takenApart(data, size)
		if diff := cmp.Diff(rows, got); diff != "" || err != nil {
			t.Fatalf("pieces of %d: %v %s", size, err, diff)
		}
	}
	for name, broken := range map[string][]byte{
		"nothing":        {},
		"another format": append([]byte("PGCOPX"), data[6:]...),
		"with flags":     append(append([]byte(nil), copyHead...), 0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff),
		"cut off":        data[:len(data)-2],
		"cut in a row":   data[:len(data)-5],
		"after its end":  append(append([]byte(nil), data...), 0, 0),
	} {
		if got, err := takenApart(broken, 7); !errors.Is(err, errCopy) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func FuzzCopiedRows(f *testing.F) {
	f.Add(copyText([]string{"billing", "ana"}, []string{"null"}), 3)
	f.Add(copyText(), 1)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		size = 1 + size&0xff
		got, err := takenApart(data, size)
		whole, other := takenApart(data, len(data)+1)
		if (err == nil) != (other == nil) || err == nil && !cmp.Equal(got, whole) {
			t.Errorf("pieces of %d: %v %q, whole: %v %q", size, err, got, other, whole)
		}
	})
}

// What a row's taker refuses ends the reading, and the connection that was in
// the middle of it is not used again.
func TestACopyThatIsGivenUpLeavesNoBrokenConnection(t *testing.T) {
	t.Parallel()
	s := openInside(t, pgtest.Start(t).Database(t))
	migrated(t, s, 0)
	refused := errors.New("enough")
	err := s.stream(t.Context(), reading{op: "count", query: "SELECT generate_series(1, 100000)", long: true, raw: func([][]byte) error { return refused }})
	if !errors.Is(err, refused) {
		t.Errorf("err = %v, want it to say %v", err, refused)
	}
	err = s.stream(t.Context(), reading{op: "count", query: "SELECT 1/0", long: true, raw: func([][]byte) error { return nil }})
	if err == nil || errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("a query that fails: %v", err)
	}
	n := 0
	err = s.stream(t.Context(), reading{op: "count", query: "SELECT generate_series(1, 1000)", long: true, raw: func([][]byte) error { n++; return nil }})
	if n != 1000 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}
