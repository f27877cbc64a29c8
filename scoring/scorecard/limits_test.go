package scorecard

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLimitsAreWithinThem: what lies on a limit is taken, and the next value
// beyond it is refused.
func TestLimitsAreWithinThem(t *testing.T) {
	t.Parallel()
	smoothed := func(single, pair uint64, share int64) error {
		_, err := Compile(Profile{}, testLayout, Smoothing{Single: single, Pair: pair, Share: share})
		return err
	}
	weighing := func(weight int64) error {
		_, err := Compile(Profile{Terms: []Term{{Kind: Above, Of: "title", Weight: weight}}}, testLayout, testSmooth)
		return err
	}
	rated := func(rate int64) error {
		_, err := ParseFile(fmt.Appendf(nil, `{"version":"1","fitted":"on tests","reference_rate":%d}`, rate))
		return err
	}
	wide := func(attributes int) error {
		l := Layout{Attributes: make([]string, attributes)}
		for i := range l.Attributes {
			l.Attributes[i] = fmt.Sprint("attribute", i)
		}
		_, err := Compile(Profile{}, l, testSmooth)
		return err
	}
	knotted := func(k ...Knot) error {
		_, err := NewCalibration(k)
		return err
	}
	for name, c := range map[string]struct{ within, beyond []error }{
		"smoothing of a single value": {[]error{smoothed(1, 2, 0), smoothed(1000, 2, 0)}, []error{smoothed(0, 2, 0), smoothed(1001, 2, 0)}},
		"smoothing of a pair":         {[]error{smoothed(2, 1, 0), smoothed(2, 1000, 0)}, []error{smoothed(2, 0, 0), smoothed(2, 1001, 0)}},
		"share of the halves":         {[]error{smoothed(2, 2, 0), smoothed(2, 2, 1_000_000)}, []error{smoothed(2, 2, -1), smoothed(2, 2, 1_000_001)}},
		"weight":                      {[]error{weighing(0), weighing(100_000_000)}, []error{weighing(-1), weighing(100_000_001)}},
		"reference rate":              {[]error{rated(1), rated(999_999)}, []error{rated(0), rated(1_000_000)}},
		"number of attributes":        {[]error{wide(maxAttributes)}, []error{wide(maxAttributes + 1)}},
		"knot from":                   {[]error{knotted(Knot{-30_000_000, 0}, Knot{30_000_000, 0})}, []error{knotted(Knot{-30_000_001, 0}), knotted(Knot{30_000_001, 0})}},
		"knot to":                     {[]error{knotted(Knot{0, -30_000_000}, Knot{1, 30_000_000})}, []error{knotted(Knot{0, -30_000_001}), knotted(Knot{0, 30_000_001})}},
		"knots side by side":          {[]error{knotted(Knot{0, 5}, Knot{1, 5})}, []error{knotted(Knot{0, 5}, Knot{0, 6}), knotted(Knot{0, 5}, Knot{1, 4})}},
	} {
		if i := slices.IndexFunc(c.within, func(err error) bool { return err != nil }); i >= 0 {
			t.Errorf("%s on the limit: %v", name, c.within[i])
		}
		if slices.Contains(c.beyond, nil) {
			t.Errorf("%s beyond the limit was accepted: %v", name, c.beyond)
		}
	}
}

// TestMillionthsAreTheNearestNumber there is, on either side of 0.
func TestMillionthsAreTheNearestNumber(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-100_000_000, 100_000_000).Draw(t, "n")
		if got, want := Millionths(n), Fixed(math.Round(float64(n)*float64(One)/1e6)); got != want {
			t.Fatalf("%d millionths are %d, want %d", n, got, want)
		}
	})
}

// TestBeyondItsKnotsACalibrationGoesOnAtAQuarter of the slope: there is little
// experience there.
func TestBeyondItsKnotsACalibrationGoesOnAtAQuarter(t *testing.T) {
	t.Parallel()
	c, err := NewCalibration([]Knot{{-1_000_000, -3_000_000}, {2_000_000, 1_000_000}})
	if err != nil {
		t.Fatal(err)
	}
	for z, want := range map[Fixed]Fixed{-5 * One: -4 * One, -One: -3 * One, 2 * One: One, 10 * One: 3 * One} {
		if got := c.Apply(z); got != want {
			t.Errorf("%v became %v, want %v", z.Float(), got.Float(), want.Float())
		}
	}
}

// TestWhatIsExpectedOfAPairHasLimits: an unseen pair is as bad as what is
// expected of it, which however bad its halves are is 3, and however rare
// refusals are -7.
func TestWhatIsExpectedOfAPairHasLimits(t *testing.T) {
	t.Parallel()
	usual := NewBase(Cell{Denied: 100, Decided: 1000}, 100_000)
	never := NewBase(Cell{Decided: 1 << 30}, 1)
	if never.LogOdds() >= -7*One {
		t.Fatalf("where nobody is refused the log-odds are %v, want them below -7", never.LogOdds().Float())
	}
	refused := 20 * One
	for name, c := range map[string]struct {
		base   Base
		halves Fixed
		want   Fixed
	}{
		"bad halves":            {usual, refused, 3 * One},
		"almost bad enough":     {usual, (3*One - usual.LogOdds() - One/8) * 5 / 2, 3*One - One/8},
		"nobody is refused":     {never, 0, -7 * One},
		"the usual is expected": {usual, 0, usual.LogOdds()},
	} {
		got := c.base.pair(Cell{}, c.halves, Smoothing{Pair: 2, share: Millionths(400_000)}) + c.base.LogOdds()
		if d := (got - c.want).Float(); math.Abs(d) > 1e-4 {
			t.Errorf("%s: %v is expected, want %v", name, got.Float(), c.want.Float())
		}
	}
}
