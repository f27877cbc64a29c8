package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// learnedReplayed reads all at once what pages give, from any sequence on.
func learnedReplayed(t *testing.T, s *store.Store) {
	for i := range 4 {
		c := Submission(fmt.Sprintf("r%d", i))
		for j := range 2 {
			c.Learned = append(c.Learned, approvals.Learned{At: Epoch.Add(time.Duration(i) * time.Millisecond), Request: approvals.RequestID(fmt.Sprint("r", i)),
				Entitlement: "e", Beneficiary: "bób", Manager: "", Title: "T", Department: "D", Location: "L", Function: "F",
				Approver: approvals.PrincipalID(fmt.Sprint("a", j)), Approved: j == 0, Duration: time.Hour + time.Duration(j)})
		}
		apply(t, s, c)
	}
	all := must(s.Learned(bg, 0, 99))(t)
	if len(all) != 8 {
		t.Fatalf("%d decisions, want 8", len(all))
	}
	for _, after := range []int64{0, all[1].Sequence, all[7].Sequence} {
		want := must(s.Learned(bg, after, 99))(t)
		var got []approvals.Learned
		check(t, s.EachLearned(bg, after, func(l approvals.Learned) error {
			got = append(got, l)
			return nil
		}))
		same(t, want, got)
	}
	stop := errors.New("enough")
	n := 0
	if err := s.EachLearned(bg, 0, func(approvals.Learned) error { n++; return stop }); !errors.Is(err, stop) || n != 1 {
		t.Errorf("stopped with %v after %d decisions", err, n)
	}
}

// holders are those listed, without those whose access was taken away after,
// and with those whom a grant gives it.
func holders(t *testing.T, s *store.Store) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	listed := func(e, account string, p approvals.PrincipalID) approvals.Holding {
		return approvals.Holding{Entitlement: approvals.EntitlementID(e), Account: account, Principal: p, AsOf: now.Add(-time.Hour)}
	}
	check(t, s.SaveHoldings(bg, "a", []approvals.Holding{listed("a", "amy", "amy"), listed("a", "bob", "bob"), listed("a", "cid", "cid"), listed("a", "old", "old"), listed("a", "?", "")}))
	check(t, s.SaveHoldings(bg, "b", []approvals.Holding{listed("b", "amy", "amy")}))
	grant := func(id string, p approvals.PrincipalID, state approvals.GrantState, revoked time.Time, standing bool) approvals.Grant {
		return approvals.Grant{ID: approvals.GrantID(id), Request: "r", Entitlement: "a", Principal: p, Account: string(p), CreatedAt: now, State: state, RevokedAt: revoked, Standing: standing}
	}
	apply(t, s, approvals.Change{Events: []approvals.Event{{At: now, Kind: approvals.EventGrantActive, Actor: approvals.System("test")}}, Grants: []approvals.Grant{
		grant("g1", "dan", approvals.GrantActive, time.Time{}, false),
		grant("g2", "bob", approvals.GrantRevoked, now.Add(-time.Minute), false),
		grant("g3", "cid", approvals.GrantRevoked, now.Add(-time.Minute), true),
		grant("g4", "amy", approvals.GrantRevoked, now.Add(-2*time.Hour), false), // before the list
		grant("g5", "eve", approvals.GrantProvisioning, time.Time{}, false),
		grant("g6", "old", approvals.GrantRevoked, now.Add(-50*time.Hour), false),
	}})
	got := must(s.Holders(bg, "a"))(t)
	slices.Sort(got)
	same(t, []approvals.PrincipalID{"amy", "cid", "dan", "old"}, got)
	same(t, []approvals.PrincipalID{"amy"}, must(s.Holders(bg, "b"))(t))
	same(t, []approvals.PrincipalID(nil), must(s.Holders(bg, "c"))(t))
	var all []string
	check(t, s.EachHolder(bg, func(e, p []byte) error {
		all = append(all, string(e)+" "+string(p))
		return nil
	}))
	slices.Sort(all)
	same(t, []string{"a amy", "a cid", "a dan", "a old", "b amy"}, all)
}

// news tells of decisions, of observed holders and of grants, once each.
func news(t *testing.T, s *store.Store) {
	before, _ := s.Generation()
	ctx, cancel := context.WithTimeout(bg, 20*time.Second)
	defer cancel()
	apply(t, s, Submission("r1"))
	if now, _ := s.Generation(); now != before {
		t.Errorf("a submission moved the generation from %d to %d", before, now)
	}
	c := Submission("r2")
	c.Learned = []approvals.Learned{{At: Epoch, Request: "r2", Entitlement: "e", Approver: "amy"}}
	apply(t, s, c)
	if now, _ := s.Generation(); now == before {
		t.Error("a human decision did not move the generation")
	}
	check(t, s.SaveHoldings(bg, "seen", nil))
	c = Submission("r3")
	c.Grants = []approvals.Grant{
		{ID: "g1", Request: "r3", Entitlement: "given", CreatedAt: Epoch, State: approvals.GrantActive},
		{ID: "g2", Request: "r3", Entitlement: "ended", CreatedAt: Epoch, State: approvals.GrantRevoked},
		{ID: "g3", Request: "r3", Entitlement: "coming", CreatedAt: Epoch, State: approvals.GrantProvisioning},
	}
	apply(t, s, c)
	got := must(s.News(ctx))(t)
	slices.Sort(got.Holders)
	same(t, store.News{Decisions: true, Holders: []approvals.EntitlementID{"ended", "given", "seen"}}, got)
	none, stop := context.WithCancel(bg)
	stop()
	if n, err := s.News(none); !errors.Is(err, context.Canceled) {
		t.Errorf("told twice: %+v, %v", n, err)
	}
}
