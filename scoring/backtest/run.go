package backtest

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// Options says what to measure. Either Requests and Out are set, or
// CrossValidate.
type Options struct {
	History       string    // CSV of decided requests: approved, entitlement, any attributes
	Requests      string    // CSV of requests to score, without learning from them
	Out           string    // where their scores go; "-" is standard output
	CrossValidate int       // into how many folds the history is cut, 2–100
	Weights       string    // a weights file, or "shipped"; empty: fitted on the history when it is long enough, else Shipped
	Shipped       []byte    // the weights file that comes with the program
	Markdown      string    // where a report for people goes; empty: nowhere
	HTML          string    // likewise, with curves, self-contained
	Seed          uint64    // deals the folds; 0 is taken as 1
	Notes         io.Writer // where it is said what was done with which weights, if not nil

	// Layout is what is counted where weights are fitted; other columns are left
	// out, and positions too. Without attributes: all columns, and positions.
	Layout scorecard.Layout
}

// Below these a history is too short to fit weights on, and the shipped ones
// are used.
const (
	fitDecisions = 5000
	fitDenials   = 250
)

// Run measures the score on past decisions: it cross-validates a history, or
// learns from a history and scores other requests. Bad input is of
// approvals.CodeInvalid and says what to mend.
func Run(ctx context.Context, o Options, stdout io.Writer) error {
	switch {
	case o.History == "":
		return approvals.Errorf(approvals.CodeInvalid, "Name the past decisions with --history.")
	case o.CrossValidate != 0 && o.Requests != "":
		return approvals.Errorf(approvals.CodeInvalid, "Use either --cross-validate or --requests, not both.")
	case o.CrossValidate != 0 && (o.CrossValidate < 2 || o.CrossValidate > 100):
		return approvals.Errorf(approvals.CodeInvalid, "--cross-validate takes a number of folds from 2 to 100, not %d.", o.CrossValidate)
	case o.CrossValidate == 0 && (o.Requests == "" || o.Out == ""):
		return approvals.Errorf(approvals.CodeInvalid, "Say what to measure: --cross-validate K, or --requests with --out.")
	case o.CrossValidate != 0 && o.Out != "":
		return approvals.Errorf(approvals.CodeInvalid, "--cross-validate prints figures and writes no scores: use --out with --requests, and --markdown or --html here.")
	case o.CrossValidate == 0 && (o.Markdown != "" || o.HTML != ""):
		return approvals.Errorf(approvals.CodeInvalid, "--markdown and --html report what --cross-validate measured: use them with it.")
	}
	words := dictionary{}
	history, err := readFile(o.History, words, true)
	if err != nil {
		return err
	}
	files := outputs{inputs: []string{o.History, o.Requests, o.Weights}}
	defer files.abandon()
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.CrossValidate != 0 {
		return interrupted(ctx, crossValidate(ctx, o, history, &files, stdout))
	}
	requests, err := readFile(o.Requests, words, false)
	if err != nil {
		return err
	}
	return interrupted(ctx, o.scoreRequests(ctx, history, requests, &files, stdout))
}

// interrupted says of a run that was stopped that it left nothing.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return approvals.Errorf(approvals.CodeUnavailable, "Stopped before the end: nothing was written.")
	}
	return err
}

// scoreRequests scores requests with what a history teaches.
func (o Options) scoreRequests(ctx context.Context, history, requests *Table, files *outputs, stdout io.Writer) error {
	put, err := files.to(o.Out, stdout)
	if err != nil {
		return err
	}
	m, err := o.model(ctx, history)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("score requests: %w", err)
	}
	if err := put(func(w io.Writer) error { return m.writeScores(w, requests) }); err != nil {
		return err
	}
	return note(o.Notes, "%s scored, by the counts of %s (%d denied), with %s.", plural(len(requests.Rows), "request"),
		plural(len(history.Rows), "decision"), history.denials(), m.origin+m.leftOut(history)+m.lacking(requests))
}

// note tells the person who waits.
func note(w io.Writer, format string, args ...any) error {
	if w == nil {
		return nil
	}
	_, err := fmt.Fprintf(w, format+"\n", args...)
	return err
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// fit learns a history by all that it says, or by what the options' layout knows.
func (o Options) fit(ctx context.Context, history *Table) (*model, error) {
	if len(o.Layout.Attributes) == 0 {
		return train(ctx, history)
	}
	m, err := newModelWithin(history, o.Layout)
	if err != nil {
		return nil, err
	}
	return m, m.fit(ctx, history)
}

// model fits the history, or borrows weights where it is too short or the
// operator named some.
func (o Options) model(ctx context.Context, history *Table) (*model, error) {
	b, name := o.Shipped, "the shipped weights"
	switch {
	case o.Weights == "shipped":
	case o.Weights != "":
		var err error
		if b, err = os.ReadFile(o.Weights); err != nil {
			return nil, fileProblem(o.Weights, "can't be read", weightsMend, err)
		}
		name = "the weights of " + o.Weights
	case b == nil, len(history.Rows) >= fitDecisions && history.denials() >= fitDenials:
		m, err := o.fit(ctx, history)
		if err != nil {
			return nil, err
		}
		m.origin = "weights fitted on them"
		return m, nil
	default:
		name += fmt.Sprintf(", since to fit some takes %d decisions with %d denials", fitDecisions, fitDenials)
	}
	f, err := scorecard.ParseFile(b)
	if err != nil {
		return nil, fileProblem(cmp.Or(o.Weights, "shipped"), "no weights that can be used", weightsMend, err)
	}
	m, err := borrow(f, history)
	if err != nil {
		return nil, err
	}
	m.origin = name
	return m, nil
}

const weightsMend = `name a file that "hallpass score fit" wrote, or say "shipped"`

// writeScores writes likelihood, score and factor points, row for row.
func (m *model) writeScores(w io.Writer, requests *Table) error {
	out := csv.NewWriter(w)
	header := append([]string{"p_deny", "score", "raw", "base"}, m.layout.Attributes...)
	for i := range m.layout.Pairs {
		header = append(header, m.layout.PairName(i))
	}
	record := header
	if err := out.Write(record); err != nil {
		return err
	}
	for _, l := range m.predict(m.rows(requests)) {
		record = append(record[:0], fmt.Sprintf("%d.%06d", l.PDeny/1_000_000, l.PDeny%1_000_000), strconv.Itoa(l.Score), strconv.Itoa(l.Raw))
		for _, p := range l.Points {
			record = append(record, strconv.Itoa(p))
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
