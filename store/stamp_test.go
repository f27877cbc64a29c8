package store

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"pgregory.net/rapid"
)

func TestStampsSortAsTimePasses(t *testing.T) {
	t.Parallel()
	times := rapid.Custom(func(t *rapid.T) time.Time {
		ms := rapid.Int64Range(time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC).UnixMilli(), time.Date(9999, 12, 30, 0, 0, 0, 0, time.UTC).UnixMilli()).Draw(t, "ms")
		zone := rapid.IntRange(-14*3600, 14*3600).Draw(t, "zone")
		return time.UnixMilli(ms).In(time.FixedZone("", zone))
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := times.Draw(t, "a"), times.Draw(t, "b")
		textA, errA := at(a).Value()
		textB, errB := at(b).Value()
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if got, want := textA.(string) < textB.(string), a.Before(b); got != want {
			t.Errorf("%s < %s is %v, want %v", textA, textB, got, want)
		}
		for _, stored := range []any{textA, a} {
			var back stamp
			if err := back.Scan(stored); err != nil {
				t.Fatal(err)
			}
			if !back.Equal(a) || back.Location() != time.UTC {
				t.Errorf("%v read back as %v", a, back)
			}
		}
	})
}

func TestStampRefusesWhatItCannotKeep(t *testing.T) {
	t.Parallel()
	for _, year := range []int{-1, 0, 10000, 99999} {
		if _, err := at(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)).Value(); approvals.ErrorCode(err) != approvals.CodeInvalid {
			t.Errorf("year %d: %v, want %s", year, err, approvals.CodeInvalid)
		}
	}
	for _, src := range []any{"2026-01-02 03:04:05", "", 17, []byte("2026-01-02T03:04:05.678Z")} {
		if err := new(stamp).Scan(src); err == nil {
			t.Errorf("%#v was read as a time", src)
		}
	}
	var zero stamp
	if v, err := zero.Value(); v != nil || err != nil {
		t.Errorf("the zero time is %v, %v; want NULL", v, err)
	}
	if err := zero.Scan(nil); err != nil || !zero.IsZero() {
		t.Errorf("NULL read back as %v, %v", zero, err)
	}
}
