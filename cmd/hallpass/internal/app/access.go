package app

import (
	"context"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
	"github.com/hallpass-dev/hallpass/approvals/source"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

// Access is what the access folder says: who people are, what can be asked
// for, and the law.
type Access struct {
	People    *directory.Directory
	Catalogue *catalog.Live
	Policy    *policy.Live
}

// LoadAccess reads the folder that a configuration lies in, and the directory. The error is
// approvals.Problems when a file is wrong.
func LoadAccess(ctx context.Context, c config.Config, o Options) (Access, error) {
	var a Access
	var err error
	if a.People, err = OpenPeople(ctx, c, o); err != nil {
		return a, err
	}
	if a.Catalogue, err = catalog.Open(ctx, c.Dir, a.People); err != nil {
		return a, err
	}
	a.Policy, err = policy.Open(ctx, policy.Options{Dir: c.Dir, Catalogue: a.Catalogue, MaxDirectoryAge: c.Directory.MaxAge})
	return a, err
}

// securityQueue resolves the emails of the security queue.
func (a Access) securityQueue(ctx context.Context, c config.Config) ([]approvals.PrincipalID, error) {
	return a.resolve(ctx, c.Approvals.SecurityQueue, c.At("approvals", "security_queue"))
}

// reviewers resolves the emails of those who review what nobody else may.
func (a Access) reviewers(ctx context.Context, c config.Config) ([]approvals.PrincipalID, error) {
	if len(c.Reviews.Reviewers) == 0 {
		return a.securityQueue(ctx, c)
	}
	return a.resolve(ctx, c.Reviews.Reviewers, c.At("reviews", "reviewers"))
}

// resolve finds people by their emails; at is where the list stands.
func (a Access) resolve(ctx context.Context, emails []string, at source.Place) ([]approvals.PrincipalID, error) {
	var ids []approvals.PrincipalID
	var problems approvals.Problems
	for i, email := range emails {
		p, err := a.People.ByEmail(ctx, email)
		if err != nil {
			problems = append(problems, at.At(i).Problem("write the email of somebody in the directory", "nobody in the directory has the email %q", email))
			continue
		}
		ids = append(ids, p.ID)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return ids, nil
}
