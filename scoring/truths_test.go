package scoring

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/synthetic"
)

// sample is a likelihood and whether people would truly refuse.
type sample struct {
	p   int
	bad bool
}

// areaUnder is the AUC of samples.
func areaUnder(s []sample) float64 {
	slices.SortFunc(s, func(a, b sample) int { return cmp.Compare(a.p, b.p) })
	var below, wins, bad, good float64
	for i := 0; i < len(s); {
		var b, g float64
		j := i
		for ; j < len(s) && s[j].p == s[i].p; j++ {
			if s[j].bad {
				b++
			} else {
				g++
			}
		}
		wins += b * (below + g/2)
		below += g
		bad, good = bad+b, good+g
		i = j
	}
	return wins / max(bad, 1) / max(good, 1)
}

// measure scores many wishes against the truth.
func measure(t *testing.T, o *synthetic.Organisation, w *World, m *Weights) float64 {
	t.Helper()
	var s []sample
	for range 3000 {
		person, e := o.Wish()
		s = append(s, sample{assessed(t, w, m, o.Facts(person, e)).PDeny, !o.Fits(person, e)})
	}
	return areaUnder(s)
}

// unjudged is the shipped model without the weights that decisions did not teach.
func unjudged() *Weights {
	m := *Shipped()
	m.judged = [judgements]fixed{}
	return &m
}

func TestPeersAndHistoryHelpMostWhereDecisionsAreFew(t *testing.T) {
	t.Parallel()
	for _, decisions := range []int{0, 500, 12_000} {
		c := synthetic.Config{People: 960, Entitlements: 200, Grants: 14_000, Decisions: decisions, Seed: 11}
		o, again := synthetic.New(c), synthetic.New(c)
		with, without := measure(t, o, build(o), Shipped()), measure(t, again, build(again), unjudged())
		t.Logf("after %d decisions: AUC %.3f with peers and history, %.3f without", decisions, with, without)
		if with < without-0.005 || with < 0.8 {
			t.Errorf("after %d decisions AUC is %v with peers and history, %v without", decisions, with, without)
		}
	}
}

func TestMoversNeedTheNewWorkAndNotTheOld(t *testing.T) {
	t.Parallel()
	o := company(12)
	before := map[int]int{}
	var movers []int
	for person := 15; person < 900; person += 60 {
		before[person] = o.Department(person)
		o.Move(person, (o.Department(person)+3)%8, o.Role(person))
		movers = append(movers, person)
	}
	w, m := build(o), Shipped() // a world long after the move
	var s []sample
	for _, person := range movers {
		for e := range o.Entitlements {
			s = append(s, sample{assessed(t, w, m, o.Facts(person, e)).PDeny, !o.Fits(person, e)})
		}
	}
	if a := areaUnder(s); a < 0.75 {
		t.Errorf("AUC for movers is %v, want 0.75", a)
	}
}

func TestStaleHoldersAreNoPeers(t *testing.T) {
	t.Parallel()
	o := company(13)
	const team = 9 * 30
	e := o.Foreign(o.Department(team))
	w := build(o)
	for i := 1; i < 6; i++ {
		w.AddHolding(o.Entitlements[e], o.People[team+i].ID)
	}
	m := Shipped()
	count := func() approvals.Count {
		got, err := New(w, nil, m).Evidence(t.Context(), o.Facts(team+7, e))
		if err != nil {
			t.Fatal(err)
		}
		return got.Count("peers.team")
	}
	held := count()
	low := assessed(t, w, m, o.Facts(team+7, e)).Raw
	for i := 1; i < 6; i++ {
		o.Move(team+i, (o.Department(team)+2)%8, 0)
	}
	o.State.AsOf = synthetic.Now.Add(-90 * 24 * time.Hour)
	w.SetPeople(o.People, o.State)
	if gone := count(); held.N != 5 || gone.N != 0 {
		t.Errorf("teammates who hold it: %d before they moved, %d after, want 5 and 0", held.N, gone.N)
	}
	if high := assessed(t, w, m, o.Facts(team+7, e)).Raw; high <= low {
		t.Errorf("raw is %d with holders in the team and %d when they are gone", low, high)
	}
}

func TestAReorganisationIsSurvivedByPeers(t *testing.T) {
	t.Parallel()
	o := company(14)
	o.Reorganise() // decisions before it speak of departments that are no more
	w := build(o)
	with := measure(t, o, w, Shipped())
	without := measure(t, o, w, unjudged())
	t.Logf("after a reorganisation: AUC %.3f with peers, %.3f without", with, without)
	if with < 0.8 || with < without {
		t.Errorf("AUC is %v with peers, %v without", with, without)
	}
}

func TestUnusualTimeAndLengthRaiseTheScore(t *testing.T) {
	t.Parallel()
	o := company(15)
	w, m := build(o), Shipped()
	f := o.Facts(33, 0)
	usual := assessed(t, w, m, f)
	f.Duration = 7 * 24 * time.Hour
	long := assessed(t, w, m, f)
	if named(long, "unusual.duration") == nil || named(long, "duration") == nil || long.Raw <= usual.Raw {
		t.Errorf("a week has raw %d and factors %+v; four hours have raw %d", long.Raw, long.Factors, usual.Raw)
	}
	for i := range 3000 {
		l := o.Decisions[i%len(o.Decisions)]
		l.Sequence, l.At = w.Sequence()+1, time.Date(2026, 1, 5, 10, i%60, 0, 0, time.UTC)
		w.Learn(l)
	}
	f = o.Facts(33, 0)
	day := assessed(t, w, m, f)
	f.At = time.Date(2026, 1, 10, 3, 0, 0, 0, time.UTC) // a Saturday night
	if night := assessed(t, w, m, f); named(night, "unusual.time") == nil || night.Raw <= day.Raw {
		t.Errorf("Saturday night has raw %d, Wednesday morning %d", night.Raw, day.Raw)
	}
}

// TestTimeIsTheBeneficiarysOwn: two cities have one name for their location and
// nine hours between them. At ten in the morning nobody's request is unusual; by
// one clock for all, the working day of one city would be the other's night.
func TestTimeIsTheBeneficiarysOwn(t *testing.T) {
	t.Parallel()
	o := company(15)
	for i := range o.People {
		o.People[i].Location, o.People[i].TimeZone = "remote", "America/Los_Angeles"
		if i == 33 {
			o.People[i].TimeZone = "Asia/Tokyo"
		}
	}
	for i := range o.Decisions {
		l := &o.Decisions[i]
		l.Location, l.At = "remote", morning(t, "America/Los_Angeles")
	}
	w, m := build(o), Shipped()
	f := o.Facts(33, 0)
	f.At = morning(t, "Asia/Tokyo")
	if got := named(assessed(t, w, m, f), "unusual.time"); got != nil {
		t.Errorf("ten in the morning in Tokyo gives %+v", got)
	}
	f.At = morning(t, "America/Los_Angeles")
	if got := named(assessed(t, w, m, f), "unusual.time"); got == nil {
		t.Error("the middle of the night in Tokyo is not unusual")
	}
	o.People[33].TimeZone = ""
	w.SetPeople(o.People, o.State)
	f.Beneficiary.TimeZone = "America/Los_Angeles" // what a request says counts for nothing
	if got := named(assessed(t, w, m, f), "unusual.time"); got == nil {
		t.Error("without a zone in the directory, six in the evening of UTC is not unusual")
	}
}

// morning is ten o'clock of a Wednesday somewhere.
func morning(t *testing.T, zone string) time.Time {
	t.Helper()
	at, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2026, 1, 7, 10, 0, 0, 0, at)
}
