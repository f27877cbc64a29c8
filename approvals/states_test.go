package approvals_test

import (
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"pgregory.net/rapid"
)

var requestStates = []approvals.RequestState{approvals.RequestDraft, approvals.RequestPending, approvals.RequestApproved,
	approvals.RequestDenied, approvals.RequestCancelled, approvals.RequestLapsed}

var grantStates = []approvals.GrantState{approvals.GrantScheduled, approvals.GrantProvisioning, approvals.GrantActive,
	approvals.GrantRevoking, approvals.GrantRevoked, approvals.GrantResidual, approvals.GrantFailed}

func TestRequestMovesAlongItsArrowsOnly(t *testing.T) {
	t.Parallel()
	arrows := map[[2]approvals.RequestState]bool{
		{approvals.RequestDraft, approvals.RequestPending}: true, {approvals.RequestDraft, approvals.RequestCancelled}: true,
		{approvals.RequestPending, approvals.RequestApproved}: true, {approvals.RequestPending, approvals.RequestDenied}: true,
		{approvals.RequestPending, approvals.RequestCancelled}: true, {approvals.RequestPending, approvals.RequestLapsed}: true,
	}
	for _, from := range requestStates {
		for _, to := range requestStates {
			moved, err := approvals.Request{State: from}.Move(to)
			if arrows[[2]approvals.RequestState{from, to}] {
				if err != nil || moved.State != to {
					t.Errorf("%s → %s: %s, %v", from, to, moved.State, err)
				}
				continue
			}
			code(t, approvals.CodeIllegalTransition, err)
			if moved.State != from {
				t.Errorf("%s → %s was refused and moved to %s", from, to, moved.State)
			}
		}
		if final := from != approvals.RequestDraft && from != approvals.RequestPending; from.Final() != final {
			t.Errorf("%s is final: %v", from, from.Final())
		}
	}
}

func TestGrantMovesAlongItsArrowsOnly(t *testing.T) {
	t.Parallel()
	arrows := map[approvals.GrantState][]approvals.GrantState{
		approvals.GrantScheduled:    {approvals.GrantProvisioning, approvals.GrantFailed, approvals.GrantRevoking},
		approvals.GrantProvisioning: {approvals.GrantActive, approvals.GrantFailed, approvals.GrantRevoking},
		approvals.GrantActive:       {approvals.GrantRevoking},
		approvals.GrantRevoking:     {approvals.GrantRevoked, approvals.GrantResidual},
		approvals.GrantResidual:     {approvals.GrantRevoked},
	}
	for _, from := range grantStates {
		allowed := map[approvals.GrantState]bool{}
		for _, to := range arrows[from] {
			allowed[to] = true
		}
		for _, to := range grantStates {
			moved, err := approvals.Grant{State: from, Attempts: 3, LastError: "no"}.Move(to)
			if allowed[to] {
				if err != nil || moved.State != to || moved.Attempts != 0 || moved.LastError != "" {
					t.Errorf("%s → %s: %+v, %v", from, to, moved, err)
				}
				continue
			}
			code(t, approvals.CodeIllegalTransition, err)
			if moved.State != from || moved.Attempts != 3 {
				t.Errorf("%s → %s was refused and changed %+v", from, to, moved)
			}
		}
		if live := from != approvals.GrantRevoked && from != approvals.GrantFailed; from.Live() != live {
			t.Errorf("%s is live: %v", from, from.Live())
		}
	}
}

func TestExpiryAndOverdueFollowFromTheClock(t *testing.T) {
	t.Parallel()
	end := epoch.Add(time.Hour)
	for name, c := range map[string]struct {
		grant   approvals.Grant
		at      time.Time
		expired bool
		overdue time.Duration
	}{
		"no end yet":       {approvals.Grant{State: approvals.GrantProvisioning}, end, false, 0},
		"before":           {approvals.Grant{State: approvals.GrantActive, EndsAt: end}, end.Add(-1), false, 0},
		"at the end":       {approvals.Grant{State: approvals.GrantActive, EndsAt: end}, end, true, 0},
		"after":            {approvals.Grant{State: approvals.GrantActive, EndsAt: end}, end.Add(time.Minute), true, time.Minute},
		"ended early":      {approvals.Grant{State: approvals.GrantRevoking, EndsAt: end, RevokingAt: epoch}, epoch.Add(time.Minute), false, time.Minute},
		"ended unprovided": {approvals.Grant{State: approvals.GrantRevoking, RevokingAt: epoch}, epoch.Add(time.Minute), false, time.Minute},
		"ended late":       {approvals.Grant{State: approvals.GrantRevoking, EndsAt: epoch, RevokingAt: end}, epoch.Add(time.Minute), true, time.Minute},
		"residual":         {approvals.Grant{State: approvals.GrantResidual, EndsAt: epoch}, end, true, 0},
		"revoked":          {approvals.Grant{State: approvals.GrantRevoked, EndsAt: epoch}, end, true, 0},
	} {
		if got := c.grant.Expired(c.at); got != c.expired {
			t.Errorf("%s: expired %v", name, got)
		}
		if got := c.grant.Overdue(c.at); got != c.overdue {
			t.Errorf("%s: overdue by %s, want %s", name, got, c.overdue)
		}
	}
}

func TestNudgeComesWithinTheGrantAndInTime(t *testing.T) {
	t.Parallel()
	for life, want := range map[time.Duration]time.Duration{
		time.Minute: 48 * time.Second, 10 * time.Minute: 8 * time.Minute, 20 * time.Minute: 16 * time.Minute,
		time.Hour: 48 * time.Minute, 8 * time.Hour: 6*time.Hour + 24*time.Minute, 30 * time.Minute: 20 * time.Minute,
	} {
		g := approvals.Grant{ActiveAt: epoch, EndsAt: epoch.Add(life)}
		if got := g.NudgeAt().Sub(epoch); got != want {
			t.Errorf("a grant of %s nudges after %s, want %s", life, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		life := time.Duration(rapid.IntRange(1, 60*24*30).Draw(t, "minutes")) * time.Minute
		g := approvals.Grant{ActiveAt: epoch, EndsAt: epoch.Add(life)}
		if at := g.NudgeAt(); at.Before(epoch.Add(life/2)) || !at.Before(g.EndsAt) {
			t.Fatalf("a grant of %s nudges after %s", life, at.Sub(epoch))
		}
	})
}

func TestSameHolding(t *testing.T) {
	t.Parallel()
	g := approvals.Grant{ID: "1", Entitlement: "a", Connector: "c", Account: "amy", Target: map[string]string{"role": "r"}}
	for name, c := range map[string]struct {
		edit func(*approvals.Grant)
		want bool
	}{
		"other entitlement": {func(g *approvals.Grant) { g.ID, g.Entitlement = "2", "b" }, true},
		"other account":     {func(g *approvals.Grant) { g.Account = "amy2" }, false},
		"other target":      {func(g *approvals.Grant) { g.Target = map[string]string{"role": "s"} }, false},
		"other connector":   {func(g *approvals.Grant) { g.Connector = "d" }, false},
	} {
		o := g
		c.edit(&o)
		if got := g.SameHolding(o); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestUnknownSensitivityIsTheWorst(t *testing.T) {
	t.Parallel()
	for s, want := range map[approvals.Sensitivity]int{approvals.Low: 1, approvals.Medium: 2, approvals.High: 3, approvals.Critical: 4, "": 4, "harmless": 4} {
		if got := s.Rank(); got != want {
			t.Errorf("%q ranks %d, want %d", s, got, want)
		}
	}
}
