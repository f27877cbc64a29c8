package demo

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// TestBreakGlassWithEveryApproverAsleep is break-glass from the slash command
// to the review, through the real bot and worker over sockets: nobody answers,
// access works, everybody is told, and a review that nobody closes in a day is
// told again and keeps its person from the next.
func TestBreakGlassWithEveryApproverAsleep(t *testing.T) {
	t.Parallel()
	r := rehearse(t)
	d, ctx, lena := r.demo, r.ctx, r.as("Lena Fischer")
	smash := func() error {
		t.Helper()
		if err := lena.Command(ctx, lena.DMChannel(), "break-glass billing-db"); err != nil {
			t.Fatal(err)
		}
		v, err := lena.WaitView(ctx, func(v slacksim.View) bool { return v.Title == "Break glass" })
		if err != nil {
			t.Fatal(err)
		}
		err = lena.Submit(ctx, v.ID, map[string]any{"entitlement": "billing-db:read-write", "duration": "60",
			"reason": "refunds fail for every customer", "sure": "yes"})
		if err != nil {
			_ = lena.CloseAll(ctx)
		}
		return err
	}

	began := d.Clock.Now()
	if err := smash(); err != nil {
		t.Fatal(err)
	}
	r.shown("Lena Fischer", "", "You have access", "Opened by break-glass", "Somebody else must review it")
	if ok, words, err := d.Try(ctx, r.email("Lena Fischer"), "billing-db"); err != nil || !ok {
		t.Errorf("the system says %q: %v", words, err)
	}
	rs, err := d.App.Store.RequestsBy(ctx, "lena.fischer", 1)
	if err != nil || len(rs) != 1 {
		t.Fatalf("%d requests: %v", len(rs), err)
	}
	g, err := d.App.Store.Grant(ctx, rs[0].Grant)
	if err != nil || g.ActiveAt.Sub(began) > 30*time.Second {
		t.Errorf("access worked after %s, want 30 s at most: %v", g.ActiveAt.Sub(began), err)
	}
	r.shown(sam, securityChannel, "Break-glass", "Lena Fischer", "refunds fail for every customer")
	r.shown(sam, "", "Break-glass", "Lena Fischer")
	r.shown("Noor Haddad", "", "Break-glass", "Lena Fischer") // her manager
	review, err := d.App.Store.BreakGlassReview(ctx, rs[0].ID)
	if err != nil || len(review.Told) < 3 {
		t.Errorf("told are %v: %v", review.Told, err)
	}

	d.Clock.Advance(25 * time.Hour)
	r.shown(sam, securityChannel, "The break-glass of Lena Fischer", "is not reviewed")
	r.shown(sam, "", "The break-glass of Lena Fischer", "is not reviewed")
	var problems slacksim.InputErrors
	if err := smash(); !errors.As(err, &problems) || !strings.Contains(problems["entitlement"], "not reviewed yet") {
		t.Errorf("a second break-glass before the review: %v", err)
	}
	card := r.shown(sam, securityChannel, "refunds fail for every customer", "The review is overdue")
	r.presses(sam, card, "Justified")
	r.shown(sam, securityChannel, "by Sam Weber", "justified")
	if b, err := d.App.Store.BreakGlassReview(ctx, rs[0].ID); err != nil || b.Finding != approvals.Justified || b.ClosedBy != "sam.weber" || b.Escalations < 1 {
		t.Errorf("the review is %+v: %v", b, err)
	}
	if err := smash(); err != nil {
		t.Errorf("break-glass after the review: %v", err)
	}
}
