package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// keepHandled is how long handled messages and finished tasks are kept, so
// that a redelivery is known for one.
const keepHandled = 7 * 24 * time.Hour

// freeEvery is how often the work that a dead process holds is given back.
const freeEvery = 5 * time.Second

// watch gives back what dead processes hold, clears away hourly what was
// handled long ago, and reads people, catalogue and policies again at SIGHUP.
// What does not pass changes nothing: the old set stays and the log says why.
func (a *App) watch(ctx context.Context) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	prune, free := time.NewTicker(time.Hour), time.NewTicker(freeEvery)
	defer prune.Stop()
	defer free.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			a.Reload(ctx)
		case <-free.C:
			a.glance(ctx)
			if _, err := a.Store.FreeOrphans(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("what dead processes hold could not be freed; it runs out by itself", "error", err)
			}
		case <-prune.C:
			if _, err := a.Store.Prune(ctx, a.now().Add(-keepHandled)); err != nil {
				a.log.Error("what was handled long ago could not be cleared away", "error", err)
			}
		}
	}
}
