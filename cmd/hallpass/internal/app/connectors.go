package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/postgres"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// connectors makes the configured connectors. Those in o.Connectors stand in
// for the configured ones of the same name.
func connectors(ctx context.Context, c config.Config, a Access, o Options) (map[string]approvals.Connector, error) {
	all := map[string]approvals.Connector{}
	for name, k := range c.Connectors {
		if given, ok := o.Connectors[name]; ok {
			all[name] = given
			continue
		}
		made, err := connector(ctx, name, k, c, a, o)
		if err != nil {
			return nil, err
		}
		all[name] = made
	}
	return all, checkTargets(ctx, c, a, all)
}

func connector(ctx context.Context, name string, k config.Connector, c config.Config, a Access, o Options) (approvals.Connector, error) {
	log := o.logger().With(slog.String("connector", name))
	switch k.Kind {
	case "sandbox":
		resources, accounts, err := Sandbox(ctx, a, name)
		if err != nil {
			return nil, err
		}
		file := k.State
		if file != "" {
			file = c.Path(file)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				return nil, approvals.Problems{c.At("connectors", name, "state").Problem("name a file in a folder that hallpass may write to", "the folder of %s cannot be made", k.State)}
			}
		}
		return sandbox.New(sandbox.Config{Name: name, Resources: resources, Accounts: accounts, File: file, Logger: log, Now: o.Now})
	case "webhook":
		return toWebhook(name, k, c, o)
	case "scim":
		return toSCIM(name, k, c, o)
	case "awsidc":
		return toAWS(ctx, name, k, c, o)
	case "exec":
		return toProgram(name, k, c, o)
	default:
		dsn, err := c.Value(k.DSN)
		if err != nil {
			return nil, err
		}
		if dsn == "" {
			return nil, approvals.Problems{c.At("connectors", name, "dsn").Problem("set the variable to the bot's own connection string", "the secret %s of connector %q is empty", k.DSN, name)}
		}
		made, err := postgres.New(postgres.Config{Name: name, DSN: dsn, Domain: k.Domain, Plain: k.Plain, Timeout: k.Timeout, Logger: log, Now: o.Now})
		if err != nil {
			return nil, approvals.Problems{c.At("connectors", name).Problem("mend it, and start again", "%s", err)}
		}
		return made, nil
	}
}

// Sandbox derives a fictional system from the catalogue: the resources that
// its entitlements name, and everybody in the directory as an account.
func Sandbox(ctx context.Context, a Access, name string) ([]sandbox.Resource, []sandbox.Account, error) {
	all, err := a.Catalogue.All(ctx)
	if err != nil {
		return nil, nil, err
	}
	var resources []sandbox.Resource
	for _, e := range all {
		if e.Connector != name {
			continue
		}
		i := slices.IndexFunc(resources, func(r sandbox.Resource) bool { return r.Name == e.Target["resource"] })
		if i < 0 {
			title, _, _ := strings.Cut(e.Name, ",") // "Billing database, read only"
			resources = append(resources, sandbox.Resource{System: e.System, Name: e.Target["resource"], Title: title})
			i = len(resources) - 1
		}
		resources[i].Levels = append(resources[i].Levels, e.Target["level"])
	}
	slices.SortStableFunc(resources, func(a, b sandbox.Resource) int { return strings.Compare(a.System, b.System) })
	people, err := a.People.People(ctx)
	if err != nil {
		return nil, nil, err
	}
	var accounts []sandbox.Account
	for _, p := range people {
		accounts = append(accounts, sandbox.Account{ID: p.Email, Name: p.Name})
	}
	return resources, accounts, nil
}

// checkTargets asks each connector whether the catalogue's entries for it are
// sound, and finds entries for connectors that are not configured.
func checkTargets(ctx context.Context, conf config.Config, a Access, all map[string]approvals.Connector) error {
	entitlements, err := a.Catalogue.All(ctx)
	if err != nil {
		return err
	}
	problems := conf.Needs(entitlements)
	for _, e := range entitlements {
		c, ok := all[e.Connector]
		if !ok {
			problems = append(problems, approvals.Problem{File: "catalog", What: "the entitlement " + string(e.ID) + " needs the connector \"" + e.Connector + "\", which is not configured", Mend: "add it under connectors: in hallpass.yaml"})
			continue
		}
		v, ok := c.(approvals.Validator)
		if !ok {
			continue
		}
		var failure *approvals.ConnectorError
		switch err := v.Validate(ctx, e); {
		case err == nil:
		case errors.As(err, &failure) && failure.Kind != approvals.Retryable && failure.Kind != approvals.Ambiguous:
			problems = append(problems, approvals.Problem{File: "catalog", What: "the entitlement " + string(e.ID) + " cannot work: " + failure.Message, Mend: "mend its target, or what the target names in the system"})
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}
