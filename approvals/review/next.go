package review

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Next is the decision that somebody is to look at next in a campaign, with what
// was known then; ok is false when nothing waits for them. Left and Done of what
// it returns count in any case.
func (s *Service) Next(ctx context.Context, id approvals.CampaignID, reviewer approvals.PrincipalID) (k approvals.ReviewCase, ok bool, err error) {
	if k.Campaign, err = s.Store.Campaign(ctx, id); err != nil {
		return k, false, err
	}
	items, err := s.Store.ReviewItems(ctx, id)
	if err != nil {
		return k, false, err
	}
	var waiting []approvals.ReviewItem
	for _, i := range items {
		st := stratum(&k.Campaign, i.Stratum)
		switch {
		case i.By == reviewer && !i.Open() || slices.Contains(i.Passed, reviewer):
			k.Done++
		case i.Asked == reviewer && i.Open() && st != nil && st.Outcome == "":
			waiting = append(waiting, i)
		}
	}
	if k.Left = len(waiting); k.Left == 0 || k.Campaign.State != approvals.CampaignOpen {
		k.Left = 0
		return k, false, nil
	}
	next := slices.MinFunc(waiting, func(a, b approvals.ReviewItem) int {
		return cmp.Or(strings.Compare(a.Stratum, b.Stratum), cmp.Compare(a.Place, b.Place))
	})
	return k, true, s.known(ctx, &k, next)
}

// Case is one decision of a campaign with what was known then.
func (s *Service) Case(ctx context.Context, id approvals.CampaignID, request approvals.RequestID) (k approvals.ReviewCase, err error) {
	if k.Campaign, err = s.Store.Campaign(ctx, id); err != nil {
		return k, err
	}
	item, err := s.Store.ReviewItem(ctx, id, request)
	if err != nil {
		return k, err
	}
	return k, s.known(ctx, &k, item)
}

// known adds to a case what was known when it was decided.
func (s *Service) known(ctx context.Context, k *approvals.ReviewCase, item approvals.ReviewItem) error {
	k.Item = item
	event, err := s.eventOf(ctx, k.Campaign, item.Request)
	if err != nil {
		return err
	}
	all, err := s.Store.AutomaticOf(ctx, []approvals.Event{event})
	if err != nil {
		return err
	}
	k.Automatic = all[0]
	for _, p := range event.Policies {
		text, err := s.Law.Text(ctx, event.Version, p.ID)
		if code := approvals.ErrorCode(err); err != nil && code != approvals.CodeNotFound && code != approvals.CodeInvalid {
			return err
		}
		k.Rules = append(k.Rules, approvals.RuleText{PolicyRef: p, Text: strings.TrimSpace(text)})
	}
	return nil
}

// eventOf finds the event that recorded a decision of a campaign.
func (s *Service) eventOf(ctx context.Context, c approvals.Campaign, id approvals.RequestID) (approvals.Event, error) {
	events, err := s.Store.AutomaticEventsOf(ctx, []approvals.RequestID{id}, c.Size)
	if err == nil && len(events) == 0 {
		err = approvals.Errorf(approvals.CodeNotFound, "The audit log does not have this decision.")
	}
	if err != nil {
		return approvals.Event{}, err
	}
	return events[0], nil
}

// Campaign finds a campaign.
func (s *Service) Campaign(ctx context.Context, id approvals.CampaignID) (approvals.Campaign, error) {
	return s.Store.Campaign(ctx, id)
}

// Standing is how reviews stand.
func (s *Service) Standing(ctx context.Context) (st approvals.ReviewStanding, err error) {
	if st.Campaigns, err = s.Store.Campaigns(ctx, true, page); err != nil {
		return st, err
	}
	all, err := s.Store.Lapses(ctx)
	if err != nil {
		return st, err
	}
	st.Lapses = slices.DeleteFunc(all, func(l approvals.Lapse) bool { return !l.Holds() })
	st.Ready = s.Sign != nil && !slices.ContainsFunc(st.Campaigns, func(c approvals.Campaign) bool { return c.Kind == approvals.CampaignYearly })
	return st, nil
}
