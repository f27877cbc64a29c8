package awsidc_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
)

// signedIn is a session that works.
func (r *rig) signedIn(t *testing.T, who, account, set string) *awstest.RoleSession {
	t.Helper()
	s, ok := r.SignIn(r.ids[who], account, set)
	if !ok || !s.Works() {
		t.Fatalf("%s can't work in %s", who, account)
	}
	return s
}

func TestSessionsThatNothingEndsAreSaidOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	g := to("maya@example.com", inAccount(production, "ReadOnly"))
	receipt := mustGrant(t, c, g)
	s := r.signedIn(t, "maya@example.com", production, r.readOnly)
	r.Spoil(&awstest.Fault{Actions: []string{"DeleteAccountAssignment"}, Lose: true})
	_, err := c.Revoke(t.Context(), g, receipt)
	wants(t, err, approvals.Ambiguous, "did not answer")
	r.Clock.Advance(time.Minute)
	removal := mustRevoke(t, c, g, receipt) // it is gone already, and its sessions are not
	if want := r.Clock.Now().Add(4 * time.Hour); !removal.ResidualUntil.Equal(want) || removal.Reason == "" || !s.Works() {
		t.Errorf("%+v, want residual until %s; the session works: %v", removal, want, s.Works())
	}
	g.ResidualUntil = removal.ResidualUntil
	r.Clock.Advance(4 * time.Hour)
	if removal = mustRevoke(t, c, g, receipt); !removal.ResidualUntil.IsZero() || s.Works() {
		t.Errorf("after the sessions died: %+v, the session works: %v", removal, s.Works())
	}
	g.Receipt, g.ResidualUntil, g.ActiveAt = nil, time.Time{}, start // its receipt was lost with an answer
	if removal = mustRevoke(t, c, g, nil); removal.ResidualUntil.IsZero() {
		t.Error("access that worked and is gone leaves sessions, receipt or not")
	}
}

func TestDenialEndsSessionsAndIsLiftedWhenTheyHaveDied(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	g := to("maya@example.com", ending(inAccount(production, "ReadOnly")))
	receipt := mustGrant(t, c, g)
	r.Assign(production, r.readOnly, r.ids["li@example.com"])
	r.Assign(staging, r.readOnly, r.ids["maya@example.com"])
	maya, li := r.signedIn(t, "maya@example.com", production, r.readOnly), r.signedIn(t, "li@example.com", production, r.readOnly)
	elsewhere := r.signedIn(t, "maya@example.com", staging, r.readOnly)
	if removal := mustRevoke(t, c, g, receipt); !removal.ResidualUntil.IsZero() {
		t.Errorf("%+v, want nothing left", removal)
	}
	if maya.Works() || !li.Works() || !elsewhere.Works() {
		t.Errorf("maya works %v, li works %v, maya in staging works %v; want false, true, true", maya.Works(), li.Works(), elsewhere.Works())
	}
	kept := `{"Sid": "KeepOut", "Effect":"Deny","Action":"iam:*","Resource":"*"}`
	if text := r.Inline(r.readOnly); !strings.Contains(text, kept) || !strings.Contains(text, "HallpassBefore") {
		t.Errorf("the policy is %s", text)
	}

	r.Clock.Advance(3 * time.Hour)
	other := r.open(t) // another replica, which knows nothing
	other.Upkeep(t.Context(), true)
	if !strings.Contains(r.Inline(r.readOnly), "HallpassBefore") || maya.Works() {
		t.Error("the denial was lifted while the session could live")
	}
	r.Clock.Advance(time.Hour + 5*time.Minute)
	other.Upkeep(t.Context(), true)
	for where, text := range map[string]string{"set": r.Inline(r.readOnly), "account": r.Provisioned(r.readOnly, production)} {
		if strings.Contains(text, "Hallpass") || !strings.Contains(text, kept) {
			t.Errorf("the policy of the %s is %s", where, text)
		}
	}
}

func TestSessionOfANewGrantWorks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	g := to("maya@example.com", ending(inAccount(production, "Admin")))
	receipt := mustGrant(t, c, g)
	old := r.signedIn(t, "maya@example.com", production, r.admin)
	mustRevoke(t, c, g, receipt)
	again := g
	again.ID = "gr_2"
	receipt = mustGrant(t, c, again)
	if r.signedIn(t, "maya@example.com", production, r.admin); old.Works() {
		t.Error("a session of before works again")
	}
	mustRevoke(t, c, again, receipt)
	r.Clock.Advance(2 * time.Hour)
	c.Upkeep(t.Context(), false)
	if got := r.Inline(r.admin); got != "" {
		t.Errorf("the policy that had no statements is %s", got)
	}
}

func TestDenialThatCannotBePlacedLeavesTheEndResidual(t *testing.T) {
	t.Parallel()
	long := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"` + strings.Repeat("x", 10000) + `"}]}`
	for name, tc := range map[string]struct {
		spoil func(*rig)
		words string
	}{
		"full":      {func(r *rig) { r.SetInline(r.readOnly, long) }, "no room"},
		"forbidden": {func(r *rig) { r.Refuse["PutInlinePolicyToPermissionSet"] = true }, "does not let Hallpass write"},
		"stuck":     {func(r *rig) { r.Fails["ProvisionPermissionSet"] = "Received a 403 status error" }, "does not let Hallpass write"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			c := r.open(t)
			g := to("maya@example.com", ending(inAccount(production, "ReadOnly")))
			receipt := mustGrant(t, c, g)
			tc.spoil(r)
			removal := mustRevoke(t, c, g, receipt)
			if want := r.Clock.Now().Add(4 * time.Hour); !removal.ResidualUntil.Equal(want) || !strings.Contains(removal.Reason, tc.words) {
				t.Errorf("%+v, want residual until %s since %q", removal, want, tc.words)
			}
			if _, ok := r.SignIn(r.ids["maya@example.com"], production, r.readOnly); ok {
				t.Error("access is still there")
			}
		})
	}
}

func TestAccessIsRemovedAlthoughItsSessionsCannotBeEndedForLong(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	g := to("maya@example.com", ending(inAccount(production, "ReadOnly")))
	receipt := mustGrant(t, c, g)
	r.Fails["ProvisionPermissionSet"] = "Received a 500 status error"
	for g.Attempts = range 3 {
		_, err := c.Revoke(t.Context(), g, receipt)
		wants(t, err, approvals.Retryable, "500")
	}
	g.Attempts = 3
	if removal := mustRevoke(t, c, g, receipt); removal.ResidualUntil.IsZero() || !strings.Contains(removal.Reason, "could not be ended") {
		t.Errorf("%+v, want it residual", removal)
	}
}

func TestDenialThatSomebodyElseOverwroteIsPlacedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	g := to("maya@example.com", ending(inAccount(production, "ReadOnly")))
	receipt := mustGrant(t, c, g)
	s := r.signedIn(t, "maya@example.com", production, r.readOnly)
	r.After = map[string]func(){"DeleteAccountAssignment": func() { r.Overwrite(r.readOnly, foreign) }}
	removal := mustRevoke(t, c, g, receipt)
	r.After = nil
	if !removal.ResidualUntil.IsZero() || s.Works() || !strings.Contains(r.Inline(r.readOnly), r.ids["maya@example.com"]) {
		t.Errorf("%+v; the session works: %v; the policy is %s", removal, s.Works(), r.Inline(r.readOnly))
	}
}

func TestSecondCallFindsTheDenialOfTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	g := to("maya@example.com", ending(inAccount(production, "ReadOnly")))
	receipt := mustGrant(t, c, g)
	s := r.signedIn(t, "maya@example.com", production, r.readOnly)
	r.Spoil(&awstest.Fault{Actions: []string{"DeleteAccountAssignment"}, Lose: true})
	_, err := c.Revoke(t.Context(), g, receipt)
	wants(t, err, approvals.Ambiguous, "did not answer")
	r.Clock.Advance(5 * time.Second)
	puts := r.Asked("PutInlinePolicyToPermissionSet")
	if removal := mustRevoke(t, c, g, receipt); !removal.ResidualUntil.IsZero() || s.Works() {
		t.Errorf("%+v; the session works: %v", removal, s.Works())
	}
	if got := r.Asked("PutInlinePolicyToPermissionSet"); got != puts {
		t.Errorf("the policy was written %d times more", got-puts)
	}
}

func TestManyEndsAtOnceShareTheirStatements(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Rate = 0
	const people = 24
	c := r.open(t)
	var wg sync.WaitGroup
	sessions := make([]*awstest.RoleSession, people)
	for i := range people {
		name := fmt.Sprintf("p%02d@example.com", i)
		r.ids[name] = r.AddUser(name, name)
		r.Assign(production, r.readOnly, r.ids[name])
		sessions[i] = r.signedIn(t, name, production, r.readOnly)
	}
	for i := range people {
		wg.Go(func() {
			g := to(fmt.Sprintf("p%02d@example.com", i), ending(inAccount(production, r.readOnly)))
			g.ActiveAt = start
			for {
				removal, err := c.Revoke(t.Context(), g, nil)
				if err == nil {
					if !removal.ResidualUntil.IsZero() {
						t.Errorf("%s: %+v", g.Account, removal)
					}
					return
				}
				if g.Attempts++; g.Attempts > 2 {
					t.Errorf("%s: %v", g.Account, err)
					return
				}
			}
		})
	}
	wg.Wait()
	for i, s := range sessions {
		if s.Works() {
			t.Errorf("session %d works", i)
		}
	}
	if puts := r.Asked("PutInlinePolicyToPermissionSet"); puts >= people {
		t.Errorf("%d people's ends were %d changes of the policy", people, puts)
	}
}

func TestGroupSessionsLastAsLongAsWhatTheGroupIsAssigned(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prepare func(*rig)
		target  map[string]string
		want    time.Duration
		words   string
	}{
		"nothing":             {func(*rig) {}, map[string]string{"group": "sre-readers"}, 0, ""},
		"the longer of two":   {func(*rig) {}, map[string]string{"group": "operations"}, 4 * time.Hour, "nothing ends them"},
		"ended":               {func(*rig) {}, ending(map[string]string{"group": "operations"}), 0, ""},
		"no right to be told": {func(r *rig) { r.Caller = awstest.Delegate }, map[string]string{"group": "operations"}, 12 * time.Hour, "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			tc.prepare(r)
			c := r.open(t)
			g := to("maya@example.com", tc.target)
			receipt := mustGrant(t, c, g)
			removal := mustRevoke(t, c, g, receipt)
			var got time.Duration
			if !removal.ResidualUntil.IsZero() {
				got = removal.ResidualUntil.Sub(r.Clock.Now())
			}
			if got != tc.want || !strings.Contains(removal.Reason, tc.words) {
				t.Errorf("residual for %s (%s), want %s", got, removal.Reason, tc.want)
			}
		})
	}
}

func TestRunLiftsUntilItIsStopped(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	cfg := r.config()
	c := open(t, cfg)
	g := to("maya@example.com", ending(inAccount(production, "Admin")))
	mustRevoke(t, c, g, mustGrant(t, c, g))
	if !strings.Contains(r.Inline(r.admin), "Hallpass") {
		t.Fatal("there is no denial to lift")
	}
	ctx, cancel := lifted(t, r)
	defer cancel()
	if err := c.Run(ctx); err != nil || r.Inline(r.admin) != "" {
		t.Errorf("%v; the policy is %s", err, r.Inline(r.admin))
	}
}

// untilLifted ends when the policy of the admins has no denial any more.
type untilLifted struct {
	context.Context
	r *rig
}

func (u untilLifted) Err() error {
	if u.r.Inline(u.r.admin) == "" {
		return context.Canceled
	}
	return u.Context.Err()
}

func lifted(t *testing.T, r *rig) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	return untilLifted{ctx, r}, cancel
}
