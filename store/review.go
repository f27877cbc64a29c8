package store

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
)

// The tables of reviews. Most of a campaign and of its items is read whole or
// not at all, so it is one text.
var (
	campaignTable  = newTable("campaigns", 1, `id text, version bigint, state text, frozen_at timestamptz, body text`)
	itemTable      = newTable("review_items", 2, `campaign text, request_id text, version bigint, asked text, verdict text, note text, body text`)
	exceptionTable = newTable("review_exceptions", 3, `campaign text, request_id text, kind text, words text, at timestamptz`)
	lapseTable     = newTable("lapses", 3, `rule text, text text, campaign text, version bigint, why text, since timestamptz,
		lifted_at timestamptz, lifted_by text, lifted_note text`)
)

// versioned sorts rows into those that are new and those that replace one.
type versioned struct {
	created [][]any
	changed map[string][]any
}

func (v *versioned) add(key string, version int64, row []any) error {
	if version == 0 {
		v.created = append(v.created, row)
		return nil
	}
	if v.changed == nil {
		v.changed = map[string][]any{}
	}
	if _, twice := v.changed[key]; twice {
		return approvals.Errorf(approvals.CodeInternal, "A row is changed twice in one change.")
	}
	v.changed[key] = row
	return nil
}

func (w *writer) replace(t *table, what string, v versioned) error {
	if err := w.insert(t, v.created, what+" was stored already."); err != nil {
		return err
	}
	return w.swap(t, what, v.changed)
}

// reviews stores campaigns, their items, what they found, and the rules that
// lapsed by them.
func (w *writer) reviews(c approvals.Change) error {
	var campaigns, items, lapses versioned
	for _, r := range c.Campaigns {
		row, err := campaignRow(r)
		if err == nil {
			err = campaigns.add(string(r.ID), r.Version, row)
		}
		if err != nil {
			return err
		}
	}
	for _, i := range c.Items {
		row, err := itemRow(i)
		if err == nil {
			err = items.add(joinKey(string(i.Campaign), string(i.Request)), i.Version, row)
		}
		if err != nil {
			return err
		}
	}
	for _, l := range c.Lapses {
		if err := lapses.add(joinKey(l.Rule, l.Text, string(l.Campaign)), l.Version, lapseRow(l)); err != nil {
			return err
		}
	}
	var found [][]any
	for _, x := range c.Exceptions {
		found = append(found, []any{string(x.Campaign), string(x.Request), string(x.Kind), printable(x.Words), at(x.At)})
	}
	for _, step := range []func() error{
		func() error { return w.replace(campaignTable, "The review", campaigns) },
		func() error { return w.replace(itemTable, "This decision of the review", items) },
		func() error { return w.put(exceptionTable, found, " ON CONFLICT DO NOTHING") },
		func() error { return w.replace(lapseTable, "The lapse of", lapses) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// reviewKeys are what a change touches of reviews, for claimKeys.
func reviewKeys(c approvals.Change, keys map[string]bool) {
	for _, r := range c.Campaigns {
		keys["campaign\x00"+string(r.ID)] = true
	}
	for _, i := range c.Items {
		keys["item\x00"+joinKey(string(i.Campaign), string(i.Request))] = true
	}
	for _, x := range c.Exceptions {
		keys["campaign\x00"+string(x.Campaign)] = true
	}
	for _, l := range c.Lapses {
		keys["lapse\x00"+joinKey(l.Rule, l.Text)] = true
	}
}

func campaignRow(c approvals.Campaign) ([]any, error) {
	version := c.Version + 1
	c.Version = 0
	body, err := asJSON(c)
	return []any{string(c.ID), version, string(c.State), at(c.FrozenAt), body}, err
}

func readCampaign(scan scan) (c approvals.Campaign, err error) {
	var version int64
	var body string
	if err := scan(&version, &body); err != nil {
		return c, err
	}
	err = fromJSON(body, &c)
	c.Version = version
	return c, err
}

func itemRow(i approvals.ReviewItem) ([]any, error) {
	version, note := i.Version+1, i.Note
	i.Version, i.Note = 0, ""
	body, err := asJSON(i)
	return []any{string(i.Campaign), string(i.Request), version, string(i.Asked), string(i.Verdict), note, body}, err
}

func readItem(scan scan) (i approvals.ReviewItem, err error) {
	var version int64
	var note, body string
	if err := scan(&version, &note, &body); err != nil {
		return i, err
	}
	err = fromJSON(body, &i)
	i.Version, i.Note = version, note
	return i, err
}

func lapseRow(l approvals.Lapse) []any {
	return []any{l.Rule, l.Text, string(l.Campaign), l.Version + 1, l.Why, at(l.Since), at(l.LiftedAt), string(l.LiftedBy), l.LiftedNote}
}

func readLapse(scan scan) (l approvals.Lapse, err error) {
	var since, lifted stamp
	err = scan(&l.Rule, &l.Text, &l.Campaign, &l.Version, &l.Why, &since, &lifted, &l.LiftedBy, &l.LiftedNote)
	l.Since, l.LiftedAt = since.Time, lifted.Time
	return l, err
}

// Campaign finds a review.
func (s *Store) Campaign(ctx context.Context, id approvals.CampaignID) (approvals.Campaign, error) {
	return single(ctx, s, "read a review", "There is no such review.", readCampaign,
		"SELECT version, body FROM campaigns WHERE id = $1", string(id))
}

// Campaigns lists the newest reviews, the newest first, at most limit; open
// leaves out those that are closed.
func (s *Store) Campaigns(ctx context.Context, open bool, limit int) ([]approvals.Campaign, error) {
	query := "SELECT version, body FROM campaigns"
	if open {
		query += " WHERE state <> 'closed'"
	}
	return list(ctx, s, "list reviews", readCampaign, query+" ORDER BY frozen_at DESC, id DESC LIMIT $1", int64(limit))
}

const selectItem = "SELECT version, note, body FROM review_items "

// ReviewItem finds one decision in the sample of a review.
func (s *Store) ReviewItem(ctx context.Context, c approvals.CampaignID, id approvals.RequestID) (approvals.ReviewItem, error) {
	return single(ctx, s, "read what is reviewed", "This decision is not in the sample of that review.", readItem,
		selectItem+"WHERE campaign = $1 AND request_id = $2", string(c), string(id))
}

// ReviewItems lists the sample of a review, in no particular order.
func (s *Store) ReviewItems(ctx context.Context, c approvals.CampaignID) ([]approvals.ReviewItem, error) {
	return list(ctx, s, "list what is reviewed", readItem, selectItem+"WHERE campaign = $1 ORDER BY request_id", string(c))
}

// ReviewsOf lists what waits for a reviewer's verdict, in all reviews.
func (s *Store) ReviewsOf(ctx context.Context, reviewer approvals.PrincipalID) ([]approvals.ReviewItem, error) {
	return list(ctx, s, "list what somebody reviews", readItem, selectItem+"WHERE asked = $1 AND verdict = '' ORDER BY campaign, request_id", string(reviewer))
}

// ReviewExceptions lists what a review found by computing, by request.
func (s *Store) ReviewExceptions(ctx context.Context, c approvals.CampaignID) ([]approvals.ReviewException, error) {
	return list(ctx, s, "list what a review found", func(scan scan) (x approvals.ReviewException, err error) {
		var found stamp
		err = scan(&x.Campaign, &x.Request, &x.Kind, &x.Words, &found)
		x.At = found.Time
		return x, err
	}, "SELECT "+exceptionTable.list("")+" FROM review_exceptions WHERE campaign = $1 ORDER BY request_id, kind", string(c))
}

// Lapses lists the rules that stopped approving by themselves, also those whose
// lapse was lifted, by rule and time.
func (s *Store) Lapses(ctx context.Context) ([]approvals.Lapse, error) {
	return list(ctx, s, "list lapsed rules", readLapse, "SELECT "+lapseTable.list("")+" FROM lapses ORDER BY rule, since, campaign")
}
