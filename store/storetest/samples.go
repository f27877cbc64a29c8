package storetest

import (
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Request is a pending request of that id with every field set. Its version
// is 0: not stored yet.
func Request(id string) approvals.Request {
	return approvals.Request{
		ID: approvals.RequestID(id), Kind: approvals.KindAccess, State: approvals.RequestPending,
		Requester: "amy", Beneficiary: "bob", Entitlement: "billing-db:read-only", Duration: 4 * time.Hour,
		Reason: "on call — ticket “OPS-7” <b>&\n🙂", Ticket: "OPS-7", Key: "slack:" + id, Origin: "C1/1700.1",
		CreatedAt: Epoch, SubmittedAt: Epoch.Add(time.Second), LapsesAt: Epoch.Add(8 * time.Hour),
	}
}

// Grant is an active grant of that id with every field set that such a grant
// has. Its version is 0.
func Grant(id string) approvals.Grant {
	return approvals.Grant{
		ID: approvals.GrantID(id), Request: approvals.RequestID("r-" + id), Entitlement: "billing-db:read-only", Principal: "bob",
		State: approvals.GrantActive, Connector: "postgres-prod", Account: "bob@example.com",
		Target: map[string]string{"role": "billing_ro"}, Duration: 4 * time.Hour, CreatedAt: Epoch,
		Prechecked: true, Receipt: approvals.Receipt{"member": "bob", "role": "billing_ro"}, CallUntil: Epoch.Add(12 * time.Second),
		ActiveAt: Epoch.Add(time.Minute), EndsAt: Epoch.Add(time.Minute + 4*time.Hour),
	}
}

// Facts are the facts of Request, as a directory and a catalogue would give them.
func Facts() approvals.Facts {
	bob := approvals.Principal{
		ID: "bob", Name: "Bob Ødegård", Email: "bob@example.com", Title: "Engineer", Department: "Payments", Function: "Ledger", Manager: "mia",
		Groups: []string{"payments", "on-call"}, Accounts: map[string]string{"postgres-prod": "bob"}, TimeZone: "Europe/Oslo",
	}
	return approvals.Facts{
		At: Epoch, Kind: approvals.KindAccess, Requester: bob, Beneficiary: bob, Duration: 4 * time.Hour, ReasonLength: 17,
		Entitlement: approvals.Entitlement{
			ID: "billing-db:read-only", System: "postgres-prod", Connector: "postgres-prod", Resource: "billing-db", Level: "read-only",
			Name: "Billing <database> & more", Sensitivity: approvals.Medium, Owners: []approvals.PrincipalID{"olga"}, Approvers: []approvals.ApproverRef{},
			DefaultDuration: time.Hour, MaxDuration: 8 * time.Hour, Target: map[string]string{"role": "billing_ro", "host": "db1"},
		},
		Ticket: "OPS-7", Weekday: time.Saturday, MinuteOfDay: 1170,
		Directory: approvals.DirectoryState{Source: "file:people.yaml", AsOf: Epoch.Add(-time.Hour)},
		Evidence:  approvals.Evidence{World: 41, Counts: []approvals.Count{{Name: "peers.team", N: 3, Of: 9}}},
	}
}

// Decision is the first decision of a request, routed to the approvers.
func Decision(request string, approvers ...approvals.PrincipalID) approvals.Decision {
	return approvals.Decision{
		Request: approvals.RequestID(request), Sequence: 1, At: Epoch.Add(time.Second), Facts: Facts(),
		Assessment: approvals.Assessment{Score: 31, Raw: 31, PDeny: 120_000, Confidence: approvals.ConfidenceMedium, Model: "m1",
			Factors: []approvals.Factor{{Name: "peers.team", Points: 31, Words: "3 of 9 teammates hold it."}}},
		Ruling: approvals.Ruling{Outcome: approvals.Route, Quorum: 1, Words: "A person decides.",
			Policies: []approvals.PolicyRef{{ID: "p1", Effect: "permit"}}, Version: approvals.PolicyVersion{Digest: "abc", Commit: "def"}},
		Approvers: approvers, Asked: approvers, AskedIn: []string{"C9"},
	}
}

// Event is an audit event about a request, as amy through Slack.
func Event(kind approvals.EventKind, request string) approvals.Event {
	score := 31
	return approvals.Event{
		At: Epoch.Add(time.Second), Kind: kind, Actor: approvals.Person("amy", "slack", "C1/1700.1"), Request: approvals.RequestID(request),
		Entitlement: "billing-db:read-only", Beneficiary: "bob", Score: &score, FactsDigest: Facts().Digest(),
		Detail: map[string]string{"duration": "4h"},
	}
}

// Submission is the change that a typical submit makes: a request, its
// decision, two events, two tasks and three notices.
func Submission(request string, approvers ...approvals.PrincipalID) approvals.Change {
	r := Request(request)
	notice := func(kind approvals.NoticeKind, to approvals.PrincipalID) approvals.Notice {
		return approvals.Notice{Slot: string(kind) + ":" + request + ":" + string(to), Order: request, Kind: kind, Request: r.ID, To: to}
	}
	return approvals.Change{
		Requests:  []approvals.Request{r},
		Decisions: []approvals.Decision{Decision(request, approvers...)},
		Events: []approvals.Event{
			Event(approvals.EventRequestSubmitted, request),
			Event(approvals.EventRequestDecided, request),
		},
		Tasks: []approvals.Task{
			{Kind: approvals.TaskLapse, Key: request, RunAt: r.LapsesAt},
			{Kind: approvals.TaskChase, Key: request, RunAt: Epoch.Add(time.Hour)},
		},
		Notices: []approvals.Notice{
			notice(approvals.NoticeRequest, "amy"), notice(approvals.NoticeApproval, "mia"), notice(approvals.NoticeDetail, "mia"),
		},
	}
}

// Granted is the change that stores grants as they are, with one event each.
func Granted(grants ...approvals.Grant) approvals.Change {
	var c approvals.Change
	for _, g := range grants {
		c.Grants = append(c.Grants, g)
		c.Events = append(c.Events, approvals.Event{At: g.CreatedAt, Kind: approvals.EventGrantActive,
			Actor: approvals.System("worker"), Grant: g.ID, Request: g.Request, Entitlement: g.Entitlement, Beneficiary: g.Principal})
	}
	return c
}
