package backtest

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
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
	History       string // CSV of decided requests: approved, entitlement, any attributes
	Requests      string // CSV of requests to score, without learning from them
	Out           string // where their scores go; "-" is standard output
	CrossValidate int    // into how many folds the history is cut, 2–100
	Weights       string // a weights file, or "shipped"; empty: fitted on the history when it is long enough, else Shipped
	Shipped       []byte // the weights file that comes with the program
	Markdown      string // where a report for people goes; empty: nowhere
	HTML          string // likewise, with curves, self-contained
	Seed          uint64 // deals the folds; 0 is taken as 1

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
	}
	words := dictionary{}
	history, err := readFile(o.History, words, true)
	if err != nil {
		return err
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.CrossValidate != 0 {
		return crossValidate(ctx, o, history, stdout)
	}
	requests, err := readFile(o.Requests, words, false)
	if err != nil {
		return err
	}
	m, err := o.model(history)
	if err != nil {
		return err
	}
	if o.Out == "-" {
		return m.writeScores(stdout, requests)
	}
	return writeFile(o.Out, func(w io.Writer) error { return m.writeScores(w, requests) })
}

// fit learns a history by all that it says, or by what the options' layout knows.
func (o Options) fit(history *Table) (*model, error) {
	if len(o.Layout.Attributes) == 0 {
		return train(history)
	}
	m, err := newModelWithin(history, o.Layout)
	if err != nil {
		return nil, err
	}
	return m, m.fit(history)
}

// model fits the history, or borrows weights where it is too short or the
// operator named some.
func (o Options) model(history *Table) (*model, error) {
	b := o.Shipped
	switch {
	case o.Weights == "shipped":
	case o.Weights != "":
		var err error
		if b, err = os.ReadFile(o.Weights); err != nil {
			return nil, fmt.Errorf("read weights: %w", err)
		}
	case b == nil, len(history.Rows) >= fitDecisions && history.denials() >= fitDenials:
		return o.fit(history)
	}
	f, err := scorecard.ParseFile(b)
	if err != nil {
		return nil, err
	}
	return borrow(f, history)
}

func readFile(name string, words dictionary, decided bool) (*Table, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &approvals.Error{Code: approvals.CodeInvalid, Message: "Can't open " + name + ".", Op: "read decisions", Err: err}
	}
	defer func() { _ = f.Close() }() // Nothing was written that could be lost.
	return readTable(name, bufio.NewReader(f), words, decided)
}

// writeFile writes a file whole; an error in closing it is an error.
func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	buffered := bufio.NewWriter(f)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

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

// FitOptions says what weights are fitted on.
type FitOptions struct {
	History string // CSV of decided requests
	Out     string // where the weights file goes; "-" is standard output
	Version string // names the result
	Fitted  string // on what and how, for people
	Judged  []byte // a weights file whose judged weights are kept, e.g. the shipped one; may be nil

	// Layout is what the weights may speak of. Other columns of the history are
	// left out; its anchors must be there. Without attributes: all columns.
	Layout scorecard.Layout
}

// Fit fits weights to a history and writes them as a file that the score
// loads. It refuses a history that is too short to learn from, or that lacks what
// the layout cannot do without.
func Fit(_ context.Context, o FitOptions, stdout io.Writer) error {
	history, err := readFile(o.History, dictionary{}, true)
	if err != nil {
		return err
	}
	if n, d := len(history.Rows), history.denials(); n < fitDecisions || d < fitDenials {
		return approvals.Errorf(approvals.CodeInvalid,
			"%d decisions with %d denials are too few to fit weights on; %d with %d are needed. The shipped weights serve until then.",
			n, d, fitDecisions, fitDenials)
	}
	m, err := Options{Layout: o.Layout}.fit(history)
	if err != nil {
		return err
	}
	f := m.file(o.Version, o.Fitted)
	if o.Judged != nil {
		judged, err := scorecard.ParseFile(o.Judged)
		if err != nil {
			return err
		}
		f.Judged = judged.Judged
	}
	write := func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(f)
	}
	if o.Out == "-" {
		return write(stdout)
	}
	return writeFile(o.Out, write)
}
