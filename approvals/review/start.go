package review

import (
	"context"
	"strconv"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Plan says what a campaign is to cover.
type Plan struct {
	ID   approvals.CampaignID // empty: a new one. The same id begins one campaign, however often
	Kind approvals.CampaignKind
	From time.Time // inclusive
	To   time.Time // exclusive, and not in the future
	Some bool      // refuse to begin where there is nothing to review
}

// Begin starts the review of the year that ends now. Only an admin may. What is
// drawn, and who is asked, is as of any other review: who starts it chooses
// neither.
func (s *Service) Begin(ctx context.Context, actor approvals.Actor) (approvals.Campaign, error) {
	if _, err := s.admin(ctx, actor, map[string]string{"action": "start a review"}, "Only an admin starts a review."); err != nil {
		return approvals.Campaign{}, err
	}
	if s.Sign == nil {
		return approvals.Campaign{}, approvals.Errorf(approvals.CodeUnavailable, "No checkpoints are signed here, and one draws the sample of a review. Configure audit.key first.")
	}
	now := s.now()
	return s.Start(ctx, actor, Plan{Kind: approvals.CampaignYearly, From: now.AddDate(-1, 0, 0), To: now, Some: true})
}

// Start freezes a population and begins its review. While one of the same kind
// is under way there is no other (CodeConflict).
func (s *Service) Start(ctx context.Context, actor approvals.Actor, p Plan) (approvals.Campaign, error) {
	now := s.now()
	switch {
	case p.Kind != approvals.CampaignYearly && p.Kind != approvals.CampaignBlind:
		return approvals.Campaign{}, approvals.Errorf(approvals.CodeInvalid, "A review is yearly or blind, not %q.", p.Kind)
	case !p.From.Before(p.To):
		return approvals.Campaign{}, approvals.Errorf(approvals.CodeInvalid, "A review begins before it ends: from %s to %s is no time.", p.From.Format(time.DateOnly), p.To.Format(time.DateOnly))
	case p.To.After(now):
		return approvals.Campaign{}, approvals.Errorf(approvals.CodeInvalid, "What has not happened yet can't be reviewed: %s is in the future.", p.To.Format(time.DateOnly))
	}
	if p.ID != "" {
		if c, err := s.Store.Campaign(ctx, p.ID); err == nil || approvals.ErrorCode(err) != approvals.CodeNotFound {
			return c, err
		}
	}
	open, err := s.Store.Campaigns(ctx, true, page)
	if err != nil {
		return approvals.Campaign{}, err
	}
	for _, c := range open {
		if c.Kind == p.Kind {
			return c, underWay(string(c.ID))
		}
	}
	c := approvals.Campaign{ID: p.ID, Kind: p.Kind, State: approvals.CampaignFrozen, From: p.From.UTC(), To: p.To.UTC(),
		FrozenAt: now, DueAt: now.Add(s.deadline()), Limit: s.limit()}
	if c.Kind == approvals.CampaignBlind {
		c.Share = s.share()
	}
	if c.ID == "" {
		c.ID = approvals.CampaignID(s.newID("rv_"))
	}
	return s.freeze(ctx, actor, c, p.Some)
}

func underWay(which string) error {
	return approvals.Errorf(approvals.CodeConflict, "The review %s is still under way; close it before you start another.", which)
}

func (s *Service) freeze(ctx context.Context, actor approvals.Actor, c approvals.Campaign, some bool) (approvals.Campaign, error) {
	var err error
	if c.Size, err = s.Store.LogSize(ctx); err != nil {
		return c, err
	}
	members, err := s.Population(ctx, c)
	if err != nil {
		return c, err
	}
	if some && len(members) == 0 {
		return c, approvals.Errorf(approvals.CodeInvalid, "Nothing was approved automatically from %s on, so there is nothing to review.", c.From.Format(time.DateOnly))
	}
	c.Population, c.Digest = len(members), Digest(members)
	ev := event(c.FrozenAt, approvals.EventReviewFrozen, actor, c, map[string]string{
		"kind": string(c.Kind), "from": c.From.Format(time.RFC3339Nano), "to": c.To.Format(time.RFC3339Nano), "size": strconv.FormatInt(c.Size, 10),
		"population": strconv.Itoa(c.Population), "digest": c.Digest, "limit": strconv.Itoa(c.Limit), "share": strconv.Itoa(c.Share),
		"due_at": c.DueAt.Format(time.RFC3339),
	})
	err = s.Store.Apply(ctx, approvals.Change{
		Campaigns: []approvals.Campaign{c}, Events: []approvals.Event{ev}, Notices: homes(s.admins(ctx)...),
		Tasks: []approvals.Task{{Kind: approvals.TaskReview, Key: string(c.ID), RunAt: c.FrozenAt}},
	})
	if approvals.ErrorCode(err) == approvals.CodeDuplicate { // another replica was faster, with this one or with another of its kind
		faster, err := s.Store.Campaign(ctx, c.ID)
		if approvals.ErrorCode(err) == approvals.CodeNotFound {
			err = underWay("that was just begun")
		}
		return faster, err
	}
	if err == nil {
		c.Version++
	}
	return c, err
}

// Population lists what a campaign covers, in the order of the log. Of several
// decisions on one request the first counts.
func (s *Service) Population(ctx context.Context, c approvals.Campaign) ([]Member, error) {
	var all Census
	for after := int64(0); ; {
		events, err := s.Store.AutomaticEvents(ctx, c.From, c.To, after, c.Size, 10*page)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			all.Add(e)
			after = e.Sequence
		}
		if len(events) < 10*page {
			return all.Members, nil
		}
	}
}

// Census gathers a population event by event.
type Census struct {
	Members []Member
	seen    map[approvals.RequestID]bool
}

// Add counts an event, unless it is not of the population's kind or its request
// is counted already.
func (c *Census) Add(e approvals.Event) {
	m, ok := MemberOf(e)
	if !ok || c.seen[m.Request] {
		return
	}
	if c.seen == nil {
		c.seen = map[approvals.RequestID]bool{}
	}
	c.seen[m.Request] = true
	c.Members = append(c.Members, m)
}
