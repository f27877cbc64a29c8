package evidence

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// Config says what evidence is wanted of.
type Config struct {
	Log      *store.Store
	From, To time.Time      // requests that were submitted from From to before To
	System   string         // only requests for this system; empty: all
	Texts    bool           // hand out what people wrote
	Signers  []note.Signer  // the first one's name is the log's
	Keys     note.Verifiers // of the log
	// Names gives people's names where no frozen facts do; nil: ids are shown.
	Names func(approvals.PrincipalID) string
	// Judge computes a ruling again by the policies of then, of those that the
	// database keeps; nil: nothing is computed again. Once it has been asked about
	// a set, it must not need the database to answer about that set again.
	Judge func(context.Context, approvals.PolicyVersion, approvals.Facts, approvals.Assessment) (approvals.Ruling, error)
	// Commit says what a Git commit of the policies is; nil, or an error: only its id is shown.
	Commit func(ctx context.Context, id string) (Commit, error)
}

// Commit is a change of the policies as Git tells it.
type Commit struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Author  string    `json:"author"`
	Subject string    `json:"subject"`
}

// Summary says what was written.
type Summary struct {
	Origin            string
	First, Last       int64 // events in the log's bundle
	Requests          int   // as the rows say
	Logged            int   // as the log says
	Fails, Look       int   // exceptions by weight
	AsOf              time.Time
	SoundLog          bool
	Files             int
	ExceptionsByKinds map[Kind]int
}

// chunk is how many requests are read at a time.
const chunk = 250

// Write writes the evidence of a period into a new folder, and signs it.
// CodeNotFound says that nothing happened in the period, CodeInvalid that the
// configuration makes no sense.
func Write(ctx context.Context, dir string, c Config) (Summary, error) {
	if !c.From.Before(c.To) || len(c.Signers) == 0 || c.Keys == nil {
		return Summary{}, approvals.Errorf(approvals.CodeInvalid, "Evidence needs a period that ends after it begins, and a key to sign it with.")
	}
	if there, err := os.ReadDir(dir); err == nil && len(there) > 0 {
		return Summary{}, approvals.Errorf(approvals.CodeInvalid, "The folder %s is not empty; name a new one.", dir)
	}
	w := &work{Config: c, ctx: ctx, dir: dir, origin: c.Signers[0].Name()}
	for _, step := range []func() error{w.begin, w.tabulate, w.sealed, w.verify, w.report} {
		if err := step(); err != nil {
			return w.summary(), fmt.Errorf("write evidence: %w", err)
		}
	}
	if err := auditlog.SealFolder(dir, w.origin, c.Signers...); err != nil {
		return w.summary(), err
	}
	return w.summary(), nil
}

// work is one folder in the making.
type work struct {
	Config
	ctx    context.Context // of the one call that it is made for
	dir    string
	origin string

	end         store.SignedCheckpoint // covers all that is reported
	unsigned    int64                  // events since
	first, last int64
	header      auditlog.Header
	log         auditlog.Report
	laws        *laws
	tally       *tally
	findings    *findings
	out         *tables
	rules       []Law
	population  census
	sample      []Record
	campaigns   []Campaign
	lapses      []approvals.Lapse
}

func (w *work) summary() Summary {
	s := Summary{Origin: w.origin, First: w.first, Last: w.last, Requests: w.population.rows, Logged: w.population.logged, AsOf: w.end.At, SoundLog: w.log.Sound()}
	if w.findings != nil {
		s.Fails, s.Look, s.ExceptionsByKinds = w.findings.weigh(Fails), w.findings.weigh(Look), w.findings.counts
	}
	return s
}

// begin finds the checkpoint that everything is reported as of.
func (w *work) begin() error {
	var err error
	if w.end, err = w.Log.LastCheckpoint(w.ctx); err != nil {
		return err
	}
	tree, err := w.Log.Head(w.ctx)
	if err != nil {
		return err
	}
	w.unsigned = tree.Size() - w.end.Size
	w.laws = &laws{work: w, of: map[string]*Law{}, kept: map[string]bool{}}
	if err := w.laws.prepare(); err != nil {
		return err
	}
	w.tally = newTally(w.From, w.To, w.end.At)
	return os.MkdirAll(w.dir, 0o700)
}

// tabulate reads everything, and writes the tables of all of it.
func (w *work) tabulate() (err error) {
	if w.out, err = newTables(w.dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.findings.err, w.out.Close()) }()
	w.findings = newFindings(w.out.exception)
	if w.unsigned > 0 {
		w.findings.add(Exception{Kind: UnsignedEvents, At: w.end.At, Event: w.end.Size + 1,
			Words: count(int(w.unsigned), "event came", "events came") + " after the last checkpoint. Nothing here tells of them; sign another one, and write it again."})
	}
	if err := w.Log.Look(w.ctx, w.look); err != nil {
		return err
	}
	if err := w.reviews(); err != nil {
		return err
	}
	w.rules, err = w.laws.settle()
	return err
}

// look reads the population, and all that became of it.
func (w *work) look(v *store.Snapshot) error {
	asked, err := w.span(v)
	if err != nil {
		return err
	}
	if err := w.events(v); err != nil {
		return err
	}
	return w.requests(v, asked)
}

// span finds which events and which requests belong to the period.
func (w *work) span(v *store.Snapshot) ([]store.Asked, error) {
	var err error
	if w.first, w.last, err = v.Span(w.From, w.To); err != nil {
		return nil, err
	}
	w.last = min(w.last, w.end.Size)
	if w.first == 0 || w.first > w.last {
		return nil, approvals.Errorf(approvals.CodeNotFound, "Nothing happened from %s to %s that a checkpoint covers.", clock(w.From), clock(w.To))
	}
	return v.Asked(w.From, w.To)
}

// requests reads the lives of the population, in the order of submission.
func (w *work) requests(v *store.Snapshot, asked []store.Asked) error {
	recorder := recorder{names: w.Names, texts: w.Texts, asOf: w.end.At, upTo: w.end.Size}
	j := &judge{findings: w.findings, asOf: w.end.At, upTo: w.end.Size, denied: map[denial]time.Time{}}
	sampled := sampler{every: max(1, len(asked)/sampleSize)}
	for page := range slices.Chunk(asked, chunk) {
		var ids []approvals.RequestID
		for _, a := range page {
			ids = append(ids, a.Request)
		}
		lives, err := v.Lives(ids)
		if err != nil {
			return err
		}
		for _, life := range lives {
			r := recorder.record(life)
			if len(r.Events) == 0 && len(life.Events) > 0 {
				continue // it was asked since the checkpoint that this is as of
			}
			if w.System != "" && r.System != w.System {
				w.population.other(r)
				continue
			}
			w.population.row(r)
			j.request(&r, life)
			w.recompute(j, &r, life)
			w.laws.decided(r)
			w.tally.add(r)
			if err := w.out.record(r); err != nil {
				return err
			}
			sampled.offer(r)
		}
	}
	w.sample = sampled.taken
	for _, id := range w.population.unkept() {
		w.findings.add(Exception{Kind: Unkept, At: w.end.At, Request: id, Words: "The log recorded that this was asked, and the database does not have it."})
	}
	return nil
}

// recompute decides again what was decided, as it was then.
func (w *work) recompute(j *judge, r *Record, life store.Life) {
	if w.Judge == nil || r.Kind == approvals.KindBreakGlass {
		return
	}
	for _, d := range life.Decisions {
		if !w.laws.kept[d.Ruling.Version.Digest] {
			w.population.unjudged++
			continue
		}
		ruling, err := w.Judge(w.ctx, d.Ruling.Version, d.Facts, d.Assessment)
		switch code := approvals.ErrorCode(err); {
		case code == approvals.CodeNotFound || code == approvals.CodeInvalid:
			w.population.unjudged++
		case err != nil:
			j.of(r, Recomputed, d.At, "It could not be computed again: %s", approvals.ErrorMessage(err))
		case ruling.Outcome != d.Ruling.Outcome:
			j.of(r, Recomputed, d.At, "The stored answer is “%s”; the policies of that time (%s) say “%s”.", outcomes[d.Ruling.Outcome], short(d.Ruling.Version.Digest), outcomes[ruling.Outcome])
			w.population.judged++
		default:
			w.population.judged++
		}
	}
}

// outcomes are a ruling's outcomes in words.
var outcomes = map[approvals.Outcome]string{approvals.AutoApprove: "approved at once", approvals.Route: "ask people", approvals.Refuse: "refused"}

// sealed writes the part of the log that proves what is reported.
func (w *work) sealed() (err error) {
	w.header, err = w.Log.WriteBundle(w.ctx, filepath.Join(w.dir, auditlog.LogFolder), store.BundleScope{First: w.first, Last: w.last, Texts: w.Texts})
	return err
}

// verify looks at the log as whoever gets the folder will.
func (w *work) verify() error {
	b, err := auditlog.OpenBundle(filepath.Join(w.dir, auditlog.LogFolder))
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }()
	w.log, err = b.Verify(w.ctx, w.Keys)
	return err
}

// sampleSize is about how many requests the report tells from beginning to end.
const sampleSize = 25

// sampler picks records that lie evenly in the period.
type sampler struct {
	every, seen int
	taken       []Record
}

func (s *sampler) offer(r Record) {
	if s.seen%s.every == 0 && len(s.taken) < 2*sampleSize {
		s.taken = append(s.taken, r)
	}
	s.seen++
}
