package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// Options say where the demo runs.
type Options struct {
	Listen   string // default 127.0.0.1:8765; taken: any free port
	Database string // URL; empty: embedded SQLite below Data
	Data     string // folder for the database, the sandbox and a copy of the example; made if missing
	Access   string // access folder to run on; empty: the example's
	Logger   *slog.Logger
	Trace    approvals.Trace // nil: nobody hears
	Rates    slacksim.Rates  // of the workspace and of the bot; the zero value is Slack's own
}

// StoryRates are the workspace's rates for a story, in which hours pass in
// seconds: as many calls a minute as Slack allows in twenty.
var StoryRates = slacksim.Rates{Scale: 20}

// DefaultListen is where the demo's page is, if that port is free.
const DefaultListen = "127.0.0.1:8765"

// Demo is everything in one process: workspace, sandbox system and bot.
type Demo struct {
	*System
	Clock *Clock

	workspace *slacksim.Workspace
	stop      context.CancelFunc
}

// Start makes the demo's folder, workspace, sandbox and bot. Nothing is asked
// or answered before Run.
func Start(ctx context.Context, o Options) (*Demo, error) {
	d := &Demo{Clock: &Clock{}}
	var err error
	if d.System, err = NewSystem(ctx, o, d.Clock.Now); err != nil {
		return nil, err
	}
	tokens := newTokens()
	if err := d.serve(ctx, tokens, o); err != nil {
		return nil, err
	}
	if err := d.Connect(ctx, d.workspace.APIURL(), tokens); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// serve starts the workspace's server, the sandbox's page on it.
func (d *Demo) serve(ctx context.Context, tokens Tokens, o Options) error {
	people, err := d.access.People.People(ctx)
	if err != nil {
		return err
	}
	mounts := map[string]http.Handler{"/sandbox/": http.StripPrefix("/sandbox", d.Sandbox.Handler())}
	links := []slacksim.Link{{Label: "Sandbox system", URL: "/sandbox/"}}
	if d.workspace, err = newWorkspace(people, tokens, mounts, links, o.Rates, o.Logger); err != nil {
		return err
	}
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	listen := o.Listen
	if listen == "" {
		listen = DefaultListen
	}
	err = d.workspace.Start(ctx, listen)
	if err != nil && o.Listen == "" {
		err = d.workspace.Start(ctx, "127.0.0.1:0")
	}
	if err != nil {
		return &approvals.Error{Code: approvals.CodeInvalid, Err: err, Message: "The demo cannot listen on " + listen + ". Name another address of this machine with --listen."}
	}
	return nil
}

// URL is the address of the page.
func (d *Demo) URL() string { return d.workspace.URL() }

// Close stops the workspace and the database.
func (d *Demo) Close() {
	d.System.Close()
	if d.workspace != nil {
		d.workspace.Close()
	}
	if d.stop != nil {
		d.stop()
	}
}

// Story plays the story on the demo while it runs.
func (d *Demo) Story(ctx context.Context, out io.Writer) error { return d.story(ctx, out, chapters()) }

func (d *Demo) story(ctx context.Context, out io.Writer, chapters []chapter) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.Run(ctx) })
	g.Go(func() error {
		defer cancel()
		if err := d.workspace.Wait(ctx, func() bool { return d.workspace.Connections() > 0 }); err != nil {
			return fmt.Errorf("the bot did not connect: %w", err)
		}
		return perform(ctx, d, out, chapters)
	})
	return g.Wait()
}

// Welcome says where the demo is and what to do there. Data is its folder, if
// that is kept.
func (d *Demo) Welcome(out io.Writer, data string) {
	fmt.Fprintf(out, `
  Hallpass is running. Open

      %s

  You are in a local Slack workspace and can be anybody in it. Begin as Maya Lindqvist and write to Hallpass:

      read only on billing-db for 20 minutes, refund stuck, INC-4312

  Then ask for "read-write on billing-db for 2 minutes, fix the refund, INC-4312", be Tom Okafor, and answer.
  "Sandbox system" in the page's header shows access come and go. The README has more to try. Ctrl-C stops everything.

  %s

`, d.URL(), d.verifying(data))
}
