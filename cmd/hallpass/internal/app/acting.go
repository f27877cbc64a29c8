package app

import (
	"context"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/store"
)

// Acting is the Service for one command of a person, named by the email address
// that the directory knows. It decides no request: it has no score.
func Acting(ctx context.Context, c config.Config, s *store.Store, email string) (*approvals.Service, approvals.Actor, error) {
	access, err := LoadAccess(ctx, c, Options{memory: s})
	if err != nil {
		return nil, approvals.Actor{}, err
	}
	queue, err := access.securityQueue(ctx, c)
	if err != nil {
		return nil, approvals.Actor{}, err
	}
	p, err := access.People.ByEmail(ctx, strings.TrimSpace(email))
	if err != nil {
		return nil, approvals.Actor{}, approvals.Errorf(approvals.CodeInvalid, "Nobody in the directory has the email address %q; name whoever acts with --by.", email)
	}
	return &approvals.Service{Store: s, Directory: access.People, Catalogue: access.Catalogue, Policy: access.Policy, Fallback: queue,
		Glass: approvals.BreakGlassRules{Policy: access.Policy, Channel: c.BreakGlass.Channel}}, approvals.Person(p.ID, "cli", ""), nil
}
