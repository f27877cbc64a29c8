package policy

import (
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"

	"github.com/hallpass-dev/hallpass/approvals"
)

// A rule without a policy makes the engine panic, as a defect in it would.
func TestDefectOfTheEngineAsksPeople(t *testing.T) {
	t.Parallel()
	broken := &Set{
		request: rules{{}}, approve: rules{{}}, breakGlass: rules{{}}, maxDirectoryAge: time.Hour,
		version: approvals.PolicyVersion{Digest: "d"},
	}
	f := approvals.Facts{
		At: exampleAt, Kind: approvals.KindAccess, Duration: time.Minute,
		Requester: approvals.Principal{ID: "a"}, Beneficiary: approvals.Principal{ID: "a"},
		Entitlement: approvals.Entitlement{ID: "x:y", MaxDuration: time.Hour}, Directory: approvals.DirectoryState{AsOf: exampleAt},
	}
	r := broken.Decide(f, approvals.Assessment{})
	if r.Outcome != approvals.Route || r.Quorum != 1 || len(r.Problems) != 1 || r.Words == "" || r.Version.Digest != "d" {
		t.Errorf("%+v", r)
	}
	v := broken.MayApprove(f, approvals.Assessment{}, approvals.Principal{ID: "b"})
	if v.Allowed || !v.Forbidden || len(v.Problems) != 1 {
		t.Errorf("%+v", v)
	}
	if v = broken.MayBreakGlass(f, approvals.Assessment{}); v.Allowed || !v.Forbidden || len(v.Problems) != 1 {
		t.Errorf("%+v", v)
	}
}

func TestSchemaKnowsEveryAttributeThatIsSet(t *testing.T) {
	t.Parallel()
	f := approvals.Facts{
		At: exampleAt, Kind: approvals.KindExtension, Duration: 90 * time.Second, Ticket: "T-1", Weekday: time.Monday,
		Requester:   approvals.Principal{ID: "a", Email: "a@example.com", Title: "t", Department: "d", Location: "l", Manager: "m", Groups: []string{"g"}},
		Beneficiary: approvals.Principal{ID: "b"}, SkipLevel: "s",
		Entitlement: approvals.Entitlement{ID: "x:y", Environment: "e", Approvers: []approvals.ApproverRef{"manager", "owner", "group:g", "person:p"}},
	}
	q := ask(f, approvals.Assessment{Score: 5, Confidence: approvals.ConfidenceHigh}, &approvals.Principal{ID: "c"})
	if err := q.check(user("a"), actionRequest); err != nil {
		t.Error(err)
	}
	given := map[string]bool{}
	for name := range q.context.All() {
		given[string(name)] = true
	}
	for _, name := range contextAttributes() {
		if !given[name] {
			t.Errorf("the schema promises context.%s, which nothing sets", name)
		}
	}
	for _, e := range q.entities {
		if e.UID == user("b") || e.UID == user("c") {
			continue // these have no optional attributes
		}
		for _, name := range attributes(e.UID.Type) {
			if _, ok := e.Attributes.Get(cedar.String(name)); !ok {
				t.Errorf("the schema promises %s.%s, which nothing sets", e.UID.Type, name)
			}
		}
	}
	if got, _ := q.context.Get("duration_minutes"); got.String() != "2" {
		t.Errorf("90 seconds are %s minutes; a fraction must never look shorter", got)
	}
}
