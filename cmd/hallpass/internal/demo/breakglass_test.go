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
	d, ctx := startDemo(t), t.Context()
	people, err := d.access.People.People(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.workspace.Wait(ctx, func() bool { return d.workspace.Connections() > 0 }); err != nil {
		t.Fatal(err)
	}
	p := &play{stage: d, people: byID(people)}
	lena, sam := p.as("Lena Fischer"), p.as("Sam Weber")
	shown := func(who *slacksim.Actor, channel string, texts ...string) slacksim.Message {
		t.Helper()
		m, err := who.WaitMessage(ctx, channel, func(m slacksim.Message) bool { return m.BotID != "" && says(m, texts...) })
		if err != nil {
			t.Fatalf("%s never sees %q in %s: %v", who.ID(), texts, channel, err)
		}
		return m
	}
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
	shown(lena, lena.DMChannel(), "You have access", "Opened by break-glass", "Somebody else reviews it")
	if ok, words, err := d.Try(ctx, p.email("Lena Fischer"), "billing-db"); err != nil || !ok {
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
	shown(sam, securityChannel, "Break-glass", "Lena Fischer", "refunds fail for every customer")
	shown(sam, sam.DMChannel(), "Break-glass", "Lena Fischer")
	shown(p.as("Noor Haddad"), p.as("Noor Haddad").DMChannel(), "Break-glass", "Lena Fischer") // her manager
	review, err := d.App.Store.BreakGlassReview(ctx, rs[0].ID)
	if err != nil || len(review.Told) < 3 {
		t.Errorf("told are %v: %v", review.Told, err)
	}

	d.Clock.Advance(25 * time.Hour)
	shown(sam, securityChannel, "The break-glass of Lena Fischer", "is not reviewed")
	shown(sam, sam.DMChannel(), "The break-glass of Lena Fischer", "is not reviewed")
	var problems slacksim.InputErrors
	if err := smash(); !errors.As(err, &problems) || !strings.Contains(problems["entitlement"], "not reviewed yet") {
		t.Errorf("a second break-glass before the review: %v", err)
	}
	press := func(who *slacksim.Actor, m slacksim.Message, label string) {
		t.Helper()
		c, err := control(m, label)
		if err == nil {
			err = who.Click(ctx, m.Channel, m.TS, c.ActionID, slacksim.InBlock(c.BlockID), slacksim.Confirmed())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	card := shown(sam, securityChannel, "refunds fail for every customer", "The review is overdue")
	press(sam, card, "Justified")
	shown(sam, securityChannel, "by Sam Weber", "justified")
	if b, err := d.App.Store.BreakGlassReview(ctx, rs[0].ID); err != nil || b.Finding != approvals.Justified || b.ClosedBy != "sam.weber" || b.Escalations < 1 {
		t.Errorf("the review is %+v: %v", b, err)
	}
	if err := smash(); err != nil {
		t.Errorf("break-glass after the review: %v", err)
	}
}
