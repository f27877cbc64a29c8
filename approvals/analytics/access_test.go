package analytics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/analytics"
)

// granted is a grant that ended so long ago; negative: it runs on.
func granted(ago time.Duration, kind approvals.RequestKind) approvals.PastGrant {
	g := approvals.PastGrant{Principal: "p", Entitlement: "crm:read", Kind: kind, ActiveAt: now.Add(-ago - time.Hour), EndsAt: now.Add(-ago)}
	if ago >= 0 {
		g.RevokingAt = g.EndsAt
	}
	return g
}

func TestWhoStoppedRenewing(t *testing.T) {
	t.Parallel()
	const access, adopted, glass = approvals.KindAccess, approvals.KindAdoption, approvals.KindBreakGlass
	longer := granted(40*day, access)
	longer.Extended = true
	never := granted(40*day, access)
	never.ActiveAt = time.Time{}
	ended := granted(31*day, access)
	ended.RevokingAt = time.Time{} // its time is up; nobody has taken it away yet
	for _, tc := range []struct {
		name   string
		grants []approvals.PastGrant
		want   analytics.Renewal // but for entitlement and people
	}{
		{"once, long ago", []approvals.PastGrant{granted(40*day, access)}, analytics.Renewal{Holders: 1, Once: 1}},
		{"twice, the last 30 days ago", []approvals.PastGrant{granted(60*day, access), granted(30*day, access)}, analytics.Renewal{Holders: 1, Stopped: 1, Latest: now.Add(-30 * day)}},
		{"twice, the last just under 30 days ago", []approvals.PastGrant{granted(60*day, access), granted(30*day-time.Second, access)}, analytics.Renewal{Holders: 1, Resting: 1}},
		{"twice, in any order", []approvals.PastGrant{granted(10*day, access), granted(60*day, access)}, analytics.Renewal{Holders: 1, Resting: 1}},
		{"twice, and it runs", []approvals.PastGrant{granted(60*day, access), granted(-time.Hour, access)}, analytics.Renewal{Holders: 1, Running: 1}},
		{"extended once", []approvals.PastGrant{longer}, analytics.Renewal{Holders: 1, Stopped: 1, Latest: now.Add(-40 * day)}},
		{"standing access that was given an end", []approvals.PastGrant{granted(40*day, adopted)}, analytics.Renewal{Holders: 1, Stopped: 1, Latest: now.Add(-40 * day)}},
		{"its time is up", []approvals.PastGrant{granted(50*day, access), ended}, analytics.Renewal{Holders: 1, Stopped: 1, Latest: now.Add(-31 * day)}},
		{"only before the time that counts", []approvals.PastGrant{granted(200*day, access), granted(190*day, access)}, analytics.Renewal{}},
		{"emergencies", []approvals.PastGrant{granted(50*day, glass), granted(40*day, glass)}, analytics.Renewal{}},
		{"it never worked", []approvals.PastGrant{never, never}, analytics.Renewal{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := analytics.NewAccess(now, now.Add(-180*day), nil)
			for _, g := range tc.grants {
				a.Grant(g)
			}
			var want []analytics.Renewal
			if tc.want.Holders > 0 {
				tc.want.Entitlement = "crm:read"
				if tc.want.Stopped > 0 {
					tc.want.People = []approvals.PrincipalID{"p"}
				}
				want = append(want, tc.want)
			}
			got := a.Renewals()
			if len(got) == 0 {
				got = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsHighlySensitiveMakesNoPersona(t *testing.T) {
	t.Parallel()
	a := analytics.NewAccess(now, now.Add(-180*day), []approvals.Entitlement{{ID: "crm:read", Sensitivity: approvals.Medium}, {ID: "crm:admin", Sensitivity: approvals.High}})
	for _, who := range []approvals.PrincipalID{"a", "b"} {
		for _, e := range []approvals.EntitlementID{"crm:read", "crm:admin", "gone"} {
			g := granted(day, approvals.KindAccess)
			g.Principal, g.Entitlement = who, e
			a.Grant(g)
		}
	}
	old := granted(200*day, approvals.KindAccess)
	old.Principal = "c"
	a.Grant(old)
	given := granted(day, approvals.KindAdoption) // nobody asked for it
	given.Principal = "d"
	a.Grant(given)
	want := map[approvals.PrincipalID][]approvals.EntitlementID{"a": {"crm:read"}, "b": {"crm:read"}}
	if diff := cmp.Diff(want, a.Used()); diff != "" {
		t.Error(diff)
	}
}

func TestNothingIsCalledUnusedThatIsNotKnown(t *testing.T) {
	t.Parallel()
	u := analytics.NewUses()
	end := func(kind approvals.EventKind, grant approvals.GrantID, sessions string) {
		u.End(approvals.Event{Kind: kind, Grant: grant, Entitlement: "crm:read", Connector: "crm", Detail: map[string]string{"sessions_ended": sessions}})
	}
	end(approvals.EventGrantRevoked, "g1", "2")
	end(approvals.EventGrantRevoked, "g2", "0")
	end(approvals.EventGrantRevoked, "g3", "")
	end(approvals.EventGrantResidual, "g4", "1") // in use, and something outlived it
	end(approvals.EventGrantRevoked, "g4", "0")
	end(approvals.EventGrantResidual, "g5", "1") // not over yet
	end(approvals.EventGrantActive, "g6", "1")
	want := []analytics.Use{{Entitlement: "crm:read", Connector: "crm", Ended: 4, InUse: 2, Unknown: 2}}
	if diff := cmp.Diff(want, u.List()); diff != "" {
		t.Error(diff)
	}
	var out strings.Builder
	r := analytics.Report{At: now, Since: now.Add(-180 * day), Uses: want}
	if err := r.WriteMarkdown(&out); err != nil || !strings.Contains(out.String(), "| `crm:read` | crm | 4 | 2 | 2 |") || strings.Contains(out.String(), "unused: ") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

// What people named is shown as they wrote it, and is never Markdown.
func TestNamesAreNoMarkdown(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	r := analytics.Report{At: now, NotProposed: []analytics.Pattern{{Entitlement: "a`b|c", Department: "<b>|[x](y)\n# z", Approved: 60, WhyNot: []string{"a|b"}}},
		Personas: []analytics.Proposed{{Persona: analytics.Persona{Title: "*T*", Entitlements: []approvals.EntitlementID{"e"}}, Patch: "+```\n+x\n"}}}
	if err := r.WriteMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| `a'b¦c` | \\<b\\>\\|\\[x\\](y) \\# z | 60 | a\\|b |\n", "### \\*T\\*: 0 people", "````diff\n+```\n+x\n````\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
