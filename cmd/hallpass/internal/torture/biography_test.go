package torture

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/store"
)

// biography is what the database says of one wish, when all of it is over.
type biography struct {
	wish     wish
	grant    approvals.Grant
	events   map[approvals.EventKind]int // of the grant's request and the grant, by kind
	changes  int64                       // those of the events that changed the grant
	readBack string                      // what proved the end
	extended bool
}

// changing are the events that change a grant, each once.
var changing = []approvals.EventKind{approvals.EventGrantScheduled, approvals.EventGrantStarted, approvals.EventGrantActive, approvals.EventGrantExtended,
	approvals.EventGrantRevoking, approvals.EventGrantRetried, approvals.EventGrantResidual, approvals.EventGrantRevoked}

func (b *biography) read(ctx context.Context, w *world, db *store.Store) {
	w.t.Helper()
	more, err := db.RequestByKey(ctx, b.wish.more())
	if err != nil && approvals.ErrorCode(err) != approvals.CodeNotFound {
		w.t.Fatal(err)
	}
	if b.extended = more.State == approvals.RequestApproved; more.State == approvals.RequestPending {
		w.t.Errorf("grant %s has ended, and people are still asked whether %s may have more of it", b.grant.ID, b.grant.Principal)
	}
	of, err := db.Events(ctx, store.EventFilter{Grant: b.grant.ID})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range of {
		b.events[e.Kind]++
		if e.Kind == approvals.EventGrantRevoked {
			b.readBack = e.ReadBack
		}
		if e.Kind == approvals.EventGrantRevoking && e.Detail["journal"] != "" {
			continue // it is stored with the proof of the end
		}
		for _, kind := range changing {
			if e.Kind == kind {
				b.changes++
			}
		}
	}
	before, err := db.Events(ctx, store.EventFilter{Request: b.grant.Request})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range before {
		if e.Grant == "" {
			b.events[e.Kind]++
		}
	}
}

// due is when access must end: its time is up, or somebody ended it.
func due(g approvals.Grant) time.Time {
	if g.EndsAt.IsZero() || g.RevokingAt.Before(g.EndsAt) {
		return g.RevokingAt
	}
	return g.EndsAt
}

// checkLife sees to it that each thing that befell a grant is told once, that
// it ended at the end that it had last, and that its end was proved.
func (w *world) checkLife(b biography, said map[string]int, deeds map[[2]string]time.Time) {
	w.t.Helper()
	v, g := b.wish, b.grant
	wrong := func(format string, args ...any) {
		w.t.Helper()
		w.t.Errorf("grant %s of %s, %+v: %s", g.ID, g.Principal, v, fmt.Sprintf(format, args...))
	}
	works := 1
	if v.Hasty && g.ActiveAt.IsZero() {
		works = 0
	}
	if g.State != approvals.GrantRevoked || g.RevokedAt.IsZero() || g.ActiveAt.IsZero() != (works == 0) {
		wrong("it is %s, active at %s: %s", g.State, g.ActiveAt, g.LastError)
	}
	for kind, want := range map[approvals.EventKind]int{approvals.EventGrantScheduled: 1, approvals.EventGrantActive: works, approvals.EventGrantExtended: count(b.extended),
		approvals.EventGrantRevoking: 1, approvals.EventGrantRevoked: 1} {
		if b.events[kind] != want {
			wrong("it has %d events %s, want %d", b.events[kind], kind, want)
		}
	}
	if g.Version != b.changes {
		wrong("it was changed %d times, and the log tells of %d", g.Version, b.changes)
	}
	if !strings.HasPrefix(b.readBack, "absent") {
		wrong("its end was proved by %q", b.readBack)
	}
	late := g.RevokedAt.Sub(due(g))
	if w.tally.ended(late); late > w.mostLate() {
		wrong("it was proved to be gone %s after its end", late)
	}
	w.checkEnd(b, wrong)
	released := deeds[[2]string{"released", v.Key}]
	switch {
	case !v.Done:
	case released.IsZero():
		wrong("nobody was told that it is given back")
	case g.RevokingAt.Sub(released) > w.ahead():
		wrong("it was still to be ended %s after it was given back", g.RevokingAt.Sub(released))
	case g.EndReason != approvals.EndReleased && !g.Expired(g.RevokingAt):
		wrong("it was given back, and ended because it %s", g.EndReason)
	}
	least, most := count(!b.gaveBack()), count(!b.gaveBack() || b.events[approvals.EventGrantResidual] > 0) // what lives on is told
	if n := said["ended/"+string(g.ID)]; n < least || n > most {
		wrong("%d messages of their own tell of its end, want %d to %d", n, least, most)
	}
	w.tally.lived(b)
}

// checkEnd sees to it that the end is the one that was stored last, in the
// database and in the system.
func (w *world) checkEnd(b biography, wrong func(string, ...any)) {
	w.t.Helper()
	v, g, want := b.wish, b.grant, b.wish.Duration
	if b.extended {
		want += v.More
	}
	if g.Duration != want || !g.ActiveAt.IsZero() && !g.EndsAt.Equal(g.ActiveAt.Add(want)) {
		wrong("it was for %s and until %s, %s after it worked; want %s", g.Duration, g.EndsAt, g.EndsAt.Sub(g.ActiveAt), want)
	}
	if g.EndReason == approvals.EndExpired && g.RevokingAt.Before(g.EndsAt) {
		wrong("its time was up %s before its end", g.EndsAt.Sub(g.RevokingAt))
	}
	if g.Connector != "hook" {
		return
	}
	told := w.endpoint.told(g.ID)
	for i, end := range told {
		if end.After(g.EndsAt) || i > 0 && end.Before(told[i-1]) {
			wrong("its system was told the ends %s, and it ended %s", told, g.EndsAt)
			return
		}
	}
}

// gaveBack reports whether the holder ended it and looked on: no message tells
// them of it.
func (b biography) gaveBack() bool {
	g := b.grant
	return g.EndReason == approvals.EndReleased && g.RevokedAt.Sub(g.RevokingAt) < time.Minute
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
