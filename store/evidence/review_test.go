package evidence_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// closed stores a review that was closed, with a signed result. The log has it
// as it was; change may spoil what the database has.
func (r *rig) closed(id approvals.CampaignID, change func(*approvals.Campaign)) {
	r.t.Helper()
	text := auditlog.ResultHead(string(id)) + "yearly\n1 of 9 was wrong\n"
	signed, err := note.Sign(&note.Note{Text: text}, r.signer)
	r.must(err)
	e := approvals.Event{At: r.now, Kind: approvals.EventReviewClosed, Actor: approvals.System("review"),
		Detail: map[string]string{"campaign": string(id), "result": string(signed), "digest": fmt.Sprintf("%x", sha256.Sum256([]byte(text)))}}
	c := approvals.Campaign{ID: id, Kind: approvals.CampaignYearly, State: approvals.CampaignClosed, From: from, To: to, FrozenAt: to, DueAt: to.Add(time.Hour), ClosedAt: to.Add(time.Minute), Result: string(signed)}
	if change != nil {
		change(&c)
	}
	r.forge(approvals.Change{Campaigns: []approvals.Campaign{c}, Events: []approvals.Event{e}})
}

func TestTheResultOfAReviewIsNamedWhenItIsNotAsSigned(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	r.closed("rv_good", nil)
	r.closed("rv_bare", func(c *approvals.Campaign) { c.Result = "hallpass review result 1\nreview rv_bare, yearly\nall well\n" })
	r.closed("rv_eased", func(c *approvals.Campaign) { c.Result = strings.Replace(c.Result, "1 of 9", "0 of 9", 1) })
	var stolen string
	r.closed("rv_lender", func(c *approvals.Campaign) { stolen = c.Result })
	r.closed("rv_thief", func(c *approvals.Campaign) { c.Result = stolen })
	r.closed("rv_open", func(c *approvals.Campaign) { c.State, c.Result, c.ClosedAt = approvals.CampaignOpen, "", time.Time{} })
	dir, _ := r.write(nil)
	var told []string
	for _, said := range r.found(dir) {
		if words, ok := strings.CutPrefix(said, "bad_result: "); ok {
			told = append(told, words)
		}
	}
	slices.Sort(told)
	want := []string{
		"The result is not that of the review rv_thief.",
		"The result of the review rv_bare is not signed by a key that is trusted.",
		"The result of the review rv_eased is not signed by a key that is trusted.",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("the report, -want +got\n%s", diff)
	}
	if lines := r.read(dir, "reviews.jsonl"); strings.Count(lines, `"signed_by":"`+r.signer.Name()+`"`) != 2 {
		t.Errorf("two results are signed: %s", lines)
	}
	var found []string
	for _, f := range r.verify(dir).Changed { // of the same mind, though every file is as signed
		found = append(found, f.Path+": "+strings.ToUpper(f.Words[:1])+f.Words[1:]+".")
	}
	slices.Sort(found)
	for i := range want {
		want[i] = "reviews.jsonl: " + want[i]
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("the verifiers, -want +got\n%s", diff)
	}
}

func TestAResultThatWasChangedAndSealedAgainIsFoundByBothVerifiers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.quarter()
	r.closed("rv_1", nil)
	item := func(id approvals.RequestID, by approvals.PrincipalID) approvals.ReviewItem {
		return approvals.ReviewItem{Campaign: "rv_1", Request: id, Stratum: "easy | low", Kind: approvals.ItemAutomatic, Asked: by, By: by, Verdict: approvals.VerdictRight, At: to}
	}
	r.forge(approvals.Change{Items: []approvals.ReviewItem{item("req_a", "mia"), item("req_b", "mia"), item("req_c", "sol")},
		Events: []approvals.Event{{At: r.now, Kind: approvals.EventReviewAnswered, Detail: map[string]string{"campaign": "rv_1"}}}})
	dir, _ := r.write(nil)
	if html := r.read(dir, "report.html"); !strings.Contains(html, "<dt>looked at by</dt><dd>"+r.name("mia")) || !strings.Contains(html, "(mia) (2), ") {
		t.Error("the report does not say who reviewed")
	}
	if report := r.verify(dir); !report.Sound() {
		t.Fatalf("as it was written: %+v", report)
	}
	for change, want := range map[[2]string]string{
		{"1 of 9", "0 of 9"}:              "the result of the review rv_1 is not signed by a key that is trusted",
		{`"id":"rv_1"`, `"id":"rv_2"`}:    "the result is not that of the review rv_2",
		{`"state":"closed"`, `"state":1`}: "a line of it cannot be read",
	} {
		copied := filepath.Join(t.TempDir(), "copy")
		r.must(os.CopyFS(copied, os.DirFS(dir)))
		r.must(edit(copied, "reviews.jsonl", change[0], change[1]))
		r.must(os.Remove(filepath.Join(copied, "manifest.note")))
		r.must(auditlog.SealFolder(copied, r.signer.Name(), r.signer))
		if diff := cmp.Diff([]auditlog.FileFinding{{Path: "reviews.jsonl", Words: want}}, r.verify(copied).Changed); diff != "" {
			t.Errorf("%s for %s, -want +got\n%s", change[1], change[0], diff)
		}
	}
}
