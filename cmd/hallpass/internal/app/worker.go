package app

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/prompts"
	"github.com/hallpass-dev/hallpass/store"
)

func (a *App) worker(ctx context.Context, hands map[string]approvals.Connector, model *prompts.Client) (*lifecycle.Worker, error) {
	limits := map[string]lifecycle.Limits{}
	for name, k := range a.config.Connectors {
		limits[name] = lifecycle.Limits{Concurrency: k.Concurrency, CallTimeout: k.Timeout}
	}
	a.openJournal(ctx)
	c := lifecycle.Config{
		Service: a.Service, Store: a.Store, Connectors: hands, Limits: limits,
		Journal: a.journal,
		Now:     a.options.Now, Logger: a.log, Trace: a.options.Trace, Observe: "@every " + a.config.Drift.Every.String(), Reviews: campaigns{a.Reviews, a.now},
		Done: func(kind approvals.TaskKind, _ string, lag time.Duration) { a.metrics.observe(string(kind), lag) },
	}
	if model.Enabled() {
		c.Explainer = explainer{model}
	}
	return lifecycle.New(c)
}

// journalName is the file in the data directory that keeps what was done while
// the database took no writes.
const journalName = "revocations.journal"

// dataDir is where this process keeps files of its own; empty: nowhere.
func (a *App) dataDir() string {
	if path, ok := strings.CutPrefix(a.options.Database, "sqlite:"); ok {
		if ext := filepath.Ext(path); ext == ".db" || ext == ".sqlite" {
			return filepath.Dir(path)
		}
		return path
	}
	if a.options.Database != "" {
		return ""
	}
	return a.config.Path(a.config.Database.DataDir)
}

// openJournal opens the journal. Without a file it works in memory: access
// still ends while the database takes no writes, and a crash in that time makes
// it be ended again.
func (a *App) openJournal(ctx context.Context) {
	dir := a.dataDir()
	if dir == "" {
		a.journal = &store.Journal{}
		return
	}
	j, said, err := store.OpenJournal(filepath.Join(dir, journalName))
	a.journal = j
	for _, words := range said {
		a.log.ErrorContext(ctx, "the journal of revocations is not whole", "found", words)
	}
	if err != nil {
		a.log.WarnContext(ctx, "the journal of revocations is kept in memory only", "error", err)
	}
	if n := len(j.Entries()); n > 0 {
		a.log.WarnContext(ctx, "the journal of an earlier process is merged into the audit log", "entries", n)
	}
}
