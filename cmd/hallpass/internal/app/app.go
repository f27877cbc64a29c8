package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/approvals/review"
	"github.com/hallpass-dev/hallpass/bot"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/prompts"
	"github.com/hallpass-dev/hallpass/scoring"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/forward"
	"github.com/hallpass-dev/hallpass/store/notary"
)

// Options are what a configuration does not say.
type Options struct {
	Now        func() time.Time               // nil: time.Now
	Logger     *slog.Logger                   // nil: silent
	Connectors map[string]approvals.Connector // stand in for configured connectors of the same name
	Migrate    bool                           // bring the schema up to date first; embedded SQLite always is
	Database   string                         // URL that stands in for the configured one
	BotToken   string                         // stands in for the configured one, as does AppToken
	AppToken   string
	SlackPace  float64         // see bot.Config.Pace
	Trace      approvals.Trace // of the steps that are taken; nil: nobody hears
	// Before runs when the database is ready and nothing has been read from it.
	Before func(context.Context, *store.Store) error

	memory directory.Memory                   // of the last good people; nil: none
	crew   func(context.Context) (int, error) // how many processes share the database; nil: only this one
}

func (o Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger
}

// App is a wired Hallpass.
type App struct {
	Access  Access
	Store   *store.Store
	Service *approvals.Service
	Bot     *bot.Bot
	Worker  *lifecycle.Worker
	Reviews *review.Service

	config  config.Config
	options Options
	log     *slog.Logger
	checked bot.Config // what Slack was asked about; zero: not yet
	scorer  *scoring.Scorer
	world   *scoring.World
	pages   map[string]http.Handler       // of connectors that have one, by connector
	chores  []func(context.Context) error // what connectors have to do besides their calls
	metrics *metrics
	journal *store.Journal
	marks   *store.Marks       // nil: this process keeps none
	notary  *notary.Notary     // nil: no key is configured
	forward *forward.Forwarder // nil: nobody gets the audit events
	folder  folder
}

// OpenStore opens the configured database: DATABASE_URL, or SQLite in the data
// directory.
func OpenStore(ctx context.Context, c config.Config, o Options) (*store.Store, error) {
	url := o.Database
	if url == "" {
		var err error
		if url, err = c.Value(c.Database.URL); err != nil {
			return nil, err
		}
	}
	if url == "" {
		url = "sqlite:" + c.Path(c.Database.DataDir)
	}
	return store.Open(ctx, store.Config{URL: url, Now: o.Now, Logger: o.logger(), Trace: o.Trace})
}

// New opens and connects everything that a configuration names, or says what
// is wrong and leaves nothing open. Nothing runs yet.
func New(ctx context.Context, c config.Config, o Options) (*App, error) {
	a := &App{config: c, options: o, log: o.logger(), metrics: newMetrics()}
	var err error
	if a.Store, err = OpenStore(ctx, c, o); err != nil {
		return nil, err
	}
	if err := a.open(ctx); err != nil {
		_ = a.Close()
		return nil, err
	}
	return a, nil
}

// open reads what the configuration names, with the database for a memory, and
// connects it.
func (a *App) open(ctx context.Context) (err error) {
	if a.options.Migrate || a.Store.Engine() == "sqlite" {
		if err := a.migrate(ctx); err != nil {
			return err
		}
	}
	if err := a.Store.Ping(ctx); err != nil {
		return err
	}
	c, o := a.config, a.options
	o.memory, o.crew = a.Store, a.Store.Living
	if a.Access, err = LoadAccess(ctx, c, o); err != nil {
		return err
	}
	a.folder = folder{paths: []string{filepath.Join(c.Dir, "catalog"), filepath.Join(c.Dir, "policies")}}
	if c.Directory.Kind == "file" {
		a.folder.paths = append(a.folder.paths, c.Path(c.Directory.File))
	}
	hands, err := connectors(ctx, c, a.Access, o)
	if err != nil {
		return err
	}
	return a.wire(ctx, hands)
}

// migrate brings the schema up to date, once nothing that can be looked at
// before stands in the way of the start.
func (a *App) migrate(ctx context.Context) error {
	if a.Store.Ping(ctx) != nil { // something is to be migrated
		if err := a.sound(ctx); err != nil {
			return err
		}
	}
	return a.Store.Migrate(ctx)
}

// sound says what is wrong with files and tokens, without the database. People
// from elsewhere are left out of that: the last that were known may have to come
// from there.
func (a *App) sound(ctx context.Context) error {
	if _, err := Weights(a.config); err != nil {
		return err
	}
	if a.config.Directory.Kind == "file" {
		access, err := LoadAccess(ctx, a.config, a.options)
		if err != nil {
			return err
		}
		if _, err := access.securityQueue(ctx, a.config); err != nil {
			return err
		}
	}
	return a.preflight(ctx)
}

func (a *App) wire(ctx context.Context, hands map[string]approvals.Connector) error {
	if _, err := a.Store.FreeOrphans(ctx); err != nil && a.Store.Refused() == nil { // without writes access still ends, so it starts
		return err
	}
	if a.options.Before != nil {
		if err := a.options.Before(ctx, a.Store); err != nil {
			return err
		}
	}
	a.metrics.registry.MustRegister(newPeopleAge(a.Access.People, a.now), newOverdue(a.Store, a.now), newDrifting(a.Store))
	a.pages = map[string]http.Handler{}
	for name, c := range hands {
		if page, ok := c.(interface{ Handler() http.Handler }); ok {
			a.pages[name] = page.Handler()
		}
		if chore, ok := c.(interface{ Run(context.Context) error }); ok {
			a.chores = append(a.chores, chore.Run)
		}
	}
	model, err := a.model()
	if err != nil {
		return err
	}
	queue, err := a.Access.securityQueue(ctx, a.config)
	if err != nil {
		return err
	}
	if a.scorer, err = a.score(ctx); err != nil {
		return err
	}
	a.Service = &approvals.Service{
		Store: a.Store, Directory: a.Access.People, Catalogue: a.Access.Catalogue,
		Scorer: a.scorer, Policy: a.Access.Policy, Now: a.options.Now, Fallback: queue,
		Profiles: a.Access.Catalogue, Holders: approvals.HoldersOf(hands), Budgets: approvals.Budgets(a.config.Approvals.Budgets),
		Glass:      approvals.BreakGlassRules{Policy: a.Access.Policy, Channel: a.config.BreakGlass.Channel, ReviewWithin: a.config.BreakGlass.ReviewWithin},
		LapseAfter: a.config.Approvals.LapseAfter, ChaseAfter: a.config.Approvals.ChaseAfter,
		Explain: model.Enabled(), Trace: a.options.Trace,
	}
	if err := keepLaw(ctx, a.config, a.Access, a.Store); err != nil {
		return err
	}
	if a.Reviews, err = Reviews(ctx, a.config, a.Access, a.Store, a.options); err != nil {
		return err
	}
	if a.Worker, err = a.worker(ctx, hands, model); err != nil {
		return err
	}
	if a.Bot, err = a.slack(ctx, model); err != nil {
		return err
	}
	a.metrics.registry.MustRegister(newConnection(a.Bot.Health))
	a.Service.Groups = map[string]approvals.Groups{bot.SlackGroup: a.Bot}
	if a.notary, err = a.auditLog(ctx); err != nil {
		return err
	}
	if a.forward, err = a.forwards(); err != nil {
		return err
	}
	if err := a.outside(); err != nil {
		return err
	}
	return a.reconcile(ctx)
}

// model is the optional language model; disabled unless a key or an endpoint
// is configured.
func (a *App) model() (*prompts.Client, error) {
	key, err := a.config.Value(a.config.Model.APIKey)
	if err != nil {
		return nil, err
	}
	m := a.config.Model
	if key == "" && m.BaseURL == "" {
		return prompts.New(prompts.Config{})
	}
	return prompts.New(prompts.Config{BaseURL: m.BaseURL, APIKey: key, Model: m.Name, Timeout: m.Timeout,
		MaxTokensPerDay: m.TokensPerDay, Logger: a.log, Trace: a.options.Trace, Now: a.options.Now})
}

// Run serves until the context ends, then finishes what was begun. It returns
// early when Slack or the database refuse for good.
func (a *App) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.Bot.Run(ctx) })
	g.Go(func() error { return a.Worker.Run(ctx) })
	g.Go(func() error { return a.listen(ctx) })
	g.Go(func() error { return a.watch(ctx) })
	if a.notary != nil {
		g.Go(func() error { return a.notary.Run(ctx) })
	}
	if a.forward != nil {
		g.Go(func() error { return a.forward.Run(ctx) })
	}
	g.Go(func() error { return a.follow(ctx) })
	g.Go(func() error { return a.remember(ctx) })
	g.Go(func() error { a.people(ctx); return nil })
	g.Go(func() error { return a.calendar(ctx) })
	for _, chore := range a.chores {
		g.Go(func() error { return chore(ctx) })
	}
	return g.Wait()
}

func (a *App) now() time.Time {
	if a.options.Now != nil {
		return a.options.Now()
	}
	return time.Now()
}

// Close ends the connections to the database. Run must have returned.
func (a *App) Close() error { return errors.Join(a.journal.Close(), a.Store.Close()) }
