package evidence

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// charts draws all charts of a report.
func (t *tally) charts() ([]Chart, error) {
	var all []Chart
	for _, draw := range []func() (Chart, *plot.Plot, error){t.overTime, t.share, t.waiting, t.bySystem, t.fallOff, t.overdue} {
		c, p, err := draw()
		if err != nil {
			return nil, fmt.Errorf("draw a chart: %w", err)
		}
		if c.SVG, err = drawn(p, c.ID, c.Title, c.Says); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// over takes a figure from each part of the period.
func (t *tally) over(figure func(Bucket) float64) (values []float64) {
	for _, b := range t.Periods {
		values = append(values, figure(b))
	}
	return values
}

func (t *tally) names() (names []string) {
	for _, b := range t.Periods {
		names = append(names, b.Name)
	}
	return names
}

// row is a line of a table of figures.
func row(name string, figures ...int) []string {
	cells := []string{name}
	for _, n := range figures {
		cells = append(cells, thousands(n))
	}
	return cells
}

func (t *tally) overTime() (Chart, *plot.Plot, error) {
	c := Chart{ID: "requests", Title: "Requests over time, and what became of them",
		Says: fmt.Sprintf("%s by %s: %s were approved by a policy at once, %s by people, %s were denied; the others were opened by break-glass, taken back, lapsed, or wait.",
			plural(t.Requests, "request"), count(t.People(), "person", "people"), percent(t.Automatic, t.Requests), percent(t.ByPeople, t.Requests), percent(t.Denied, t.Requests)),
		Head: []string{"from", "by a policy", "by people", "denied", "break-glass", "other"}}
	for _, b := range t.Periods {
		c.Rows = append(c.Rows, row(b.Name, b.Automatic, b.ByPeople, b.Refused, b.BreakGlass, b.Other-b.BreakGlass))
	}
	p := canvas("requests", false, false)
	return c, p, bars(p, t.names(),
		series{"approved by a policy", blue, t.over(func(b Bucket) float64 { return float64(b.Automatic) })},
		series{"approved by people", orange, t.over(func(b Bucket) float64 { return float64(b.ByPeople) })},
		series{"denied", red, t.over(func(b Bucket) float64 { return float64(b.Refused) })},
		series{"other", grey, t.over(func(b Bucket) float64 { return float64(b.Other) })})
}

func (t *tally) share() (Chart, *plot.Plot, error) {
	c := Chart{ID: "automatic", Title: "Share approved automatically",
		Says: fmt.Sprintf("Of %s that gave access, a policy alone approved %s.", plural(t.Granted, "request"), percent(t.Automatic, t.Granted)),
		Head: []string{"from", "gave access", "by a policy", "share"}}
	for _, b := range t.Periods {
		c.Rows = append(c.Rows, append(row(b.Name, b.Approved(), b.Automatic), percent(b.Automatic, b.Approved())))
	}
	p := canvas("of those that gave access", true, false)
	return c, p, curve(p, t.names(), series{"", blue, t.over(func(b Bucket) float64 {
		if b.Approved() == 0 {
			return math.NaN()
		}
		return 100 * float64(b.Automatic) / float64(b.Approved())
	})})
}

func (t *tally) waiting() (Chart, *plot.Plot, error) {
	c := Chart{ID: "wait", Title: "Time from request to working access",
		Says: fmt.Sprintf("Half of the automatic approvals gave access within %s, 95%% within %s; where people were asked, half within %s, 95%% within %s.",
			spell(t.Wait(ByPolicy, .5)), spell(t.Wait(ByPolicy, .95)), spell(t.Wait(ByPeople, .5)), spell(t.Wait(ByPeople, .95))),
		Head: []string{"within", "by a policy", "by people", "break-glass"}}
	policy, people, glass := t.Waits(ByPolicy), t.Waits(ByPeople), t.Waits(ByBreakGlass)
	var names []string
	for i, s := range waitSteps {
		names = append(names, s.Name)
		c.Rows = append(c.Rows, row(s.Name, policy[i], people[i], glass[i]))
	}
	p := canvas("requests", false, false)
	return c, p, bars(p, names, series{"by a policy", blue, floats(policy)}, series{"by people", orange, floats(people)}, series{"break-glass", grey, floats(glass)})
}

// systemsShown is how many systems the chart has; the table has all.
const systemsShown = 10

func (t *tally) bySystem() (Chart, *plot.Plot, error) {
	c := Chart{ID: "systems", Title: "Access by system", Head: []string{"system", "by a policy", "by people", "break-glass", "denied"}}
	var names []string
	var policy, people, glass []int
	for i, s := range t.Systems() {
		c.Rows = append(c.Rows, row(s.System, s.Automatic, s.ByPeople, s.Other, s.Refused))
		if i < systemsShown {
			names, policy, people, glass = append(names, s.System), append(policy, s.Automatic), append(people, s.ByPeople), append(glass, s.Other)
		}
	}
	c.Says = fmt.Sprintf("Requests concerned %s.", plural(len(t.systems), "system"))
	if len(names) > 0 {
		c.Says += fmt.Sprintf(" Most access was given to %s: %s.", names[0], thousands(policy[0]+people[0]+glass[0]))
	}
	p := canvas("times access was given", false, true)
	return c, p, beams(p, names, series{"by a policy", blue, floats(policy)}, series{"by people", orange, floats(people)}, series{"break-glass", grey, floats(glass)})
}

func (t *tally) fallOff() (Chart, *plot.Plot, error) {
	c := Chart{ID: "lasting", Title: "Fall-off: how much of the access is still there after a time",
		Says: fmt.Sprintf("Access was given %s times. After a day %s of it was still there, after 30 days %s.", thousands(t.Given()),
			percent(t.Lasting()[5], t.Given()), percent(t.Lasting()[len(lifeSteps)-1], t.Given())),
		Head: []string{"after", "still there", "share"}}
	names, values := []string{"start"}, []float64{100}
	c.Rows = append(c.Rows, append(row("start", t.Given()), percent(t.Given(), t.Given())))
	for i, n := range t.Lasting() {
		names, values = append(names, lifeSteps[i].Name), append(values, 100*float64(n)/math.Max(1, float64(t.Given())))
		c.Rows = append(c.Rows, append(row(lifeSteps[i].Name, n), percent(n, t.Given())))
	}
	if t.Given() == 0 {
		values = nil
	}
	p := canvas("of the access given", true, false)
	return c, p, curve(p, names, series{"", blue, values})
}

func (t *tally) overdue() (Chart, *plot.Plot, error) {
	c := Chart{ID: "ends", Title: "Ends of access, in time and overdue", Head: []string{"due from", "in time", "overdue"},
		Says: fmt.Sprintf("%s of access were due and proved, none of them more than a minute late.", plural(t.Ends, "end"))}
	if t.EndsLate > 0 {
		c.Says = fmt.Sprintf("%s of access were proved. %s more than a minute late, or not proved yet; each is listed below.",
			plural(t.Ends, "end"), count(t.EndsLate, "was", "were"))
	}
	for _, b := range t.Periods {
		c.Rows = append(c.Rows, row(b.Name, b.Ended, b.Late))
	}
	p := canvas("ends", false, false)
	return c, p, bars(p, t.names(), series{"in time", blue, t.over(func(b Bucket) float64 { return float64(b.Ended) })},
		series{"overdue", red, t.over(func(b Bucket) float64 { return float64(b.Late) })})
}

func floats(ns []int) []float64 {
	all := make([]float64, len(ns))
	for i, n := range ns {
		all[i] = float64(n)
	}
	return all
}

// count is a number with a noun that has a plural of its own.
func count(n int, one, many string) string {
	if n == 1 {
		return strconv.Itoa(n) + " " + one
	}
	return thousands(n) + " " + many
}
