package evidence_test

import (
	"context"
	"database/sql"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/store/evidence"
)

// behind changes the database behind the program's back, as who owns it can.
func (r *rig) behind(query string, args ...any) {
	r.t.Helper()
	db, err := sql.Open("sqlite", r.path)
	r.must(err)
	defer func() { r.must(db.Close()) }()
	_, err = db.ExecContext(r.t.Context(), query, args...)
	r.must(err)
}

// found are the exceptions of a folder, each as "kind: words".
func (r *rig) found(dir string) (all []string) {
	r.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(r.read(dir, "exceptions.csv"))).ReadAll()
	r.must(err)
	for _, row := range rows[1:] {
		if row[0] != string(evidence.LawLost) && row[0] != string(evidence.NoCommit) {
			all = append(all, row[0]+": "+row[5])
		}
	}
	return all
}

// event is one of a request's, as the log would have it.
func event(kind approvals.EventKind, at time.Time, actor approvals.Actor, q approvals.Request) approvals.Event {
	return approvals.Event{At: at, Kind: kind, Actor: actor, Request: q.ID, Grant: q.Grant, Entitlement: q.Entitlement, Beneficiary: q.Beneficiary}
}

// exceptionCases do one wrong thing each, and say how it is told.
var exceptionCases = map[string]struct {
	wrong func(*rig)
	want  []string
}{
	"nothing": {func(*rig) {}, nil},
	"the row of a request is taken out": {func(r *rig) {
		q := r.ask("amy", approvalstest.ReadOnly)
		for _, table := range []string{"askings", "decisions"} {
			r.behind("DELETE FROM "+table+" WHERE request_id = $1", string(q.ID))
		}
		r.behind("DELETE FROM requests WHERE id = $1", string(q.ID))
	}, []string{"unkept: The log recorded that this was asked, and the database does not have it."}},
	"a row is put in": {func(r *rig) {
		q := r.ask("amy", approvalstest.ReadOnly)
		r.behind("INSERT INTO requests SELECT 'req_x', version, kind, state, requester, beneficiary, entitlement, duration, reason, ticket, grant_id, 'kx', origin, "+
			"created_at, submitted_at, lapses_at, decided_at, decided_by, note, fields, starts_at, bundle, profile FROM requests WHERE id = $1", string(q.ID))
	}, []string{"unlogged: Amy Adeyemi (amy) asked for billing-db:read-only, says the database, and the log has no event of it."}},
	"a denial becomes an approval": {func(r *rig) {
		q := r.ask("amy", approvalstest.ReadOnly)
		_, err := r.Service.Deny(r.t.Context(), by("mia"), q.ID, "no")
		r.must(err)
		r.behind("UPDATE requests SET state = 'approved' WHERE id = $1", string(q.ID))
	}, []string{"contradiction: The database says that the request is approved, and the log that it is denied."}},
	"an approver is exchanged": {func(r *rig) {
		g := r.given("amy", approvalstest.ReadOnly)
		r.behind("UPDATE requests SET decided_by = 'olga' WHERE id = $1", string(g.Request))
		r.behind("UPDATE approvals SET approver = 'olga' WHERE request_id = $1", string(g.Request))
		r.ends(g, time.Second, "absent")
	}, []string{"contradiction: The database says that olga decided, and the log names Mia Moreau (mia).",
		"contradiction: The database has an answer (approved) by olga, and the log has none."}},
	"the facts are changed": {func(r *rig) {
		q := r.ask("amy", approvalstest.ReadOnly)
		r.behind("UPDATE decisions SET facts = replace(facts, '\"contractor\":true', '') , assessment = assessment WHERE request_id = $1", string(q.ID))
		r.behind("UPDATE decisions SET facts = replace(facts, 'Payments', 'Security') WHERE request_id = $1", string(q.ID))
	}, []string{"facts_changed: The log recorded that it was decided on facts "}},
	"somebody approves for themselves": {func(r *rig) {
		q := r.ask("amy", approvalstest.ReadOnly)
		r.forge(r.approved(q, "amy"))
	}, []string{"self_approved: billing-db:read-only for Amy Adeyemi (amy) was approved by Amy Adeyemi (amy), whose own request it is."}},
	"somebody approves who was not asked": {func(r *rig) {
		q := r.ask("amy", approvalstest.ReadOnly)
		r.forge(r.approved(q, "bob"))
	}, []string{"not_asked: billing-db:read-only for Amy Adeyemi (amy) was approved by Bob Brandt (bob), who is not among those to be asked."}},
	"one approves where two must": {func(r *rig) {
		r.Policy.Rule(approvalstest.Routed(2))
		q := r.ask("amy", approvalstest.Admin)
		r.forge(r.approved(q, "olga"))
	}, []string{"no_ground: billing-db:admin for Amy Adeyemi (amy) rests on Olga Olsen (olga), and the policy asks for 2."}},
	"a revocation that is missing": {func(r *rig) {
		r.given("amy", approvalstest.ReadOnly)
		r.pass(3 * time.Hour)
	}, []string{"runs_on: billing-db:read-only of Amy Adeyemi (amy) should have ended 2026-04-01 10:05 UTC, and at 2026-04-01 12:05 UTC nothing proved that it had: 2 hours too long."}},
	"an end that is late": {func(r *rig) { r.ends(r.given("amy", approvalstest.ReadOnly), 20*time.Minute, "absent") },
		[]string{"overdue: billing-db:read-only of Amy Adeyemi (amy) ended 20 minutes late."}},
	"an end that nothing confirms": {func(r *rig) { r.ends(r.given("amy", approvalstest.ReadOnly), time.Second, "") },
		[]string{"no_read_back: billing-db:read-only of Amy Adeyemi (amy) was recorded as ended, and nothing says what the system answered."}},
	"an end that only the database knows": {func(r *rig) {
		g := r.given("amy", approvalstest.ReadOnly)
		r.behind("UPDATE grants SET state = 'revoked', revoked_at = '2026-04-01T09:30:00.000Z' WHERE id = $1", string(g.ID))
	}, []string{"no_read_back: The database says that billing-db:read-only of Amy Adeyemi (amy) was revoked, and the log has no end of it."}},
	"access that the log ended and the database did not": {func(r *rig) {
		g := r.given("amy", approvalstest.ReadOnly)
		r.ends(g, time.Second, "absent")
		r.behind("UPDATE grants SET state = 'active' WHERE id = $1", string(g.ID))
	}, []string{"contradiction: The database says that the access is active, and the log that it ended."}},
	"granted after a denial": {func(r *rig) {
		q := r.ask("amy", approvalstest.ReadOnly)
		_, err := r.Service.Deny(r.t.Context(), by("mia"), q.ID, "no")
		r.must(err)
		r.pass(2 * 24 * time.Hour)
		r.ends(r.given("amy", approvalstest.ReadOnly), time.Second, "absent")
		r.pass(30 * 24 * time.Hour)
		r.ends(r.given("amy", approvalstest.ReadOnly), time.Second, "absent")
	}, []string{"after_denial: billing-db:read-only for Amy Adeyemi (amy) was denied 2026-04-01 09:00 UTC and granted 2 days later, by Mia Moreau (mia)."}},
	"self-approval is tried": {func(r *rig) {
		q := r.ask("amy", approvalstest.ReadOnly)
		_, err := r.Service.Approve(r.t.Context(), by("amy"), q.ID, "")
		if approvals.ErrorCode(err) != approvals.CodeSelfApproval {
			r.t.Error(err)
		}
	}, []string{"self_refused: Amy Adeyemi (amy) tried to approve their own request for billing-db:read-only, and was refused."}},
	"somebody else answers": {func(r *rig) {
		_, err := r.Service.Approve(r.t.Context(), by("bob"), r.ask("amy", approvalstest.ReadOnly).ID, "")
		if approvals.ErrorCode(err) != approvals.CodeForbidden {
			r.t.Error(err)
		}
	}, []string{"others_refused: Bob Brandt (bob) tried to answer a request for billing-db:read-only, and was refused (forbidden)."}},
	"the rules change": {func(r *rig) {
		r.law(approvalstest.Routed(1), strings.Repeat("a1", 32), strings.Repeat("4f", 20))
		r.law(approvalstest.Routed(1), strings.Repeat("b2", 32), strings.Repeat("5e", 20))
		r.must(r.Service.Law(r.t.Context(), approvals.PolicyVersion{Digest: strings.Repeat("b2", 32)}, "line 3: what is this"))
	}, []string{"rules_changed: The policies a1a1a1a1a1a1 gave way to b2b2b2b2b2b2, of commit 5e5e5e5e5e5e.",
		"rules_rejected: The changed access folder was not taken; the policies b2b2b2b2b2b2 stayed in force."}},
	"what was decided elsewhere": {func(r *rig) {
		q := approvals.Request{ID: "req_old", Kind: approvals.KindAccess, State: approvals.RequestApproved, Requester: "amy", Beneficiary: "amy", Entitlement: approvalstest.ReadOnly,
			Key: "old", CreatedAt: r.now, SubmittedAt: r.now, DecidedAt: r.now, DecidedBy: "mia"}
		r.forge(approvals.Change{Requests: []approvals.Request{q}, Events: []approvals.Event{event(approvals.EventRequestApproved, r.now, approvals.Person("mia", "import", ""), q)}})
	}, []string{"imported: billing-db:read-only for Amy Adeyemi (amy) was approved before Hallpass."}},
}

// approved is what a forger stores who writes into the log through the program.
func (r *rig) approved(q approvals.Request, who approvals.PrincipalID) approvals.Change {
	q.State, q.DecidedAt, q.DecidedBy = approvals.RequestApproved, r.now, who
	e := event(approvals.EventRequestApproved, r.now, by(who), q)
	e.Approvers = []approvals.PrincipalID{who}
	return approvals.Change{Requests: []approvals.Request{q}, Events: []approvals.Event{e},
		Approvals: []approvals.Approval{{Request: q.ID, Approver: who, Answer: approvals.Approved, At: r.now, Via: "slack"}}}
}

func TestEachWrongThingIsFoundAndSaidInWords(t *testing.T) {
	t.Parallel()
	for name, c := range exceptionCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.ends(r.given("bob", approvalstest.Twin), time.Second, "absent")
			r.now = from.Add(9 * time.Hour)
			c.wrong(r)
			dir, _ := r.write(nil)
			got := r.found(dir)
			if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			html := r.read(dir, "report.html")
			for _, words := range c.want {
				if _, said, _ := strings.Cut(words, ": "); !strings.Contains(html, said) {
					t.Errorf("the report does not say %q", said)
				}
			}
		})
	}
}

func TestDecisionsAreComputedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must(r.db.KeepLaw(t.Context(), "policies", "law-1", "the text of law-1"))
	r.ends(r.given("amy", approvalstest.ReadOnly), time.Second, "absent")
	r.ask("bob", approvalstest.Admin)
	dir, said := r.write(func(c *evidence.Config) {
		c.Judge = func(_ context.Context, v approvals.PolicyVersion, f approvals.Facts, _ approvals.Assessment) (approvals.Ruling, error) {
			if f.Entitlement.ID == approvalstest.Admin {
				return approvalstest.Refused("never"), nil
			}
			return approvalstest.Routed(1), nil
		}
	})
	want := []string{"recomputed: The stored answer is “ask people”; the policies of that time (law-1) say “refused”."}
	if got := r.found(dir); !slices.Equal(got, want) || said.Fails != 1 {
		t.Errorf("found %q, %+v", got, said)
	}
	if html := r.read(dir, "report.html"); !strings.Contains(html, "3 decisions were computed again") {
		t.Error("the report does not say how many decisions were computed again")
	}
	if got := r.read(dir, "policies/law-1.json"); got != "the text of law-1" {
		t.Errorf("the text of the policies is %q", got)
	}
	r.behind("DELETE FROM laws")
	dir, _ = r.write(func(c *evidence.Config) {
		c.Judge = func(context.Context, approvals.PolicyVersion, approvals.Facts, approvals.Assessment) (approvals.Ruling, error) {
			t.Error("policies that are not kept were asked")
			return approvals.Ruling{}, nil
		}
	})
	if html := r.read(dir, "report.html"); !strings.Contains(html, "3 decisions could not be computed again") {
		t.Error("the report does not say that nothing could be computed again")
	}
}

// anybody lets everybody break glass.
type anybody struct{}

// MayBreakGlass says yes.
func (anybody) MayBreakGlass(approvals.Facts, approvals.Assessment) approvals.Verdict {
	return approvals.Verdict{Allowed: true, Policies: []approvals.PolicyRef{{ID: "glass", Effect: "permit"}}}
}

// Version is that of no law.
func (anybody) Version() approvals.PolicyVersion { return approvals.PolicyVersion{Digest: "law-1"} }

func TestEmergenciesAreHeldToTheirReview(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	open := func(who approvals.PrincipalID, key string) approvals.Request {
		q, err := r.Service.BreakGlass(t.Context(), by(who), approvals.Ask{Requester: who, Entitlement: approvalstest.Admin, Duration: time.Hour, Reason: "the night is dark", Key: key})
		r.must(err)
		return q
	}
	r.Service.Glass.Policy = anybody{}
	late := open("amy", "b1")
	open("bob", "b2")
	r.pass(30 * time.Hour)
	_, err := r.Service.ReviewBreakGlass(t.Context(), by("sol"), late.ID, approvals.NotJustified, "it was noon")
	r.must(err)
	dir, said := r.write(nil)
	want := []string{"late_emergency: Amy Adeyemi (amy) opened billing-db:admin by break-glass; the review was closed 6 hours late.",
		"bad_emergency: Amy Adeyemi (amy) opened billing-db:admin by break-glass; sol found it not justified.",
		"open_emergency: Bob Brandt (bob) opened billing-db:admin by break-glass; the review was due 2026-04-02 09:00 UTC and is open."}
	if got := r.found(dir); !slices.Equal(got, want) || said.Requests != 2 || said.Logged != 2 {
		t.Errorf("found\n%s\n%+v", strings.Join(got, "\n"), said)
	}
}
