package bot

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFormDurationIsAWholeNumberOfMinutes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want time.Duration
		ok   bool
	}{
		"one minute":            {"1", time.Minute, true},
		"eight hours":           {"480", 8 * time.Hour, true},
		"fifteen years":         {"8388607", 8388607 * time.Minute, true},
		"nothing":               {in: ""},
		"none":                  {in: "0"},
		"before now":            {in: "-20"},
		"words":                 {in: "20m"},
		"a part of a minute":    {in: "1.5"},
		"more than is counted":  {in: "8388608"},
		"what wraps to seconds": {in: "307445734561826"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := minutes(tc.in)
			if ok != tc.ok {
				t.Fatalf("minutes(%q) is taken: %t, want %t", tc.in, ok, tc.ok)
			}
			if diff := cmp.Diff(tc.want, got); ok && diff != "" {
				t.Errorf("minutes(%q) (-want +got):\n%s", tc.in, diff)
			}
		})
	}
}

func TestOriginIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	want := origin{Channel: "C1", TS: "1.2", Sought: `the "payroll" thing`}
	got, ok := readOrigin(want.String())
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("taken: %t (-want +got):\n%s", ok, diff)
	}
	for _, s := range []string{"", "{", `"web"`} {
		if o, ok := readOrigin(s); ok {
			t.Errorf("%q is no origin, and reads as %+v", s, o)
		}
	}
}
