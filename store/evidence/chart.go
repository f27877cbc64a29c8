package evidence

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Chart is a drawing with the table of its figures.
type Chart struct {
	ID, Title, Says string // Says is what it shows, in a sentence
	SVG             template.HTML
	Head            []string
	Rows            [][]string
}

// The colours of series. Each has a contrast of at least 4.5 to white, and
// legends and tables say the same without them.
var (
	blue   = color.RGBA{0x1d, 0x4f, 0x91, 0xff}
	orange = color.RGBA{0xb4, 0x5f, 0x06, 0xff}
	grey   = color.RGBA{0x6b, 0x72, 0x80, 0xff}
	red    = color.RGBA{0xb4, 0x23, 0x18, 0xff}
	ink    = color.RGBA{0x1b, 0x1f, 0x24, 0xff}
	faint  = color.RGBA{0xe1, 0xe5, 0xea, 0xff}
)

const (
	chartWidth  = 6.4 * vg.Inch
	chartHeight = 2.9 * vg.Inch
	chartFont   = 11 // points; printed on A4 a chart is two thirds of its size
)

// series is one kind of bar.
type series struct {
	name   string
	colour color.RGBA
	values []float64
}

// canvas begins a chart whose values go up, or across.
func canvas(what string, percent, across bool) *plot.Plot {
	p := plot.New()
	value, other, grid := &p.Y, &p.X, plotter.NewGrid()
	lines, none := &grid.Horizontal, &grid.Vertical
	if across {
		value, other, lines, none = other, value, none, lines
	}
	for _, s := range []*font.Font{&p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font} {
		s.Typeface, s.Variant, s.Size = "Liberation", "Sans", chartFont
	}
	value.Label.Text = what
	value.Min, value.Width, other.Color = 0, 0, grey
	p.X.Tick.Length, p.Y.Tick.Length = 0, 0
	for _, style := range []*color.Color{&p.X.Tick.Label.Color, &p.Y.Tick.Label.Color, &p.Y.Label.TextStyle.Color, &p.X.Label.TextStyle.Color, &p.Legend.TextStyle.Color} {
		*style = ink
	}
	value.Tick.Marker = ticks{percent}
	p.Legend.Top, p.Legend.Left, p.Legend.ThumbnailWidth, p.Legend.Padding = !across, !across, 10, 3
	none.Width, lines.Color, lines.Width = 0, faint, 0.7
	p.Add(grid)
	return p
}

// ticks are the lines of the value axis, four or five of them.
type ticks struct{ percent bool }

// Ticks implements plot.Ticker.
func (t ticks) Ticks(_, upTo float64) (all []plot.Tick) {
	size := math.Pow(10, math.Floor(math.Log10(math.Max(upTo, 1e-9)/4)))
	for _, by := range []float64{1, 2, 5, 10} {
		if by*size*5 >= upTo {
			size *= by
			break
		}
	}
	if !t.percent {
		size = math.Max(1, size)
	}
	for v := 0.0; v <= upTo+size/1000; v += size {
		label := thousands(int(math.Round(v)))
		if t.percent {
			label = strconv.FormatFloat(v, 'f', -1, 64) + "%"
		}
		all = append(all, plot.Tick{Value: v, Label: label})
	}
	return all
}

// bars stacks series over names.
func bars(p *plot.Plot, names []string, all ...series) error {
	if err := stack(p, 330/math.Max(1, float64(len(names))), false, all); err != nil {
		return err
	}
	label(p, names)
	p.Y.Max = math.Max(1, p.Y.Max) * (1.05 + 0.13*float64(len(all))) // room for the legend
	return nil
}

// longestName is how many characters of a name stand beside a bar.
const longestName = 30

// beams stacks series beside names, which can be long, the first one on top.
func beams(p *plot.Plot, names []string, all ...series) error {
	var at []plot.Tick
	for i, name := range names {
		if utf8.RuneCountInString(name) > longestName {
			name = string([]rune(name)[:longestName-1]) + "…"
		}
		at = append(at, plot.Tick{Value: float64(len(names) - 1 - i), Label: name})
	}
	for _, s := range all {
		slices.Reverse(s.values)
	}
	if err := stack(p, 130/math.Max(1, float64(len(names))), true, all); err != nil {
		return err
	}
	p.Y.Tick.Marker = plot.ConstantTicks(at)
	p.Y.Min, p.Y.Max = -0.6, math.Max(0, float64(len(names)-1))+0.6
	p.X.Max = math.Max(1, p.X.Max) * 1.4 // room for the legend
	return nil
}

// stack draws series one upon the other. Of no values it draws nothing: a chart
// that says so.
func stack(p *plot.Plot, width float64, across bool, all []series) error {
	var below *plotter.BarChart
	for _, s := range all {
		if len(s.values) == 0 {
			continue
		}
		b, err := plotter.NewBarChart(plotter.Values(s.values), vg.Points(math.Min(26, width)))
		if err != nil {
			return err
		}
		b.Color, b.LineStyle.Width, b.Horizontal = s.colour, 0, across
		if below != nil {
			b.StackOn(below)
		}
		below = b
		p.Add(b)
		p.Legend.Add(s.name, b)
	}
	return nil
}

// label names the places of the other axis, as many as there is room for.
func label(p *plot.Plot, names []string) {
	every := 1
	for crowded(p, names, every) {
		every++
	}
	var at []plot.Tick
	for i, name := range names {
		if i%every != 0 {
			name = ""
		}
		at = append(at, plot.Tick{Value: float64(i), Label: name})
	}
	p.X.Tick.Marker = plot.ConstantTicks(at)
	p.X.Min, p.X.Max = -0.6, float64(len(names))-0.4
}

// crowded reports whether two neighbours meet when so many places share a name.
func crowded(p *plot.Plot, names []string, every int) bool {
	room := 0.88 * chartWidth / vg.Length(max(1, len(names))) * vg.Length(every)
	for i := 0; i+every < len(names); i += every {
		if style := p.X.Tick.Label; (style.Width(names[i])+style.Width(names[i+every]))/2+4 > room {
			return true
		}
	}
	return false
}

// curve draws a line with its points.
func curve(p *plot.Plot, names []string, s series) error {
	var at plotter.XYs
	for i, v := range s.values {
		if !math.IsNaN(v) {
			at = append(at, plotter.XY{X: float64(i), Y: v})
		}
	}
	label(p, names)
	if len(at) == 0 {
		p.Y.Max = 100
		return nil
	}
	l, dots, err := plotter.NewLinePoints(at)
	if err != nil {
		return err
	}
	l.Color, l.Width = s.colour, 2
	dots.Color, dots.Shape, dots.Radius = s.colour, draw.CircleGlyph{}, 2.5
	p.Add(l, dots)
	p.Y.Min, p.Y.Max = 0, 100
	return nil
}

// drawn is a chart as an SVG element that says what it is to those who do not
// see it. It refers to nothing outside of itself.
func drawn(p *plot.Plot, id, title, says string) (template.HTML, error) {
	c := vgsvg.New(chartWidth, chartHeight)
	p.Draw(draw.New(c))
	var out bytes.Buffer
	if _, err := c.WriteTo(&out); err != nil {
		return "", fmt.Errorf("draw %s: %w", title, err)
	}
	text := out.String()
	begin, open := strings.Index(text, "<g "), strings.Index(text, "<svg")
	if begin < 0 || open < 0 {
		return "", fmt.Errorf("draw %s: the drawing has no picture", title)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg role="img" aria-labelledby="%s-t %s-d" viewBox="0 0 %g %g">`, id, id, chartWidth.Points(), chartHeight.Points())
	fmt.Fprintf(&b, "\n<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">%s</desc>\n", id, template.HTMLEscapeString(title), id, template.HTMLEscapeString(says))
	b.WriteString(plain.Replace(text[begin:]))
	return template.HTML(b.String()), nil //nolint:gosec // Drawn here; every word of it is escaped by the library or above.
}

// plain shortens what the library says with each text, and names fonts that
// every reader has.
var plain = strings.NewReplacer("font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;font-size:",
	"font-family:Liberation Sans,Arial,Helvetica,sans-serif;font-size:")
