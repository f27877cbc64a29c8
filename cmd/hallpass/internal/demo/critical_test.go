package demo

import (
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
)

// TestCriticalAccessIsDecidedByTwoInTheirChannel looks closer at the story's
// chapter: nobody counts twice, nobody is asked in two places, and the channel
// has one card from the question to the answer.
func TestCriticalAccessIsDecidedByTwoInTheirChannel(t *testing.T) {
	t.Parallel()
	r := rehearse(t)
	r.goes(asks(lin, "schema owner on customers-db for 30 minutes, finish the broken migration, INC-90", "schema owner"))
	r.goes(sends(lin, "schema owner", "Waiting for an answer"))
	card := r.shown(lin, securityChannel, "May Lin have this?", "Needs 2 approvals")
	rs, err := r.demo.App.Store.RequestsBy(r.ctx, "lin.wagner", 1)
	if err != nil || len(rs) != 1 {
		t.Fatalf("%d requests: %v", len(rs), err)
	}
	dec, err := r.demo.App.Store.Decision(r.ctx, rs[0].ID)
	if err != nil || dec.Ruling.Quorum != 2 || len(dec.Approvers) < 2 || len(dec.Asked) != 0 {
		t.Fatalf("decided %+v, approvers %v, asked %v: %v", dec.Ruling, dec.Approvers, dec.Asked, err)
	}

	r.presses(aisha, card, "Approve")
	card = r.shown(lin, securityChannel, "Needs 2 approvals", "So far:")
	r.presses(aisha, card, "Approve")
	r.shown(aisha, securityChannel, "You have answered this request already.")
	if now, err := r.demo.App.Store.Request(r.ctx, rs[0].ID); err != nil || now.State != approvals.RequestPending {
		t.Fatalf("after one of two the request is %s: %v", now.State, err)
	}
	r.presses(anika, card, "Approve")
	r.shown(lin, "", "You have access", "schema owner")
	done := r.shown(lin, securityChannel, "Approved by", "Access was given until")
	if done.TS != card.TS || len(done.Controls()) != 0 {
		t.Errorf("the card in the channel is %s with %d buttons, was %s", done.TS, len(done.Controls()), card.TS)
	}
	for _, who := range []string{aisha, anika} {
		a := r.as(who)
		for _, m := range a.Messages(a.DMChannel()) {
			if strings.Contains(m.Plain(), "Lin") {
				t.Errorf("%s is asked directly too: %q", who, m.Plain())
			}
		}
	}
}
