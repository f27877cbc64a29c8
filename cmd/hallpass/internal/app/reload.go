package app

import (
	"context"
	"errors"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Reload reads people, catalogue and policies again, whether or not their
// files have changed, and records which policies are in force.
func (a *App) Reload(ctx context.Context) {
	if a.reload(ctx) {
		return
	}
	a.record(ctx, nil)
}

// glance reads them again if their files hold something new.
func (a *App) glance(ctx context.Context) {
	if a.folder.settled() {
		a.reload(ctx)
	}
}

// reload reads people, catalogue and policies again, in this order, since each
// refers to the one before. Each is taken whole or not at all: what does not
// pass changes nothing, the log and the admins are told why, and a metric
// stands until all is taken. It reports whether it has recorded anything: a
// change of the policies, or a failure.
func (a *App) reload(ctx context.Context) (recorded bool) {
	a.folder.take()
	before := a.Access.Policy.Version()
	var failed []string
	people := a.Access.People.Reload
	if a.config.Directory.Kind != "file" { // it is read at its own times, which may take minutes
		people = func(context.Context) error { return nil }
	}
	for _, part := range []struct {
		what   string
		reload func(context.Context) error
	}{
		{"people", people}, {"catalogue", a.Access.Catalogue.Reload}, {"policies", a.Access.Policy.Reload},
	} {
		if err := part.reload(ctx); err != nil {
			a.log.Error("not reloaded; what was in force stays in force", "part", part.what, "error", err)
			failed = append(failed, said(part.what, err))
		}
	}
	a.metrics.rejected.Set(float64(min(len(failed), 1)))
	if err := a.refresh(ctx); err != nil {
		a.log.Error("the score keeps the people and the catalogue it knew", "error", err)
	}
	v := a.Access.Policy.Version()
	a.log.Info("access folder read again", "policies", v.Digest, "commit", v.Commit)
	if len(failed) == 0 && v == before {
		return false
	}
	a.record(ctx, failed)
	return true
}

func (a *App) record(ctx context.Context, failed []string) {
	if err := a.Service.Law(ctx, a.Access.Policy.Version(), strings.Join(failed, "\n")); err != nil {
		a.log.Error("the reload could not be recorded", "error", err)
	}
}

// said is why one part was not taken, in a few lines: the first problems of
// its files.
func said(part string, err error) string {
	const most = 5
	var ps approvals.Problems
	var failure *approvals.ConnectorError
	if errors.As(err, &failure) {
		return part + ": " + failure.Message
	}
	if !errors.As(err, &ps) {
		return part + ": " + approvals.ErrorMessage(err)
	}
	rest := len(ps) - most
	ps = ps[:min(len(ps), most)]
	lines := part + ": " + strings.ReplaceAll(ps.Error(), "\n", "\n"+part+": ")
	if rest > 0 {
		lines += "\n" + part + ": and more; run hallpass check"
	}
	return lines
}
