package review

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// pollEvery is how often it is looked whether a checkpoint was signed, and
// looksEvery whether something else is to be done for an open campaign.
const (
	pollEvery  = 5 * time.Second
	looksEvery = 15 * time.Minute
)

// reminders are the parts of its time, in percent, after which a campaign's
// reviewers are reminded. At the second, what is open is given to others too.
var reminders = []int{50, 80, 95}

// nextReminder is when reviewers are reminded next; the campaign's end: never.
func nextReminder(c approvals.Campaign) time.Time {
	if c.Reminded >= len(reminders) {
		return c.DueAt
	}
	return c.FrozenAt.Add(c.DueAt.Sub(c.FrozenAt) * time.Duration(reminders[c.Reminded]) / 100)
}

// Advance does the next step of a campaign, and says when it is to be called
// again; the zero time: never.
func (s *Service) Advance(ctx context.Context, id approvals.CampaignID) (time.Time, error) {
	c, err := s.Store.Campaign(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	now := s.now()
	switch c.State {
	case approvals.CampaignFrozen:
		return now, s.recompute(ctx, c)
	case approvals.CampaignChecked:
		if err := s.draw(ctx, c); err != nil {
			return time.Time{}, err
		}
		if c, err = s.Store.Campaign(ctx, id); err != nil || c.State == approvals.CampaignOpen {
			return now, err
		}
		return now.Add(pollEvery), nil
	case approvals.CampaignOpen:
		return s.attend(ctx, c)
	}
	return time.Time{}, nil
}

// attend does what is due for an open campaign.
func (s *Service) attend(ctx context.Context, c approvals.Campaign) (time.Time, error) {
	now := s.now()
	taken, err := s.adoptGlass(ctx, c)
	switch {
	case err != nil || taken:
		return now, err
	case decided(c) || !now.Before(c.DueAt):
		_, err := s.Close(ctx, approvals.System("review"), c.ID)
		return time.Time{}, err
	}
	if next := nextReminder(c); !now.Before(next) {
		return now, s.remind(ctx, c)
	} else if next.Before(c.DueAt) && next.Before(now.Add(looksEvery)) {
		return next, nil
	}
	if soon := now.Add(looksEvery); soon.Before(c.DueAt) {
		return soon, nil
	}
	return c.DueAt, nil
}

// adoptGlass takes over the findings of reviews of break-glass that were closed.
func (s *Service) adoptGlass(ctx context.Context, c approvals.Campaign) (bool, error) {
	st := stratum(&c, glassStratum)
	if st == nil || st.Answered() == st.Size {
		return false, nil
	}
	items, err := s.Store.ReviewItems(ctx, c.ID)
	if err != nil {
		return false, err
	}
	var ch approvals.Change
	for _, item := range items {
		if item.Kind != approvals.ItemBreakGlass || !item.Open() {
			continue
		}
		b, err := s.Store.BreakGlassReview(ctx, item.Request)
		if approvals.ErrorCode(err) == approvals.CodeNotFound || err == nil && b.Open() {
			continue
		}
		if err != nil {
			return false, err
		}
		item.Verdict, item.By, item.At = approvals.VerdictRight, b.ClosedBy, b.ClosedAt
		if b.Finding == approvals.NotJustified {
			item.Verdict = approvals.VerdictWrong
		}
		tally(st, item.Verdict)
		ch.Items = append(ch.Items, item)
		ch.Events = append(ch.Events, about(event(s.now(), approvals.EventReviewAnswered, approvals.System("review"), c,
			map[string]string{"verdict": string(item.Verdict), "stratum": item.Stratum, "place": strconv.Itoa(item.Place), "by": string(b.ClosedBy)}), item, ""))
	}
	if len(ch.Items) == 0 {
		return false, nil
	}
	settle(&c)
	ch.Campaigns, ch.Notices = []approvals.Campaign{c}, homes(s.admins(ctx)...)
	return true, s.Store.Apply(ctx, ch)
}

// remind asks those again who have not answered, and at the second time gives
// what is open to the security group as well.
func (s *Service) remind(ctx context.Context, c approvals.Campaign) error {
	items, err := s.Store.ReviewItems(ctx, c.ID)
	if err != nil {
		return err
	}
	items = slices.DeleteFunc(items, func(i approvals.ReviewItem) bool {
		st := stratum(&c, i.Stratum)
		return !i.Open() || i.Kind == approvals.ItemBreakGlass || st == nil || st.Outcome != ""
	})
	c.Reminded++
	now := s.now()
	ch := approvals.Change{Campaigns: []approvals.Campaign{c}}
	people := asked(items)
	if c.Reminded == 2 {
		if ch.Items, err = s.widen(ctx, c, items); err != nil {
			return err
		}
		people = append(people, asked(ch.Items)...)
	}
	ch.Events = []approvals.Event{event(now, approvals.EventReviewReminded, approvals.System("review"), c,
		map[string]string{"time": strconv.Itoa(c.Reminded), "open": strconv.Itoa(len(items)), "handed_on": strconv.Itoa(len(ch.Items))})}
	ch.Notices = append(cards(c.ID, people...), homes(s.admins(ctx)...)...)
	for _, id := range asked(items) {
		slot := CardSlot(c.ID, id)
		ch.Notices = append(ch.Notices, approvals.Notice{Slot: string(approvals.NoticeReviewDue) + "/" + strconv.Itoa(c.Reminded) + "/" + slot, Order: slot, Kind: approvals.NoticeReviewDue, To: id})
	}
	return s.Store.Apply(ctx, ch)
}

// widen gives open items to the security group; who had them may still answer.
func (s *Service) widen(ctx context.Context, c approvals.Campaign, items []approvals.ReviewItem) ([]approvals.ReviewItem, error) {
	var open []approvals.RequestID
	for _, i := range items {
		open = append(open, i.Request)
	}
	matters, err := s.matters(ctx, c, open)
	if err != nil {
		return nil, err
	}
	r, work := s.roster(), loads{}
	var widened []approvals.ReviewItem
	for _, item := range items {
		queue, err := r.independent(ctx, matters[item.Request], true)
		if err != nil {
			return nil, err
		}
		queue = slices.DeleteFunc(queue, func(id approvals.PrincipalID) bool { return slices.Contains(item.Passed, id) })
		if len(queue) == 0 || slices.Contains(queue, item.Asked) {
			continue
		}
		item.Reviewers = append(slices.Clone(item.Reviewers), queue...)
		item.Asked = work.next(queue)
		widened = append(widened, item)
	}
	return widened, nil
}
