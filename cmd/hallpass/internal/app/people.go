package app

import (
	"context"
	"maps"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/awsidc"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/connectors/peoplefile"
	"github.com/hallpass-dev/hallpass/connectors/postgres"
	"github.com/hallpass-dev/hallpass/connectors/scim"
)

// OpenPeople opens the configured directory. It is read at once, or recalled
// from the database where the options have one.
func OpenPeople(ctx context.Context, c config.Config, o Options) (*directory.Directory, error) {
	from, err := PeopleSource(ctx, c, o)
	if err != nil {
		return nil, err
	}
	d := c.Directory
	return directory.Open(ctx, from, directory.Config{MaxAge: d.MaxAge, Refresh: d.Refresh, Shrink: d.Shrink, Groups: d.Groups,
		Admins: d.Admins, Memory: o.memory, Logger: o.logger(), Now: o.Now})
}

// PeopleSource is where the configured directory's people come from.
func PeopleSource(ctx context.Context, c config.Config, o Options) (directory.Source, error) {
	d := c.Directory
	var made directory.Source
	var err error
	switch d.Kind {
	case "scim":
		to, wrong := c.Endpoint(d.URL, d.Token, d.Private)
		if wrong != nil {
			return nil, wrong
		}
		made, err = scim.NewPeople(scim.Config{Name: "directory", URL: to.URL, Token: to.Secret, Private: to.Private, Now: o.Now}, d.ID, d.Function)
	case "awsidc":
		found, wrong := awsConfig(ctx, d.Region, c.At("directory"))
		if wrong != nil {
			return nil, wrong
		}
		made, err = awsidc.NewPeople(awsidc.Config{Name: "directory", AWS: found, Instance: d.Instance, Replicas: 2, Crew: o.crew, Logger: o.logger(), Now: o.Now},
			slices.Collect(maps.Values(d.Groups)), d.Function)
	case "postgres":
		dsn, wrong := c.Value(d.DSN)
		if wrong != nil {
			return nil, wrong
		}
		made, err = postgres.NewPeople(dsn, d.Query, d.Plain, o.Now)
	default:
		return peoplefile.File(c.Path(d.File)), nil
	}
	if err != nil {
		return nil, approvals.Problems{c.At("directory").Problem("mend it, and start again", "%s", err)}
	}
	return made, nil
}

// people reads the directory's source again and again. What follows from new
// people is done at once; a reading that is not taken, or too old, is told.
func (a *App) people(ctx context.Context) {
	if err := a.Access.People.Recalled(); err != nil {
		a.log.Warn("the directory was not read; its people are as they were kept", "error", err)
		a.doubt(ctx, said("people", err))
	}
	a.Access.People.Run(ctx, func(ctx context.Context, err error) { a.metPeople(ctx, err) })
}

func (a *App) metPeople(ctx context.Context, err error) {
	if err == nil {
		if err := a.refresh(ctx); err != nil {
			a.log.Error("the score keeps the people it knew", "error", err)
		}
		return
	}
	a.log.Warn("the directory was not read; its people stay as they were", "error", err)
	if state, failed := a.Access.People.State(ctx); failed != nil || state.Stale || a.Access.People.Refused() != nil {
		a.doubt(ctx, said("people", err))
	}
}

// doubt tells the admins that people are as they were, and why.
func (a *App) doubt(ctx context.Context, why string) {
	state, err := a.Access.People.State(ctx)
	if err != nil {
		return
	}
	if err := a.Service.DirectoryDoubt(ctx, state.Source, why); err != nil {
		a.log.Error("the admins could not be told of the directory", "error", err)
	}
}
