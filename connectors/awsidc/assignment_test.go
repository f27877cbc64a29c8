package awsidc_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
)

func TestReceiptHoldsWhatNeverChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	for _, tc := range []struct {
		target map[string]string
		want   approvals.Receipt
	}{
		{inAccount("production", "ReadOnly"), approvals.Receipt{"account": production, "permission_set": r.readOnly, "user": r.ids["maya@example.com"]}},
		{inAccount(staging, r.admin), approvals.Receipt{"account": staging, "permission_set": r.admin, "user": r.ids["maya@example.com"]}},
		{map[string]string{"group": "sre-readers"}, approvals.Receipt{"group": groupID, "user": r.ids["maya@example.com"]}},
	} {
		if diff := cmp.Diff(tc.want, mustGrant(t, c, to("maya@example.com", tc.target))); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}

func TestFailedCreationIsOfTheKindOfItsReason(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]approvals.FailureKind{
		"Received a 404 status error: User not found: 9067a1b2c3-00000001": approvals.Permanent,
		"Received a 403 status error: not allowed":                         approvals.Misconfigured,
		"Received a 409 status error: role is being updated":               approvals.Retryable,
		"Received a 400 status error: the role is too large":               approvals.Permanent,
		"Received a 500 status error: try again":                           approvals.Retryable,
		"something that nobody has seen in account 404040404040":           approvals.Retryable,
	} {
		r := newRig(t)
		r.Fails["CreateAccountAssignment"] = reason
		_, err := r.open(t).Grant(t.Context(), to("maya@example.com", inAccount(production, "ReadOnly")))
		wants(t, err, want, "AWS")
		if _, ok := r.SignIn(r.ids["maya@example.com"], production, r.readOnly); ok {
			t.Errorf("%s: access is there", reason)
		}
	}
}

func TestDeletionOfWhatIsMissingIsSuccess(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	g := to("maya@example.com", inAccount(production, "ReadOnly"))
	receipt := mustGrant(t, c, g)
	r.Unassign(production, r.readOnly, r.ids["maya@example.com"])
	r.Spoil(&awstest.Fault{Actions: []string{"ListAccountAssignments"}, Stale: true}) // it is listed still
	mustRevoke(t, c, g, receipt)
	if got := r.Asked("DeleteAccountAssignment"); got != 1 {
		t.Errorf("asked to delete %d times, want 1", got)
	}
	r.Fails["DeleteAccountAssignment"] = "Received a 500 status error: try again"
	mustGrant(t, c, g)
	_, err := c.Revoke(t.Context(), g, receipt)
	wants(t, err, approvals.Retryable, "500")
}

func TestCallThatOutlastsItsTimeIsFoundByTheNext(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Latency = 10 * time.Minute
	c := r.open(t)
	g := to("maya@example.com", inAccount(production, "ReadOnly"))
	_, err := c.Grant(t.Context(), g)
	wants(t, err, approvals.Ambiguous, "still working")
	_, err = c.Grant(t.Context(), g)
	wants(t, err, approvals.Retryable, "busy with the same thing")
	r.Clock.Advance(10 * time.Minute)
	receipt := mustGrant(t, c, g)
	_, err = c.Revoke(t.Context(), g, receipt)
	wants(t, err, approvals.Ambiguous, "still working")
	r.Clock.Advance(10 * time.Minute)
	mustRevoke(t, c, g, receipt)
	if got := r.Effects(r.ids["maya@example.com"]); got != 2 {
		t.Errorf("%d effects, want one grant and one revocation", got)
	}
}

func TestLookAtAnAsynchronousCallMayFail(t *testing.T) {
	t.Parallel()
	look := []string{"DescribeAccountAssignmentCreationStatus"}
	for _, tc := range []struct {
		fault awstest.Fault
		want  approvals.FailureKind // empty: it is followed all the same
	}{
		{awstest.Fault{Code: "ThrottlingException", Status: 429, RetryAfter: 9}, ""},
		{awstest.Fault{Code: "InternalServerException", Status: 500}, ""},
		{awstest.Fault{Code: "ResourceNotFoundException", Status: 404}, ""}, // it is not known yet
		{awstest.Fault{Lose: true}, ""},
		{awstest.Fault{Code: "AccessDeniedException", Status: 403}, approvals.Misconfigured},
		{awstest.Fault{Code: "ValidationException", Status: 400}, approvals.Ambiguous},
	} {
		r := newRig(t)
		tc.fault.Actions = look
		r.Spoil(&tc.fault)
		_, err := r.open(t).Grant(t.Context(), to("maya@example.com", inAccount(production, "ReadOnly")))
		if tc.want != "" {
			wants(t, err, tc.want, "AWS")
		} else if err != nil {
			t.Errorf("%s: %v", tc.fault.Code, err)
		}
	}
}

func TestOneProcessMakesNoConflictsWithItself(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Rate = 0
	c := r.open(t)
	var wg sync.WaitGroup
	for i := range 8 {
		name := fmt.Sprintf("p%d@example.com", i)
		r.ids[name] = r.AddUser(name, name)
		wg.Go(func() {
			g := to(name, inAccount(production, r.readOnly))
			receipt, err := c.Grant(t.Context(), g)
			if err == nil {
				_, err = c.Revoke(t.Context(), g, receipt)
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	wg.Wait()
}

func TestListNamesUsersByTheConfiguredAttributeAndGroupsByTheirID(t *testing.T) {
	t.Parallel()
	for attribute, want := range map[string][]string{
		"userName":     {"li@example.com", "maya@example.com", opsGroup},
		"emails.value": {"LI@EXAMPLE.COM", "MAYA@EXAMPLE.COM", opsGroup},
	} {
		r := newRig(t)
		for _, name := range []string{"maya@example.com", "li@example.com"} {
			r.Assign(production, r.readOnly, r.ids[name])
		}
		cfg := r.config()
		cfg.Account = attribute
		held, err := open(t, cfg).List(t.Context(), entitlement("aws:read", inAccount(production, "ReadOnly")))
		got := map[string]int{}
		for _, h := range held {
			got[h.Account]++
		}
		if diff := cmp.Diff(map[string]int{want[0]: 1, want[1]: 1, want[2]: 1}, got); diff != "" || err != nil {
			t.Errorf("%s: %v -want +got\n%s", attribute, err, diff)
		}
	}
}

func TestAssignedGroupIsNobodysGrant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Join(opsGroup, r.ids["maya@example.com"])
	c := r.open(t)
	p, err := c.Check(t.Context(), to("maya@example.com", inAccount(production, "ReadOnly")), nil)
	if diff := cmp.Diff(approvals.Presence{Detail: "not assigned in account 111122223333 (what 1 groups are assigned is another matter)"}, p); diff != "" || err != nil {
		t.Errorf("%v -want +got\n%s", err, diff)
	}
}

func TestWhatIsGoneFromAWSIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	gone := approvals.Receipt{"account": production, "permission_set": "arn:aws:sso:::permissionSet/gone", "user": r.ids["maya@example.com"]}
	g := to("maya@example.com", inAccount(production, "arn:aws:sso:::permissionSet/gone"))
	if p, err := c.Check(t.Context(), g, gone); err != nil || p.Present || p.Detail == "" {
		t.Errorf("%+v, %v", p, err)
	}
	removal := mustRevoke(t, c, g, gone)
	if want := r.Clock.Now().Add(12 * time.Hour); !removal.ResidualUntil.Equal(want) {
		t.Errorf("residual until %s, want %s: nobody knows how long its sessions last", removal.ResidualUntil, want)
	}
	_, err := c.Revoke(t.Context(), g, nil)
	wants(t, err, approvals.Misconfigured, "no such permission set or account")
}

func TestReadingsThatLagDoubleNothing(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]map[string]string{"assignment": inAccount(production, "ReadOnly"), "membership": {"group_id": groupID}} {
		r := newRig(t)
		r.Lag = 10 * time.Second
		r.Clock.Advance(time.Minute)
		c := r.open(t)
		g := to("maya@example.com", target)
		receipt := mustGrant(t, c, g)
		if _, err := c.Grant(t.Context(), g); err != nil { // the membership is there and not yet shown
			wants(t, err, approvals.Retryable, "busy with the same thing")
		}
		r.Clock.Advance(time.Minute)
		if p, err := c.Check(t.Context(), g, receipt); err != nil || !p.Present {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		mustRevoke(t, c, g, receipt)
		mustRevoke(t, c, g, receipt)
		r.Clock.Advance(time.Minute)
		if p, err := c.Check(t.Context(), g, receipt); err != nil || p.Present || r.Effects(r.ids["maya@example.com"]) != 2 {
			t.Errorf("%s: %+v, %v; %d effects", name, p, err, r.Effects(r.ids["maya@example.com"]))
		}
	}
}
