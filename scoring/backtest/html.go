package backtest

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
)

// WriteHTML writes the report as one self-contained page with its curves.
func (r Result) WriteHTML(w io.Writer) error {
	page := struct {
		Method, Words, LimitWords, Example, Condition, Least string
		Rows                                                 [][2]string
		LimitHeads                                           [len(limitHeads)]string
		Limits                                               [][len(limitHeads)]string
		Thresholds                                           [][3]string
		Charts                                               []chart
	}{Method: r.method(), Words: thresholdWords, LimitWords: r.limitWords(), Example: r.exampleWords(), Condition: r.exampleCondition(), LimitHeads: limitHeads, Least: shortPercent(smallest)}
	for _, row := range r.rows() {
		page.Rows = append(page.Rows, [2]string{row.what, row.figure})
	}
	for _, l := range r.Curves.Limits {
		page.Limits = append(page.Limits, r.limitRow(l))
	}
	for _, c := range r.Curves.Thresholds {
		page.Thresholds = append(page.Thresholds, [3]string{percent(c.Below), percent(c.Share), percent(c.Refused)})
	}
	page.Charts = []chart{
		newChart("Refusals found against approvals disturbed (ROC)", "share of approvals above the threshold", "share of refusals above it", r.Curves.ROC, nil, even),
		newChart("Likelihood said against what came true", "likelihood of refusal, each step ten times the last", "share refused", r.Curves.Calibration, r.Curves.Calibration, tenfold),
		newChart("Requests let through against refusals among them", "share of requests below the threshold", "share refused among them", r.Curves.Leak, r.Curves.marks(), free),
	}
	return pageTemplate.Execute(w, page)
}

// marks are the thresholds of the table as points of the leak curve.
func (c Curves) marks() (ps []Point) {
	for _, t := range c.Thresholds {
		if t.Share > 0 {
			ps = append(ps, Point{t.Share, t.Refused})
		}
	}
	return ps
}

// chart is a curve drawn in a box of fixed size.
type chart struct {
	Title, X, Y string
	Path        string
	Diagonal    bool
	Ticks       []tick
	Dots        [][2]string // where points of interest lie
}

// tick is a line of the grid with its value on both axes.
type tick struct{ Across, Down, Right, Top string }

const (
	chartWidth  = 360
	chartHeight = 260
	chartTicks  = 4
)

// scales say how values become places.
type scales int

const (
	free    scales = iota // each axis ends soon after its largest value
	even                  // both axes are alike, so that a diagonal means equality
	tenfold               // likewise, in powers of ten: most likelihoods are a few per cent
)

// smallest is where a tenfold axis begins; what is less is drawn there.
const smallest = 0.001

// newChart scales points to the box.
func newChart(title, x, y string, points, dots []Point, s scales) chart {
	var right, top float64
	for _, p := range points {
		right, top = math.Max(right, p.X), math.Max(top, p.Y)
	}
	right, top = ceiling(right), ceiling(top)
	if s != free {
		right = math.Max(right, top)
		top = right
	}
	along := func(v, end float64) float64 { return v / end }
	value := func(share, end float64) float64 { return share * end }
	ticks := chartTicks
	if s == tenfold {
		decades := -math.Log10(smallest)
		along = func(v, _ float64) float64 { return 1 + math.Log10(math.Max(v, smallest))/decades }
		value = func(share, _ float64) float64 { return math.Pow(10, (share-1)*decades) }
		ticks = int(math.Round(decades))
	}
	place := func(p Point) [2]string {
		return [2]string{fmt.Sprintf("%.1f", along(p.X, right)*chartWidth), fmt.Sprintf("%.1f", chartHeight-along(p.Y, top)*chartHeight)}
	}
	c := chart{Title: title, X: x, Y: y, Diagonal: s != free}
	var b strings.Builder
	for i, p := range points {
		step := "L"
		if i == 0 {
			step = "M"
		}
		at := place(p)
		b.WriteString(step + at[0] + " " + at[1])
	}
	c.Path = b.String()
	for _, p := range dots {
		c.Dots = append(c.Dots, place(p))
	}
	for i := range ticks + 1 {
		share := float64(i) / float64(ticks)
		v := Point{value(share, right), value(share, top)}
		at := place(v)
		c.Ticks = append(c.Ticks, tick{Across: at[0], Down: at[1], Right: shortPercent(v.X), Top: shortPercent(v.Y)})
	}
	return c
}

// ceiling is the next value whose quarters read well.
func ceiling(v float64) float64 {
	for _, c := range []float64{0.001, 0.002, 0.004, 0.01, 0.02, 0.04, 0.08, 0.1, 0.2, 0.4, 0.6, 0.8} {
		if v <= c {
			return c
		}
	}
	return 1
}

func shortPercent(x float64) string {
	return strconv.FormatFloat(math.Round(1e5*x)/1e3, 'f', -1, 64) + "%"
}

var pageTemplate = template.Must(template.New("report").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>The score on your own past decisions</title>
<style>
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--grid:#eaeef2;--curve:#0969da;--paper:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--grid:#262c36;--curve:#4493f8;--paper:#0d1117}}
body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--paper)}
table{border-collapse:collapse;margin:1rem 0}td,th{border-bottom:1px solid var(--line);padding:.3rem .8rem;text-align:left}
td+td{font-variant-numeric:tabular-nums}
@media (max-width:40rem){td,th{padding:.3rem .4rem}}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));gap:1.5rem}
figure{margin:0}figcaption{font-weight:600}
svg{width:100%;max-width:29rem;height:auto}pre{white-space:pre-wrap;border:1px solid var(--line);padding:.6rem .8rem}h1,h2{line-height:1.25}text{font-size:12px;fill:var(--soft)}
.grid{stroke:var(--grid)}.axis{stroke:var(--soft);fill:none}.curve{stroke:var(--curve);stroke-width:2;fill:none}
.dot{fill:var(--paper);stroke:var(--curve);stroke-width:2}.even{stroke:var(--soft);stroke-dasharray:4 4}
</style></head><body>
<h1>The score on your own past decisions</h1>
<p>{{.Method}}</p>
<table><tr><th>what</th><th>figure</th></tr>{{range .Rows}}<tr><td>{{index . 0}}</td><td>{{index . 1}}</td></tr>
{{end}}</table>
<h2>What a policy would have let through</h2><p>{{.LimitWords}}</p>
<table><tr>{{range .LimitHeads}}<th>{{.}}</th>{{end}}</tr>{{range .Limits}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</table>
<p>{{.Example}}</p>{{with .Condition}}<pre><code>{{.}}</code></pre>{{end}}
<h2>By likelihood of refusal</h2><p>{{.Words}}</p>
<table><tr><th>approve below p_deny</th><th>requests</th><th>of these, people had refused</th></tr>{{range .Thresholds}}<tr><td>{{index . 0}}</td><td>{{index . 1}}</td><td>{{index . 2}}</td></tr>
{{end}}</table>
<div class="charts">
{{range .Charts}}<figure><figcaption>{{.Title}}</figcaption>
<svg viewBox="-52 -34 440 340" role="img" aria-label="{{.Title}}">
{{range .Ticks}}<path class="grid" d="M0 {{.Down}}H360M{{.Across}} 0V260"/><text x="-8" y="{{.Down}}" dy="4" text-anchor="end">{{.Top}}</text><text x="{{.Across}}" y="278" text-anchor="middle">{{.Right}}</text>
{{end}}<path class="axis" d="M0 0V260H360"/>
{{if .Diagonal}}<path class="even" d="M0 260L360 0"/>{{end}}
<path class="curve" d="{{.Path}}"/>
{{range .Dots}}<circle class="dot" cx="{{index . 0}}" cy="{{index . 1}}" r="3.5"/>{{end}}
<text x="-8" y="-12" text-anchor="start">{{.Y}}</text><text x="180" y="298" text-anchor="middle">{{.X}}</text>
</svg></figure>
{{end}}</div>
<p>Circles: the thresholds of the last table, and the twenty groups of equal size over which the likelihood was compared; a group of which nothing or less than {{.Least}} was refused lies at that edge.</p>
</body></html>
`))
