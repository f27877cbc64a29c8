package analytics_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/analytics"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// habit is what a test says of the past of one pattern.
type habit struct {
	approved, requesters, approvers int
	denied                          time.Duration // ago; zero: never
	edit                            func(*approvals.PastDecision, *approvals.Facts, *approvals.Assessment)
	deny                            func(*approvals.PastDecision, *approvals.Facts)
	thing                           approvals.Entitlement
}

// enough is a past that speaks for a permit, with nothing to spare.
func enough() habit {
	return habit{approved: analytics.MinDecisions, requesters: analytics.MinRequesters, approvers: analytics.MinApprovers,
		thing: approvals.Entitlement{ID: "refunds:issue", Sensitivity: approvals.Medium, Owners: []approvals.PrincipalID{"olga"}}}
}

func staff(id string) approvals.Principal {
	return approvals.Principal{ID: approvals.PrincipalID(id), Email: id + "@example.com", Department: "Billing", Title: "Clerk"}
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// one is a decision of a person, with its facts and score.
func (h habit) one(who approvals.Principal) (approvals.PastDecision, approvals.Facts, approvals.Assessment) {
	d := approvals.PastDecision{Request: "r", Sequence: 1, Kind: approvals.KindAccess, State: approvals.RequestApproved, DecidedBy: "boss0",
		DecidedAt: now.Add(-30 * day), Entitlement: h.thing.ID}
	f := approvals.Facts{At: d.DecidedAt, Kind: approvals.KindAccess, Requester: who, Beneficiary: who, Entitlement: h.thing, Duration: time.Hour, Ticket: "T-1"}
	return d, f, approvals.Assessment{Score: 20}
}

// patterns counts the past.
func (h habit) patterns(t *testing.T) ([]analytics.Pattern, int) {
	t.Helper()
	people := []approvals.Principal{{ID: "boss0", Email: "boss0@example.com"}, {ID: "boss1", Email: "boss1@example.com"}, {ID: "boss1-admin", SameAs: "boss1"}}
	count := analytics.NewHabits(now, []approvals.Entitlement{h.thing}, people)
	for i := range h.approved {
		d, f, a := h.one(staff(fmt.Sprint("p", i%h.requesters)))
		d.DecidedBy = approvals.PrincipalID(fmt.Sprint("boss", i%h.approvers))
		if h.edit != nil {
			h.edit(&d, &f, &a)
		}
		d.Facts, d.Assessment = asJSON(t, f), asJSON(t, a)
		count.Approval(d)
	}
	if h.denied != 0 {
		d, f, _ := h.one(staff("p0"))
		d.State, d.DecidedAt = approvals.RequestDenied, now.Add(-h.denied)
		d.Facts = asJSON(t, f)
		if h.deny != nil {
			h.deny(&d, &f)
		}
		count.Denial(d)
	}
	return count.Patterns()
}

func TestAPatternIsProposedFromItsThresholdsOn(t *testing.T) {
	t.Parallel()
	type past = approvals.PastDecision
	type facts = approvals.Facts
	type score = approvals.Assessment
	for _, tc := range []struct {
		name   string
		change func(*habit)
		why    string // empty: it is proposed
	}{
		{"enough of everything", func(*habit) {}, ""},
		{"four requesters", func(h *habit) { h.requesters = 4 }, "4 people asked, 5 are needed"},
		{"one approver", func(h *habit) { h.approvers = 1 }, "1 person approved, 2 are needed"},
		{"two approvers who are one person", func(h *habit) {
			h.edit = func(d *past, _ *facts, _ *score) {
				d.DecidedBy = map[approvals.PrincipalID]approvals.PrincipalID{"boss0": "boss1", "boss1": "boss1-admin"}[d.DecidedBy]
			}
		}, "1 person approved"},
		{"an approver whom nobody knows", func(h *habit) {
			h.edit = func(d *past, _ *facts, _ *score) {
				if d.DecidedBy == "boss1" {
					d.DecidedBy = "stranger"
				}
			}
		}, "1 person whom the directory knows approved"},
		{"requesters with two accounts of one email", func(h *habit) {
			h.edit = func(_ *past, f *facts, _ *score) {
				if f.Requester.ID == "p4" {
					f.Requester.Email, f.Beneficiary.Email = "P3@example.com", "P3@example.com"
				}
			}
		}, "4 people asked"},
		{"a denial 180 days ago", func(h *habit) { h.denied = 180 * day }, "people denied it 1 time in the last 180 days"},
		{"a denial 181 days ago", func(h *habit) { h.denied = 181 * day }, ""},
		{"a denial just over 180 days ago", func(h *habit) { h.denied = 180*day + time.Millisecond }, ""},
		{"a denied extension", func(h *habit) {
			h.denied = day
			h.deny = func(d *past, _ *facts) { d.Kind = approvals.KindExtension }
		}, "people denied it"},
		{"a denial that can't be read", func(h *habit) {
			h.denied = day
			h.deny = func(d *past, _ *facts) { d.Facts = []byte("{") }
		}, "it is not known for which department"},
		{"a denial long ago that can't be read", func(h *habit) {
			h.denied = 181 * day
			h.deny = func(d *past, _ *facts) { d.Facts = nil }
		}, ""},
		{"a denial of nobody knows which department", func(h *habit) {
			h.denied = day
			h.deny = func(d *past, f *facts) {
				f.Beneficiary.Department = ""
				d.Facts = []byte(`{"beneficiary":{"id":"p0"}}`)
			}
		}, "it is not known for which department"},
		{"a policy's refusal", func(h *habit) {
			h.denied = day
			h.deny = func(d *past, _ *facts) { d.DecidedBy = "" }
		}, ""},
		{"a second look at a denial, whose first is not there", func(h *habit) {
			h.denied = day
			h.deny = func(d *past, _ *facts) { d.Sequence = 2 }
		}, ""},
		{"low sensitivity", func(h *habit) { h.thing.Sensitivity = approvals.Low }, ""},
		{"high sensitivity", func(h *habit) { h.thing.Sensitivity = approvals.High }, "its sensitivity is high"},
		{"a sensitivity that nobody knows", func(h *habit) { h.thing.Sensitivity = "new" }, "its sensitivity is new"},
		{"high sensitivity when one was decided", func(h *habit) {
			once := false
			h.edit = func(_ *past, f *facts, _ *score) {
				if !once {
					f.Entitlement.Sensitivity, once = approvals.High, true
				}
			}
		}, "its sensitivity was high"},
		{"no owner", func(h *habit) { h.thing.Owners = nil }, "nobody owns it"},
		{"something that the catalogue no longer has", func(h *habit) {
			h.edit = func(d *past, _ *facts, _ *score) { d.Entitlement = "gone" }
		}, "the catalogue no longer has it"},
		{"scores up to the limit", func(h *habit) { h.edit = func(_ *past, _ *facts, a *score) { a.Score = analytics.MaxScore } }, ""},
		{"scores above the limit", func(h *habit) { h.edit = func(_ *past, _ *facts, a *score) { a.Score = analytics.MaxScore + 1 } }, "0 of the 59 decisions needed"},
		{"no score", func(h *habit) { h.edit = func(_ *past, _ *facts, a *score) { a.Problem = "none" } }, "0 of the 59"},
		{"contractors", func(h *habit) { h.edit = func(_ *past, f *facts, _ *score) { f.Beneficiary.Contractor = true } }, "0 of the 59"},
		{"asked for by others", func(h *habit) { h.edit = func(_ *past, f *facts, _ *score) { f.Requester = staff("other") } }, "0 of the 59"},
		{"extensions", func(h *habit) {
			h.edit = func(d *past, f *facts, _ *score) { d.Kind, f.Kind = approvals.KindExtension, approvals.KindExtension }
		}, "0 of the 59"},
		{"for later", func(h *habit) { h.edit = func(_ *past, f *facts, _ *score) { f.StartsAt = now } }, "0 of the 59"},
		{"with something in doubt", func(h *habit) { h.edit = func(_ *past, f *facts, _ *score) { f.Problems = []string{"?"} } }, "0 of the 59"},
		{"with duties kept apart", func(h *habit) {
			h.edit = func(_ *past, f *facts, _ *score) { f.Conflicts = []approvals.Conflict{{Rule: "r"}} }
		}, "0 of the 59"},
		{"by a directory out of date", func(h *habit) { h.edit = func(_ *past, f *facts, _ *score) { f.Directory.Stale = true } }, "0 of the 59"},
		{"approved for less than asked", func(h *habit) { h.edit = func(d *past, _ *facts, _ *score) { d.Shortened = true } }, "0 of the 59"},
		{"one field, always the same", func(h *habit) {
			h.thing.Fields = []approvals.Field{{Name: "run", Label: "Run", Type: approvals.FieldChoice, Choices: []string{"weekly", "urgent"}}}
			h.edit = func(_ *past, f *facts, _ *score) { f.Fields = map[string]string{"run": "weekly"} }
		}, ""},
		{"one field, not always the same", func(h *habit) {
			h.thing.Fields = []approvals.Field{{Name: "run", Label: "Run", Type: approvals.FieldChoice, Choices: []string{"weekly", "urgent"}}}
			h.edit = func(d *past, f *facts, _ *score) {
				f.Fields = map[string]string{"run": map[bool]string{true: "urgent", false: "weekly"}[d.DecidedBy == "boss0"]}
			}
		}, `requests say different things in "Run"`},
		{"a number, which no policy reads", func(h *habit) {
			h.thing.Fields = []approvals.Field{{Name: "sum", Label: "Sum", Type: approvals.FieldNumber}}
			h.edit = func(_ *past, f *facts, _ *score) { f.Fields = map[string]string{"sum": "7"} }
		}, `in "Sum"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := enough()
			tc.change(&h)
			often, _ := h.patterns(t)
			if len(often) != 1 {
				t.Fatalf("%d patterns", len(often))
			}
			why := strings.Join(often[0].WhyNot, "; ")
			if tc.why == "" && why != "" || !strings.Contains(why, tc.why) {
				t.Errorf("why not: %q, want %q", why, tc.why)
			}
		})
	}
}

func TestWhatDoesNotCountIsNoDecisionOfAPerson(t *testing.T) {
	t.Parallel()
	type past = approvals.PastDecision
	for name, edit := range map[string]func(*past){
		"an automatic approval": func(d *past) { d.DecidedBy = "" },
		"break-glass":           func(d *past) { d.Kind = approvals.KindBreakGlass },
		"adopted access":        func(d *past) { d.Kind = approvals.KindAdoption },
		"a second look":         func(d *past) { d.Sequence = 2 },
		"a request that waits":  func(d *past) { d.State = approvals.RequestPending },
		"one that lapsed":       func(d *past) { d.State = approvals.RequestLapsed },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := enough()
			first := true
			h.edit = func(d *past, _ *approvals.Facts, _ *approvals.Assessment) {
				if first { // one of 59
					edit(d)
					first = false
				}
			}
			if often, rarer := h.patterns(t); len(often) != 0 || rarer != 1 {
				t.Errorf("%d patterns with %d approvals, %d with fewer", len(often), analytics.MinDecisions, rarer)
			}
		})
	}
	h := enough()
	h.approved = 58
	if often, rarer := h.patterns(t); len(often) != 0 || rarer != 1 {
		t.Errorf("58 approvals: %d patterns, %d rarer", len(often), rarer)
	}
}
