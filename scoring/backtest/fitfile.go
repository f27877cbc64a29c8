package backtest

import (
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/scoring/scorecard"
)

// FitOptions says what weights are fitted on.
type FitOptions struct {
	History string    // CSV of decided requests
	Out     string    // where the weights file goes; "-" is standard output
	Version string    // names the result
	Fitted  string    // on what and how, for people
	Judged  []byte    // a weights file whose judged weights are kept, e.g. the shipped one; may be nil
	Notes   io.Writer // where it is said what was fitted, if not nil

	// Layout is what the weights may speak of. Other columns of the history are
	// left out; its anchors must be there. Without attributes: all columns.
	Layout scorecard.Layout
}

// Fit fits weights to a history and writes them as a file that the score
// loads. It refuses a history that is too short to learn from, or that lacks what
// the layout cannot do without.
func Fit(ctx context.Context, o FitOptions, stdout io.Writer) error {
	if o.Out == "" {
		return approvals.Errorf(approvals.CodeInvalid, "Say where the weights go: --out FILE, or --out - for standard output.")
	}
	history, err := readFile(o.History, dictionary{}, true)
	if err != nil {
		return err
	}
	if n, d := len(history.Rows), history.denials(); n < fitDecisions || d < fitDenials {
		return approvals.Errorf(approvals.CodeInvalid,
			"%s with %s are too few to fit weights on; %d with %d are needed. The shipped weights serve until then.",
			plural(n, "decision"), plural(d, "denial"), fitDecisions, fitDenials)
	}
	files := outputs{inputs: []string{o.History}}
	defer files.abandon()
	put, err := files.to(o.Out, stdout)
	if err != nil {
		return err
	}
	m, err := Options{Layout: o.Layout}.fit(ctx, history)
	if err != nil {
		return interrupted(ctx, err)
	}
	f := m.file(o.Version, o.Fitted)
	if o.Judged != nil {
		judged, err := scorecard.ParseFile(o.Judged)
		if err != nil {
			return err
		}
		f.Judged = judged.Judged
	}
	err = put(func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(f)
	})
	if err != nil {
		return err
	}
	return note(o.Notes, "Weights fitted on %d decisions (%d denied), by %s%s.", len(history.Rows), history.denials(),
		strings.Join(m.layout.Attributes, ", "), m.leftOut(history))
}
