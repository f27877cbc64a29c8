package torture

import (
	"context"
	"fmt"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/store"
)

// The slots of messages about emergencies begin with these.
const opened, overdue = "breakglass/", "breakglass-open/"

// alarms counts the messages of a round that tell of emergencies, and how many
// there must be: the reviewer and the channel each get one, and one more when
// nobody reviews it in time.
func (w *world) alarms(r *round) (heard, want int) {
	for _, v := range r.wishes {
		want += 2 * (count(v.Glass) + count(v.Late))
	}
	if want == 0 {
		return 0, 0
	}
	for _, all := range [][]slacksim.Message{w.desk.messages("mia", r.heard["mia"]), w.desk.announced()[r.heard[security]:]} {
		there := map[string]bool{}
		for _, m := range all {
			if s := slot(m); strings.HasPrefix(s, opened) || strings.HasPrefix(s, overdue) {
				there[s] = true
			}
		}
		heard += len(there)
	}
	return heard, want
}

// said counts all messages so far by slot.
func (w *world) said() map[string]int {
	all, n := append(w.desk.announced(), w.desk.messages("mia", 0)...), map[string]int{}
	for i := range w.people {
		all = append(all, w.desk.messages(fmt.Sprint("p", i), 0)...)
	}
	for _, m := range all {
		n[slot(m)]++
	}
	return n
}

// mostAnnounced is how often the channel may hear the same thing. The bot can't
// read there, so after a death, or an answer that never came, it says it again.
const mostAnnounced = 3

// checkGlass sees to it that access which was opened at once has a review that
// somebody else closed, and was told to those who must know.
func (w *world) checkGlass(ctx context.Context, db *store.Store, b biography, said map[string]int) {
	w.t.Helper()
	v, g := b.wish, b.grant
	review, err := db.BreakGlassReview(ctx, g.Request)
	if !v.Glass {
		if approvals.ErrorCode(err) != approvals.CodeNotFound {
			w.t.Errorf("grant %s was not opened at once, and has a review: %v", g.ID, err)
		}
		return
	}
	if err != nil {
		w.t.Errorf("grant %s was opened at once, and has no review: %v", g.ID, err)
		return
	}
	if review.Open() || review.ClosedBy != "mia" || review.Finding != v.finding() || review.Grant != g.ID {
		w.t.Errorf("the review of grant %s is %+v", g.ID, review)
	}
	if v.Unjust && !v.Done && g.EndReason != approvals.EndRevoked {
		w.t.Errorf("grant %s was not justified, and ended because it %s", g.ID, g.EndReason)
	}
	for kind, want := range map[approvals.EventKind]int{approvals.EventBreakGlassOpened: 1, approvals.EventBreakGlassReviewed: 1, approvals.EventBreakGlassEscalated: count(v.Late)} {
		if b.events[kind] != want {
			w.t.Errorf("the review of grant %s has %d events %s, want %d", g.ID, b.events[kind], kind, want)
		}
	}
	if want := int64(2 + count(v.Late)); review.Version != want {
		w.t.Errorf("the review of grant %s was changed %d times, and the log tells of %d", g.ID, review.Version, want)
	}
	for prefix, must := range map[string]bool{opened: true, overdue: v.Late} {
		of := prefix + string(g.Request)
		if prefix == overdue {
			of += "/1"
		}
		mia, channel := said[of+"/mia"], said[of+"/"+security]
		if mia != count(must) || channel < mia || channel > mostAnnounced*mia {
			w.t.Errorf("of the emergency of grant %s, %d messages %s are the reviewer's and %d the channel's", g.ID, mia, prefix, channel)
		}
		w.tally.doubled(channel - mia)
	}
}
