package storetest

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// campaign is a review of the year before Epoch, with every field set that an
// open one has. Its version is 0.
func campaign(id approvals.CampaignID) approvals.Campaign {
	return approvals.Campaign{ID: id, Kind: approvals.CampaignYearly, State: approvals.CampaignOpen, From: Epoch.AddDate(-1, 0, 0), To: Epoch, FrozenAt: Epoch,
		Size: 7, Population: 3, Digest: "abc", Cursor: 6, Checked: 3, Found: 1, Seed: "5eed", SeedSize: 9, OpenedAt: Epoch.Add(time.Second), DueAt: Epoch.Add(time.Hour),
		Limit: 5, Share: 20, Reminded: 1, Strata: []approvals.Stratum{{Name: "easy | low", Rules: []string{"easy"}, Sensitivity: approvals.Low, Population: 3, Size: 3,
			Versions: map[string]string{"easy": "v1"}, Right: 1, Wrong: 1, Unsure: 1, Outcome: approvals.StratumFailed}}}
}

// about is an audit event about a review.
func about(kind approvals.EventKind, id approvals.CampaignID) []approvals.Event {
	return []approvals.Event{{At: Epoch, Kind: kind, Actor: approvals.System("review"), Detail: map[string]string{"campaign": string(id)}}}
}

func campaignsKept(t *testing.T, s *store.Store) {
	_, err := s.Campaign(bg, "rv_1")
	code(t, approvals.CodeNotFound, err)
	c := campaign("rv_1")
	item := approvals.ReviewItem{Campaign: c.ID, Request: "r1", Kind: approvals.ItemAutomatic, Stratum: "easy | low", Place: 1,
		Reviewers: []approvals.PrincipalID{"sol", "sue"}, Asked: "sue", Passed: []approvals.PrincipalID{"sol"}}
	found := approvals.ReviewException{Campaign: c.ID, Request: "r1", Kind: approvals.ExceptionScore, Words: "The score was 3.", At: Epoch}
	lapse := approvals.Lapse{Rule: "easy", Text: "v1", Campaign: c.ID, Why: "too many", Since: Epoch}
	all := approvals.Change{Campaigns: []approvals.Campaign{c}, Items: []approvals.ReviewItem{item}, Exceptions: []approvals.ReviewException{found, found},
		Lapses: []approvals.Lapse{lapse}, Events: about(approvals.EventReviewFrozen, c.ID)}
	silent := all
	silent.Events = nil
	code(t, approvals.CodeInternal, s.Apply(bg, silent))
	apply(t, s, all)
	code(t, approvals.CodeDuplicate, s.Apply(bg, all))
	another := approvals.Change{Campaigns: []approvals.Campaign{campaign("rv_2")}, Events: about(approvals.EventReviewFrozen, "rv_2")}
	code(t, approvals.CodeDuplicate, s.Apply(bg, another)) // one of a kind at a time

	c.Version, item.Version, lapse.Version = 1, 1, 1
	same(t, c, must(s.Campaign(bg, c.ID))(t))
	same(t, item, must(s.ReviewItem(bg, c.ID, "r1"))(t))
	same(t, []approvals.ReviewItem{item}, must(s.ReviewsOf(bg, "sue"))(t))
	same(t, []approvals.ReviewException{found}, must(s.ReviewExceptions(bg, c.ID))(t))
	same(t, []approvals.Lapse{lapse}, must(s.Lapses(bg))(t))
	same(t, 1, len(must(s.ReviewEvents(bg, approvals.Campaign{ID: c.ID}))(t)))

	item.Verdict, item.By, item.At, item.Note = approvals.VerdictWrong, "sue", Epoch.Add(time.Minute), "no <ticket>\n🙂"
	c.State, c.ClosedAt, c.Result = approvals.CampaignClosed, Epoch.Add(time.Hour), "signed\n\n— x\n"
	lapse.LiftedAt, lapse.LiftedBy, lapse.LiftedNote = Epoch.Add(time.Hour), "adam", "looked"
	over := approvals.Change{Campaigns: []approvals.Campaign{c}, Items: []approvals.ReviewItem{item}, Lapses: []approvals.Lapse{lapse}, Events: about(approvals.EventReviewClosed, c.ID)}
	apply(t, s, over)
	code(t, approvals.CodeConflict, s.Apply(bg, over))
	c.Version, item.Version, lapse.Version = 2, 2, 2
	same(t, []approvals.Campaign{c}, must(s.Campaigns(bg, false, 9))(t))
	same(t, 0, len(must(s.Campaigns(bg, true, 9))(t)))
	same(t, []approvals.ReviewItem{item}, must(s.ReviewItems(bg, c.ID))(t))
	same(t, 0, len(must(s.ReviewsOf(bg, "sue"))(t)))
	same(t, []approvals.Lapse{lapse}, must(s.Lapses(bg))(t))
	apply(t, s, another)
}

// automaticApproval is a request that a policy approved at a time, as the log
// and the database have it.
func automaticApproval(id string, at time.Time) approvals.Change {
	c := Submission(id)
	r, d, g := &c.Requests[0], &c.Decisions[0], Grant("g-"+id)
	r.State, r.DecidedAt, r.Grant = approvals.RequestApproved, at, g.ID
	d.Ruling.Outcome = approvals.AutoApprove
	g.Request = r.ID
	ev := Event(approvals.EventRequestDecided, id)
	ev.At, ev.Detail = at, map[string]string{"outcome": string(approvals.AutoApprove)}
	end := Event(approvals.EventGrantRevoked, id)
	end.Grant, end.ReadBack = g.ID, "gone"
	c.Grants, c.Events = []approvals.Grant{g}, []approvals.Event{ev, end}
	return c
}

func automaticListed(t *testing.T, s *store.Store) {
	from, to := Epoch, Epoch.Add(time.Hour)
	apply(t, s, automaticApproval("r1", from))
	apply(t, s, automaticApproval("r2", to)) // outside
	routed := Submission("r3")
	routed.Events[1].Detail = map[string]string{"outcome": string(approvals.Route), "forged": `"outcome":"auto_approve"`}
	apply(t, s, routed)
	apply(t, s, opening("r4", "amy"))
	unlogged := automaticApproval("r5", from.Add(time.Minute))
	unlogged.Events = []approvals.Event{Event(approvals.EventRequestSubmitted, "r5")}
	apply(t, s, unlogged)

	size := must(s.LogSize(bg))(t)
	events := must(s.AutomaticEvents(bg, from, to, 0, size, 9))(t)
	if len(events) != 2 || events[0].Request != "r1" || events[1].Request != "r4" {
		t.Fatalf("automatic decisions are %v, want r1 and r4", events)
	}
	same(t, 1, len(must(s.AutomaticEvents(bg, from, to, 0, size, 1))(t)))
	same(t, 1, len(must(s.AutomaticEvents(bg, from, to, events[0].Sequence, size, 9))(t)))
	same(t, 1, len(must(s.AutomaticEvents(bg, from, to, 0, events[0].Sequence, 9))(t)))
	same(t, events[:1], must(s.AutomaticEventsOf(bg, []approvals.RequestID{"r1", "r3"}, size))(t))
	known := must(s.AutomaticOf(bg, events))(t)
	if a := known[0]; a.Request == nil || a.Request.ID != "r1" || a.Decision == nil || a.Decision.Request != "r1" || a.Grant == nil || a.Revoked == nil || a.Revoked.ReadBack != "gone" {
		t.Errorf("what is kept of r1: %+v", a)
	}
	gone := must(s.AutomaticOf(bg, []approvals.Event{{Request: "r9"}}))(t)
	if gone[0].Request != nil || gone[0].Decision != nil {
		t.Errorf("something is kept of what there is not: %+v", gone[0])
	}
	same(t, []approvals.RequestID{"r5"}, must(s.UnloggedApprovals(bg, from, to, 9))(t))
}

func lawsStay(t *testing.T, s *store.Store) {
	_, err := s.Law(bg, "policies", "d1")
	code(t, approvals.CodeNotFound, err)
	check(t, s.KeepLaw(bg, "policies", "d1", "permit;"))
	check(t, s.KeepLaw(bg, "policies", "d1", "forbid;"))
	same(t, "permit;", must(s.Law(bg, "policies", "d1"))(t))
	kept := must(s.KeptLaws(bg, "policies"))(t)
	if len(kept) != 1 || kept[0].Name != "d1" || time.Since(kept[0].Since) > time.Hour {
		t.Errorf("kept: %+v", kept)
	}
}
