package evidence

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/store/auditlog/export"
)

// The files with everything.
const (
	recordsCSV    = "requests.csv"
	recordsJSON   = "requests.jsonl"
	exceptionsCSV = "exceptions.csv"
)

// columns are those of the population, in order.
var columns = []string{"request", "kind", "submitted_at", "requester", "requester_name", "beneficiary", "beneficiary_name", "entitlement", "entitlement_name",
	"system", "sensitivity", "asked", "reason_length", "reason", "ticket", "outcome", "approved_by", "decided_at", "deciders", "policies", "policy_digest",
	"policy_commit", "score", "model", "facts_digest", "grant", "grant_state", "active_at", "start_read_back", "ends_at", "end_ordered_at", "end_reason",
	"ended_by", "ended_at", "end_read_back", "late_seconds", "first_event", "last_event", "events", "exceptions"}

// tables are the files that hold everything, as they are written.
type tables struct {
	files   []*os.File
	buffers []*bufio.Writer
	records *csv.Writer
	lines   *json.Encoder
	faults  *csv.Writer
}

func newTables(dir string) (*tables, error) {
	t := &tables{}
	var outs []io.Writer
	for _, name := range []string{recordsCSV, recordsJSON, exceptionsCSV} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, errors.Join(err, t.Close())
		}
		b := bufio.NewWriterSize(f, 1<<16)
		t.files, t.buffers, outs = append(t.files, f), append(t.buffers, b), append(outs, b)
	}
	t.records, t.lines, t.faults = csv.NewWriter(outs[0]), json.NewEncoder(outs[1]), csv.NewWriter(outs[2])
	t.lines.SetEscapeHTML(false)
	return t, errors.Join(t.records.Write(columns), t.faults.Write([]string{"kind", "weight", "at", "request", "event", "words"}))
}

// safe writes a row whose cells no spreadsheet takes for formulas.
func safe(to *csv.Writer, cells []string) error {
	for i := range cells {
		cells[i] = export.Cell(cells[i])
	}
	return to.Write(cells)
}

// record writes a request into both of its tables.
func (t *tables) record(r Record) error {
	var deciders, kinds []string
	for _, p := range r.Deciders {
		deciders = append(deciders, p.String())
	}
	for _, k := range r.Exceptions {
		kinds = append(kinds, string(k))
	}
	score, first, last, endedBy := "", "", "", ""
	if r.Score != nil {
		score = strconv.Itoa(*r.Score)
	}
	if n := len(r.Events); n > 0 {
		first, last = strconv.FormatInt(r.Events[0], 10), strconv.FormatInt(r.Events[n-1], 10)
	}
	if r.EndedBy != nil {
		endedBy = r.EndedBy.String()
	}
	err := safe(t.records, []string{string(r.Request), string(r.Kind), stamp(r.SubmittedAt), string(r.Requester.ID), r.Requester.Name, string(r.Beneficiary.ID),
		r.Beneficiary.Name, string(r.Entitlement), r.Name, r.System, string(r.Sensitivity), r.Asked.String(), strconv.Itoa(r.Words), r.Reason, r.Ticket,
		string(r.Outcome), string(r.By), stamp(r.DecidedAt), strings.Join(deciders, "; "), strings.Join(r.Policies, "; "), r.Law.Digest, r.Law.Commit, score,
		r.Model, r.FactsDigest, string(r.Grant), string(r.State), stamp(r.ActiveAt), r.StartReadBack, stamp(r.EndsAt), stamp(r.OrderedAt), string(r.EndReason),
		endedBy, stamp(r.EndedAt), r.EndReadBack, strconv.FormatInt(int64(r.Late/time.Second), 10), first, last, strconv.Itoa(len(r.Events)), strings.Join(kinds, " ")})
	return errors.Join(err, t.lines.Encode(r))
}

// exception writes one line of the exceptions.
func (t *tables) exception(x Exception) error {
	event := ""
	if x.Event > 0 {
		event = strconv.FormatInt(x.Event, 10)
	}
	return safe(t.faults, []string{string(x.Kind), string(weightOf(x.Kind)), stamp(x.At), string(x.Request), event, x.Words})
}

// stamp is a time as a table has it: every spreadsheet reads it, and it sorts.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// Close writes what is left, and returns the first error.
func (t *tables) Close() error {
	var errs []error
	for _, c := range []*csv.Writer{t.records, t.faults} {
		if c != nil {
			c.Flush()
			errs = append(errs, c.Error())
		}
	}
	for i, f := range t.files {
		errs = append(errs, t.buffers[i].Flush(), f.Close())
	}
	return errors.Join(errs...)
}
