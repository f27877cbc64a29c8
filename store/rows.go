package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The tables that Apply writes whole rows of. Names and kinds are those of the
// migrations.
var (
	requestTable = newTable("requests", 1, `id text, version bigint, kind text, state text, requester text, beneficiary text,
		entitlement text, duration bigint, reason text, ticket text, grant_id text, key text, origin text, created_at timestamptz,
		submitted_at timestamptz, lapses_at timestamptz, decided_at timestamptz, decided_by text, note text,
		fields text, starts_at timestamptz, bundle text, profile text`)
	grantTable = newTable("grants", 1, `id text, version bigint, request_id text, entitlement text, principal text, state text,
		connector text, account text, target text, duration bigint, created_at timestamptz, prechecked boolean, standing boolean,
		receipt text, call_until timestamptz, active_at timestamptz, ends_at timestamptz, end_reason text, ended_by text, end_note text,
		revoking_at timestamptz, revoked_at timestamptz, residual_until timestamptz, attempts bigint, last_error text, due_at timestamptz,
		starts_at timestamptz, ground text`)
	bindingTable = newTable("bindings", 3, `door text, workspace text, subject text, version bigint, principal text, email text,
		state text, note text, bound_at timestamptz`)
	decisionTable = newTable("decisions", 2, `request_id text, sequence bigint, at timestamptz, facts text, assessment text,
		ruling text, approvers text, fallback boolean, asked text, asked_in text, unreached text, unreached_in text,
		stage bigint, escalated boolean, stands_for text, stage_at timestamptz`)
	askingTable   = newTable("askings", 2, `request_id text, approver text`)
	approvalTable = newTable("approvals", 2, `request_id text, approver text, sequence bigint, answer text, note text,
		at timestamptz, facts_digest text, version text, policies text, via text, duration bigint, stage bigint, stands_for text`)
	summaryTable    = newTable("summaries", 1, `request_id text, text text, model text, prompt text, at timestamptz`)
	commentTable    = newTable("comments", 1, `id text, request_id text, author text, text text, at timestamptz, key text, below text`)
	breakGlassTable = newTable("break_glass", 1, `request_id text, version bigint, requester text, beneficiary text, entitlement text,
		grant_id text, opened_at timestamptz, due_at timestamptz, escalations bigint, told text, told_in text, finding text,
		closed_at timestamptz, closed_by text, note text`)
	learnedTable = newTable("learned", 2, `sequence bigint, position bigint, at timestamptz, request_id text, entitlement text,
		beneficiary text, manager text, title text, department text, location text, approver text, approved boolean, duration bigint,
		function text`)
	eventTable   = newTable("events", 1, `sequence bigint, at timestamptz, kind text, request_id text, grant_id text, body text, leaf bytea`)
	leafTable    = newTable("events", 1, `sequence bigint, leaf bytea`)
	textTable    = newTable("texts", 2, `sequence bigint, name text, request_id text, author text, salt text, text text`)
	nodeTable    = newTable("event_nodes", 2, `height bigint, position bigint, hash bytea`)
	taskTable    = newTable("tasks", 2, `kind text, key text, run_at timestamptz`)
	finishTable  = newTable("tasks", 2, `kind text, key text, attempt bigint, done_at timestamptz`)
	cancelTable  = newTable("tasks", 2, `kind text, key text, done_at timestamptz`)
	noticeTable  = newTable("notices", 0, `slot text, ord text, kind text, request_id text, grant_id text, recipient text, channel text, words text, run_at timestamptz`)
	holdingTable = newTable("holdings", 2, `entitlement text, account text, principal text, as_of timestamptz`)
)

// asJSON renders a value that has no text of its own in the row.
func asJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", &approvals.Error{Code: approvals.CodeInvalid, Message: "A value can't be written as JSON.", Err: err}
	}
	return string(b), nil
}

func fromJSON(text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("stored JSON: %w", err)
	}
	return nil
}

func requestRow(r approvals.Request) ([]any, error) {
	fields, err := asJSON(r.Fields)
	return []any{string(r.ID), r.Version + 1, string(r.Kind), string(r.State), string(r.Requester), string(r.Beneficiary),
		string(r.Entitlement), int64(r.Duration), r.Reason, r.Ticket, string(r.Grant), r.Key, r.Origin, at(r.CreatedAt),
		at(r.SubmittedAt), at(r.LapsesAt), at(r.DecidedAt), string(r.DecidedBy), r.Note,
		fields, at(r.StartsAt), string(r.Bundle), r.Profile}, err
}

func readRequest(scan scan) (r approvals.Request, err error) {
	var created, submitted, lapses, decided, starts stamp
	var fields string
	if err := scan(&r.ID, &r.Version, &r.Kind, &r.State, &r.Requester, &r.Beneficiary, &r.Entitlement, &r.Duration, &r.Reason,
		&r.Ticket, &r.Grant, &r.Key, &r.Origin, &created, &submitted, &lapses, &decided, &r.DecidedBy, &r.Note,
		&fields, &starts, &r.Bundle, &r.Profile); err != nil {
		return r, err
	}
	r.CreatedAt, r.SubmittedAt, r.LapsesAt, r.DecidedAt = created.Time, submitted.Time, lapses.Time, decided.Time
	r.StartsAt = starts.Time
	return r, fromJSON(fields, &r.Fields)
}

func grantRow(g approvals.Grant) ([]any, error) {
	target, err := asJSON(g.Target)
	if err != nil {
		return nil, err
	}
	receipt, err := asJSON(g.Receipt)
	if err != nil {
		return nil, err
	}
	ground, err := asJSON(g.Ground)
	if err != nil {
		return nil, err
	}
	return []any{string(g.ID), g.Version + 1, string(g.Request), string(g.Entitlement), string(g.Principal), string(g.State),
		g.Connector, g.Account, target, int64(g.Duration), at(g.CreatedAt), g.Prechecked, g.Standing,
		receipt, at(g.CallUntil), at(g.ActiveAt), at(g.EndsAt), string(g.EndReason), string(g.EndedBy), g.EndNote,
		at(g.RevokingAt), at(g.RevokedAt), at(g.ResidualUntil), int64(g.Attempts), g.LastError, at(dueAt(g)), at(g.StartsAt), ground}, nil
}

// dueAt is from when on a grant needs attention: its end, or an earlier end
// that was ordered, or the end of what lives on after removal. A grant that is
// being revoked is always due, even if no time was noted.
func dueAt(g approvals.Grant) time.Time {
	due := g.EndsAt
	if !g.RevokingAt.IsZero() && (due.IsZero() || g.RevokingAt.Before(due)) {
		due = g.RevokingAt
	}
	switch g.State {
	case approvals.GrantRevoking:
		if due.IsZero() {
			return g.CreatedAt
		}
		return due
	case approvals.GrantActive, approvals.GrantProvisioning:
		return due
	case approvals.GrantResidual:
		return g.ResidualUntil
	}
	return time.Time{}
}

func readGrant(scan scan) (g approvals.Grant, err error) {
	var target, receipt, ground string
	var created, call, active, ends, revoking, revoked, residual, due, starts stamp
	if err := scan(&g.ID, &g.Version, &g.Request, &g.Entitlement, &g.Principal, &g.State, &g.Connector, &g.Account, &target,
		&g.Duration, &created, &g.Prechecked, &g.Standing, &receipt, &call, &active, &ends, &g.EndReason, &g.EndedBy, &g.EndNote,
		&revoking, &revoked, &residual, &g.Attempts, &g.LastError, &due, &starts, &ground); err != nil {
		return g, err
	}
	g.CreatedAt, g.CallUntil, g.ActiveAt, g.EndsAt = created.Time, call.Time, active.Time, ends.Time
	g.RevokingAt, g.RevokedAt, g.ResidualUntil, g.StartsAt = revoking.Time, revoked.Time, residual.Time, starts.Time
	return g, errors.Join(fromJSON(target, &g.Target), fromJSON(receipt, &g.Receipt), fromJSON(ground, &g.Ground))
}

func bindingRow(b approvals.Binding) []any {
	return []any{b.Door, b.Workspace, b.Subject, b.Version + 1, string(b.Principal), b.Email, string(b.State), b.Note, at(b.BoundAt)}
}

func readBinding(scan scan) (b approvals.Binding, err error) {
	var bound stamp
	err = scan(&b.Door, &b.Workspace, &b.Subject, &b.Version, &b.Principal, &b.Email, &b.State, &b.Note, &bound)
	b.BoundAt = bound.Time
	return b, err
}

func decisionRow(d approvals.Decision) ([]any, error) {
	facts, err := factsText(d.Facts)
	if err != nil {
		return nil, err
	}
	row := []any{string(d.Request), int64(d.Sequence), at(d.At), facts}
	for _, v := range []any{d.Assessment, d.Ruling, d.Approvers} {
		text, err := asJSON(v)
		if err != nil {
			return nil, err
		}
		row = append(row, text)
	}
	row = append(row, d.Fallback)
	for _, v := range []any{d.Asked, d.AskedIn, d.Unreached, d.UnreachedIn} {
		text, err := asJSON(v)
		if err != nil {
			return nil, err
		}
		row = append(row, text)
	}
	standsFor, err := asJSON(d.For)
	return append(row, int64(d.Stage), d.Escalated, standsFor, at(d.StageAt)), err
}

// factsText is the facts' JSON, if it reads back to facts of the same digest.
// JSON replaces bytes that are not UTF-8, which would change what the decision
// saw; such facts are refused.
func factsText(f approvals.Facts) (string, error) {
	text, err := asJSON(f)
	if err != nil || !strings.Contains(text, `\ufffd`) {
		return text, err
	}
	var back approvals.Facts
	if err := fromJSON(text, &back); err != nil {
		return "", err
	}
	if back.Digest() != f.Digest() {
		return "", approvals.Errorf(approvals.CodeInvalid, "The facts of this decision hold text that is not valid UTF-8.")
	}
	return text, nil
}

func readDecision(scan scan) (d approvals.Decision, err error) {
	var taken, staged stamp
	var facts, assessment, ruling, approvers, asked, askedIn, unreached, unreachedIn, standsFor string
	if err := scan(&d.Request, &d.Sequence, &taken, &facts, &assessment, &ruling, &approvers, &d.Fallback, &asked, &askedIn,
		&unreached, &unreachedIn, &d.Stage, &d.Escalated, &standsFor, &staged); err != nil {
		return d, err
	}
	d.At, d.StageAt = taken.Time, staged.Time
	return d, errors.Join(fromJSON(facts, &d.Facts), fromJSON(assessment, &d.Assessment),
		fromJSON(ruling, &d.Ruling), fromJSON(approvers, &d.Approvers),
		fromJSON(asked, &d.Asked), fromJSON(askedIn, &d.AskedIn),
		fromJSON(unreached, &d.Unreached), fromJSON(unreachedIn, &d.UnreachedIn), fromJSON(standsFor, &d.For))
}

func approvalRow(a approvals.Approval, sequence int64) ([]any, error) {
	version, err := asJSON(a.Version)
	if err != nil {
		return nil, err
	}
	policies, err := asJSON(a.Policies)
	return []any{string(a.Request), string(a.Approver), sequence, string(a.Answer), a.Note, at(a.At), a.FactsDigest, version, policies, a.Via, int64(a.Duration),
		int64(a.Stage), string(a.For)}, err
}

func readApproval(scan scan) (a approvals.Approval, err error) {
	var given stamp
	var sequence int64
	var version, policies string
	if err := scan(&a.Request, &a.Approver, &sequence, &a.Answer, &a.Note, &given, &a.FactsDigest, &version, &policies, &a.Via, &a.Duration,
		&a.Stage, &a.For); err != nil {
		return a, err
	}
	a.At = given.Time
	if err := fromJSON(version, &a.Version); err != nil {
		return a, err
	}
	return a, fromJSON(policies, &a.Policies)
}

func readEvent(scan scan) (e approvals.Event, err error) {
	var body string
	if err := scan(&body); err != nil {
		return e, err
	}
	return e, fromJSON(body, &e)
}

func learnedRow(l approvals.Learned, sequence int64, position int) []any {
	return []any{sequence, int64(position), at(l.At), string(l.Request), string(l.Entitlement), string(l.Beneficiary),
		string(l.Manager), l.Title, l.Department, l.Location, string(l.Approver), l.Approved, int64(l.Duration), l.Function}
}

func readLearned(scan scan) (l approvals.Learned, err error) {
	var position int64
	var learnt stamp
	err = scan(&l.Sequence, &position, &learnt, &l.Request, &l.Entitlement, &l.Beneficiary, &l.Manager, &l.Title,
		&l.Department, &l.Location, &l.Approver, &l.Approved, &l.Duration, &l.Function)
	l.At = learnt.Time
	return l, err
}
