package approvalstest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// reviews is what a Store has of campaigns.
type reviews struct {
	campaigns  []approvals.Campaign
	items      []approvals.ReviewItem
	exceptions []approvals.ReviewException
	lapses     []approvals.Lapse
	points     []Point
}

// Point is a checkpoint over the first events of a Store.
type Point struct {
	Size int64
	Note []byte
}

func sameCampaign(id approvals.CampaignID) func(approvals.Campaign) bool {
	return func(c approvals.Campaign) bool { return c.ID == id }
}

func sameItem(a approvals.ReviewItem) func(approvals.ReviewItem) bool {
	return func(b approvals.ReviewItem) bool { return a.Campaign == b.Campaign && a.Request == b.Request }
}

func sameLapse(a approvals.Lapse) func(approvals.Lapse) bool {
	return func(b approvals.Lapse) bool {
		return a.Rule == b.Rule && a.Text == b.Text && a.Campaign == b.Campaign
	}
}

// find is a stored row, and whether there is one.
func find[T any](all []T, same func(T) bool) (T, bool) {
	if i := slices.IndexFunc(all, same); i >= 0 {
		return all[i], true
	}
	var none T
	return none, false
}

// put replaces a row, or appends it.
func put[T any](all []T, row T, same func(T) bool) []T {
	if i := slices.IndexFunc(all, same); i >= 0 {
		all[i] = row
		return all
	}
	return append(all, row)
}

func (r *reviews) check(c approvals.Change) error {
	for _, n := range c.Campaigns {
		old, found := find(r.campaigns, sameCampaign(n.ID))
		if err := version("review", old.Version, n.Version, found); err != nil {
			return err
		}
		if !found && slices.ContainsFunc(r.campaigns, func(c approvals.Campaign) bool { return c.Kind == n.Kind && c.State != approvals.CampaignClosed }) {
			return approvals.Errorf(approvals.CodeDuplicate, "A review of this kind is under way.")
		}
	}
	for _, n := range c.Items {
		old, found := find(r.items, sameItem(n))
		if err := version("reviewed decision", old.Version, n.Version, found); err != nil {
			return err
		}
	}
	for _, n := range c.Lapses {
		old, found := find(r.lapses, sameLapse(n))
		if err := version("lapse", old.Version, n.Version, found); err != nil {
			return err
		}
	}
	return nil
}

func (r *reviews) write(c approvals.Change) {
	for _, n := range c.Campaigns {
		n.Version++
		n.Strata = slices.Clone(n.Strata)
		r.campaigns = put(r.campaigns, n, sameCampaign(n.ID))
	}
	for _, n := range c.Items {
		n.Version++
		r.items = put(r.items, n, sameItem(n))
	}
	for _, n := range c.Lapses {
		n.Version++
		r.lapses = put(r.lapses, n, sameLapse(n))
	}
	for _, n := range c.Exceptions {
		if !slices.ContainsFunc(r.exceptions, func(x approvals.ReviewException) bool {
			return x.Campaign == n.Campaign && x.Request == n.Request && x.Kind == n.Kind
		}) {
			r.exceptions = append(r.exceptions, n)
		}
	}
}

// Campaign finds a review.
func (s *Store) Campaign(_ context.Context, id approvals.CampaignID) (approvals.Campaign, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := find(s.reviews.campaigns, sameCampaign(id))
	if !ok {
		return c, missing("review")
	}
	c.Strata = slices.Clone(c.Strata)
	return c, nil
}

// Campaigns lists reviews, the newest first.
func (s *Store) Campaigns(_ context.Context, open bool, limit int) ([]approvals.Campaign, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []approvals.Campaign
	for _, c := range slices.Backward(s.reviews.campaigns) {
		if (!open || c.State != approvals.CampaignClosed) && len(all) < limit {
			c.Strata = slices.Clone(c.Strata)
			all = append(all, c)
		}
	}
	return all, nil
}

// ReviewItem finds one decision of a review.
func (s *Store) ReviewItem(_ context.Context, c approvals.CampaignID, id approvals.RequestID) (approvals.ReviewItem, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := find(s.reviews.items, sameItem(approvals.ReviewItem{Campaign: c, Request: id}))
	if !ok {
		return i, missing("reviewed decision")
	}
	return i, nil
}

func (s *Store) itemsWhere(keep func(approvals.ReviewItem) bool) []approvals.ReviewItem {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []approvals.ReviewItem
	for _, i := range s.reviews.items {
		if keep(i) {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b approvals.ReviewItem) int {
		return cmp.Or(cmp.Compare(a.Campaign, b.Campaign), cmp.Compare(a.Request, b.Request))
	})
	return all
}

// ReviewItems lists the sample of a review.
func (s *Store) ReviewItems(_ context.Context, c approvals.CampaignID) ([]approvals.ReviewItem, error) {
	return s.itemsWhere(func(i approvals.ReviewItem) bool { return i.Campaign == c }), nil
}

// ReviewsOf lists what waits for a reviewer.
func (s *Store) ReviewsOf(_ context.Context, p approvals.PrincipalID) ([]approvals.ReviewItem, error) {
	return s.itemsWhere(func(i approvals.ReviewItem) bool { return i.Asked == p && i.Open() }), nil
}

// ReviewExceptions lists what a review found.
func (s *Store) ReviewExceptions(_ context.Context, c approvals.CampaignID) ([]approvals.ReviewException, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.reviews.exceptions), func(x approvals.ReviewException) bool { return x.Campaign != c }), nil
}

// Lapses lists the rules that stopped approving.
func (s *Store) Lapses(context.Context) ([]approvals.Lapse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.reviews.lapses), nil
}

// LogSize counts the events.
func (s *Store) LogSize(context.Context) (int64, error) { return int64(len(s.Events())), nil }

// Checkpoint covers all events that there are.
func (s *Store) Checkpoint(note string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reviews.points = append(s.reviews.points, Point{Size: int64(len(s.events)), Note: []byte(note)})
}

// CheckpointAfter finds the first checkpoint over the freeze of a review.
func (s *Store) CheckpointAfter(_ context.Context, c approvals.Campaign) (size int64, note []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind != approvals.EventReviewFrozen || e.Detail["campaign"] != string(c.ID) {
			continue
		}
		for _, p := range s.reviews.points {
			if p.Size >= e.Sequence {
				return p.Size, p.Note, nil
			}
		}
	}
	return 0, nil, missing("checkpoint")
}

// AutomaticEvents lists the decisions that nobody looked at.
func (s *Store) AutomaticEvents(_ context.Context, from, to time.Time, after, upTo int64, limit int) ([]approvals.Event, error) {
	var all []approvals.Event
	for _, e := range s.Events() {
		automatic := e.Kind == approvals.EventRequestDecided && e.Detail["outcome"] == string(approvals.AutoApprove) || e.Kind == approvals.EventBreakGlassOpened || e.Kind == approvals.EventGrantAdopted
		if automatic && e.Sequence > after && e.Sequence <= upTo && !e.At.Before(from) && e.At.Before(to) && len(all) < limit {
			all = append(all, e)
		}
	}
	return all, nil
}

// AutomaticEventsOf lists those of some requests.
func (s *Store) AutomaticEventsOf(ctx context.Context, requests []approvals.RequestID, upTo int64) ([]approvals.Event, error) {
	all, err := s.AutomaticEvents(ctx, time.Time{}, time.Unix(1<<40, 0), 0, upTo, 1<<30)
	return slices.DeleteFunc(all, func(e approvals.Event) bool { return !slices.Contains(requests, e.Request) }), err
}

// AutomaticOf adds what the store has of some events.
func (s *Store) AutomaticOf(_ context.Context, events []approvals.Event) ([]approvals.Automatic, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []approvals.Automatic
	for _, e := range events {
		a := approvals.Automatic{Event: e}
		if r, ok := s.requests[e.Request]; ok {
			a.Request = &r
		}
		for _, d := range s.decisions[e.Request] {
			if a.Decision == nil || a.Decision.Facts.Digest() != e.FactsDigest {
				a.Decision = &d
			}
		}
		if a.Request != nil {
			if g, ok := s.grants[a.Request.Grant]; ok {
				a.Grant = &g
			}
			for _, end := range s.events {
				if end.Kind == approvals.EventGrantRevoked && end.Grant == a.Request.Grant && end.Grant != "" {
					a.Revoked = &end
				}
			}
		}
		all = append(all, a)
	}
	return all, nil
}

// UnloggedApprovals finds nothing: what this store has, its log has.
func (s *Store) UnloggedApprovals(context.Context, time.Time, time.Time, int) ([]approvals.RequestID, error) {
	return nil, nil
}
