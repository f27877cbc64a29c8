package evidence

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

const (
	reviewsJSON = auditlog.ReviewsFile
	// campaignsAtMost is how many reviews are looked at, the newest first.
	campaignsAtMost = 1000
)

// Campaign is a review with what was found.
type Campaign struct {
	approvals.Campaign
	Items      []approvals.ReviewItem      `json:"items"`
	Exceptions []approvals.ReviewException `json:"exceptions"`
	By         string                      `json:"-"`                   // who gave verdicts, and how many; the items say it one by one
	SignedBy   string                      `json:"signed_by,omitempty"` // the key's name; empty: no known key signed the result
}

// Wrong are the decisions that a reviewer called wrong, or that nobody could
// call right.
func (c Campaign) Wrong() int {
	return c.count(approvals.VerdictWrong) + c.count(approvals.VerdictUnsure)
}

// Right are the decisions that a reviewer called right.
func (c Campaign) Right() int { return c.count(approvals.VerdictRight) }

func (c Campaign) count(v approvals.ReviewVerdict) (n int) {
	for _, i := range c.Items {
		if i.Verdict == v {
			n++
		}
	}
	return n
}

// reviews reads the reviews of the period, and what they found.
func (w *work) reviews() error {
	all, err := w.Log.Campaigns(w.ctx, false, campaignsAtMost)
	if err != nil {
		return err
	}
	slices.Reverse(all)
	for _, c := range all {
		if !c.From.Before(w.To) || !c.To.After(w.From) {
			continue
		}
		full := Campaign{Campaign: c}
		if full.Items, err = w.Log.ReviewItems(w.ctx, c.ID); err != nil {
			return err
		}
		if full.Exceptions, err = w.Log.ReviewExceptions(w.ctx, c.ID); err != nil {
			return err
		}
		w.result(&full)
		w.reviewed(&full)
		w.campaigns = append(w.campaigns, full)
	}
	if w.lapses, err = w.Log.Lapses(w.ctx); err != nil {
		return err
	}
	w.lapses = slices.DeleteFunc(w.lapses, func(l approvals.Lapse) bool {
		within := !l.Since.Before(w.From) && l.Since.Before(w.To)
		return !within && !slices.ContainsFunc(w.campaigns, func(c Campaign) bool { return c.ID == l.Campaign })
	})
	for _, l := range w.lapses {
		w.findings.add(Exception{Kind: Lapsed, At: l.Since, Words: "The rule " + l.Rule + " stopped approving by itself: " + l.Why})
	}
	return w.reviewLines()
}

// result says who signed the result of a review that is closed, if it is its own.
func (w *work) result(c *Campaign) {
	if c.State != approvals.CampaignClosed {
		return
	}
	by, err := auditlog.CheckResult(string(c.ID), c.Result, w.Keys)
	if err != nil {
		w.findings.add(Exception{Kind: BadResult, At: c.ClosedAt, Words: strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + "."})
		return
	}
	c.SignedBy = by
}

// reviewed takes in what a review found.
func (w *work) reviewed(c *Campaign) {
	for _, x := range c.Exceptions {
		w.findings.add(Exception{Kind: Recomputed, At: x.At, Request: x.Request, Words: x.Words + " (review " + string(c.ID) + ")"})
	}
	who, verdicts := recorder{names: w.Names}, map[string]int{}
	for i := range c.Items {
		item := &c.Items[i]
		if !w.Texts {
			item.Note = ""
		}
		if item.By != "" {
			verdicts[who.person(item.By).String()]++
		}
		switch item.Verdict {
		case approvals.VerdictWrong:
			w.findings.add(Exception{Kind: Verdict, At: item.At, Request: item.Request, Words: who.person(item.By).String() + " looked at it and says that it was wrong (" + item.Stratum + ")."})
		case approvals.VerdictUnsure:
			w.findings.add(Exception{Kind: Verdict, At: item.At, Request: item.Request, Words: "Nobody could say that it was right (" + item.Stratum + ")."})
		}
	}
	var by []string
	for _, name := range slices.Sorted(maps.Keys(verdicts)) {
		by = append(by, name+" ("+thousands(verdicts[name])+")")
	}
	c.By = strings.Join(by, ", ")
	if c.State != approvals.CampaignClosed && w.end.At.After(c.DueAt) {
		w.findings.add(Exception{Kind: Unreviewed, At: c.DueAt, Words: "The review " + string(c.ID) + " was due " + clock(c.DueAt) + " and is not closed."})
	}
}

// reviewLines writes the reviews with all of their items.
func (w *work) reviewLines() error {
	var out strings.Builder
	lines := json.NewEncoder(&out)
	lines.SetEscapeHTML(false)
	for _, c := range w.campaigns {
		if err := lines.Encode(c); err != nil {
			return err
		}
	}
	return w.file(reviewsJSON, out.String())
}
