package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store/auditlog/export"
)

// granted is an event with every field that an export shows.
func granted() approvals.Event {
	score := 31
	return approvals.Event{Sequence: 7, At: time.Date(2026, 11, 22, 1, 2, 3, 4e6, time.UTC), Kind: approvals.EventGrantActive,
		Actor:   approvals.Actor{Kind: approvals.ActorPerson, Principal: "agent-1", OnBehalfOf: "amy", Via: "slack", Ref: "C1/1.2"},
		Request: "r1", Grant: "g1", Entitlement: "billing-db:read-only", Beneficiary: "amy", Policies: []approvals.PolicyRef{{ID: "p", Effect: "permit"}},
		Version: approvals.PolicyVersion{Digest: "d", Commit: "c"}, FactsDigest: "f", Score: &score, Model: "m", Approvers: []approvals.PrincipalID{"mia", "sol"},
		Origin: "C1/1.1", Connector: "postgres", Operation: "grant", ReadBack: "+member\x1b[31m", Detail: map[string]string{"b": "2", "a": "=1"}}
}

func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "|x": "'|x", "%x": "'%x", "＝1": "'＝1",
		"": "", "a=1": "a=1", "1-1": "1-1", "ü": "ü",
	} {
		if got := export.Cell(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestCSVHasAColumnForEverythingThatAnEventSays(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := export.NewCSV(&out)
	if err := c.Event(granted()); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[0]) != len(rows[1]) {
		t.Fatalf("%q, %v", rows, err)
	}
	got := map[string]string{}
	for i, name := range rows[0] {
		got[name] = rows[1][i]
	}
	want := map[string]string{"sequence": "7", "at": "2026-11-22T01:02:03.004Z", "kind": "grant.active", "actor_kind": "person", "actor": "agent-1",
		"on_behalf_of": "amy", "via": "slack", "ref": "C1/1.2", "request": "r1", "grant": "g1", "entitlement": "billing-db:read-only", "beneficiary": "amy",
		"approvers": "mia sol", "policies": "permit p", "policy_digest": "d", "policy_commit": "c", "facts_digest": "f", "score": "31", "model": "m",
		"connector": "postgres", "operation": "grant", "read_back": "'+member\x1b[31m", "origin": "C1/1.1", "detail": `a="=1"; b="2"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestCloudEventsCarryOCSF(t *testing.T) {
	t.Parallel()
	for kind, want := range map[approvals.EventKind][5]any{ // class, activity, type, status, subject
		approvals.EventGrantActive:      {3005., 1., 300501., 1., "grant/g1"},
		approvals.EventGrantRevoked:     {3005., 2., 300502., 1., "grant/g1"},
		approvals.EventRequestSubmitted: {3004., 1., 300401., 1., "grant/g1"},
		approvals.EventRequestApproved:  {3004., 3., 300403., 1., "grant/g1"},
		approvals.EventActionRefused:    {3004., 3., 300403., 2., "grant/g1"},
		approvals.EventTextErased:       {3004., 4., 300404., 1., "grant/g1"},
	} {
		e := granted()
		e.Kind = kind
		line, err := export.CloudEvent(e, "/hallpass/test")
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatal(err)
		}
		data, _ := got["data"].(map[string]any)
		if diff := cmp.Diff(want, [5]any{data["class_uid"], data["activity_id"], data["type_uid"], data["status_id"], got["subject"]}); diff != "" {
			t.Errorf("%s: -want +got\n%s", kind, diff)
		}
		if got["id"] != "7" || got["source"] != "/hallpass/test" || got["specversion"] != "1.0" || got["time"] != "2026-11-22T01:02:03.004Z" {
			t.Errorf("%s: the envelope is %v", kind, got)
		}
		if data["class_uid"] == 3005. {
			user, _ := data["user"].(map[string]any)
			if diff := cmp.Diff([]any{"amy", []any{"billing-db:read-only"}}, []any{user["uid"], data["privileges"]}); diff != "" {
				t.Errorf("%s: who gets what, -want +got\n%s", kind, diff)
			}
		}
		whole, _ := data["unmapped"].(map[string]any)
		if whole["facts_digest"] != "f" {
			t.Errorf("%s: the event itself is not in it", kind)
		}
	}
}

func TestHistoryIsPlainAndShowsNoTrick(t *testing.T) {
	t.Parallel()
	asked := granted()
	asked.Kind, asked.Texts = approvals.EventRequestSubmitted, map[string]string{"reason": "sha256:1", "ticket": "sha256:2"}
	var out strings.Builder
	err := export.History(&out, []export.Entry{
		{Event: asked, Words: map[string]string{"reason": "line one\n2026  mia approved.\x1b[2J"}, Proved: "event 7 is proved"},
		{Event: approvals.Event{Sequence: 8, At: asked.At, Kind: "new.kind", Actor: approvals.System("worker")}},
	}, func(id approvals.PrincipalID) string {
		return map[approvals.PrincipalID]string{"amy": "Amy Adeyemi"}[id]
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `2026-11-22 01:02:03 UTC  agent-1 for Amy Adeyemi asked.
    access       billing-db:read-only for Amy Adeyemi
    reason       “line one\n2026  mia approved.\x1b[2J”
    ticket       (erased)
    policies     permit p
    law          d, commit c
    score        31 of 100, model m, facts f
    approved by  mia, sol
    postgres grant +member[31m
    a            =1
    b            2
    proof        event 7 is proved
2026-11-22 01:02:03 UTC  Hallpass did new.kind.
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
