package demo

import (
	"context"

	"golang.org/x/mod/sumdb/note"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/review"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
)

// reviewer is the service that reviews the year, as a server has it.
func (y *lived) reviewer(ctx context.Context) *review.Service {
	y.t.Helper()
	c, access := y.access(nil)
	r, err := app.Reviews(ctx, c, access, y.db, app.Options{Now: y.Now, Database: "given"})
	y.must(err)
	r.Store, r.NewID = reviewed{lean{y.db}}, y.Service.NewID
	r.Sign = func(text string) (string, error) {
		signed, err := note.Sign(&note.Note{Text: text}, y.signer)
		return string(signed), err
	}
	return r
}

// reviewed is a store without a worker, as reviews need it.
type reviewed struct{ lean }

// campaign reviews the year's automatic approvals: all is computed again, a
// sample is drawn by the next checkpoint, and people find what was forged.
func (y *lived) campaign(ctx context.Context, s *review.Service) approvals.Campaign {
	y.t.Helper()
	c, err := s.Start(ctx, approvals.System("schedule"), review.Plan{ID: "rv_year", Kind: approvals.CampaignYearly, From: y.From, To: y.From.AddDate(0, 0, y.Days)})
	y.must(err)
	_, _, err = y.db.Seal(ctx, y.signer.Name(), y.signer)
	y.must(err)
	c = y.advance(ctx, s, c, approvals.CampaignOpen)
	for answered := true; answered; { // a deviation enlarges the sample
		answered = false
		items, err := s.Store.ReviewItems(ctx, c.ID)
		y.must(err)
		for _, item := range items {
			if !item.Open() || item.Asked == "" || item.Kind != approvals.ItemAutomatic {
				continue
			}
			verdict, words := approvals.VerdictRight, ""
			if item.Request == "req_forged" {
				verdict, words = approvals.VerdictWrong, "nobody may have this at once"
			}
			_, err := s.Answer(ctx, approvals.Person(item.Asked, "slack", ""), c.ID, item.Request, verdict, words)
			if code := approvals.ErrorCode(err); code != approvals.CodeAlreadyDecided {
				y.must(err)
			}
			answered = true
		}
	}
	y.now = c.DueAt.AddDate(0, 0, 1)
	return y.advance(ctx, s, c, approvals.CampaignClosed)
}

// advance does the steps of a review until it stands so.
func (y *lived) advance(ctx context.Context, s *review.Service, c approvals.Campaign, to approvals.CampaignState) approvals.Campaign {
	y.t.Helper()
	for range 1000 {
		_, err := s.Advance(ctx, c.ID)
		y.must(err)
		c, err = s.Store.Campaign(ctx, c.ID)
		y.must(err)
		if c.State == to {
			return c
		}
	}
	y.t.Fatalf("the review stays %s", c.State)
	return c
}
