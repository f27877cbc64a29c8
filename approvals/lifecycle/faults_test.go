package lifecycle_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

func retryable(words string) error {
	return &approvals.ConnectorError{Kind: approvals.Retryable, Message: words}
}

// told lists who got a notice of a kind about a grant since it was asked last.
func (r *rig) told(kind approvals.NoticeKind, id approvals.GrantID) []approvals.PrincipalID {
	r.t.Helper()
	var people []approvals.PrincipalID
	all := r.double().Notices()
	for _, n := range all[r.heard:] {
		if n.Kind == kind && (n.Grant == id || id == "") {
			people = append(people, n.To)
		}
	}
	r.heard = len(all)
	return people
}

func TestRevocationInFourHoursSurvivesThreeFailures(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		id := r.hold("amy", approvalstest.ReadOnly, 4*time.Hour)
		pass(4*time.Hour - time.Minute)
		r.is(id, approvals.GrantActive)
		r.told(approvals.NoticeFailed, id)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Times: 3, Err: retryable("The database refuses connections.")})
		pass(62 * time.Second) // it ended a second or two ago, and failed once or twice
		r.is(id, approvals.GrantRevoking)
		r.works("amy", "read-only", true)
		pass(15 * time.Second)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
		var tries []string
		for _, e := range r.events(id, approvals.EventGrantRetried) {
			tries = append(tries, e.Operation+" "+e.Detail["attempt"]+" "+e.Detail["error"])
		}
		if diff := cmp.Diff([]string{"revoke 1 The database refuses connections.", "revoke 2 The database refuses connections.",
			"revoke 3 The database refuses connections."}, tries); diff != "" {
			t.Errorf("tries, -want +got\n%s", diff)
		}
		if diff := cmp.Diff([]approvals.PrincipalID{"amy", "olga", "amy", "olga"}, r.told(approvals.NoticeFailed, id)); diff != "" {
			t.Errorf("told after the third failure and when it is gone, -want +got\n%s", diff)
		}
	})
}

func TestRevokedIsNeverSaidWhileAccessRemains(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		id := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Minute)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Lie: true})
		pass(2 * time.Hour)
		r.is(id, approvals.GrantRevoking)
		r.works("amy", "read-only", true)
		if said := r.events(id, approvals.EventGrantRevoked, approvals.EventGrantResidual); len(said) > 0 {
			t.Errorf("the log says %+v while access is there", said)
		}
		if why := r.grant(id).LastError; why != "The system took the call, but access is still there." {
			t.Errorf("people read %q", why)
		}
		r.box.Heal()
		pass(20 * time.Minute)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
	})
}

func TestAccessThatDoesNotAppearIsNeverActive(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		r.box.Inject(sandbox.Fault{Op: sandbox.OpGrant, Lie: true})
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		pass(time.Minute)
		r.is(id, approvals.GrantProvisioning)
		pass(time.Hour)
		r.is(id, approvals.GrantRevoked)
		g := r.grant(id)
		if g.EndReason != approvals.EndFailed || !g.ActiveAt.IsZero() {
			t.Errorf("it ended as %q, active at %s; want failed and never active", g.EndReason, g.ActiveAt)
		}
		if diff := cmp.Diff([]approvals.PrincipalID{"amy", "olga"}, distinct(r.told(approvals.NoticeFailed, id))); diff != "" {
			t.Errorf("told, -want +got\n%s", diff)
		}
	})
}

func distinct(people []approvals.PrincipalID) []approvals.PrincipalID {
	var some []approvals.PrincipalID
	seen := map[approvals.PrincipalID]bool{}
	for _, p := range people {
		if !seen[p] {
			some = append(some, p)
		}
		seen[p] = true
	}
	return some
}

func TestSystemThatIsBehindItselfIsAskedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		id := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpCheck, Times: 1}) // the look before the first effect
		r.box.Inject(sandbox.Fault{Op: sandbox.OpCheck, Times: 4, Stale: true})
		pass(20 * time.Second)
		r.is(id, approvals.GrantActive)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpCheck, Times: 4, Stale: true})
		pass(11 * time.Minute)
		r.is(id, approvals.GrantRevoked)
		if g, v := r.box.Count(sandbox.OpGrant, string(id)), r.box.Count(sandbox.OpRevoke, string(id)); g != 1 || v != 1 {
			t.Errorf("%d grants and %d revocations in effect, want one each", g, v)
		}
	})
}

func TestLostAnswersAreResolvedByReadBack(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		r.box.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, AnswerLost: true})
		id := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(5 * time.Second)
		r.is(id, approvals.GrantActive)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Times: 1, AnswerLost: true})
		pass(10 * time.Minute)
		r.is(id, approvals.GrantRevoked)
		r.works("amy", "read-only", false)
		if retried := r.events(id, approvals.EventGrantRetried); len(retried) > 0 {
			t.Errorf("lost answers count as failures: %+v", retried)
		}
	})
}

func TestCallThatHangsIsCutAndReadBack(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		r.box.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, Delay: time.Hour})
		id := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(9 * time.Second)
		r.is(id, approvals.GrantProvisioning)
		pass(30 * time.Second)
		r.is(id, approvals.GrantActive)
	})
}

func TestSessionThatCannotBeEndedIsResidualUntilItDies(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		id := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Minute)
		if _, err := r.box.Login("amy@example.com", "billing-db"); err != nil {
			t.Fatal(err)
		}
		until := time.Now().Add(2 * time.Hour).UTC().Truncate(time.Millisecond)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Hold: until})
		pass(10 * time.Minute)
		r.is(id, approvals.GrantResidual)
		if got := r.grant(id).ResidualUntil; !got.Equal(until) {
			t.Errorf("residual until %s, want %s", got, until)
		}
		ev := r.events(id, approvals.EventGrantResidual)
		if len(ev) != 1 || ev[0].Detail["why"] == "" || ev[0].Detail["residual_until"] != until.Format(time.RFC3339) {
			t.Errorf("the log says %+v", ev)
		}
		pass(time.Until(until) - time.Second)
		r.is(id, approvals.GrantResidual)
		pass(5 * time.Second)
		r.is(id, approvals.GrantRevoked)
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		id := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Minute)
		r.box.Inject(sandbox.Fault{Op: sandbox.OpRevoke, Times: 1,
			Err: &approvals.ConnectorError{Kind: approvals.Retryable, After: 40 * time.Second, Message: "Too many requests."}})
		pass(9*time.Minute + 38*time.Second)
		r.is(id, approvals.GrantRevoking)
		pass(10 * time.Second)
		r.is(id, approvals.GrantRevoked)
	})
}

func TestRefusedProvisioningFailsAndLeavesNothing(t *testing.T) {
	for name, kind := range map[string]approvals.FailureKind{"permanent": approvals.Permanent, "misconfigured": approvals.Misconfigured} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, r *rig) {
				r.worker(r.config())
				r.box.Inject(sandbox.Fault{Op: sandbox.OpGrant, Times: 1, AnswerLost: true, // the worst: refused, yet done
					Err: &approvals.ConnectorError{Kind: kind, Message: "The role billing_ro does not exist."}})
				id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
				pass(30 * time.Second)
				r.is(id, approvals.GrantRevoked)
				r.works("amy", "read-only", false)
				g := r.grant(id)
				if g.EndReason != approvals.EndFailed || g.EndNote != "The role billing_ro does not exist." {
					t.Errorf("ended as %q, %q", g.EndReason, g.EndNote)
				}
				if diff := cmp.Diff([]approvals.PrincipalID{"amy", "olga"}, distinct(r.told(approvals.NoticeFailed, id))); diff != "" {
					t.Errorf("told, -want +got\n%s", diff)
				}
			})
		})
	}
}

func TestProvisioningIsGivenUpInTime(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		r.worker(r.config())
		r.box.Inject(sandbox.Fault{Op: sandbox.OpGrant, Err: retryable("The system is down.")})
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		pass(29 * time.Minute)
		r.is(id, approvals.GrantProvisioning)
		pass(4 * time.Minute)
		r.is(id, approvals.GrantRevoked)
		if note := r.grant(id).EndNote; !strings.HasPrefix(note, "Access could not be given within 30 minutes. The system is down.") {
			t.Errorf("people read %q", note)
		}
	})
}

func TestUnknownConnector(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		stop := r.worker(r.config())
		held := r.hold("amy", approvalstest.ReadOnly, 10*time.Minute)
		pass(time.Second)
		r.is(held, approvals.GrantActive)
		stop()
		without := r.config()
		without.Connectors = nil
		stop = r.worker(without)
		asked := r.hold("bob", approvalstest.ReadOnly, 10*time.Minute)
		pass(20 * time.Minute)
		r.is(asked, approvals.GrantFailed)  // it never touched the system
		r.is(held, approvals.GrantRevoking) // not revoked: nobody could look
		if why := r.grant(held).LastError; !strings.Contains(why, `No connector named "postgres" is configured`) {
			t.Errorf("people read %q", why)
		}
		stop()
		r.worker(r.config())
		pass(20 * time.Minute)
		r.is(held, approvals.GrantRevoked)
	})
}

func TestSecretsOfAConnectorAreShownToNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig) {
		var log bytes.Buffer
		cfg := r.config()
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		secret := errors.New("dial postgres://admin:hunter2@db1")
		cfg.Connectors = map[string]approvals.Connector{"postgres": foreign{r.box, secret}}
		stop := r.worker(cfg)
		id := r.hold("amy", approvalstest.ReadOnly, time.Hour)
		pass(40 * time.Second)
		if len(r.events(id, approvals.EventGrantRetried)) == 0 {
			t.Fatal("no failure was recorded")
		}
		stop()
		if strings.Contains(log.String(), "hunter2") || strings.Contains(r.grant(id).LastError, "hunter2") {
			t.Errorf("the secret is shown: %q, %s", r.grant(id).LastError, log.String())
		}
		for _, e := range r.events(id, approvals.EventGrantRetried) {
			if strings.Contains(e.Detail["error"], "hunter2") {
				t.Errorf("the secret is in the audit log: %v", e)
			}
		}
	})
}
