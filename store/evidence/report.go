package evidence

import (
	"bufio"
	_ "embed" // the page
	"errors"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// reportHTML is the page that people read.
const reportHTML = "report.html"

//go:embed report.tmpl
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"clock": clock, "spell": spell, "short": short, "thousands": thousands, "percent": percent, "people": people, "commit": commitWords,
	"number":   func(n int64) string { return thousands(int(n)) },
	"count":    count,
	"less":     func(n int) int { return n - 1 },
	"duration": func(d time.Duration) string { return spell(d) },
}).Parse(page))

// view is all that the page shows.
type view struct {
	Config
	Origin      string
	AsOf        time.Time
	First, Last int64
	Signed      int64 // events that the last checkpoint covers
	Log         auditlog.Report
	Checkpoints int
	Rows        int
	Logged      int
	Before      int
	Digest      string
	Complete    bool
	Judged      int
	Unjudged    int
	Tally       *tally
	Charts      []Chart
	Groups      []Group
	Fails, Look int
	Natural     int
	Laws        []Law
	Campaigns   []Campaign
	Lapses      []approvals.Lapse
	Sample      []Record
	Summary     []string
	Controls    []Control
	Cap         int
}

// Group is all exceptions of one kind, of which some are shown.
type Group struct {
	Kind         Kind
	Weight       Weight
	Title, Means string
	Count        int
	Shown        []Exception
}

// Says are the weights in words.
func (g Group) Says() string {
	return map[Weight]string{Fails: "a control did not work", Look: "look at it", Natural: "for the record"}[g.Weight]
}

// report writes the page.
func (w *work) report() (err error) {
	charts, err := w.tally.charts()
	if err != nil {
		return err
	}
	v := view{Config: w.Config, Origin: w.origin, AsOf: w.end.At, First: w.first, Last: w.last, Signed: w.log.Signed, Log: w.log,
		Rows: w.population.rows, Logged: w.population.logged, Before: w.population.before, Digest: w.population.digest(), Judged: w.population.judged, Unjudged: w.population.unjudged,
		Tally: w.tally, Charts: charts, Groups: w.groups(), Fails: w.findings.weigh(Fails), Look: w.findings.weigh(Look), Natural: w.findings.weigh(Natural),
		Laws: w.rules, Campaigns: w.campaigns, Lapses: w.lapses, Sample: w.sample, Controls: controls, Cap: shownAtMost}
	v.Complete = v.Rows-v.Before == v.Logged && w.findings.counts[Unlogged] == 0 && w.findings.counts[Unkept] == 0
	v.Summary = v.words()
	f, err := os.OpenFile(filepath.Join(w.dir, reportHTML), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(f, 1<<16)
	return errors.Join(pageTemplate.Execute(out, v), out.Flush(), f.Close())
}

// groups are the exceptions by kind, those that were found.
func (w *work) groups() (all []Group) {
	for _, k := range kinds {
		if n := w.findings.counts[k.Kind]; n > 0 {
			all = append(all, Group{k.Kind, k.Weight, k.Title, k.Means, n, w.findings.shown[k.Kind]})
		}
	}
	return all
}

// Failed are the exceptions that say that a control did not work.
func (v view) Failed() (all []Group) {
	for _, g := range v.Groups {
		if g.Weight == Fails {
			all = append(all, g)
		}
	}
	return all
}

// counted is how many exceptions of a kind there are.
func (v view) counted(kind Kind) (n int) {
	for _, g := range v.Groups {
		if g.Kind == kind {
			n = g.Count
		}
	}
	return n
}

// Period is the time that is reported, in words; a day is meant whole.
func (v view) Period() string {
	from, to := v.From.UTC(), v.To.UTC()
	if from.Equal(from.Truncate(24*time.Hour)) && to.Equal(to.Truncate(24*time.Hour)) {
		return from.Format("2 January 2006") + " to " + to.AddDate(0, 0, -1).Format("2 January 2006")
	}
	return clock(from) + " to " + clock(to)
}

// Query is what the population is, as it was asked for.
func (v view) Query() string {
	q := "SELECT id FROM requests WHERE submitted_at >= '" + stamp(v.From) + "' AND submitted_at < '" + stamp(v.To) + "'"
	if v.System != "" {
		q += "; of these, those whose frozen facts say system '" + strings.ReplaceAll(v.System, "'", "''") + "'"
	}
	return q
}

// words are the summary, a paragraph each.
func (v view) words() []string {
	t := v.Tally
	scope := ""
	if v.System != "" {
		scope = " for " + v.System
	}
	all := []string{fmt.Sprintf("From %s, %s made %s%s. %s gave access: %s by a policy alone, %s after people had agreed, %s by break-glass. %s denied; %s taken back, %s without an answer in time, %s still waiting.",
		v.Period(), count(t.People(), "person", "people"), plural(t.Requests, "request"), scope, thousands(t.Granted), thousands(t.Automatic), thousands(t.ByPeople), thousands(t.BreakGlass),
		count(t.Denied, "was", "were"), count(t.Cancelled, "was", "were"), count(t.Lapsed, "lapsed", "lapsed"), count(t.Pending, "is", "are"))}
	if t.Extended > 0 {
		all[0] += fmt.Sprintf(" Of those that gave access, %s a later end of access that was there already.", count(t.Extended, "gave", "gave"))
	}
	if v.Complete {
		all = append(all, fmt.Sprintf("The population is complete: counted from the database and counted from the signed log, by ways that do not know of each other, it has the same %s.", plural(v.Logged, "request")))
	} else {
		all = append(all, fmt.Sprintf("The population is NOT complete: the database has %s, and the signed log %s. The differences are listed.", plural(v.Rows-v.Before, "request"), thousands(v.Logged)))
	}
	if v.Before > 0 {
		all = append(all, fmt.Sprintf("%s besides were decided elsewhere, before Hallpass, and taken over. They are in the tables and figures, and no facts are kept of them.", plural(v.Before, "request")))
	}
	ends := fmt.Sprintf("Access ended %s; the system was read back afterwards in %s.", plural(t.Ends, "time"), count(t.ReadBack, "case", "cases"))
	if t.EndsLate == 0 {
		ends += " None ended more than a minute late."
	} else {
		ends += fmt.Sprintf(" %s more than a minute late, or is not proved to have ended.", count(t.EndsLate, "was", "were"))
	}
	all = append(all, ends)
	if n := v.counted(RulesChanged); n > 0 {
		all = append(all, fmt.Sprintf("The policies in force changed %s; what changed is listed.", plural(n, "time")))
	}
	if v.Judge == nil {
		all = append(all, "No decision was computed again: the access folder was not at hand.")
	}
	if v.Judged > 0 {
		all = append(all, fmt.Sprintf("%s computed again from the facts that were stored with them and the policies of that time.", count(v.Judged, "decision was", "decisions were")))
	}
	if v.Unjudged > 0 {
		all = append(all, fmt.Sprintf("%s could not be computed again: the policies of that time are not kept.", count(v.Unjudged, "decision", "decisions")))
	}
	if v.Log.Sound() {
		all = append(all, fmt.Sprintf("The log is sound: events %s to %s are what was signed, by %s.", thousands(int(v.First)), thousands(int(v.Last)), plural(v.Log.Checkpoints, "checkpoint")))
	} else {
		all = append(all, fmt.Sprintf("The log is NOT what was signed: %s. Nothing in this report can be relied on before that is explained.", plural(len(v.Log.Findings), "finding")))
	}
	return all
}
