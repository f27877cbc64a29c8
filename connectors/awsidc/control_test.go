package awsidc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/connectors/awsidc"
	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
)

// scp is the service control policy of the tests, which others wrote into too.
const scp = "p-examplepolicy"

// way is one of the two ways to end sessions.
type way struct {
	name     string
	write    string // the action that changes its document
	document func(*rig, string) string
	set      func(*rig, string) // writes the document of the read-only role
	full     int                // bytes of somebody else's that leave no room
}

var ways = []way{
	{"inline-policy", "PutInlinePolicyToPermissionSet", func(r *rig, set string) string { return r.Inline(set) },
		func(r *rig, text string) { r.Overwrite(r.readOnly, text) }, 10000},
	{"scp", "UpdatePolicy", func(r *rig, _ string) string { return r.Control(scp) },
		func(r *rig, text string) { r.OverwriteControl(scp, text) }, 4900},
}

func (w way) target(account, set string) map[string]string {
	target := inAccount(account, set)
	target["end_sessions"] = w.name
	return target
}

// bothWays runs a test for each way to end sessions.
func bothWays(t *testing.T, test func(t *testing.T, r *rig, w way)) {
	t.Helper()
	t.Parallel()
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			test(t, newRig(t), w)
		})
	}
}

// A denial that does not reach an account ends nothing there, and is never said
// to have.
func TestPolicyThatDoesNotReachAnAccountEndsNothingThere(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		attached []string
		account  string
		spoil    func(*rig)
		words    string // empty: it ends them
	}{
		"to the account":     {[]string{production}, production, nil, ""},
		"to its unit":        {[]string{awstest.Unit}, production, nil, ""},
		"to the root":        {[]string{awstest.Root}, production, nil, ""},
		"to another account": {[]string{staging}, production, nil, "is not attached above account " + production},
		"to nothing":         {nil, production, nil, "is not attached above account " + production},
		"management account": {[]string{awstest.Root}, awstest.Management, nil, "do not reach the management account"},
		"where, is not said": {[]string{awstest.Root}, production, func(r *rig) { r.Refuse["ListPoliciesForTarget"] = true }, "does not say where"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.AddControl(scp, foreign, tc.attached...)
			r.Assign(awstest.Management, r.readOnly, opsGroup)
			if tc.spoil != nil {
				tc.spoil(r)
			}
			c, g, receipt := r.giving(t, ways[1].target(tc.account, "ReadOnly"))
			s := r.signedIn(t, "maya@example.com", tc.account, r.readOnly)
			if tc.words == "" {
				ends(t, c, g, receipt, s)
				return
			}
			if r.lives(t, c, g, receipt, 4*time.Hour, tc.words); !s.Works() {
				t.Error("the session is over, and was said to live")
			}
		})
	}
}

func TestServiceControlPolicyIsValidated(t *testing.T) {
	t.Parallel()
	target := ways[1].target(production, "Admin")
	for name, tc := range map[string]struct {
		control string
		spoil   func(*rig)
		words   string
	}{
		"there":           {scp, nil, ""},
		"not configured":  {"", nil, "has no control:"},
		"not there":       {"p-nothing00", nil, "no policy p-nothing00"},
		"of another kind": {"p-tags0000", func(r *rig) { r.AddControl("p-tags0000", "{}") }, "is no service control policy"},
		"not shown":       {scp, func(r *rig) { r.Refuse["DescribePolicy"] = true }, "DescribePolicy"},
		"not to be read":  {scp, func(r *rig) { r.AddControl(scp, "[") }, "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if tc.spoil != nil {
				tc.spoil(r)
			}
			cfg := r.config()
			cfg.Control = tc.control
			err := open(t, cfg).Validate(t.Context(), entitlement("aws:x", target))
			if (err == nil) != (tc.words == "") || err != nil && !strings.Contains(fmt.Sprint(err), tc.words) {
				t.Errorf("%v, want %q", err, tc.words)
			}
		})
	}
	cfg := newRig(t).config()
	cfg.Control = "arn:aws:organizations::1:policy/o-1/service_control_policy/p-1"
	if _, err := awsidc.New(cfg); err == nil {
		t.Error("an ARN was taken for an id")
	}
}

// TestTheDenyNamesOneRoleOfOnePerson keeps the statement narrow: whoever has
// another permission set in the account, even one whose name begins alike,
// works on.
func TestTheDenyNamesOneRoleOfOnePerson(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	alike := r.AddSet("ReadOnly_More", "PT4H", "")
	r.Assign(production, alike, r.ids["maya@example.com"])
	c, g, receipt := r.giving(t, ways[1].target(production, "ReadOnly"))
	other := r.signedIn(t, "maya@example.com", production, alike)
	ends(t, c, g, receipt, r.signedIn(t, "maya@example.com", production, r.readOnly))
	if !other.Works() {
		t.Error("a session of another permission set was ended")
	}
	want := fmt.Sprintf(`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"identitystore:userId":["%s"],"aws:PrincipalAccount":["%s"]},`+
		`"ArnLike":{"aws:PrincipalArn":"arn:*:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_ReadOnly_????????????????"},"DateLessThan":{"aws:TokenIssueTime":"2026-11-22T09:0`,
		r.ids["maya@example.com"], production)
	if text := r.Control(scp); !strings.Contains(text, want) {
		t.Errorf("the policy is\n%s\nwant\n%s", text, want)
	}
}

// A policy whose last statement goes keeps one that denies nothing: AWS takes
// none without.
func TestServiceControlPolicyIsNeverEmpty(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c, g, receipt := r.giving(t, ways[1].target(production, "Admin"))
	r.Change(func() { r.OverwriteControl(scp, `{"Version":"2012-10-17","Statement":[]}`) })
	ends(t, c, g, receipt)
	r.Clock.Advance(2 * time.Hour)
	c.Upkeep(t.Context(), true)
	if got := r.Control(scp); strings.Contains(got, "Hallpass") || !strings.Contains(got, `"nobody"`) {
		t.Errorf("the policy is %s", got)
	}
}
