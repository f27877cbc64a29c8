package backtest

import (
	"fmt"
	"io"
	"strings"
)

// row is one line of the table of figures.
type row struct{ what, figure string }

func percent(x float64) string { return fmt.Sprintf("%.2f%%", 100*x) }

// rows are the figures in the order in which people read them.
func (r Result) rows() []row {
	f := r.Figures
	rows := []row{
		{"decisions, of them denied", fmt.Sprintf("%d, %d (%s)", r.Decisions, r.Denials, percent(float64(r.Denials)/float64(max(r.Decisions, 1))))},
		{"AUC", fmt.Sprintf("%.4f", f.AUC)},
		{"logloss", fmt.Sprintf("%.4f", f.LogLoss)},
		{"ECE", fmt.Sprintf("%.4f", f.ECE)},
		{"requests with p_deny < 1%, denied among them", percent(f.Below1.Share) + ", " + percent(f.Below1.Refused)},
		{"requests with p_deny < 2%, denied among them", percent(f.Below2.Share) + ", " + percent(f.Below2.Refused)},
		{"AUC lost by integer points, of this by rounding", fmt.Sprintf("%.5f, %.5f", f.IntegerLoss, f.RoundingLoss)},
	}
	for _, u := range r.Unseen {
		rows = append(rows,
			row{"AUC, unseen " + u.Attribute, fmt.Sprintf("%.4f", u.AUC)},
			row{fmt.Sprintf("AUC among the %d with an unseen %s in ordinary folds", u.Count, u.Attribute), fmt.Sprintf("%.4f", u.Natural)})
	}
	for _, f := range r.Flags {
		rows = append(rows, row{"approved requests flagged (p_deny ≥ 10%), least to most by " + f.Attribute, fmt.Sprintf("%s to %s over %d", percent(f.Least), percent(f.Most), f.Values)})
	}
	for _, b := range r.Baselines {
		rows = append(rows, row{"AUC of a simpler method: " + b.Name, fmt.Sprintf("%.4f", b.AUC)})
	}
	return rows
}

// method says what the figures rest on.
func (r Result) method() string {
	words := fmt.Sprintf("%d decisions were cut into %d parts. Each part was scored by the counts of the others, with %s.", r.Decisions, r.Folds, strings.Join(r.Origins, "; in some parts with "))
	if r.Borrowed {
		words += " Weights are not fitted again here: had they been fitted on these same decisions, the figures would flatter them."
	}
	return words
}

// WriteText writes the figures for a terminal.
func (r Result) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d-fold cross-validation. %s\n\n", r.Folds, r.method())
	for _, row := range r.rows() {
		fmt.Fprintf(&b, "%-68s %s\n", row.what, row.figure)
	}
	fmt.Fprintf(&b, "\n%-14s %-24s %-30s %s\n", limitHeads[0], limitHeads[1], limitHeads[2], limitHeads[3])
	for _, l := range r.Curves.Limits {
		c := r.limitRow(l)
		fmt.Fprintf(&b, "%-14s %-24s %-30s %s\n", c[0], c[1], c[2], c[3])
	}
	fmt.Fprintf(&b, "\n%s\n", r.limitWords())
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the figures as a report for people.
func (r Result) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# The score on your own past decisions\n\n%s\n\n", r.method())
	b.WriteString("| what | figure |\n|---|---|\n")
	for _, row := range r.rows() {
		fmt.Fprintf(&b, "| %s | %s |\n", row.what, row.figure)
	}
	fmt.Fprintf(&b, "\n## What a policy would have let through\n\n%s\n\n", r.limitWords())
	fmt.Fprintf(&b, "| %s |\n|---|---|---|---|\n", strings.Join(limitHeads[:], " | "))
	for _, l := range r.Curves.Limits {
		c := r.limitRow(l)
		fmt.Fprintf(&b, "| %s | %s |\n", c[0], strings.Join(c[1:], " | "))
	}
	fmt.Fprintf(&b, "\n%s\n", r.exampleWords())
	if c := r.exampleCondition(); c != "" {
		fmt.Fprintf(&b, "\n```cedar\n%s\n```\n", c)
	}
	b.WriteString("\n## By likelihood of refusal\n\n" + thresholdWords + "\n\n")
	b.WriteString("| approve below p_deny | requests | of these, people had refused |\n|---|---|---|\n")
	for _, c := range r.Curves.Thresholds {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", percent(c.Below), percent(c.Share), percent(c.Refused))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const thresholdWords = "Had every request below a likelihood of refusal been approved, this share of requests would have needed nobody, and this share of them is what people had refused."
