package awsidc_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
)

func TestLargeOrganizationIsListedOnceAndKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.Page = 20 // as Organizations does
	for i := range 1000 {
		r.AddAccount(fmt.Sprintf("%012d", 900000000000+i), fmt.Sprintf("team-%d", i), "ACTIVE")
	}
	var last string
	for i := range 750 {
		last = r.AddSet(fmt.Sprintf("Team%d", i), "PT1H", "")
	}
	c := r.open(t)
	receipt := mustGrant(t, c, to("maya@example.com", inAccount("team-999", "Team749")))
	if receipt["permission_set"] != last || receipt["account"] != "900000000999" {
		t.Errorf("the receipt is %v", receipt)
	}
	if took := r.Clock.Now().Sub(start); took < time.Minute || took > 5*time.Minute {
		t.Errorf("the organization was listed in %s, want about four minutes", took)
	}
	described := r.Asked("DescribePermissionSet")
	mustGrant(t, c, to("li@example.com", inAccount("team-5", "Team5")))
	if got := r.Asked("DescribePermissionSet"); described != 752 || got != described || r.Throttled() != 0 {
		t.Errorf("permission sets were read %d times, then %d; %d requests were throttled", described, got, r.Throttled())
	}
	fresh := r.AddSet("Fresh", "PT1H", "")
	receipt = mustGrant(t, c, to("li@example.com", inAccount("team-5", "Fresh"))) // what is not known is looked for
	if got := r.Asked("DescribePermissionSet"); receipt["permission_set"] != fresh || got != described+1 {
		t.Errorf("%v; permission sets were read %d times, want one more", receipt, got-described)
	}
}

func TestOldListingIsUsedWhileItIsReadAfresh(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	mustGrant(t, c, to("maya@example.com", inAccount("production", "ReadOnly")))
	lists := r.Asked("ListPermissionSets")
	r.Clock.Advance(time.Hour)
	r.Refuse["ListPermissionSets"] = true // and reading it afresh fails
	mustGrant(t, c, to("li@example.com", inAccount("production", "ReadOnly")))
	soon, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for r.Asked("ListPermissionSets") <= lists {
		select {
		case <-soon.Done():
			t.Fatal("nothing was listed again")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestTargetsAreValidated(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		target map[string]string
		spoil  func(*rig)
		words  string // empty: it is sound
	}{
		"names":                    {target: inAccount("production", "ReadOnly")},
		"ids":                      {target: inAccount(production, "arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-0000000000000001")},
		"group":                    {target: map[string]string{"group": "sre-readers"}},
		"group by id":              {target: map[string]string{"group_id": groupID}},
		"ending sessions":          {target: ending(inAccount("production", "ReadOnly"))},
		"group ending sessions":    {target: ending(map[string]string{"group": "operations"})},
		"nothing":                  {words: "account and permission_set, or group"},
		"both":                     {target: map[string]string{"account": production, "permission_set": "Admin", "group": "g"}, words: "or group"},
		"half":                     {target: map[string]string{"account": production}, words: "account and permission_set"},
		"two groups":               {target: map[string]string{"group": "sre-readers", "group_id": groupID}, words: "or group_id"},
		"a word that is not known": {target: map[string]string{"acount": production}, words: `"acount"`},
		"another end":              {target: map[string]string{"group": "sre-readers", "end_sessions": "sudo"}, words: "inline-policy"},
		"a long name":              {target: inAccount(production, "ThisNameOfAPermissionSetIsTooLong"), words: "32"},
		"no set":                   {target: inAccount(production, "readonly"), words: `no permission set "readonly"`},
		"no set by ARN":            {target: inAccount(production, "arn:aws:sso:::permissionSet/none"), words: "no permission set with the ARN"},
		"no account":               {target: inAccount("123412341234", "Admin"), words: "no account 123412341234"},
		"no account by name":       {target: inAccount("prod", "Admin"), words: `no account "prod"`},
		"two accounts":             {target: inAccount("twin", "Admin"), words: "2 accounts"},
		"closed account":           {target: inAccount("closed", "Admin"), words: "SUSPENDED"},
		"no group":                 {target: map[string]string{"group": "SRE-readers"}, words: `no group named "SRE-readers"`},
		"no group by id":           {target: map[string]string{"group_id": "x"}, words: `no group with the id "x"`},
		"policy that is not shown": {target: ending(inAccount(production, "Admin")), words: "GetInlinePolicyForPermissionSet", spoil: func(r *rig) { r.Refuse["GetInlinePolicyForPermissionSet"] = true }},
		"management account, delegated": {target: inAccount(awstest.Management, "Admin"), words: "is the organization's management account, and Hallpass works as the delegated administrator 100000000002",
			spoil: func(r *rig) { r.Caller = awstest.Delegate }},
		"management account":             {target: inAccount(awstest.Management, "Admin")},
		"another account, delegated":     {target: inAccount(production, "Admin"), spoil: func(r *rig) { r.Caller = awstest.Delegate }},
		"group's sessions, delegated":    {target: ending(map[string]string{"group": "operations"}), words: "management account", spoil: func(r *rig) { r.Caller = awstest.Delegate }},
		"an organization that is closed": {target: inAccount("production", "Admin"), words: "ListAccounts", spoil: func(r *rig) { r.Refuse["ListAccounts"] = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if tc.spoil != nil {
				tc.spoil(r)
			}
			err := r.open(t).Validate(t.Context(), entitlement("aws:x", tc.target))
			if tc.words != "" {
				wants(t, err, approvals.Misconfigured, tc.words)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestInstanceIsTheOneThatIsMeant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	cfg := r.config()
	cfg.Instance = "arn:aws:sso:::instance/ssoins-other"
	err := open(t, cfg).Validate(t.Context(), entitlement("aws:x", map[string]string{"group": "sre-readers"}))
	wants(t, err, approvals.Misconfigured, "no IAM Identity Center instance in eu-central-1")
	r.Instances = []string{"arn:aws:sso:::instance/ssoins-a", awstest.Instance}
	err = r.open(t).Validate(t.Context(), entitlement("aws:x", map[string]string{"group": "sre-readers"}))
	wants(t, err, approvals.Misconfigured, "ssoins-a, "+awstest.Instance)
	cfg.Instance = awstest.Instance
	if err := open(t, cfg).Validate(t.Context(), entitlement("aws:x", map[string]string{"group": "sre-readers"})); err != nil {
		t.Error(err)
	}
	if !slices.Contains(r.Instances, cfg.Instance) {
		t.Fatal("the instance was not among several")
	}
}
