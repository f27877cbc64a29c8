package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// securityChannel is where the example's policy sends critical access, by name.
const securityChannel = "C0SECURITY"

func TestCriticalAccessIsDecidedByTwoInTheirChannel(t *testing.T) {
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
	maya := p.as("Maya Lindqvist")
	if _, err := maya.DM("schema owner on customers-db for 30 minutes, finish the broken migration, INC-90"); err != nil {
		t.Fatal(err)
	}
	shown := func(who *slacksim.Actor, channel string, texts ...string) slacksim.Message {
		t.Helper()
		m, err := who.WaitMessage(ctx, channel, func(m slacksim.Message) bool { return m.BotID != "" && says(m, texts...) })
		if err != nil {
			t.Fatalf("%s never sees %q in %s: %v", who.ID(), texts, channel, err)
		}
		return m
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
	press(maya, shown(maya, maya.DMChannel(), "Ready to send?", "schema owner"), "Send")
	card := shown(maya, securityChannel, "May Maya have this?", "Needs 2 approvals")
	rs, err := d.App.Store.RequestsBy(ctx, "maya.lindqvist", 1)
	if err != nil || len(rs) != 1 {
		t.Fatalf("%d requests: %v", len(rs), err)
	}
	dec, err := d.App.Store.Decision(ctx, rs[0].ID)
	if err != nil || dec.Ruling.Quorum != 2 || len(dec.Approvers) < 2 || len(dec.Asked) != 0 {
		t.Fatalf("decided %+v, approvers %v, asked %v: %v", dec.Ruling, dec.Approvers, dec.Asked, err)
	}
	var approvers []*slacksim.Actor
	for _, id := range dec.Approvers {
		who, err := d.access.People.Principal(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		approvers = append(approvers, p.as(who.Name))
	}
	press(approvers[0], card, "Approve")
	card = shown(maya, securityChannel, "Needs 2 approvals", "So far:")
	press(approvers[0], card, "Approve")
	shown(approvers[0], securityChannel, "You have answered this request already.")
	if r, err := d.App.Store.Request(ctx, rs[0].ID); err != nil || r.State != approvals.RequestPending {
		t.Fatalf("after one of two the request is %s: %v", r.State, err)
	}
	press(approvers[1], card, "Approve")
	shown(maya, maya.DMChannel(), "You have access", "schema owner")
	done := shown(maya, securityChannel, "Approved by", "Access works until")
	if done.TS != card.TS || len(done.Controls()) != 0 {
		t.Errorf("the card in the channel is %s with %d buttons, was %s", done.TS, len(done.Controls()), card.TS)
	}
	if ok, words, err := d.Try(ctx, p.email("Maya Lindqvist"), "customers-db"); err != nil || !ok {
		t.Errorf("the system says %q: %v", words, err)
	}
	for _, a := range approvers[:2] {
		for _, m := range a.Messages(a.DMChannel()) {
			if strings.Contains(m.Plain(), "Maya") {
				t.Errorf("%s is asked directly too: %q", a.ID(), m.Plain())
			}
		}
	}
	d.Advance(31 * time.Minute)
	shown(maya, maya.DMChannel(), "Access ended", "nothing remains")
}
