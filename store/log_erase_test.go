package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog"
)

// The words that must be gone; they are nowhere else.
const (
	saidReason  = "the-reason-that-was-said"
	saidNote    = "the-note-that-was-said"
	saidComment = "the-comment-that-was-said"
	saidEnd     = "why-it-was-taken-back"
	saidProse   = "the-prose-that-a-model-wrote"
	saidField   = "the-answer-to-a-field"
	saidInSlack = "the-payload-that-came"
	saidReview  = "what-the-reviewer-noted"
)

// talkative is a settled request about which much was said.
func talkative(t *testing.T, s *Store, id string, state approvals.RequestState) {
	t.Helper()
	now := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
	r := approvals.Request{ID: approvals.RequestID(id), Kind: approvals.KindAccess, State: state, Requester: "amy", Beneficiary: "bob",
		Entitlement: "e", Duration: time.Hour, Reason: saidReason, Ticket: saidReason, Fields: map[string]string{"f": saidField},
		Key: id, CreatedAt: now, DecidedBy: "mia", Note: saidNote}
	g := approvals.Grant{ID: approvals.GrantID("g" + id), Request: r.ID, Principal: "bob", State: approvals.GrantRevoked, CreatedAt: now, EndedBy: "mia", EndNote: saidEnd}
	event := func(kind approvals.EventKind, who approvals.PrincipalID, name, words string) approvals.Event {
		return approvals.Event{At: now, Kind: kind, Actor: approvals.Person(who, "test", ""), Request: r.ID, Words: map[string]string{name: words}}
	}
	err := s.Apply(t.Context(), approvals.Change{
		Requests: []approvals.Request{r}, Grants: []approvals.Grant{g},
		Approvals: []approvals.Approval{{Request: r.ID, Approver: "mia", Answer: approvals.Approved, Note: saidNote, At: now}},
		Comments:  []approvals.Comment{{ID: "c" + id, Request: r.ID, Author: "amy", Text: saidComment, At: now, Key: "c" + id}},
		Summaries: []approvals.Summary{{Request: r.ID, Text: saidProse, At: now}},
		// Of each kind one review is under way, and here each request has one.
		Campaigns:  []approvals.Campaign{{ID: approvals.CampaignID("rv_" + id), Kind: approvals.CampaignKind(id), State: approvals.CampaignOpen, FrozenAt: now}},
		Items:      []approvals.ReviewItem{{Campaign: approvals.CampaignID("rv_" + id), Request: r.ID, Asked: "mia", Verdict: approvals.VerdictWrong, Note: saidReview}},
		BreakGlass: []approvals.BreakGlassReview{{Request: r.ID, Requester: "amy", OpenedAt: now, DueAt: now, Finding: "right", ClosedAt: now, ClosedBy: "mia", Note: saidReview}},
		Events: []approvals.Event{
			event(approvals.EventRequestSubmitted, "amy", "reason", saidReason), event(approvals.EventRequestApproved, "mia", "note", saidNote),
			event(approvals.EventRequestCommented, "amy", "comment", saidComment), event(approvals.EventGrantRevoking, "mia", "note", saidEnd),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// said reports which tables hold any of some words.
func said(t *testing.T, s *Store, words ...string) (where []string) {
	t.Helper()
	for _, place := range []struct{ table, column string }{
		{"requests", "reason"}, {"requests", "ticket"}, {"requests", "note"}, {"requests", "fields"}, {"grants", "end_note"}, {"approvals", "note"},
		{"comments", "text"}, {"summaries", "text"}, {"break_glass", "note"}, {"review_items", "note"}, {"texts", "text"}, {"events", "body"},
	} {
		for _, w := range words {
			var n int
			if err := s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+place.table+" WHERE "+place.column+" LIKE $1", "%"+w+"%").Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n > 0 {
				where = append(where, place.table+"."+place.column+": "+w)
			}
		}
	}
	return where
}

var allSaid = []string{saidReason, saidNote, saidComment, saidEnd, saidProse, saidField, saidReview}

func TestErasureTakesAllWordsAndKeepsEveryProof(t *testing.T) {
	t.Parallel()
	for name, scope := range map[string]Erasure{"of a request": {Request: "r1"}, "of a person": {Principal: "amy"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, s *Store) {
				migrated(t, s, 0)
				n := newNotary(t)
				talkative(t, s, "r1", approvals.RequestApproved)
				before := n.seal(t, s)
				erased, err := s.Erase(t.Context(), approvals.System("cli"), scope)
				if err != nil || erased != 4 {
					t.Fatalf("%d texts erased, %v; want 4", erased, err)
				}
				if left := said(t, s, allSaid...); len(left) > 0 {
					t.Errorf("still there: %v", left)
				}
				n.seal(t, s)
				report, err := s.VerifyLog(t.Context(), n.keys, before.Note)
				if err != nil || !report.Sound() || report.Absent != 4 || report.Texts != 0 {
					t.Errorf("report %+v, %v", report, err)
				}
				events, err := s.Events(t.Context(), EventFilter{After: 4})
				if err != nil || len(events) != 1 || events[0].Kind != approvals.EventTextErased || events[0].Detail["texts"] != "4" {
					t.Errorf("the erasure is recorded as %+v, %v", events, err)
				}
			})
		})
	}
}

func TestErasureOfAPersonKeepsWhatOthersSaidElsewhere(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		talkative(t, s, "r1", approvals.RequestApproved)
		if n, err := s.Erase(t.Context(), approvals.System("cli"), Erasure{Principal: "mia"}); err != nil || n != 2 {
			t.Fatalf("%d texts erased, %v; want the 2 of mia's", n, err)
		}
		if left := said(t, s, saidNote, saidEnd, saidReview); len(left) > 0 {
			t.Errorf("still there: %v", left)
		}
		if left := said(t, s, saidReason, saidComment); len(left) != 5 {
			t.Errorf("what amy said is in %v", left)
		}
	})
}

func TestErasureWaitsUntilARequestIsSettled(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		talkative(t, s, "r1", approvals.RequestPending)
		if _, err := s.Erase(t.Context(), approvals.System("cli"), Erasure{Request: "r1"}); approvals.ErrorCode(err) != approvals.CodeConflict {
			t.Errorf("of a pending request: %v", err)
		}
		if n, err := s.Erase(t.Context(), approvals.System("cli"), Erasure{Principal: "amy"}); err != nil || n != 0 {
			t.Errorf("of whom a request waits for an answer: %d, %v", n, err)
		}
		talkative(t, s, "r3", approvals.RequestApproved)
		exec(t, s, "UPDATE break_glass SET closed_at = NULL WHERE request_id = 'r3'")
		if _, err := s.Erase(t.Context(), approvals.System("cli"), Erasure{Request: "r3"}); approvals.ErrorCode(err) != approvals.CodeConflict {
			t.Errorf("of an emergency that was not reviewed: %v", err)
		}
		if _, err := s.Erase(t.Context(), approvals.System("cli"), Erasure{Request: "r2"}); approvals.ErrorCode(err) != approvals.CodeNotFound {
			t.Errorf("of a request that is not there: %v", err)
		}
		for _, e := range []Erasure{{}, {Request: "r1", Principal: "amy"}} {
			if _, err := s.Erase(t.Context(), approvals.System("cli"), e); approvals.ErrorCode(err) != approvals.CodeInvalid {
				t.Errorf("of %+v: %v", e, err)
			}
		}
	})
}

func TestErasedWordsAreNotInTheFileAnyMore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openInside(t, "sqlite:"+dir)
	migrated(t, s, 0)
	talkative(t, s, "r1", approvals.RequestApproved)
	now := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
	if _, err := s.Receive(t.Context(), approvals.Inbound{Key: "k", Kind: "event", Payload: []byte(saidInSlack), At: now}); err != nil {
		t.Fatal(err)
	}
	leases, err := s.ClaimInbound(t.Context(), now, time.Minute, 1)
	if err != nil || len(leases) != 1 {
		t.Fatalf("%v, %v", leases, err)
	}
	if err := s.FinishInbound(t.Context(), leases[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Erase(t.Context(), approvals.System("cli"), Erasure{Request: "r1"}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "hallpass.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, words := range append([]string{saidInSlack}, allSaid...) {
			if bytes.Contains(data, []byte(words)) {
				t.Errorf("%s still holds %q", filepath.Base(file), words)
			}
		}
	}
}

func TestAStaleWriterCannotBringErasedWordsBack(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		migrated(t, s, 0)
		talkative(t, s, "r1", approvals.RequestApproved)
		stale, err := s.Grant(t.Context(), "gr1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Erase(t.Context(), approvals.System("cli"), Erasure{Request: "r1"}); err != nil {
			t.Fatal(err)
		}
		err = s.Apply(t.Context(), approvals.Change{Grants: []approvals.Grant{stale}, Events: []approvals.Event{{At: s.now(), Kind: approvals.EventGrantRetried}}})
		if approvals.ErrorCode(err) != approvals.CodeConflict {
			t.Errorf("writing what was read before: %v", err)
		}
	})
}

func TestACommitmentHidesTheWordsWithoutItsSalt(t *testing.T) {
	t.Parallel()
	one, other := auditlog.NewText(1, "reason", "yes"), auditlog.NewText(1, "reason", "yes")
	a, err := one.Commitment()
	if err != nil {
		t.Fatal(err)
	}
	b, err := other.Commitment()
	if err != nil || a == b {
		t.Errorf("equal words have equal hashes: %s, %v", a, err)
	}
}
