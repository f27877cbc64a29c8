package review

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/hallpass-dev/hallpass/approvals"
)

// draw opens a campaign once a checkpoint that covers its freeze is signed: the
// sample follows from that checkpoint, and everything in it is given to somebody
// who may review it. Until then it does nothing.
func (s *Service) draw(ctx context.Context, c approvals.Campaign) error {
	size, note, err := s.Store.CheckpointAfter(ctx, c)
	if approvals.ErrorCode(err) == approvals.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	c.Seed, c.SeedSize, c.OpenedAt = Seed(note), size, s.now()
	parts, err := s.Redraw(ctx, c)
	if err != nil {
		return err
	}
	if c, err = c.Move(approvals.CampaignOpen); err != nil {
		return err
	}
	detail := map[string]string{"checkpoint": strconv.FormatInt(size, 10), "seed": c.Seed, "sample": SampleDigest(parts)}
	var picked []approvals.RequestID
	places := map[approvals.RequestID]approvals.ReviewItem{}
	for _, p := range parts {
		st := approvals.Stratum{Name: p.Name, Rules: p.Rules, Sensitivity: p.Sensitivity, Population: len(p.Ordered), Size: p.Size}
		for _, rule := range p.Rules {
			if v := s.Law.Version(rule); v != "" {
				if st.Versions == nil {
					st.Versions = map[string]string{}
				}
				st.Versions[rule] = v
			}
		}
		c.Strata = append(c.Strata, st)
		detail["stratum "+p.Name] = fmt.Sprintf("%d of %d", p.Size, len(p.Ordered))
		for i, id := range p.Ordered[:p.Size] {
			places[id] = approvals.ReviewItem{Campaign: c.ID, Request: id, Kind: p.Kind, Stratum: p.Name, Place: i + 1}
			picked = append(picked, id)
		}
	}
	ch := approvals.Change{Events: []approvals.Event{event(c.OpenedAt, approvals.EventReviewDrawn, approvals.System("review"), c, detail)}}
	if ch.Items, err = s.assign(ctx, c, picked, places, loads{}); err != nil {
		return err
	}
	settle(&c)
	ch.Campaigns = []approvals.Campaign{c}
	ch.Notices = append(cards(c.ID, asked(ch.Items)...), homes(s.admins(ctx)...)...)
	return s.Store.Apply(ctx, ch)
}

// Redraw draws the sample of a campaign again, from the log and the seed.
// CodeInternal says that the log no longer has the population that was frozen.
func (s *Service) Redraw(ctx context.Context, c approvals.Campaign) ([]Part, error) {
	members, err := s.Population(ctx, c)
	if err != nil {
		return nil, err
	}
	return Again(c, members)
}

// Again draws the sample of a campaign from a population that was read
// elsewhere. CodeInternal says that it is not the one that was frozen.
func Again(c approvals.Campaign, members []Member) ([]Part, error) {
	if digest := Digest(members); len(members) != c.Population || digest != c.Digest {
		return nil, approvals.Errorf(approvals.CodeInternal, "The population is not the one that was frozen: there were %d decisions (%.12s), now there are %d (%.12s). Run hallpass audit verify.",
			c.Population, c.Digest, len(members), digest)
	}
	if c.Kind == approvals.CampaignBlind {
		return DrawBlind(c.Seed, members, c.Share), nil
	}
	return Draw(c.Seed, members, c.Limit), nil
}

// assign gives decisions to reviewers. places has what is known of each.
func (s *Service) assign(ctx context.Context, c approvals.Campaign, picked []approvals.RequestID, places map[approvals.RequestID]approvals.ReviewItem, work loads) ([]approvals.ReviewItem, error) {
	matters, err := s.matters(ctx, c, picked)
	if err != nil {
		return nil, err
	}
	r := s.roster()
	items := make([]approvals.ReviewItem, 0, len(picked))
	for _, id := range picked {
		item := places[id]
		if item.Kind != approvals.ItemBreakGlass { // whose own review is under way, or over
			if item.Reviewers, err = r.independent(ctx, matters[id], false); err != nil {
				return nil, err
			}
			item.Asked = work.next(item.Reviewers)
		}
		items = append(items, item)
	}
	return items, nil
}

// matters reads who may review some decisions of a campaign.
func (s *Service) matters(ctx context.Context, c approvals.Campaign, picked []approvals.RequestID) (map[approvals.RequestID]matter, error) {
	found := map[approvals.RequestID]matter{}
	for few := range slices.Chunk(picked, page) {
		events, err := s.Store.AutomaticEventsOf(ctx, few, c.Size)
		if err != nil {
			return nil, err
		}
		all, err := s.Store.AutomaticOf(ctx, events)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			if _, known := found[a.Event.Request]; known {
				continue
			}
			if found[a.Event.Request] = matterOf(a); c.Kind == approvals.CampaignBlind {
				found[a.Event.Request] = blindMatter(a)
			}
		}
	}
	return found, nil
}

// asked lists who has an item before them.
func asked(items []approvals.ReviewItem) []approvals.PrincipalID {
	people := map[approvals.PrincipalID]bool{}
	for _, i := range items {
		if i.Asked != "" {
			people[i.Asked] = true
		}
	}
	return slices.Sorted(maps.Keys(people))
}
