package approvals_test

import (
	"errors"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"pgregory.net/rapid"
)

func TestNothingOverridesTheRestraints(t *testing.T) {
	t.Parallel()
	type input struct {
		f approvals.Facts
		a approvals.Assessment
		r approvals.Ruling
	}
	for name, c := range map[string]struct {
		edit func(*input)
		want approvals.Outcome
		why  []string
	}{
		"all well":            {func(*input) {}, approvals.AutoApprove, nil},
		"refused stays":       {func(i *input) { i.r.Outcome = approvals.Refuse }, approvals.Refuse, nil},
		"routed stays":        {func(i *input) { i.r.Outcome, i.r.Problems = approvals.Route, []string{"x"} }, approvals.Route, []string{"x"}},
		"no answer":           {func(i *input) { i.r.Outcome = "" }, approvals.Route, []string{"the policy gave no answer"}},
		"unknown answer":      {func(i *input) { i.r.Outcome = "maybe" }, approvals.Route, []string{"the policy gave no answer"}},
		"problem in ruling":   {func(i *input) { i.r.Problems = []string{"engine error"} }, approvals.Route, []string{"engine error"}},
		"problem in facts":    {func(i *input) { i.f.Problems = []string{"no peers"} }, approvals.Route, []string{"no peers"}},
		"no score":            {func(i *input) { i.a.Problem = "no weights" }, approvals.Route, []string{"no weights"}},
		"stale directory":     {func(i *input) { i.f.Directory.Stale = true }, approvals.Route, []string{"the directory is out of date"}},
		"no duration":         {func(i *input) { i.f.Duration = 0 }, approvals.Route, []string{"the duration is beyond what the catalogue allows"}},
		"duration too long":   {func(i *input) { i.f.Duration = 8*time.Hour + 1 }, approvals.Route, []string{"the duration is beyond what the catalogue allows"}},
		"longest duration":    {func(i *input) { i.f.Duration = 8 * time.Hour }, approvals.AutoApprove, nil},
		"no policy named":     {func(i *input) { i.r.Policies = nil }, approvals.Route, []string{"no policy is named that permits it"}},
		"only a forbid named": {func(i *input) { i.r.Policies[0].Effect = "forbid" }, approvals.Route, []string{"no policy is named that permits it"}},
		"permit without id":   {func(i *input) { i.r.Policies[0].ID = "" }, approvals.Route, []string{"no policy is named that permits it"}},
	} {
		in := input{f: approvals.Facts{Duration: time.Hour, Entitlement: approvals.Entitlement{MaxDuration: 8 * time.Hour}}, r: approvalstest.Automatic()}
		c.edit(&in)
		got := approvals.Restrain(in.f, in.a, in.r)
		if got.Outcome != c.want || got.Quorum != 1 {
			t.Errorf("%s: %s with quorum %d, want %s", name, got.Outcome, got.Quorum, c.want)
		}
		same(t, name, c.why, got.Problems)
	}
}

func TestRestrainOnlyEverRestrains(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringN(1, 5, -1), 0, 1)
		r := approvals.Ruling{Outcome: approvals.Outcome(rapid.SampledFrom([]string{"auto_approve", "route", "refuse", "", "permit"}).Draw(t, "outcome")),
			Quorum: rapid.IntRange(-1, 3).Draw(t, "quorum"), Problems: words.Draw(t, "ruling problems")}
		if rapid.Bool().Draw(t, "named") {
			r.Policies = []approvals.PolicyRef{{ID: "p", Effect: "permit"}}
		}
		f := approvals.Facts{Problems: words.Draw(t, "fact problems"), Duration: time.Duration(rapid.Int64Range(-1, 10).Draw(t, "duration")) * time.Hour,
			Entitlement: approvals.Entitlement{MaxDuration: 8 * time.Hour}}
		f.Directory.Stale = rapid.Bool().Draw(t, "stale")
		got := approvals.Restrain(f, approvals.Assessment{}, r)
		clean := r.Outcome == approvals.AutoApprove && len(r.Problems)+len(f.Problems) == 0 && len(r.Policies) == 1 && !f.Directory.Stale &&
			f.Duration > 0 && f.Duration <= 8*time.Hour
		switch {
		case (got.Outcome == approvals.AutoApprove) != clean:
			t.Fatalf("%+v and %+v became %s", f, r, got.Outcome)
		case r.Outcome == approvals.Refuse && got.Outcome != approvals.Refuse:
			t.Fatalf("a refusal became %s", got.Outcome)
		case got.Quorum < 1 || len(got.Problems) < len(r.Problems):
			t.Fatalf("quorum %d, problems %v", got.Quorum, got.Problems)
		}
	})
}

func TestWhatCannotBeLearnedIsAskedOfPeople(t *testing.T) {
	t.Parallel()
	for name, breaks := range map[string]func(*rig){
		"stale directory":   func(r *rig) { r.Directory.SetState(approvals.DirectoryState{Stale: true}) },
		"evidence fails":    func(r *rig) { r.Scorer.Fault = errors.New("database is gone") },
		"score has problem": func(r *rig) { r.Scorer.Says.Problem = "weights are missing" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.Policy.Rule(approvalstest.Automatic())
			breaks(r)
			req := r.ask(nil)
			if req.State != approvals.RequestPending {
				t.Errorf("it is %s, want pending", req.State)
			}
			d, err := r.Store.Decision(t.Context(), req.ID)
			if err != nil || len(d.Ruling.Problems) == 0 {
				t.Errorf("the decision names no problem: %+v, %v", d.Ruling, err)
			}
		})
	}
}
