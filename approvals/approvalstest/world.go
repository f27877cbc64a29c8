package approvalstest

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// World is a Service among doubles, in a small organisation: amy and bob of
// payments ask, mia manages both, olga owns the databases, sol and sue are of
// the group security, adam is the admin, and ivan has left.
type World struct {
	Service   *approvals.Service
	Store     *Store // the Service's store, unless NewWorld was given another
	Directory *Directory
	Catalogue *Catalogue
	Policy    *Policy
	Scorer    *Scorer
}

// The entitlements of the world. ReadOnly is asked of the manager; Admin of
// the owner and then the group security; Twin means the same holding in the
// system as ReadOnly.
const (
	ReadOnly approvals.EntitlementID = "billing-db:read-only"
	Admin    approvals.EntitlementID = "billing-db:admin"
	Twin     approvals.EntitlementID = "refunds:read-only"
)

// NewWorld puts a Service together around a store; nil: a new Store. Ids count
// up from 1: "req_1", "gr_2".
func NewWorld(store approvals.Store) *World {
	w := &World{Directory: NewDirectory(people()...), Catalogue: NewCatalogue(entitlements()...), Policy: &Policy{},
		Scorer: &Scorer{Says: approvals.Assessment{Score: 12, Raw: 12, Confidence: approvals.ConfidenceMedium, Model: "test-1"}}}
	if store == nil {
		w.Store = NewStore()
		store = w.Store
	}
	var ids atomic.Int64
	w.Service = &approvals.Service{
		Store: store, Directory: w.Directory, Catalogue: w.Catalogue, Scorer: w.Scorer, Policy: w.Policy,
		NewID:    func(prefix string) string { return fmt.Sprintf("%s%d", prefix, ids.Add(1)) },
		Fallback: []approvals.PrincipalID{"sol", "sue"},
	}
	return w
}

func people() []approvals.Principal {
	person := func(id approvals.PrincipalID, name, title, department string, manager approvals.PrincipalID, groups ...string) approvals.Principal {
		return approvals.Principal{ID: id, Name: name, Email: string(id) + "@example.com", Title: title, Department: department,
			Function: department + " work", Manager: manager, Groups: groups}
	}
	all := []approvals.Principal{
		person("amy", "Amy Adeyemi", "Engineer", "Payments", "mia", "payments"),
		person("bob", "Bob Brandt", "Engineer", "Payments", "mia", "payments"),
		person("mia", "Mia Moreau", "Engineering manager", "Payments", "olga", "payments"),
		person("olga", "Olga Olsen", "Head of data", "Data", ""),
		person("sol", "Sol Santos", "Security engineer", "Security", "olga", "security"),
		person("sue", "Sue Sato", "Security engineer", "Security", "olga", "security"),
		person("adam", "Adam Ahmed", "IAM engineer", "IT", "olga"),
		person("ivan", "Ivan Ilić", "Engineer", "Payments", "mia", "payments"),
	}
	all[6].Admin = true
	all[7].Inactive = true
	return all
}

func entitlements() []approvals.Entitlement {
	entry := func(id approvals.EntitlementID, name, level string, sensitivity approvals.Sensitivity, approvers ...approvals.ApproverRef) approvals.Entitlement {
		return approvals.Entitlement{ID: id, System: "postgres", Connector: "postgres", Resource: "billing-db", Level: level, Name: name,
			Sensitivity: sensitivity, Owners: []approvals.PrincipalID{"olga"}, Approvers: approvers,
			DefaultDuration: time.Hour, MaxDuration: 8 * time.Hour,
			Target: map[string]string{"resource": "billing-db", "level": level}}
	}
	return []approvals.Entitlement{
		entry(ReadOnly, "Billing database, read only", "read-only", approvals.Low, approvals.ApproverManager),
		entry(Admin, "Billing database, admin", "admin", approvals.High, approvals.ApproverOwner, "group:security"),
		entry(Twin, "Refunds, read only", "read-only", approvals.Low, approvals.ApproverManager),
	}
}
