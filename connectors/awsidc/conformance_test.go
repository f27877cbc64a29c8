package awsidc_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
)

func entitlement(id string, target map[string]string) approvals.Entitlement {
	return approvals.Entitlement{ID: approvals.EntitlementID(id), Target: target}
}

// actions are what each operation asks of AWS where it matters.
var actions = map[connectortest.Op][]string{
	connectortest.Grant:  {"CreateAccountAssignment", "CreateGroupMembership"},
	connectortest.Revoke: {"DeleteAccountAssignment", "DeleteGroupMembership"},
	connectortest.Check:  {"ListAccountAssignments", "GetGroupMembershipId"},
}

func (r *rig) inject(f connectortest.Fault) bool {
	spoiled := &awstest.Fault{Actions: actions[f.Op]}
	switch f.Trouble {
	case connectortest.LostAnswer:
		spoiled.Lose = true
	case connectortest.Cut:
		spoiled.Code, spoiled.Status = "InternalServerException", 500
	case connectortest.Conflict:
		spoiled.Code, spoiled.Status = "ConflictException", 409
	case connectortest.Throttled:
		spoiled.Code, spoiled.Status, spoiled.RetryAfter = "ThrottlingException", 429, int(f.After.Seconds())
	case connectortest.Lie:
		spoiled.Lie = true
	case connectortest.Stale:
		spoiled.Stale = true
	}
	r.Spoil(spoiled)
	return true
}

// world is the organization as the suite sees it; keep says whether sessions
// are opened.
func (r *rig) world(one, other, nowhere map[string]string) connectortest.World {
	account, set := production, r.readOnly
	takes := func(e approvals.Entitlement, who string) (*awstest.RoleSession, bool) {
		if e.ID == "aws:other" {
			return r.SignIn(r.ids[who], production, r.admin)
		}
		return r.SignIn(r.ids[who], account, set)
	}
	alias := inAccount("production", "ReadOnly")
	switch {
	case one["group"] != "":
		alias = map[string]string{"group_id": groupID}
	case one["group_id"] != "":
		alias = map[string]string{"group": "sre-readers"}
	case one["account"] == "production":
		alias = inAccount(production, "ReadOnly")
	}
	return connectortest.World{
		Entitlement: entitlement("aws:read", one), Alias: entitlement("aws:alias", alias), Other: entitlement("aws:other", other), Nowhere: entitlement("aws:none", nowhere),
		Account: "maya@example.com", Neighbour: "li@example.com", Unknown: "ghost@example.com",
		Reaches: func(_ *testing.T, e approvals.Entitlement, who string) bool {
			_, ok := takes(e, who)
			return ok
		},
		Open: func(t *testing.T, who string) func() bool {
			return r.signedIn(t, who, account, set).Works
		},
		Uncounted: true, // AWS does not list role sessions
		Seat: func(_ *testing.T, who string) {
			if one["account"] != "" {
				r.Assign(account, set, r.ids[who])
			} else {
				r.Join(groupID, r.ids[who])
			}
		},
		Effects: func(who string) int { return r.Effects(r.ids[who]) },
		Inject:  func(_ *testing.T, f connectortest.Fault) bool { return r.inject(f) },
		Heal: func(*testing.T) {
			r.Spoil(nil)
			r.Clock.Advance(time.Minute)
		},
		Secrets: []string{awstest.SecretKey, awstest.Session, awstest.AccessKey},
		Logs:    r.log.String,
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	nowhere := inAccount(production, "NoSuchSet")
	for name, targets := range map[string]func(*rig) (one, other, none map[string]string){
		"assignment": func(*rig) (map[string]string, map[string]string, map[string]string) {
			return inAccount(production, "ReadOnly"), inAccount(production, "Admin"), nowhere
		},
		"assignment that ends sessions": func(r *rig) (map[string]string, map[string]string, map[string]string) {
			return ending(inAccount("production", r.readOnly)), ending(inAccount(production, "Admin")), inAccount("no such account", "Admin")
		},
		"assignment whose sessions a service control policy ends": func(r *rig) (map[string]string, map[string]string, map[string]string) {
			return ways[1].target("production", r.readOnly), inAccount(production, "Admin"), inAccount("no such account", "Admin")
		},
		"membership": func(r *rig) (map[string]string, map[string]string, map[string]string) {
			r.Assign(production, r.readOnly, groupID)
			return map[string]string{"group": "sre-readers"}, inAccount(production, "Admin"), map[string]string{"group": "nobody"}
		},
		"membership that ends sessions": func(r *rig) (map[string]string, map[string]string, map[string]string) {
			r.Assign(production, r.readOnly, groupID)
			return ending(map[string]string{"group_id": groupID}), inAccount(production, "Admin"), map[string]string{"group_id": "none"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) (approvals.Connector, connectortest.World) {
				r := newRig(t)
				r.Rate = 0 // with many at once on a clock that runs as they wait, calls come late and together
				one, other, none := targets(r)
				return r.open(t), r.world(one, other, none)
			}})
		})
	}
}

// TestEveryFaultIsOfAnActionThatIsAsked keeps the suite's faults real.
func TestEveryFaultIsOfAnActionThatIsAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open(t)
	for _, target := range []map[string]string{inAccount(production, "ReadOnly"), {"group": "sre-readers"}} {
		g := to("maya@example.com", target)
		mustRevoke(t, c, g, mustGrant(t, c, g))
	}
	for op, all := range actions {
		if i := slices.IndexFunc(all, func(a string) bool { return r.Asked(a) == 0 }); i >= 0 {
			t.Errorf("%s never asks for %s", op, all[i])
		}
	}
}
