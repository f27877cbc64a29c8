package demo

import (
	"context"
	"io"
	"testing"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// startDemo runs a demo of its own until the test ends.
func startDemo(t *testing.T) *Demo {
	t.Helper()
	d, err := Start(t.Context(), Options{Listen: "127.0.0.1:0", Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the bot stopped with %v", err)
		}
		d.Close()
	})
	return d
}

// rehearsal is a play on a demo, for a test that looks closer than the story
// does. What does not happen as it must ends the test.
type rehearsal struct {
	*play
	t    *testing.T
	ctx  context.Context
	demo *Demo
}

// rehearse starts a demo and waits until its bot is connected.
func rehearse(t *testing.T) rehearsal {
	t.Helper()
	return rehearseOn(t, startDemo(t))
}

// rehearseOn waits until a demo's bot is connected.
func rehearseOn(t *testing.T, d *Demo) rehearsal {
	t.Helper()
	people, err := d.access.People.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.workspace.Wait(t.Context(), func() bool { return d.workspace.Connections() > 0 }); err != nil {
		t.Fatal(err)
	}
	return rehearsal{play: &play{stage: d, out: io.Discard, people: byID(people)}, t: t, ctx: t.Context(), demo: d}
}

// goes plays a step.
func (r rehearsal) goes(s step) {
	r.t.Helper()
	if err := r.step(r.ctx, s); err != nil {
		r.t.Fatalf("%s: %v", s.name, err)
	}
}

// shown is the message of the bot that somebody sees in a channel; no channel
// is their direct messages.
func (r rehearsal) shown(who, channel string, texts ...string) slacksim.Message {
	r.t.Helper()
	m, err := r.wait(r.ctx, who, channel, texts...)
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

// presses presses a button of a message.
func (r rehearsal) presses(who string, m slacksim.Message, label string) {
	r.t.Helper()
	if err := r.press(r.ctx, who, m, label); err != nil {
		r.t.Fatal(err)
	}
}
