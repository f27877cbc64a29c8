package awsidc

import (
	"context"
	"log/slog"
	"time"
)

// Run keeps the list of accounts and permission sets fresh and lifts denials
// of sessions that have died, until the context ends. Every replica may run
// it.
func (c *Connector) Run(ctx context.Context) error {
	for minute := 0; ctx.Err() == nil; minute++ {
		c.Upkeep(ctx, minute%(24*60) == 0)
		_ = c.cfg.Wait(ctx, time.Minute) // it fails when the context has ended, which is looked at above
	}
	return nil
}

// Upkeep does once what Run does; every looks for denials in the policies of
// all permission sets and in the service control policy, and not only of those that are known to have had some.
func (c *Connector) Upkeep(ctx context.Context, every bool) {
	l, err := c.inventory.get(ctx)
	if err == nil && every {
		for arn := range l.names {
			c.denies.line(arn)
		}
	}
	if every && c.cfg.Control != "" {
		c.denies.line(c.cfg.Control)
	}
	for _, doc := range c.denies.documents() {
		if c.quota.turn(ctx, c.quota.slow) != nil {
			return
		}
		if err := c.denies.lift(ctx, doc); err != nil && ctx.Err() == nil {
			c.cfg.Logger.WarnContext(ctx, "denials of sessions that have died stay in a policy for now",
				slog.String("document", doc), slog.String("error", err.Error()))
		}
	}
}
