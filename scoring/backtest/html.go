package backtest

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
)

// WriteHTML writes the report as one self-contained page with its curves.
func (r Result) WriteHTML(w io.Writer) error {
	page := struct {
		Decisions, Folds int
		Rows             [][2]string
		Thresholds       [][3]string
		Words            string
		Charts           []chart
	}{Decisions: r.Decisions, Folds: r.Folds, Words: thresholdWords}
	for _, row := range r.rows() {
		page.Rows = append(page.Rows, [2]string{row.what, row.figure})
	}
	for _, c := range r.Curves.Thresholds {
		page.Thresholds = append(page.Thresholds, [3]string{percent(c.Below), percent(c.Share), percent(c.Refused)})
	}
	page.Charts = []chart{
		newChart("Refusals found against approvals disturbed (ROC)", "share of approvals above the threshold", "share of refusals above it", r.Curves.ROC, true),
		newChart("Likelihood said against what came true", "likelihood of refusal", "share refused", r.Curves.Calibration, true),
		newChart("Requests let through against refusals among them", "share of requests below the threshold", "share refused among them", r.Curves.Leak, false),
	}
	return pageTemplate.Execute(w, page)
}

// chart is a curve drawn in a box of fixed size.
type chart struct {
	Title, X, Y string
	Path        string
	Diagonal    bool
	Top, Right  string // the values at the ends of the axes
}

const (
	chartWidth  = 360
	chartHeight = 260
)

// newChart scales points to the box. With a diagonal, both axes have one scale.
func newChart(title, x, y string, points []Point, diagonal bool) chart {
	var right, top float64
	for _, p := range points {
		right, top = math.Max(right, p.X), math.Max(top, p.Y)
	}
	if diagonal {
		right = math.Max(right, top)
		top = right
	}
	var b strings.Builder
	for i, p := range points {
		step := "L"
		if i == 0 {
			step = "M"
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", step, p.X/math.Max(right, 1e-9)*chartWidth, chartHeight-p.Y/math.Max(top, 1e-9)*chartHeight)
	}
	return chart{Title: title, X: x, Y: y, Path: b.String(), Diagonal: diagonal, Top: percent(top), Right: percent(right)}
}

var pageTemplate = template.Must(template.New("report").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The score on your own past decisions</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
table{border-collapse:collapse;margin:1rem 0}td,th{border-bottom:1px solid #d0d7de;padding:.3rem .8rem;text-align:left}
figure{display:inline-block;margin:1rem 1rem 1rem 0}figcaption{font-weight:600}
svg{overflow:visible;margin:1rem 3rem 2.5rem 3rem}text{font-size:12px;fill:#57606a}
</style></head><body>
<h1>The score on your own past decisions</h1>
<p>{{.Decisions}} decisions were cut into {{.Folds}} parts. Each part was scored with counts and weights learned on the others alone.</p>
<table><tr><th>what</th><th>figure</th></tr>{{range .Rows}}<tr><td>{{index . 0}}</td><td>{{index . 1}}</td></tr>
{{end}}</table>
<h2>What a threshold would have let through</h2><p>{{.Words}}</p>
<table><tr><th>approve below p_deny</th><th>requests</th><th>of these, people had refused</th></tr>{{range .Thresholds}}<tr><td>{{index . 0}}</td><td>{{index . 1}}</td><td>{{index . 2}}</td></tr>
{{end}}</table>
{{range .Charts}}<figure><figcaption>{{.Title}}</figcaption>
<svg width="360" height="260" viewBox="0 0 360 260" role="img" aria-label="{{.Title}}">
<path d="M0 0V260H360" fill="none" stroke="#57606a"/>
{{if .Diagonal}}<path d="M0 260L360 0" stroke="#afb8c1" stroke-dasharray="4 4"/>{{end}}
<path d="{{.Path}}" fill="none" stroke="#0969da" stroke-width="2"/>
<text x="0" y="-6">{{.Top}} {{.Y}}</text><text x="0" y="278">0</text><text x="360" y="278" text-anchor="end">{{.Right}}</text><text x="180" y="294" text-anchor="middle">{{.X}}</text>
</svg></figure>
{{end}}</body></html>
`))
