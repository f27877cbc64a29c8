package understand_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

// motley is a catalogue whose levels are named in every style.
func motley() []approvals.Entitlement {
	return []approvals.Entitlement{
		entitlement("pay-prod:readonlyaccess", "aws", "pay-prod", "readonlyaccess", "production", "Payments account, ReadOnlyAccess", "payments account"),
		entitlement("pay-prod:poweruseraccess", "aws", "pay-prod", "poweruseraccess", "production", "Payments account, PowerUserAccess", "payments account"),
		entitlement("pay-prod:break-glass", "aws", "pay-prod", "break-glass", "production", "Payments account, Break glass", "payments account", "emergency login"),
		entitlement("console:help-desk-admin", "okta", "console", "help-desk-admin", "", "Okta console, help desk administrator", "reset passwords", "okta"),
		entitlement("console:read-only-admin", "okta", "console", "read-only-admin", "", "Okta console, read-only administrator", "okta"),
		entitlement("console:super-admin", "okta", "console", "super-admin", "", "Okta console, super administrator", "okta"),
		entitlement("mono:push", "github", "mono", "push", "", "Monorepo, Write"),
		entitlement("mono:maintain", "github", "mono", "maintain", "", "Monorepo, Maintain"),
		entitlement("k8s-prod:cluster_admin", "kubernetes", "k8s-prod", "cluster_admin", "", "Production cluster, Cluster admin"),
		entitlement("k8s-prod:viewer", "kubernetes", "k8s-prod", "viewer", "", "Production cluster, Viewer"),
		entitlement("k8s-dr:viewer", "kubernetes", "k8s-dr", "viewer", "disaster-recovery", "Fallback cluster, Viewer", "fallback cluster"),
		entitlement("topics:consume", "kafka", "topics", "consume", "production", "Order topics, consume"),
	}
}

func TestParseKnowsALevelByEachOfItsNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]approvals.EntitlementID{
		"ReadOnlyAccess on pay-prod 1h":         "pay-prod:readonlyaccess",
		"payments account read only 1h":         "pay-prod:readonlyaccess",
		"view on the payments account 1h":       "pay-prod:readonlyaccess",
		"power user in the payments account 1h": "pay-prod:poweruseraccess",
		"poweruser in the payments account 1h":  "pay-prod:poweruseraccess",
		"PowerUserAccess pay-prod 1h":           "pay-prod:poweruseraccess",
		"break glass on pay-prod 1h":            "pay-prod:break-glass",
		"emergency login pay-prod 1h":           "pay-prod:break-glass",
		"okta super admin 1h":                   "console:super-admin",
		"helpdesk admin in okta 1h":             "console:help-desk-admin",
		"okta read only admin 1h":               "console:read-only-admin",
		"reset passwords 1h":                    "console:help-desk-admin",
		"write on the monorepo 1h":              "mono:push",
		"push to mono 1h":                       "mono:push",
		"mantain on mono 1h":                    "mono:maintain",
		"cluster admin on k8s-prod 1h":          "k8s-prod:cluster_admin",
		"admin on the production cluster 1h":    "k8s-prod:cluster_admin",
		"read only on k8s prod 1h":              "k8s-prod:viewer",
		"fallback cluster viewer 1h":            "k8s-dr:viewer",
		"consume on topics 1h":                  "topics:consume",
		"order topics 1h":                       "topics:consume", // it has one level
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			w := world()
			w.Index = understand.NewIndex(motley())
			if got := understand.Parse(text, w).Entitlement; got != want {
				t.Errorf("it is filled with %q, want %q", got, want)
			}
		})
	}
}

func TestParseOffersWhatIsClosestWhenTheWordsLeaveItOpen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]approvals.EntitlementID{
		"okta admin 1h":                               {"console:help-desk-admin", "console:read-only-admin", "console:super-admin"},
		"okta 1h":                                     {"console:help-desk-admin", "console:read-only-admin", "console:super-admin"},
		"payments account admin 1h":                   {"pay-prod:break-glass", "pay-prod:poweruseraccess", "pay-prod:readonlyaccess"},
		"payments account 1h":                         {"pay-prod:break-glass", "pay-prod:poweruseraccess", "pay-prod:readonlyaccess"},
		"mono read and maintain 1h":                   {"mono:maintain", "mono:push"},
		"k8s prod superuser 1h":                       {"k8s-prod:cluster_admin", "k8s-prod:viewer"},
		"staging monorepo write 1h":                   {"mono:push", "mono:maintain"},
		"topics dba 1h":                               {"topics:consume"},
		"archive topics consume 1h":                   {"topics:consume"},
		"old-topics consume 1h":                       nil,
		"pre-prod cluster viewer 1h":                  {"k8s-dr:viewer", "k8s-prod:viewer"},
		"read about topics":                           {"topics:consume"},
		"viewer 1h":                                   {"k8s-dr:viewer", "k8s-prod:viewer"}, // few have this level
		"mono write and okta super admin":             {"console:super-admin", "mono:push"},
		"k8s prod or the fallback cluster, viewer 1h": {"k8s-dr:viewer", "k8s-prod:viewer"},
		"sap reader 1h":                               nil,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			w := world()
			w.Index = understand.NewIndex(motley())
			got := understand.Parse(text, w)
			if got.Entitlement != "" {
				t.Fatalf("%s is filled in", got.Entitlement)
			}
			for _, id := range want {
				if !contains(got.Candidates, id) {
					t.Errorf("%s is not offered (-want +got):\n%s", id, cmp.Diff(want, got.Candidates))
				}
			}
		})
	}
}

func contains(ids []approvals.EntitlementID, id approvals.EntitlementID) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
}
