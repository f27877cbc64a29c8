package app

import (
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/prompts"
)

func (a *App) worker(hands map[string]approvals.Connector, model *prompts.Client) (*lifecycle.Worker, error) {
	limits := map[string]lifecycle.Limits{}
	for name, k := range a.config.Connectors {
		limits[name] = lifecycle.Limits{Concurrency: k.Concurrency, CallTimeout: k.Timeout}
	}
	c := lifecycle.Config{
		Service: a.Service, Store: a.Store, Connectors: hands, Limits: limits,
		Now: a.options.Now, Logger: a.log, Observe: "@every " + a.config.Drift.Every.String(),
		Done: func(kind approvals.TaskKind, _ string, lag time.Duration) { a.metrics.observe(string(kind), lag) },
	}
	if model.Enabled() {
		c.Explainer = explainer{model}
	}
	return lifecycle.New(c)
}
