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

// WriteText writes the figures for a terminal.
func (r Result) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d-fold cross-validation, counts and weights learned outside each fold\n\n", r.Folds)
	for _, row := range r.rows() {
		fmt.Fprintf(&b, "%-68s %s\n", row.what, row.figure)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the figures as a report for people.
func (r Result) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# The score on your own past decisions\n\n")
	fmt.Fprintf(&b, "%d decisions were cut into %d parts. Each part was scored with counts and weights learned on the others alone.\n\n", r.Decisions, r.Folds)
	b.WriteString("| what | figure |\n|---|---|\n")
	for _, row := range r.rows() {
		fmt.Fprintf(&b, "| %s | %s |\n", row.what, row.figure)
	}
	b.WriteString("\n## What a threshold would have let through\n\n" + thresholdWords + "\n\n")
	b.WriteString("| approve below p_deny | requests | of these, people had refused |\n|---|---|---|\n")
	for _, c := range r.Curves.Thresholds {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", percent(c.Below), percent(c.Share), percent(c.Refused))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

const thresholdWords = "Had a policy approved every request below a likelihood of refusal, this share of requests would have needed nobody, and this share of them is what people had refused."
