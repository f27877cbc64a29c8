package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// decidedPast stores a request of a kind that somebody settled, with a decision.
func decidedPast(t *testing.T, s *store.Store, id string, kind approvals.RequestKind, state approvals.RequestState, by approvals.PrincipalID, when time.Time) {
	t.Helper()
	c := Submission(id, "mia")
	r := &c.Requests[0]
	r.Kind, r.State, r.DecidedBy, r.DecidedAt = kind, state, by, when
	c.Decisions[0].At = when
	apply(t, s, c)
}

// pastDecisions: every look at an ordinary request since a time, with what
// became of it; of denials those of all time.
func pastDecisions(t *testing.T, s *store.Store) {
	day := 24 * time.Hour
	decidedPast(t, s, "old", approvals.KindAccess, approvals.RequestDenied, "mia", Epoch.Add(-300*day))
	decidedPast(t, s, "yes", approvals.KindAccess, approvals.RequestApproved, "mia", Epoch)
	decidedPast(t, s, "more", approvals.KindExtension, approvals.RequestApproved, "", Epoch.Add(day))
	decidedPast(t, s, "glass", approvals.KindBreakGlass, approvals.RequestApproved, "", Epoch)
	decidedPast(t, s, "kept", approvals.KindAdoption, approvals.RequestApproved, "mia", Epoch)
	again := Decision("yes", "mia")
	again.Sequence, again.At = 2, Epoch.Add(time.Hour)
	apply(t, s, approvals.Change{Decisions: []approvals.Decision{again}, Events: []approvals.Event{Event(approvals.EventRequestDecided, "yes")},
		Approvals: []approvals.Approval{{Request: "yes", Approver: "mia", Answer: approvals.Approved, Duration: time.Hour, At: Epoch}}})

	var got []approvals.PastDecision
	keep := func(d approvals.PastDecision) error {
		if len(d.Facts) == 0 || len(d.Assessment) == 0 || len(d.Ruling) == 0 {
			t.Errorf("%s comes without what it rests on", d.Request)
		}
		d.Facts, d.Assessment, d.Ruling = nil, nil, nil
		got = append(got, d)
		return nil
	}
	check(t, s.PastDecisions(bg, Epoch.Add(-day), keep))
	slices.SortFunc(got, func(a, b approvals.PastDecision) int {
		return a.DecidedAt.Compare(b.DecidedAt)*10 + a.Sequence - b.Sequence
	})
	yes := approvals.PastDecision{Request: "yes", Sequence: 1, Kind: approvals.KindAccess, State: approvals.RequestApproved, DecidedBy: "mia", DecidedAt: Epoch,
		Entitlement: "billing-db:read-only", Shortened: true}
	second, more := yes, yes
	second.Sequence = 2
	more.Request, more.Kind, more.DecidedBy, more.DecidedAt, more.Shortened = "more", approvals.KindExtension, "", Epoch.Add(day), false
	same(t, []approvals.PastDecision{yes, second, more}, got)

	got = nil
	check(t, s.PastDenials(bg, keep))
	old := yes
	old.Request, old.State, old.DecidedAt, old.Shortened = "old", approvals.RequestDenied, Epoch.Add(-300*day), false
	same(t, []approvals.PastDecision{old}, got)

	enough := errors.New("enough")
	if err := s.PastDecisions(bg, Epoch, func(approvals.PastDecision) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
}

// pastGrants: one person's grants after the other's, with how each ended.
func pastGrants(t *testing.T, s *store.Store) {
	for i, who := range []approvals.PrincipalID{"zoe", "amy", "zoe"} {
		id := string(rune('a' + i))
		g := Grant(id)
		g.Principal, g.Request = who, approvals.RequestID("of-"+id)
		c := Submission("of-" + id)
		c.Requests[0].Grant = g.ID
		apply(t, s, c)
		apply(t, s, Granted(g))
	}
	longer := Submission("longer")
	r := &longer.Requests[0]
	r.Kind, r.State, r.Beneficiary, r.Grant = approvals.KindExtension, approvals.RequestApproved, "amy", "b"
	apply(t, s, longer)
	var got []approvals.PastGrant
	check(t, s.PastGrants(bg, func(g approvals.PastGrant) error { got = append(got, g); return nil }))
	g := Grant("x")
	amy := approvals.PastGrant{Principal: "amy", Entitlement: g.Entitlement, Kind: approvals.KindAccess, State: g.State, ActiveAt: g.ActiveAt, EndsAt: g.EndsAt, Extended: true}
	zoe := amy
	zoe.Principal, zoe.Extended = "zoe", false
	same(t, []approvals.PastGrant{amy, zoe, zoe}, got)
}

// pastEnds: what was recorded of ends of access, in order, and nothing else.
func pastEnds(t *testing.T, s *store.Store) {
	for i, kind := range []approvals.EventKind{approvals.EventGrantRevoked, approvals.EventGrantActive, approvals.EventGrantResidual, approvals.EventGrantRevoked} {
		e := Event(kind, "r")
		e.At, e.Detail = Epoch.Add(time.Duration(i)*time.Hour), map[string]string{"sessions_ended": "2"}
		apply(t, s, approvals.Change{Events: []approvals.Event{e}})
	}
	var got []int64
	check(t, s.PastEnds(bg, Epoch.Add(time.Hour), func(e approvals.Event) error {
		got = append(got, e.Sequence)
		same(t, "2", e.Detail["sessions_ended"])
		return nil
	}))
	same(t, []int64{3, 4}, got)
}
