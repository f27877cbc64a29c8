package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/approvalstest"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// untimely is a system at whose next grant something happens: access is there,
// and what is to be stored of it comes after.
type untimely struct {
	*sandbox.Sandbox
	happens func()
}

func (u *untimely) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	r, err := u.Sandbox.Grant(ctx, g)
	if f := u.happens; f != nil && err == nil {
		u.happens = nil
		f()
	}
	return r, err
}

// TestAccessThatCannotBeRecordedIsTakenBack covers a database that takes no
// writes from the moment on at which access works: nobody would ever end it.
func TestAccessThatCannotBeRecordedIsTakenBack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"SQLite, read-only", "PostgreSQL, read-only"} { // a full one has room for a line yet
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, block := ways[name](t)
			w := newStuck(t, url)
			var free func()
			w.hand = &untimely{w.box, func() { free = block(w) }}
			req, err := w.ask("amy", approvalstest.Admin)
			if err != nil {
				t.Fatal(err)
			}
			w.works("access is there", func() bool {
				_ = w.Service.RedrawHome(context.Background(), "bob") // the worker met a connection that was ended, and would write again when its lease is over
				return w.db.Refused() != nil
			})
			w.killed()
			w.ahead.Add(int64(40 * time.Second))
			w.works("access is taken back", func() bool { return !w.has("amy", "admin") && len(w.journal.Entries()) == 1 })
			if t.Failed() {
				return
			}
			if e := w.journal.Entries()[0]; !e.Unrecorded || e.Grant != req.Grant {
				t.Errorf("the journal says %+v", e)
			}
			w.killed()
			free()
			w.ahead.Add(int64(time.Minute)) // for the dead one's lease
			w.works("access is given again", func() bool { return w.state(req.Grant) == approvals.GrantActive && len(w.journal.Entries()) == 0 })
			if !w.has("amy", "admin") {
				t.Error("the grant is active, and access is not there")
			}
			if all, journaled := w.told(approvals.EventJournalMerged); all != 1 || journaled != 1 {
				t.Errorf("%d notes of what the journal told, want one", all)
			}
			w.ahead.Add(int64(31 * time.Minute))
			w.works("access ends", func() bool { return w.state(req.Grant) == approvals.GrantRevoked && !w.has("amy", "admin") })
		})
	}
}

// TestAccessThatWasRecordedAfterAllEndsWhenItWasTakenBack covers an answer of
// the database that was lost: the row says that access works, and it does not.
func TestAccessThatWasRecordedAfterAllEndsWhenItWasTakenBack(t *testing.T) {
	t.Parallel()
	w := newStuck(t, "sqlite:"+t.TempDir())
	var ids []approvals.GrantID
	for _, who := range []approvals.PrincipalID{"amy", "bob"} {
		req, err := w.ask(who, approvalstest.ReadOnly)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, req.Grant)
	}
	w.works("access works", func() bool {
		return !slices.ContainsFunc(ids, func(id approvals.GrantID) bool { return w.state(id) != approvals.GrantActive })
	})
	taken, since := w.now(), w.now().Add(-time.Minute) // bob's was given again since
	for i, at := range []time.Time{taken, since} {
		e := approvals.JournalEntry{ID: string(ids[i]), At: at, Grant: ids[i], ReadBack: "absent", Unrecorded: true}
		if err := w.Service.MergeJournal(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := w.state(ids[0]), w.state(ids[1]); a != approvals.GrantRevoked || b != approvals.GrantActive {
		t.Errorf("they are %s and %s, want the first revoked and the second active", a, b)
	}
	g, err := w.db.Grant(t.Context(), ids[0])
	if err != nil || g.EndReason != approvals.EndRevoked || g.EndNote == "" {
		t.Errorf("it ended as %s (%s), %v", g.EndReason, g.EndNote, err)
	}
}
