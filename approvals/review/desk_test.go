package review_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/approvals/review"
)

var bg = context.Background()

// year is when the tests' decisions were taken, and later when they are reviewed.
var (
	year  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	later = time.Date(2027, 1, 2, 6, 0, 0, 0, time.UTC)
)

// desk is a review Service among doubles: the law says what was decided, the
// rule is owned by the group security (sol and sue), and olga reviews what
// nobody else may.
type desk struct {
	*review.Service
	t     *testing.T
	world *approvalstest.World
	at    time.Time
	rules map[string]string // versions in force
}

// Judge says what was decided; "outvoted" is a rule that its own law does not know.
func (d *desk) Judge(_ context.Context, v approvals.PolicyVersion, f approvals.Facts, _ approvals.Assessment) (approvals.Ruling, error) {
	if v.Digest == "lost" {
		return approvals.Ruling{}, approvals.Errorf(approvals.CodeNotFound, "The text that decided then is not kept.")
	}
	return permitted(v.Digest, f.Ticket), nil
}

func (d *desk) Text(_ context.Context, _ approvals.PolicyVersion, rule string) (string, error) {
	return "permit " + rule, nil
}
func (d *desk) Version(rule string) string { return d.rules[rule] }

func (d *desk) Score(_ context.Context, _ string, f approvals.Facts) (approvals.Assessment, error) {
	return d.world.Scorer.Assess(f), nil
}

func permitted(digest, owner string) approvals.Ruling {
	return approvals.Ruling{Outcome: approvals.AutoApprove, Quorum: 1, Words: "Low risk.", Version: approvals.PolicyVersion{Digest: digest},
		Policies: []approvals.PolicyRef{{ID: "easy", Effect: "permit", Owner: owner}}}
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, world: approvalstest.NewWorld(nil), at: later, rules: map[string]string{"easy": "v1"}}
	d.Service = &review.Service{Store: d.world.Store, Directory: d.world.Directory, Catalogue: d.world.Catalogue, Law: d, Scores: d,
		Now: func() time.Time { return d.at }, Settings: review.Settings{Reviewers: []approvals.PrincipalID{"olga"}, Channel: "CSEC"}}
	return d
}

// approved stores automatic approvals of amy's, by a rule with an owner.
func (d *desk) approved(n int, owner string, edit func(i int, c *approvals.Change)) {
	d.t.Helper()
	amy, err := d.world.Directory.Principal(bg, "amy")
	if err != nil {
		d.t.Fatal(err)
	}
	e, err := d.world.Catalogue.Entitlement(bg, approvalstest.ReadOnly)
	if err != nil {
		d.t.Fatal(err)
	}
	for i := range n {
		at := year.Add(time.Duration(i) * time.Hour)
		f := approvals.Facts{At: at, Kind: approvals.KindAccess, Requester: amy, Beneficiary: amy, Entitlement: e, Duration: time.Hour, Ticket: owner}
		id := approvals.RequestID(fmt.Sprintf("req_%04d", i))
		ruling := permitted("law", owner)
		c := approvals.Change{
			Requests: []approvals.Request{{ID: id, Kind: approvals.KindAccess, State: approvals.RequestApproved, Requester: "amy", Beneficiary: "amy",
				Entitlement: e.ID, Key: string(id), Reason: "refunds", CreatedAt: at, DecidedAt: at}},
			Decisions: []approvals.Decision{{Request: id, Sequence: 1, At: at, Facts: f, Assessment: d.world.Scorer.Assess(f), Ruling: ruling}},
			Events: []approvals.Event{{At: at, Kind: approvals.EventRequestDecided, Request: id, Beneficiary: "amy", Entitlement: e.ID, Policies: ruling.Policies,
				Version: ruling.Version, FactsDigest: f.Digest(), Detail: map[string]string{"outcome": "auto_approve", "sensitivity": string(e.Sensitivity)}}},
		}
		if edit != nil {
			edit(i, &c)
		}
		if err := d.world.Store.Apply(bg, c); err != nil {
			d.t.Fatal(err)
		}
	}
}

// opened is a campaign of the year whose sample is drawn.
func (d *desk) opened(kind approvals.CampaignKind) approvals.Campaign {
	d.t.Helper()
	c, err := d.Start(bg, approvals.System("test"), review.Plan{Kind: kind, From: year, To: year.AddDate(1, 0, 0)})
	if err != nil {
		d.t.Fatal(err)
	}
	d.world.Store.Checkpoint("log.example\n99\nroot\nat now\n\n— signature\n")
	return d.advanced(c.ID, approvals.CampaignOpen)
}

// advanced does steps until a campaign is in a state.
func (d *desk) advanced(id approvals.CampaignID, to approvals.CampaignState) approvals.Campaign {
	d.t.Helper()
	for range 20 {
		c, err := d.Campaign(bg, id)
		if err != nil {
			d.t.Fatal(err)
		}
		if c.State == to {
			return c
		}
		if _, err := d.Advance(bg, id); err != nil {
			d.t.Fatal(err)
		}
	}
	d.t.Fatalf("the review %s does not become %s", id, to)
	return approvals.Campaign{}
}

// says lets whoever is asked give a verdict on the next open item.
func (d *desk) says(id approvals.CampaignID, v approvals.ReviewVerdict) approvals.ReviewItem {
	d.t.Helper()
	c, err := d.Campaign(bg, id)
	if err != nil {
		d.t.Fatal(err)
	}
	items, err := d.world.Store.ReviewItems(bg, id)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, i := range items {
		if !i.Open() || i.Asked == "" {
			continue
		}
		i, err := d.Answer(bg, approvals.Person(i.Asked, "test", ""), c.ID, i.Request, v, "because")
		if err != nil {
			d.t.Fatal(err)
		}
		return i
	}
	d.t.Fatal("nothing waits for a verdict")
	return approvals.ReviewItem{}
}

func code(t *testing.T, want approvals.Code, err error) {
	t.Helper()
	if got := approvals.ErrorCode(err); got != want {
		t.Errorf("code %q, want %q: %v", got, want, err)
	}
}
