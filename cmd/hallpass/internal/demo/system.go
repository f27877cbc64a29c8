package demo

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
	"github.com/hallpass-dev/hallpass/examples"
	"github.com/hallpass-dev/hallpass/store"
)

// sandboxName is the connector of the example's hallpass.yaml that the demo
// provides itself, so that its page can show it.
const sandboxName = "sandbox"

// System is the demo without its workspace: the bot on the example's access
// folder, and the sandbox that it provisions.
type System struct {
	App     *app.App // after Connect
	Sandbox *sandbox.Sandbox

	access  app.Access
	config  config.Config
	options app.Options
	public  string // public half of the key that signs the log
}

// NewSystem makes the demo's folder and the sandbox system in it.
func NewSystem(ctx context.Context, o Options, now func() time.Time) (*System, error) {
	path, err := prepare(o)
	if err != nil {
		return nil, err
	}
	s := &System{options: app.Options{Now: now, Logger: o.Logger, Trace: o.Trace, Migrate: true, Database: o.Database, SlackPace: o.Rates.Scale}}
	if s.config, err = config.Load(path); err != nil {
		return nil, err
	}
	s.config.Listen = ""               // the demo has one address, the page
	s.config.Audit.Every = time.Second // a review that somebody starts waits for the next checkpoint
	if s.config.Audit.Key, s.public, err = signing(o.Data); err != nil {
		return nil, err
	}
	if s.options.Database == "" {
		s.options.Database = "sqlite:" + filepath.Join(o.Data, "hallpass.db")
	}
	if s.access, err = app.LoadAccess(ctx, s.config, s.options); err != nil {
		return nil, err
	}
	if s.Sandbox, err = newSandbox(ctx, s.access, filepath.Join(o.Data, "sandbox.json"), now, o.Logger); err != nil {
		return nil, err
	}
	s.options.Connectors = map[string]approvals.Connector{sandboxName: s.Sandbox}
	s.options.Before = s.seed
	return s, nil
}

// Connect makes the bot for a workspace.
func (s *System) Connect(ctx context.Context, apiURL string, tokens Tokens) error {
	s.config.Slack.APIURL = apiURL
	s.options.BotToken, s.options.AppToken = tokens.Bot, tokens.App
	var err error
	s.App, err = app.New(ctx, s.config, s.options)
	return err
}

// Run serves until the context ends.
func (s *System) Run(ctx context.Context) error { return s.App.Run(ctx) }

// Close ends the connections to the database.
func (s *System) Close() {
	if s.App != nil {
		_ = s.App.Close()
	}
}

// prepare makes the demo's folder and gives the path of its hallpass.yaml.
func prepare(o Options) (string, error) {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return "", &approvals.Error{Code: approvals.CodeInvalid, Err: err, Message: "The demo cannot keep its data in " + o.Data + ". Name another folder with --data."}
	}
	if o.Access != "" {
		return filepath.Join(o.Access, "hallpass.yaml"), nil
	}
	dir := filepath.Join(o.Data, "access")
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	sub, err := fs.Sub(examples.Access, "access")
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "hallpass.yaml"), os.CopyFS(dir, sub)
}

// newSandbox makes the sandbox system out of the catalogue, with the access
// that the example's people have since before Hallpass.
func newSandbox(ctx context.Context, a app.Access, file string, now func() time.Time, log *slog.Logger) (*sandbox.Sandbox, error) {
	resources, accounts, err := app.Sandbox(ctx, a, sandboxName)
	if err != nil {
		return nil, err
	}
	people, err := a.People.People(ctx)
	if err != nil {
		return nil, err
	}
	all, err := a.Catalogue.All(ctx)
	if err != nil {
		return nil, err
	}
	for i := range resources {
		for _, e := range all {
			if e.Connector != sandboxName || e.Target["resource"] != resources[i].Name {
				continue
			}
			for _, p := range standing(people, e) {
				resources[i].Standing = append(resources[i].Standing, sandbox.Seat{Account: p.Account(e.System), Level: e.Target["level"]})
			}
		}
	}
	return sandbox.New(sandbox.Config{Name: sandboxName, Resources: resources, Accounts: accounts, File: file, Now: now, Logger: log})
}

// seed stores the example's past, unless the database has it, and what its
// systems hold.
func (s *System) seed(ctx context.Context, store *store.Store) error {
	people, err := s.access.People.People(ctx)
	if err != nil {
		return err
	}
	entitlements, err := s.access.Catalogue.All(ctx)
	if err != nil {
		return err
	}
	if err := s.observe(ctx, store, people, entitlements); err != nil {
		return err
	}
	if _, err := store.Request(ctx, "req_past0001"); err == nil || approvals.ErrorCode(err) != approvals.CodeNotFound {
		return err
	}
	return remember(ctx, store, history(people, entitlements, s.options.Now().UTC()))
}

// observe asks the sandbox who holds what, so that the first request is scored
// against peers; the worker does so from then on, also where the sandbox does
// not answer now.
func (s *System) observe(ctx context.Context, store *store.Store, people []approvals.Principal, entitlements []approvals.Entitlement) error {
	byAccount := map[string]approvals.PrincipalID{}
	for _, p := range people {
		byAccount[p.Email] = p.ID
	}
	for _, e := range entitlements {
		if e.Connector != sandboxName {
			continue
		}
		held, err := s.Sandbox.List(ctx, e)
		var away *approvals.ConnectorError
		if errors.As(err, &away) && away.Kind == approvals.Retryable {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range held {
			held[i].Entitlement, held[i].Principal, held[i].AsOf = e.ID, byAccount[held[i].Account], s.options.Now()
		}
		if err := store.SaveHoldings(ctx, e.ID, held); err != nil {
			return err
		}
	}
	return nil
}
