package scorecard

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	testLayout = Layout{Attributes: []string{"entitlement", "manager", "title"}, Pairs: [][2]int{{0, 1}, {1, 2}}}
	testSmooth = Smoothing{Single: 20, Pair: 2, Share: 400_000}
)

// allOf is a profile with every kind of term, those that speak of an attribute
// left out.
func allOf(without ...string) (p Profile) {
	for _, of := range []string{"entitlement", "manager", "title", "entitlement+manager", "manager+title"} {
		skip := false
		for _, w := range without {
			skip = skip || strings.Contains(of, w)
		}
		if skip {
			continue
		}
		kinds := []Kind{Above, Below}
		if strings.Contains(of, "+") {
			kinds = append(kinds, Refusals, Novelty, Affinity)
		}
		for i, k := range kinds {
			p.Terms = append(p.Terms, Term{Kind: k, Of: of, Weight: int64(400_000 + 100_000*i)})
		}
	}
	return p
}

func drawCells(t *rapid.T, n int) []Cell {
	cells := make([]Cell, n)
	for i := range cells {
		limit := rapid.SampledFrom([]int64{0, 3, 100, 1 << 40}).Draw(t, "limit")
		cells[i].Decided = rapid.Int64Range(-1, limit).Draw(t, "decided")
		cells[i].Denied = rapid.Int64Range(-1, limit).Draw(t, "denied")
	}
	return cells
}

func deck(t *testing.T) *Deck {
	t.Helper()
	d, err := NewDeck(map[string]Profile{
		"full": allOf(), "no entitlement": allOf("entitlement"), "no manager": allOf("manager"),
		"no entitlement, no manager": allOf("entitlement", "manager"),
	}, testLayout, testSmooth)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDenialsAnywhereNeverLowerTheSum(t *testing.T) {
	t.Parallel()
	d := deck(t)
	x := make([]Fixed, d.Terms())
	rapid.Check(t, func(t *rapid.T) {
		b := NewBase(Cell{Denied: rapid.Int64Range(0, 100).Draw(t, "denied"), Decided: rapid.Int64Range(100, 1000).Draw(t, "all")}, 58_000)
		attributes, pairs := drawCells(t, 3), drawCells(t, 2)
		_, before := d.Weigh(b, attributes, pairs, x, nil)
		for _, cells := range [][]Cell{attributes, pairs} {
			for i := range cells {
				denied, decided := cells[i].sane()
				by := rapid.Int64Range(0, 2).Draw(t, "by")
				cells[i] = Cell{Denied: int64(denied) + by, Decided: int64(decided) + by}
			}
		}
		if _, after := d.Weigh(b, attributes, pairs, x, nil); after < before {
			t.Fatalf("the sum fell from %v to %v", before.Float(), after.Float())
		}
	})
}

func TestSumIsTheContributionsAndTheBase(t *testing.T) {
	t.Parallel()
	d := deck(t)
	x := make([]Fixed, d.Terms())
	rapid.Check(t, func(t *rapid.T) {
		b := NewBase(Cell{Denied: 60, Decided: 1000}, 58_000)
		card, sum := d.Weigh(b, drawCells(t, 3), drawCells(t, 2), x, nil)
		want := b.LogOdds() + card.Bias()
		for _, v := range x[:card.Terms()] {
			want += v
		}
		if sum != want {
			t.Fatalf("sum %v, contributions add up to %v", sum, want)
		}
	})
}

func TestUnknownAnchorsChooseTheirProfile(t *testing.T) {
	t.Parallel()
	d := deck(t)
	b := NewBase(Cell{Denied: 60, Decided: 1000}, 58_000)
	x := make([]Fixed, d.Terms())
	known, unknown := Cell{Denied: 1, Decided: 10}, Cell{}
	for name, c := range map[string]struct {
		entitlement, manager Cell
		want                 int
	}{
		"both known":          {known, known, 0},
		"unknown entitlement": {unknown, known, 1},
		"unknown manager":     {known, unknown, 2},
		"neither known":       {unknown, unknown, 3},
	} {
		card, _ := d.Weigh(b, []Cell{c.entitlement, c.manager, {}}, []Cell{{}, {}}, x, nil)
		if card != d.cards[c.want] {
			t.Errorf("%s: another profile than %q was chosen", name, ProfileNames(testLayout)[c.want])
		}
	}
}

func TestTermsMeanWhatTheirKindSays(t *testing.T) {
	t.Parallel()
	b := NewBase(Cell{Denied: 100, Decided: 1000}, 100_000)
	p := 0.1
	logit := func(d, n, m, p float64) float64 { return math.Log(d+m*p) - math.Log(n-d+m*(1-p)) }
	base := math.Log(p / (1 - p))
	single := logit(8, 40, 20, p) - base
	parent := base + 0.4*single
	cells := []Cell{{Denied: 8, Decided: 40}, {}, {}}
	pairs := []Cell{{Denied: 3, Decided: 5}, {}}
	for of, want := range map[string]float64{
		"above entitlement":            single,
		"below entitlement":            0,
		"above entitlement+manager":    logit(3, 5, 2, 1/(1+math.Exp(-parent))) - base,
		"refusals entitlement+manager": math.Log(4),
		"novelty entitlement+manager":  -math.Log(3),
		"affinity entitlement+manager": -math.Log(3),
	} {
		kind, name, _ := strings.Cut(of, " ")
		card, err := Compile(Profile{Terms: []Term{{Kind: Kind(kind), Of: name, Weight: 1_000_000}}}, testLayout, testSmooth)
		if err != nil {
			t.Fatal(err)
		}
		var x [1]Fixed
		memo := NewMemo(len(cells), len(pairs))
		card.Measure(b, cells, pairs, x[:], &memo)
		if got := x[0].Float(); math.Abs(got-want) > 1e-5 {
			t.Errorf("%s is %v, want %v", of, got, want)
		}
	}
}

func TestCompileRefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]Profile{
		`"shoe" is not in the layout`:   {Terms: []Term{{Kind: Above, Of: "shoe"}}},
		`not between 0 and 100 million`: {Terms: []Term{{Kind: Above, Of: "title", Weight: -1}}},
		`only a pair has novelty`:       {Terms: []Term{{Kind: Novelty, Of: "title"}}},
		`unknown kind "beside"`:         {Terms: []Term{{Kind: "beside", Of: "title"}}},
		`"below title" comes twice`:     {Terms: []Term{{Kind: Below, Of: "title", Weight: 1}, {Kind: Below, Of: "title", Weight: 2}}},
	} {
		if _, err := Compile(p, testLayout, testSmooth); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
	if _, err := Compile(Profile{}, testLayout, Smoothing{}); err == nil {
		t.Error("no smoothing was accepted")
	}
	if _, err := NewDeck(map[string]Profile{"full": {}}, testLayout, testSmooth); err == nil || !strings.Contains(err.Error(), `no profile "no entitlement"`) {
		t.Errorf("a missing profile gave %v", err)
	}
}

func TestYoungOrganisationsStartFromTheReferenceRate(t *testing.T) {
	t.Parallel()
	rate := func(all Cell) float64 { return float64(PPM(NewBase(all, 58_000).LogOdds())) / 1e6 }
	if got := rate(Cell{}); math.Abs(got-0.058) > 1e-5 {
		t.Errorf("without decisions the rate is %v, want 0.058", got)
	}
	if got := rate(Cell{Denied: 30_000, Decided: 100_000}); math.Abs(got-0.3) > 0.001 {
		t.Errorf("after many decisions the rate is %v, want 0.3", got)
	}
}

func TestPointsAddUpAndStayWithinOneOfTheirShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 80).Draw(t, "n")
		parts, points := make([]Fixed, n), make([]int, n)
		exact := 0.0
		for i := range parts {
			parts[i] = Fixed(rapid.Int64Range(-20<<24, 20<<24).Draw(t, "part"))
			exact += parts[i].Float() * 10 / math.Ln2
		}
		total, sum := Points(parts, points), 0
		for i, p := range points {
			sum += p
			if share := parts[i].Float() * 10 / math.Ln2; math.Abs(share-float64(p)) > 1.001 {
				t.Fatalf("part %d is worth %v and got %d points", i, share, p)
			}
		}
		if sum != total || math.Abs(exact-float64(total)) > 0.501 {
			t.Fatalf("points add up to %d, total is %d, exactly %v", sum, total, exact)
		}
	})
}

func TestTenPointsAreTwiceTheOdds(t *testing.T) {
	t.Parallel()
	points := make([]int, 1)
	if got := Points([]Fixed{Ln(2)}, points); got != 10 {
		t.Errorf("twice the odds are %d points", got)
	}
	if got := Points([]Fixed{-Ln(8)}, points); got != -30 {
		t.Errorf("an eighth of the odds is %d points", got)
	}
}

func TestCalibrationNeverChangesTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		knots := make([]Knot, rapid.IntRange(0, 6).Draw(t, "n"))
		x, y := int64(-9_000_000), int64(-9_000_000)
		for i := range knots {
			x += rapid.Int64Range(1, 3_000_000).Draw(t, "x")
			y += rapid.Int64Range(0, 3_000_000).Draw(t, "y")
			knots[i] = Knot{x, y}
		}
		c, err := NewCalibration(knots)
		if err != nil {
			t.Fatal(err)
		}
		a := Fixed(rapid.Int64Range(-20<<24, 20<<24).Draw(t, "a"))
		b := a + Fixed(rapid.Int64Range(0, 1<<26).Draw(t, "more"))
		if c.Apply(b) < c.Apply(a) {
			t.Fatalf("%v became %v and %v became %v", a, c.Apply(a), b, c.Apply(b))
		}
	})
}

func TestCalibrationPassesThroughItsKnots(t *testing.T) {
	t.Parallel()
	knots := []Knot{{-3_000_000, -4_000_000}, {0, -500_000}, {2_000_000, 1_000_000}}
	c, err := NewCalibration(knots)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range knots {
		if got, want := c.Apply(Millionths(k[0])), Millionths(k[1]); got != want {
			t.Errorf("%v became %v, want %v", k[0], got.Float(), want.Float())
		}
	}
	if got := c.Apply(Millionths(1_000_000)).Float(); math.Abs(got-0.25) > 1e-6 {
		t.Errorf("half-way is %v, want 0.25", got)
	}
	for name, bad := range map[string][]Knot{"falling": {{0, 1}, {1, 0}}, "twice": {{0, 0}, {0, 1}}, "far": {{31_000_000, 0}}} {
		if _, err := NewCalibration(bad); err == nil {
			t.Errorf("%s knots were accepted", name)
		}
	}
}

func TestFilesSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	good := `{"version":"1","fitted":"on tests","reference_rate":58000,"smoothing":{"single":20,"pair":2,"share":400000},"profiles":{}}`
	f, err := ParseFile([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Smoothing{Single: 20, Pair: 2, Share: 400_000}, f.Smoothing, cmp.AllowUnexported(Smoothing{})); diff != "" {
		t.Errorf("smoothing (-want +got):\n%s", diff)
	}
	for name, bad := range map[string]string{
		"no text":       "",
		"unknown field": strings.Replace(good, `"version"`, `"colour":1,"version"`, 1),
		"no version":    strings.Replace(good, `"1"`, `""`, 1),
		"no origin":     strings.Replace(good, `"on tests"`, `""`, 1),
		"no rate":       strings.Replace(good, `58000`, `0`, 1),
	} {
		if _, err := ParseFile([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
