package notary

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// Channel posts checkpoints to a Slack channel, through the outbox: one message
// an hour at most, since people read there.
type Channel struct {
	ID    string        // of the channel
	Every time.Duration // zero: an hour
	Log   Log

	mu   sync.Mutex
	last time.Time // when the last one was posted
}

// Name implements Anchor.
func (c *Channel) Name() string { return "the Slack channel " + c.ID }

// Put implements Anchor. Replicas agree on the message by its hour.
func (c *Channel) Put(ctx context.Context, p store.SignedCheckpoint) error {
	every := c.Every
	if every <= 0 {
		every = time.Hour
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	slot := p.At.UTC().Truncate(every)
	if !slot.After(c.last) {
		return nil
	}
	err := c.Log.Apply(ctx, approvals.Change{Notices: []approvals.Notice{{
		Slot: "checkpoint/" + c.ID + "/" + slot.Format(time.RFC3339), Order: "checkpoint/" + c.ID,
		Kind: approvals.NoticeCheckpoint, Channel: c.ID, Words: string(p.Note)}}})
	if err == nil {
		c.last = slot
	}
	return err
}

// Beyond implements Anchor. What stands in a channel is for people to compare.
func (c *Channel) Beyond(context.Context, int64) ([]byte, error) { return nil, errors.ErrUnsupported }
