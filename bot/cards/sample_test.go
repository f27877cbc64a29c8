package cards_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
)

var now = time.Date(2026, 3, 3, 13, 0, 0, 0, time.UTC)

// address is where a card is, in Slack.
const address = "https://northwind.slack.com/archives/D1/p1"

func entitlement() approvals.Entitlement {
	return approvals.Entitlement{ID: "billing-db:read-only", System: "postgres", Resource: "billing-db", Level: "read-only", Environment: "production",
		Name: "Billing database, read only", Description: "Reads every table, without card numbers.", Sensitivity: approvals.High,
		DefaultDuration: time.Hour, MaxDuration: 8 * time.Hour}
}

// view is a request that waits, as its requester sees it.
func view() cards.View {
	ana := approvals.Principal{ID: "p-ana", Name: "Ana Diaz", Title: "Engineer", Department: "Payments", TimeZone: "Europe/Madrid"}
	return cards.View{Now: now, Reader: ana, Requester: ana, Beneficiary: ana, Entitlement: entitlement(),
		Request: approvals.Request{ID: "req_1", Kind: approvals.KindAccess, State: approvals.RequestPending, Requester: ana.ID, Beneficiary: ana.ID,
			Entitlement: "billing-db:read-only", Duration: 2 * time.Hour, Reason: "refunds stuck", Ticket: "INC-4312", LapsesAt: now.Add(8 * time.Hour)},
		Asked: []string{"Bob Lee", "Cleo Owner"},
		Decision: &approvals.Decision{At: now, Facts: approvals.Facts{At: now, Entitlement: entitlement(), Evidence: approvals.Evidence{World: 41}},
			Ruling: approvals.Ruling{Outcome: approvals.Route, Quorum: 1, Version: approvals.PolicyVersion{Digest: "0123456789abcdef"}},
			Assessment: approvals.Assessment{Score: 34, Confidence: approvals.ConfidenceMedium, Model: "additive-1", Factors: []approvals.Factor{
				{Points: 30, Words: "High sensitivity: it can do much harm."}, {Points: -6, Words: "3 of 9 teammates hold it."},
				{Points: 5, Words: "Requests from this department: 267 of 353 approved, less often than usual."}, {Points: 5, Words: "2 of 400 requests at this location came at this time of the week."}}}}}
}

func with(v cards.View, changes ...func(*cards.View)) cards.View {
	for _, c := range changes {
		c(&v)
	}
	return v
}

func state(s approvals.RequestState) func(*cards.View) {
	return func(v *cards.View) {
		v.Request.State = s
		if s.Final() {
			v.Request.DecidedAt = now.Add(time.Minute)
		}
	}
}

func byBob(v *cards.View) {
	v.Request.DecidedBy, v.Decider = "p-bob", approvals.Principal{ID: "p-bob", Name: "Bob Lee"}
	v.Answers = []cards.Answer{{Name: "Bob Lee", Approval: approvals.Approval{Approver: "p-bob", Answer: approvals.Approved}}}
}

// short makes Bob's answer one for less time, with a word.
func short(v *cards.View) {
	if v.Request.Note == "" {
		v.Request.Note = "Ask again if it takes longer."
	}
	v.Answers = []cards.Answer{{Name: v.Decider.Name, Approval: approvals.Approval{Approver: "p-bob", Answer: approvals.Approved, Duration: 45 * time.Minute}}}
}

func byRule(v *cards.View) {
	d := *v.Decision
	d.Ruling = approvals.Ruling{Outcome: approvals.AutoApprove, Policies: []approvals.PolicyRef{{ID: "low_risk_read", Effect: "permit", Reason: "Reading is open to the team that owns the data."}}}
	v.Decision = &d
}

// readBy makes somebody else the reader; zero for a channel.
func readBy(name string) func(*cards.View) {
	return func(v *cards.View) {
		v.Reader = approvals.Principal{}
		if name != "" {
			v.Reader = approvals.Principal{ID: approvals.PrincipalID(name), Name: name}
		}
	}
}

func grant(s approvals.GrantState, changes ...func(*approvals.Grant)) func(*cards.View) {
	return func(v *cards.View) {
		g := approvals.Grant{ID: "gr_1", Request: "req_1", Principal: "p-ana", State: s, Duration: 2 * time.Hour, Entitlement: "billing-db:read-only"}
		if s == approvals.GrantActive || s == approvals.GrantRevoking || s == approvals.GrantRevoked || s == approvals.GrantResidual {
			g.ActiveAt, g.EndsAt = now.Add(-110*time.Minute), now.Add(10*time.Minute)
		}
		for _, c := range changes {
			c(&g)
		}
		if len(v.Request.Reason) > 1000 { // the worst there is
			for _, said := range []*string{&g.LastError, &g.EndNote} {
				if *said != "" {
					*said = v.Request.Reason
				}
			}
		}
		v.Grant = &g
	}
}

func ended(why approvals.EndReason) func(*approvals.Grant) {
	return func(g *approvals.Grant) {
		g.EndReason, g.RevokingAt, g.RevokedAt = why, now, now.Add(2*time.Second)
		if why == approvals.EndReleased {
			g.EndedBy = "p-ana"
		}
		if why == approvals.EndRevoked {
			g.EndedBy, g.EndNote = "p-bob", "the incident is over"
		}
	}
}

// remark is a comment of somebody's.
func remark(id approvals.PrincipalID, name string) func(*cards.View) {
	return func(v *cards.View) {
		text := "Which refund is it?\nThe one of order 7781?"
		if len(v.Request.Reason) > 1000 { // the worst there is
			text, name = v.Request.Reason, v.Requester.Name
		}
		v.Comment = &cards.Comment{Author: approvals.Principal{ID: id, Name: name}, Comment: approvals.Comment{ID: "cm_1", Author: id, Text: text}}
	}
}

// asks is a decision for which Bob is asked, as these references say.
func asks(manager approvals.PrincipalID, refs ...approvals.ApproverRef) func(*cards.View) {
	return func(v *cards.View) {
		d := *v.Decision
		d.Approvers = []approvals.PrincipalID{"p-bob"}
		d.Facts.Beneficiary.Manager, d.Facts.Entitlement.Approvers, d.Facts.Entitlement.Owners = manager, refs, []approvals.PrincipalID{"p-bob"}
		v.Decision, v.Reader.Groups = &d, []string{"dba"}
	}
}

// worded is a name, or the worst name there is.
func worded(base cards.View, name string) string {
	if len(base.Request.Reason) > 1000 {
		return base.Requester.Name
	}
	return name
}

// first is the first answer, of a copy of them.
func first(v *cards.View) *cards.Answer {
	v.Answers = slices.Clone(v.Answers)
	return &v.Answers[0]
}

func away(base cards.View) approvals.Principal {
	return approvals.Principal{ID: "p-ivan", Name: worded(base, "Ivan Pereira")}
}

// escalating is a decision that asks the security queue as well after a time.
func escalating(v *cards.View) {
	d := *v.Decision
	d.Ruling.EscalateAfter, d.StageAt = time.Hour, now
	v.Decision = &d
}

// asking has an answer to each kind of question that a catalogue asks, and
// begins tomorrow.
func asking(v *cards.View) {
	v.Entitlement.Fields = questions()
	v.Request.Fields = map[string]string{"run": "urgent", "batch": worded(*v, "PAY-20264"), "dry": "true", "rows": "12"}
	v.Request.StartsAt = now.Add(20 * time.Hour)
}

func questions() []approvals.Field {
	return []approvals.Field{
		{Name: "run", Label: "Payment run", Type: approvals.FieldChoice, Required: true, Choices: []string{"weekly", "urgent"}},
		{Name: "batch", Label: "Batch", Type: approvals.FieldText, Hint: "like PAY-20264"},
		{Name: "dry", Label: "Dry run", Type: approvals.FieldBool},
		{Name: "rows", Label: "Rows", Type: approvals.FieldNumber, Required: true},
	}
}

// alternatives are smaller wishes of every kind.
func alternatives(v *cards.View) {
	d := *v.Decision
	d.Ruling.Alternatives = []approvals.Alternative{{Duration: time.Hour}, {Entitlement: "billing-db:view", Level: worded(*v, "view"), Duration: 30 * time.Minute, Ticket: true},
		{Themselves: true}}
	v.Decision = &d
}

// together makes a bundle of requests.
func together(all ...cards.View) []cards.View {
	for i := range all {
		all[i].Request.Bundle, all[i].Request.Profile = "bun_1", "support-agent"
		all[i].Request.ID = approvals.RequestID(fmt.Sprintf("req_%d", i+1))
	}
	return all
}

// all is every card there is, by name.
func all(base cards.View) map[string]cards.Card {
	draft := with(base, state(approvals.RequestDraft), func(v *cards.View) { v.Decision = nil })
	approved := with(base, state(approvals.RequestApproved), byBob)
	write := entitlement()
	write.ID, write.Name, write.Level = "billing-db:read-write", "Billing database, read and write", "read-write"
	two := with(base, readBy("p-bob"), func(v *cards.View) {
		d := *v.Decision
		d.Ruling.Quorum, d.Fallback = 2, true
		d.Ruling.Policies = []approvals.PolicyRef{{ID: "two_for_production", Effect: "permit", Reason: "Production needs two"}}
		d.Ruling.Problems = []string{"the directory is out of date"}
		v.Decision = &d
		v.Answers = []cards.Answer{{Name: "Cleo Owner", Approval: approvals.Approval{Answer: approvals.Approved}}}
	})
	staged := with(base, readBy("p-bob"), func(v *cards.View) {
		d := *v.Decision
		d.Ruling.Stages = []approvals.Stage{{Number: 1, Quorum: 1, EscalateAfter: 30 * time.Minute}, {Number: 2, Quorum: 1, EscalateAfter: time.Hour}}
		d.Ruling.Quorum, d.Stage, d.StageAt, d.Approvers = 2, 2, now, []approvals.PrincipalID{"p-bob", "p-sam"}
		v.Decision = &d
		v.Answers = []cards.Answer{{Name: worded(base, "Cleo Owner"), For: away(base).Name, Approval: approvals.Approval{Answer: approvals.Approved, Stage: 1, For: "p-ivan"}}}
	})
	extension := with(approved, grant(approvals.GrantActive), func(v *cards.View) { v.Request.Kind = approvals.KindExtension })
	standing := cards.Standing{Now: now, Reader: base.Reader, Holding: []cards.View{with(approved, grant(approvals.GrantActive))},
		Sent: []cards.View{base}, Waiting: []cards.View{base}, Again: []cards.View{approved}}
	return map[string]cards.Card{
		"draft": cards.Draft(draft),
		"draft-proposed": cards.Draft(with(draft, func(v *cards.View) {
			v.Proposed = &cards.Proposed{Access: true, Duration: true, Reason: true, Ticket: true, Model: "small-model"}
			if len(v.Request.Reason) > 1000 { // the worst there is
				v.Proposed.Model = v.Request.Reason
			}
		})),
		"draft-introduced": cards.Draft(with(draft, func(v *cards.View) {
			v.Unconfirmed, v.Manager = true, approvals.Principal{ID: "p-bob", Name: "Bob Lee"}
			if len(v.Request.Reason) > 1000 { // the worst there is
				v.Manager.Name = v.Requester.Name
			}
		})),
		"draft-for-other": cards.Draft(with(draft, func(v *cards.View) {
			v.Beneficiary = approvals.Principal{ID: "p-cleo", Name: "Cleo Owner"}
			v.Request.Beneficiary = "p-cleo"
		})),
		"draft-without-reason": cards.Draft(with(draft, func(v *cards.View) { v.Request.Reason = "" })),
		"draft-too-long":       cards.Draft(with(draft, func(v *cards.View) { v.Request.Duration = 30 * time.Hour })),
		"draft-pick": cards.Draft(with(draft, func(v *cards.View) {
			v.Request.Entitlement, v.Entitlement, v.Offered = "", approvals.Entitlement{}, []approvals.Entitlement{base.Entitlement, write}
		})),
		"draft-together": cards.Draft(with(draft, func(v *cards.View) {
			v.Request.Entitlement, v.Entitlement, v.Offered, v.Together = "", approvals.Entitlement{}, []approvals.Entitlement{base.Entitlement, write}, true
		})),
		"draft-three": cards.Draft(with(draft, func(v *cards.View) {
			v.Request.Entitlement, v.Entitlement, v.Offered, v.Together = "", approvals.Entitlement{}, []approvals.Entitlement{base.Entitlement, write, write}, true
		})),
		"draft-joined": cards.Request(with(base, func(v *cards.View) { v.Request.State, v.Joined = approvals.RequestCancelled, true })),
		"who-of-two":   cards.Joined([]cards.Card{cards.Who(base), cards.Who(approved)}),
		"draft-unknown": cards.Draft(with(draft, func(v *cards.View) {
			v.Request.Entitlement, v.Entitlement, v.Sought = "", approvals.Entitlement{}, "payroll database"
		})),
		"sent":     cards.Request(base),
		"approved": cards.Request(with(approved, grant(approvals.GrantScheduled))),
		"retrying": cards.Request(with(approved, grant(approvals.GrantProvisioning, func(g *approvals.Grant) {
			g.Attempts, g.LastError = 2, "The database does not answer."
		}))),
		"active":           cards.Request(with(base, state(approvals.RequestApproved), byRule, grant(approvals.GrantActive))),
		"active-shortened": cards.Request(with(approved, short, grant(approvals.GrantActive))),
		"active-quorum": cards.Request(with(approved, short, grant(approvals.GrantActive), func(v *cards.View) {
			v.Answers = append(slices.Clone(v.Answers), cards.Answer{Name: worded(*v, "Cleo Owner"), Approval: approvals.Approval{Approver: "p-cleo", Answer: approvals.Approved}})
		})),
		"active-for-other": cards.Request(with(approved, grant(approvals.GrantActive), func(v *cards.View) {
			v.Beneficiary = approvals.Principal{ID: "p-cleo", Name: "Cleo Owner"}
			v.Request.Beneficiary = "p-cleo"
		})),
		"ending":           cards.Request(with(approved, grant(approvals.GrantRevoking, ended(approvals.EndExpired), func(g *approvals.Grant) { g.EndsAt, g.RevokingAt = now.Add(-5*time.Minute), now.Add(-5*time.Minute) }))),
		"residual":         cards.Request(with(approved, grant(approvals.GrantResidual, func(g *approvals.Grant) { g.ResidualUntil = now.Add(time.Hour) }))),
		"ended":            cards.Request(with(approved, grant(approvals.GrantRevoked, ended(approvals.EndReleased)))),
		"ended-taken-back": cards.Request(with(approved, grant(approvals.GrantRevoked, ended(approvals.EndRevoked)), func(v *cards.View) { v.EndedBy = v.Decider })),
		"ended-standing":   cards.Request(with(approved, grant(approvals.GrantRevoked, ended(approvals.EndExpired), func(g *approvals.Grant) { g.Standing = true }))),
		"failed":           cards.Request(with(approved, grant(approvals.GrantFailed, func(g *approvals.Grant) { g.EndReason, g.EndNote = approvals.EndFailed, "The role does not exist." }))),
		"denied":           cards.Request(with(base, state(approvals.RequestDenied), byBob, func(v *cards.View) { v.Request.Note = "Ask in the channel first." })),
		"denied-by-policy": cards.Request(with(base, state(approvals.RequestDenied), func(v *cards.View) { v.Request.Note = "Contractors can't read billing data." })),
		"cancelled":        cards.Request(with(base, state(approvals.RequestCancelled))),
		"lapsed":           cards.Request(with(base, state(approvals.RequestLapsed))),
		"extended":         cards.Request(extension),

		"approval":                  cards.Approval(with(base, readBy("p-bob"))),
		"approval-channel":          cards.Approval(with(base, readBy(""))),
		"approval-quorum":           cards.Approval(two),
		"approval-extension":        cards.Approval(with(base, readBy("p-bob"), grant(approvals.GrantActive), func(v *cards.View) { v.Request.Kind = approvals.KindExtension })),
		"approval-approved":         cards.Approval(with(approved, readBy("p-cleo"), grant(approvals.GrantActive))),
		"approval-shortened":        cards.Approval(with(approved, short, readBy("p-cleo"), grant(approvals.GrantActive))),
		"approval-quorum-shortened": cards.Approval(with(two, func(v *cards.View) { v.Answers[0].Duration = 30 * time.Minute })),
		"approval-denied":           cards.Approval(with(base, readBy("p-bob"), state(approvals.RequestDenied), byBob)),
		"approval-cancelled":        cards.Approval(with(base, readBy("p-bob"), state(approvals.RequestCancelled))),
		"approval-lapsed":           cards.Approval(with(base, readBy("p-bob"), state(approvals.RequestLapsed))),
		"approval-unscored": cards.Approval(with(base, readBy("p-bob"), func(v *cards.View) {
			d := *v.Decision
			d.Assessment = approvals.Assessment{Problem: "The history could not be read."}
			v.Decision = &d
		})),
		"approval-stage":     cards.Approval(staged),
		"approval-delegate":  cards.Approval(with(staged, func(v *cards.View) { v.Away = away(base) })),
		"approval-asked-too": cards.Approval(with(staged, func(v *cards.View) { v.Answers = nil })),
		"approval-escalated": cards.Approval(with(base, readBy("p-ada"), escalating, func(v *cards.View) { v.Decision.Escalated, v.Decision.Fallback = true, true })),
		"approval-answered":  cards.Approval(with(two, func(v *cards.View) { first(v).Approver = "p-bob" })),
		"approval-left":      cards.Approval(with(two, func(v *cards.View) { a := first(v); a.Approver, a.Answer = "p-bob", approvals.Abstained })),
		"approval-others": cards.Approval(with(staged, func(v *cards.View) {
			d := *v.Decision
			d.Approvers = []approvals.PrincipalID{"p-sam"}
			v.Decision = &d
		})),
		"approval-particulars": cards.Approval(with(base, readBy("p-bob"), asking)),
		"draft-asking":         cards.Draft(with(draft, asking)),
		"draft-unanswered":     cards.Draft(with(draft, asking, func(v *cards.View) { v.Request.Fields = nil })),
		"sent-stage":           cards.Request(with(staged, func(v *cards.View) { v.Reader = base.Reader })),
		"sent-escalates":       cards.Request(with(base, escalating)),
		"sent-alternatives":    cards.Request(with(base, alternatives)),
		"sent-budget": cards.Request(with(base, func(v *cards.View) {
			d := *v.Decision
			d.Ruling.Words = "The budget of automatic approvals for today is used up, so a person decides."
			v.Decision = &d
		})),
		"denied-conflict": cards.Request(with(base, state(approvals.RequestDenied), func(v *cards.View) {
			v.Request.Note = "General ledger, post can't be held together with payments:release. Whoever posts an entry does not release the payment."
		})),
		"scheduled":         cards.Request(with(approved, grant(approvals.GrantScheduled, func(g *approvals.Grant) { g.StartsAt = now.Add(24 * time.Hour) }))),
		"approved-delegate": cards.Request(with(approved, grant(approvals.GrantActive), func(v *cards.View) { first(v).For = away(base).Name })),
		"bundle-draft":      cards.Bundle(together(with(draft, func(v *cards.View) { v.Request.Ticket = "" }), draft)),
		"bundle-missing":    cards.Bundle(together(with(draft, func(v *cards.View) { v.Request.Reason = "" }), with(draft, asking))),
		"bundle-introduced": cards.Bundle(together(with(draft, func(v *cards.View) { v.Unconfirmed = true }), draft)),
		"bundle-rest":       cards.Bundle(together(base, draft)),
		"bundle-sent":       cards.Bundle(together(base, with(base, state(approvals.RequestApproved), byRule, grant(approvals.GrantActive)), with(base, state(approvals.RequestDenied), byBob), with(base, alternatives))),
		"bundle-many":       cards.Bundle(together(slices.Repeat([]cards.View{with(base, state(approvals.RequestApproved), byRule, grant(approvals.GrantActive))}, 25)...)),

		"detail": cards.Detail(two),
		"detail-summary": cards.Detail(with(base, func(v *cards.View) {
			v.Summary = &approvals.Summary{Text: "A usual request at an unusual hour.", Model: "some-model"}
		})),
		"chase": cards.Chase(base),

		"remark-to-requester": cards.Remark(with(base, remark("p-bob", "Bob Lee"))),
		"remark-to-approver":  cards.Remark(with(base, remark("p-ana", "Ana Diaz"), readBy("p-bob"))),
		"remark-in-channel":   cards.Remark(with(base, remark("p-ana", "Ana Diaz"), readBy(""))),
		"who":                 cards.Who(base),
		"who-would":           cards.WhoWould(with(draft, func(v *cards.View) { v.Decision = base.Decision })),
		"who-would-nobody":    cards.WhoWould(with(draft, func(v *cards.View) { v.Decision, v.Asked = base.Decision, nil })),
		"who-would-queue":     cards.WhoWould(two),
		"who-would-at-once":   cards.WhoWould(with(base, byRule)),
		"who-would-refused": cards.WhoWould(with(base, func(v *cards.View) {
			d := *v.Decision
			d.Ruling = approvals.Ruling{Outcome: approvals.Refuse, Words: "Contractors can't read billing data."}
			v.Decision = &d
		})),
		"who-several":         cards.Several([]approvals.Entitlement{base.Entitlement, write}),
		"who-quorum":          cards.Who(two),
		"who-draft":           cards.Who(draft),
		"who-settled":         cards.Who(approved),
		"who-nobody":          cards.Who(with(base, func(v *cards.View) { v.Asked = nil })),
		"why-manager":         cards.Why(with(base, readBy("p-bob"), asks("p-bob", "manager"))),
		"why-group-and-owner": cards.Why(with(base, readBy("p-bob"), asks("", "group:dba", "owner", "person:p-bob"))),
		"why-fallback":        cards.Why(with(two, readBy("p-bob"), asks("", "manager"), func(v *cards.View) { v.Decision.Fallback = true })),
		"why-bystander":       cards.Why(with(base, readBy("p-zoe"))),
		"why-requester":       cards.Why(base),
		"why-rule":            cards.Why(with(base, state(approvals.RequestApproved), byRule)),
		"why-refused": cards.Why(with(base, state(approvals.RequestDenied), func(v *cards.View) {
			d := *v.Decision
			d.Ruling = approvals.Ruling{Outcome: approvals.Refuse, Policies: []approvals.PolicyRef{{ID: "guests_never", Effect: "forbid", Reason: "Guests get no access."}}}
			v.Decision = &d
		})),
		"why-draft":           cards.Why(draft),
		"unclear":             cards.Unclear(),
		"buttons-decide":      cards.ButtonsDecide(nil, 0),
		"buttons-decide-one":  cards.ButtonsDecide([]cards.Waiting{{View: with(base, readBy("p-bob")), Link: address}}, 1),
		"buttons-decide-more": cards.ButtonsDecide([]cards.Waiting{{View: with(base, readBy("p-bob"))}}, 5),
		"unheard":             cards.Unheard(),

		"nudge":         cards.Nudge(with(approved, grant(approvals.GrantActive)), cards.Due),
		"nudge-letting": cards.Nudge(with(approved, grant(approvals.GrantActive)), cards.Letting),
		"nudge-moved":   cards.Nudge(with(approved, grant(approvals.GrantActive)), cards.Moved),
		"nudge-over":    cards.Nudge(with(approved, grant(approvals.GrantRevoked, ended(approvals.EndExpired))), cards.Due),
		"end":           cards.Ended(with(approved, grant(approvals.GrantRevoked, ended(approvals.EndExpired)))),
		"failing":       cards.Failed(with(approved, grant(approvals.GrantRevoking, func(g *approvals.Grant) { g.Attempts, g.LastError = 3, "The database does not answer." }))),
		"failing-once":  cards.Failed(with(approved, grant(approvals.GrantProvisioning, func(g *approvals.Grant) { g.Attempts, g.LastError = 1, "The database does not answer." }))),
		"failing-over":  cards.Failed(with(approved, readBy("p-bob"), grant(approvals.GrantRevoked, ended(approvals.EndExpired)))),
		"failing-setup": cards.Failed(with(approved, readBy("p-cleo"), grant(approvals.GrantFailed, func(g *approvals.Grant) { g.EndNote = "The role does not exist." }))),
		"giving-back":   cards.GivingBack(with(approved, grant(approvals.GrantRevoking))),
		"unread-end":    cards.UnreadEnd(),
		"held":          cards.Held("The Slack account of Ana Diaz is on hold because the email address changed.", "U1", "Ana Diaz"),
		"list":          cards.List(standing),
		"list-nothing":  cards.List(cards.Standing{Now: now, Reader: base.Reader}),
		"which-release": cards.Which([]cards.View{with(approved, grant(approvals.GrantActive)), with(approved, grant(approvals.GrantActive))}, cards.ActionRelease, 0),
		"which-extend":  cards.Which([]cards.View{with(approved, grant(approvals.GrantActive)), with(approved, grant(approvals.GrantActive))}, cards.ActionExtend, 30*time.Minute),
		"help":          cards.Help(),
		"cancelled-say": cards.Cancelled(base),
	}
}
