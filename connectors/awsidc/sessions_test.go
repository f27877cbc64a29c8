package awsidc_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/awsidc"
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

// giving is a connector through which maya was given what a target says.
func (r *rig) giving(t *testing.T, target map[string]string) (*awsidc.Connector, approvals.Grant, approvals.Receipt) {
	t.Helper()
	c, g := r.open(t), to("maya@example.com", target)
	return c, g, mustGrant(t, c, g)
}

// loses takes it away by a call whose answer is lost.
func (r *rig) loses(t *testing.T, c approvals.Connector, g approvals.Grant, receipt approvals.Receipt) {
	t.Helper()
	r.Spoil(&awstest.Fault{Actions: []string{"DeleteAccountAssignment"}, Lose: true})
	_, err := c.Revoke(t.Context(), g, receipt)
	wants(t, err, approvals.Ambiguous, "did not answer")
}

// ends takes it away, with its sessions.
func ends(t *testing.T, c approvals.Connector, g approvals.Grant, receipt approvals.Receipt, sessions ...*awstest.RoleSession) {
	t.Helper()
	if removal := mustRevoke(t, c, g, receipt); !removal.ResidualUntil.IsZero() {
		t.Errorf("%+v, want nothing left", removal)
	}
	for _, s := range sessions {
		if s.Works() {
			t.Error("a session works on")
		}
	}
}

// lives takes it away where sessions can't be ended, for a reason.
func (r *rig) lives(t *testing.T, c approvals.Connector, g approvals.Grant, receipt approvals.Receipt, life time.Duration, words string) approvals.Removal {
	t.Helper()
	removal := mustRevoke(t, c, g, receipt)
	if want := r.Clock.Now().Add(life); !removal.ResidualUntil.Equal(want) || !strings.Contains(removal.Reason, words) {
		t.Errorf("%+v, want residual until %s since %q", removal, want, words)
	}
	if _, ok := r.SignIn(r.ids["maya@example.com"], production, r.readOnly); ok {
		t.Error("access is still there")
	}
	return removal
}

func TestSessionsThatNothingEndsAreSaidOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, g, receipt := r.giving(t, inAccount(production, "ReadOnly"))
	s := r.signedIn(t, "maya@example.com", production, r.readOnly)
	r.loses(t, c, g, receipt)
	r.Clock.Advance(time.Minute)
	removal := r.lives(t, c, g, receipt, 4*time.Hour, "nothing ends them") // it is gone already, and its sessions are not
	if !s.Works() {
		t.Error("the session is over, and was said to live")
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
	bothWays(t, func(t *testing.T, r *rig, w way) {
		c, g, receipt := r.giving(t, w.target(production, "ReadOnly"))
		r.Assign(production, r.readOnly, r.ids["li@example.com"])
		r.Assign(staging, r.readOnly, r.ids["maya@example.com"])
		r.Assign(production, r.admin, r.ids["maya@example.com"])
		maya := r.signedIn(t, "maya@example.com", production, r.readOnly)
		others := []*awstest.RoleSession{r.signedIn(t, "li@example.com", production, r.readOnly), r.signedIn(t, "maya@example.com", staging, r.readOnly),
			r.signedIn(t, "maya@example.com", production, r.admin)}
		ends(t, c, g, receipt, maya)
		for i, s := range others {
			if !s.Works() {
				t.Errorf("session %d of somebody else, elsewhere, or of another role was ended", i)
			}
		}
		kept := `{"Sid": "KeepOut", "Effect":"Deny","Action":"iam:*","Resource":"*"}`
		if text := w.document(r, r.readOnly); !strings.Contains(text, kept) || !strings.Contains(text, "HallpassBefore") {
			t.Errorf("the policy is %s", text)
		}

		r.Clock.Advance(3 * time.Hour)
		other := r.open(t) // another replica, which knows nothing
		other.Upkeep(t.Context(), true)
		if !strings.Contains(w.document(r, r.readOnly), "HallpassBefore") || maya.Works() {
			t.Error("the denial was lifted while the session could live")
		}
		r.Clock.Advance(time.Hour + 5*time.Minute)
		other.Upkeep(t.Context(), true)
		for where, text := range map[string]string{"set": w.document(r, r.readOnly), "account": r.Provisioned(r.readOnly, production)} {
			if strings.Contains(text, "Hallpass") || !strings.Contains(text, kept) {
				t.Errorf("the policy of the %s is %s", where, text)
			}
		}
	})
}

func TestSessionOfANewGrantWorks(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig, w way) {
		before := w.document(r, r.admin)
		c, g, receipt := r.giving(t, w.target(production, "Admin"))
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
		if got := w.document(r, r.admin); strings.Contains(got, "Hallpass") || before == "" && got != "" {
			t.Errorf("the policy that was %q is %q", before, got)
		}
	})
}

func TestDenialThatCannotBePlacedLeavesTheEndResidual(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*rig, way)
		words string
	}{
		"full": {func(r *rig, w way) {
			w.set(r, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"`+strings.Repeat("x", w.full)+`"}]}`)
		}, "no room"},
		"forbidden": {func(r *rig, w way) { r.Refuse[w.write] = true }, "does not let Hallpass write"},
		"stuck": {func(r *rig, w way) {
			r.Fails["ProvisionPermissionSet"], r.Refuse["UpdatePolicy"] = "Received a 403 status error", true
		}, "does not let Hallpass write"},
	} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, r *rig, w way) {
				c, g, receipt := r.giving(t, w.target(production, "ReadOnly"))
				tc.spoil(r, w)
				r.lives(t, c, g, receipt, 4*time.Hour, tc.words)
			})
		})
	}
}

func TestAccessIsRemovedAlthoughItsSessionsCannotBeEndedForLong(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, g, receipt := r.giving(t, ending(inAccount(production, "ReadOnly")))
	r.Fails["ProvisionPermissionSet"] = "Received a 500 status error"
	for g.Attempts = range 3 {
		_, err := c.Revoke(t.Context(), g, receipt)
		wants(t, err, approvals.Retryable, "500")
	}
	g.Attempts = 3
	r.lives(t, c, g, receipt, 12*time.Hour, "could not be ended")
}

func TestDenialThatSomebodyElseOverwroteIsPlacedAgain(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig, w way) {
		c, g, receipt := r.giving(t, w.target(production, "ReadOnly"))
		s := r.signedIn(t, "maya@example.com", production, r.readOnly)
		r.After = map[string]func(){"DeleteAccountAssignment": func() { w.set(r, foreign) }}
		ends(t, c, g, receipt, s)
		r.After = nil
		if text := w.document(r, r.readOnly); !strings.Contains(text, r.ids["maya@example.com"]) {
			t.Errorf("the policy is %s", text)
		}
	})
}

func TestSecondCallFindsTheDenialOfTheFirst(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig, w way) {
		c, g, receipt := r.giving(t, w.target(production, "ReadOnly"))
		s := r.signedIn(t, "maya@example.com", production, r.readOnly)
		r.loses(t, c, g, receipt)
		r.Clock.Advance(5 * time.Second)
		puts := r.Asked(w.write)
		ends(t, c, g, receipt, s)
		if got := r.Asked(w.write); got != puts || puts == 0 {
			t.Errorf("the policy was written %d times more, after %d", got-puts, puts)
		}
	})
}

func TestManyEndsAtOnceShareTheirStatements(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig, w way) {
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
				g := to(fmt.Sprintf("p%02d@example.com", i), w.target(production, r.readOnly))
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
		if puts := r.Asked(w.write); puts >= people {
			t.Errorf("%d people's ends were %d changes of the policy", people, puts)
		}
	})
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
			c, g, receipt := r.giving(t, tc.target)
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
	c, g, receipt := r.giving(t, ending(inAccount(production, "Admin")))
	mustRevoke(t, c, g, receipt)
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
