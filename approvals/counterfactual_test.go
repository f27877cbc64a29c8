package approvals_test

import (
	"errors"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"pgregory.net/rapid"
)

// permitting makes the policy approve what a test permits and route the rest.
func permitting(r *rig, permits func(approvals.Facts) bool) {
	r.Policy.RuleBy(func(f approvals.Facts, _ approvals.Assessment) approvals.Ruling {
		if permits(f) {
			return approvalstest.Automatic()
		}
		return approvalstest.Routed(1)
	})
}

func TestRoutedRequestSaysWhatWouldHaveBeenApproved(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		edit    func(*approvals.Ask)
		permits func(approvals.Facts) bool
		want    []approvals.Alternative
		words   string
	}{
		{"less time", nil,
			func(f approvals.Facts) bool { return f.Duration <= 40*time.Minute },
			[]approvals.Alternative{{Duration: 40 * time.Minute}}, "for up to 40 minutes"},
		{"a ticket", nil,
			func(f approvals.Facts) bool { return f.Ticket != "" },
			[]approvals.Alternative{{Ticket: true}}, "with a ticket"},
		{"a ticket of the tracker's form is not made up", nil,
			func(f approvals.Facts) bool { return len(f.Ticket) > 4 && f.Ticket[:4] == "INC-" }, nil, ""},
		{"either", nil,
			func(f approvals.Facts) bool { return f.Ticket != "" || f.Duration <= 30*time.Minute },
			[]approvals.Alternative{{Ticket: true}, {Duration: 30 * time.Minute}}, "with a ticket"},
		{"both", nil,
			func(f approvals.Facts) bool { return f.Ticket != "" && f.Duration <= 30*time.Minute },
			[]approvals.Alternative{{Duration: 30 * time.Minute, Ticket: true}}, "for up to 30 minutes, with a ticket"},
		{"a lower level", func(a *approvals.Ask) { a.Entitlement = approvalstest.Admin },
			func(f approvals.Facts) bool { return f.Entitlement.ID == approvalstest.ReadOnly },
			[]approvals.Alternative{{Entitlement: approvalstest.ReadOnly, Level: "read-only"}}, "read-only"},
		{"a lower level for less time", func(a *approvals.Ask) { a.Entitlement = approvalstest.Admin },
			func(f approvals.Facts) bool {
				return f.Entitlement.ID == approvalstest.ReadOnly && f.Duration <= 30*time.Minute
			},
			[]approvals.Alternative{{Entitlement: approvalstest.ReadOnly, Level: "read-only", Duration: 30 * time.Minute}}, "read-only, for up to 30 minutes"},
		{"asked for by the beneficiary", func(a *approvals.Ask) { a.Beneficiary = "bob" },
			func(f approvals.Facts) bool { return f.Requester.ID == f.Beneficiary.ID },
			[]approvals.Alternative{{Themselves: true}}, "asked for by the person who needs it"},
		{"nothing", nil, func(approvals.Facts) bool { return false }, nil, ""},
		{"longer, which is no smaller wish", nil, func(f approvals.Facts) bool { return f.Duration > time.Hour }, nil, ""},
		{"a budget that is used up", nil,
			func(f approvals.Facts) bool { return f.AutoToday < 0 && f.Duration <= 30*time.Minute }, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			permitting(r, tc.permits)
			d, err := r.Store.Decision(t.Context(), r.ask(tc.edit).ID)
			if err != nil {
				t.Fatal(err)
			}
			// The other database's read-only level is another system entry of the same resource.
			var got []approvals.Alternative
			for _, a := range d.Ruling.Alternatives {
				if a.Entitlement != approvalstest.Twin {
					got = append(got, a)
				}
			}
			same(t, "alternatives", tc.want, got)
			if tc.words != "" {
				same(t, "words", tc.words, got[0].Words())
			}
		})
	}
}

func TestNothingIsOfferedOnDoubtfulFactsOrForWhatIsHeld(t *testing.T) {
	t.Parallel()
	short := func(f approvals.Facts) bool { return f.Duration <= 30*time.Minute }
	for name, spoil := range map[string]func(*rig){
		"a stale directory": func(r *rig) {
			r.Directory.SetState(approvals.DirectoryState{Stale: true})
		},
		"no evidence": func(r *rig) { r.Scorer.Fault = errors.New("timeout") },
		"no score":    func(r *rig) { r.Scorer.Says.Problem = "no memory" },
	} {
		r := newRig(t)
		permitting(r, short)
		spoil(r)
		d, err := r.Store.Decision(t.Context(), r.ask(nil).ID)
		if err != nil || len(d.Ruling.Alternatives) != 0 {
			t.Errorf("%s: %v, %+v", name, err, d.Ruling.Alternatives)
		}
	}
	r := newRig(t)
	r.hold(func(a *approvals.Ask) { a.Entitlement = approvalstest.ReadOnly })
	permitting(r, func(f approvals.Facts) bool { return f.Entitlement.ID == approvalstest.ReadOnly })
	d, err := r.Store.Decision(t.Context(), r.ask(func(a *approvals.Ask) { a.Entitlement = approvalstest.Admin }).ID)
	if err != nil || len(d.Ruling.Alternatives) != 0 {
		t.Errorf("what is held is offered: %v, %+v", err, d.Ruling.Alternatives)
	}
}

func TestExtensionIsNotOfferedAnotherLevel(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	g := r.hold(func(a *approvals.Ask) { a.Entitlement = approvalstest.Admin })
	permitting(r, func(f approvals.Facts) bool { return f.Entitlement.ID != approvalstest.Admin })
	req, err := r.Service.Extend(t.Context(), by("amy"), g.ID, time.Hour, "longer", "test:extend")
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.Store.Decision(t.Context(), req.ID)
	if err != nil || len(d.Ruling.Alternatives) != 0 {
		t.Errorf("%v, %+v", err, d.Ruling.Alternatives)
	}
}

// An extension keeps the ticket of what it extends, so that one cannot be added.
func TestExtensionIsNotOfferedATicket(t *testing.T) {
	t.Parallel()
	for name, ticket := range map[string]string{"without": "", "with": "INC-1"} {
		r := newRig(t)
		g := r.hold(func(a *approvals.Ask) { a.Ticket = ticket })
		permitting(r, func(f approvals.Facts) bool { return f.Ticket != "" && f.Duration <= time.Hour })
		req, err := r.Service.Extend(t.Context(), by("amy"), g.ID, 2*time.Hour, "longer", "test:extend")
		code(t, "", err)
		want := map[string][]approvals.Alternative{"with": {{Duration: time.Hour}}}[name]
		same(t, name, want, r.decision(req.ID).Ruling.Alternatives)
	}
}

// Whoever follows an alternative on unchanged facts is approved at once.
func TestAlternativeThatIsFollowedIsApproved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t)
		limit := time.Duration(rapid.IntRange(1, 480).Draw(rt, "limit")) * time.Minute
		ticket, readOnly := rapid.Bool().Draw(rt, "ticket"), rapid.Bool().Draw(rt, "read only")
		permits := func(f approvals.Facts) bool {
			return f.Duration <= limit && (!ticket || f.Ticket != "") && (!readOnly || f.Entitlement.ID == approvalstest.ReadOnly)
		}
		permitting(r, permits)
		asked := time.Duration(rapid.IntRange(1, 480).Draw(rt, "asked")) * time.Minute
		first := r.ask(func(a *approvals.Ask) { a.Entitlement, a.Duration = approvalstest.Admin, asked })
		if first.State == approvals.RequestApproved {
			return
		}
		d, err := r.Store.Decision(t.Context(), first.ID)
		if err != nil {
			rt.Fatal(err)
		}
		if _, err := r.Service.Cancel(t.Context(), by("amy"), first.ID); err != nil {
			rt.Fatal(err)
		}
		if len(d.Ruling.Alternatives) == 0 {
			return
		}
		alternative := d.Ruling.Alternatives[rapid.IntRange(0, len(d.Ruling.Alternatives)-1).Draw(rt, "which")]
		got := r.ask(func(a *approvals.Ask) {
			a.Entitlement, a.Duration = approvalstest.Admin, asked
			if alternative.Entitlement != "" {
				a.Entitlement = alternative.Entitlement
			}
			if alternative.Duration > 0 {
				a.Duration = alternative.Duration
			}
			if alternative.Ticket {
				a.Ticket = "INC-1"
			}
		})
		if got.State != approvals.RequestApproved {
			rt.Fatalf("limit %s, asked %s: following %q ends %s", limit, asked, alternative.Words(), got.State)
		}
	})
}
