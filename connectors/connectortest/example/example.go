package example

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

var (
	_ approvals.Connector = (*Connector)(nil)
	_ approvals.Holder    = (*Connector)(nil)
	_ approvals.Validator = (*Connector)(nil)
)

// Config says which service a connector serves.
type Config struct {
	Name    string        // of the connector
	URL     string        // https, without a slash at its end
	Token   string        // secret
	Timeout time.Duration // of one call; zero: outbound.DefaultTimeout
	Private []netip.Prefix
	Roots   *x509.CertPool
	Now     func() time.Time
}

// Connector gives and takes membership. It is safe for concurrent use.
type Connector struct {
	cfg    Config
	client *outbound.Client
}

// New prepares a connector. It does not connect: a service that is down now
// must not stop Hallpass.
func New(cfg Config) (*Connector, error) {
	switch err := outbound.CheckURL(cfg.URL); {
	case cfg.Name == "":
		return nil, errors.New("example: the connector has no name; give it one and keep it")
	case err != nil:
		return nil, fmt.Errorf("example: the url of connector %s can't be called: %w", cfg.Name, err)
	case cfg.Token == "":
		return nil, fmt.Errorf("example: connector %s has no token; set the variable that token: refers to", cfg.Name)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Connector{cfg: cfg, client: outbound.New(outbound.Config{Private: cfg.Private, Roots: cfg.Roots, Timeout: cfg.Timeout})}, nil
}

// Grant puts the account into the group. The service takes a second call for
// the same as done; where yours does not, look first.
func (c *Connector) Grant(ctx context.Context, g approvals.Grant) (approvals.Receipt, error) {
	group, err := groupOf(g.Target)
	if err != nil {
		return nil, err
	}
	if err := c.change(ctx, true, group, g.Account); errors.Is(err, errAbsent) {
		return nil, &failure{Kind: approvals.Permanent, Message: fmt.Sprintf("The service has no group %q, or no account %q.", group, g.Account)}
	} else if err != nil {
		return nil, err
	}
	// What Revoke needs even if the catalogue names another group by then.
	return approvals.Receipt{"group": group, "account": g.Account}, nil
}

// Revoke takes the account out of the group. Whoever is not in it is out.
func (c *Connector) Revoke(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Removal, error) {
	group, account, err := place(g, r)
	if err != nil {
		return approvals.Removal{}, err
	}
	if err := c.change(ctx, false, group, account); err != nil && !errors.Is(err, errAbsent) {
		return approvals.Removal{}, err
	}
	// Sessions of this service end with the membership. Where they outlive it,
	// end them, or say until when they live: ResidualUntil and Reason.
	return approvals.Removal{}, nil
}

// Check reads the group's members back.
func (c *Connector) Check(ctx context.Context, g approvals.Grant, r approvals.Receipt) (approvals.Presence, error) {
	group, account, err := place(g, r)
	if err != nil {
		return approvals.Presence{}, err
	}
	members, err := c.members(ctx, group)
	switch {
	case errors.Is(err, errAbsent) && r != nil: // it was there when access was given
		return approvals.Presence{Detail: fmt.Sprintf("the group %s is gone", group)}, nil
	case errors.Is(err, errAbsent):
		return approvals.Presence{}, noGroup(group)
	case err != nil:
		return approvals.Presence{}, err
	case slices.Contains(members, account):
		return approvals.Presence{Present: true, Detail: "member of " + group}, nil
	}
	return approvals.Presence{Detail: "no member of " + group}, nil
}

// List names the group's members by their accounts.
func (c *Connector) List(ctx context.Context, e approvals.Entitlement) ([]approvals.Holding, error) {
	group, err := groupOf(e.Target)
	if err != nil {
		return nil, err
	}
	at := c.cfg.Now()
	members, err := c.members(ctx, group)
	if errors.Is(err, errAbsent) {
		err = noGroup(group)
	}
	held := make([]approvals.Holding, len(members))
	for i, account := range members {
		held[i] = approvals.Holding{Entitlement: e.ID, Account: account, AsOf: at}
	}
	return held, err
}

// Validate asks whether the target's group is there.
func (c *Connector) Validate(ctx context.Context, e approvals.Entitlement) error {
	_, err := c.List(ctx, e)
	return err
}

// Holding is the membership: the service does not mind an account's case.
func (c *Connector) Holding(account string, target map[string]string) (name string, ok bool) {
	group, err := groupOf(target)
	return group + "\x00" + strings.ToLower(account), err == nil
}

// groupOf reads a target strictly: a key that nobody reads is one that somebody
// believes in.
func groupOf(target map[string]string) (string, error) {
	if target["group"] == "" || len(target) > 1 {
		return "", &failure{Kind: approvals.Misconfigured, Message: "A target here is group: and its name, and nothing else."}
	}
	return target["group"], nil
}

// place is what the receipt remembers, else what the grant asks for.
func place(g approvals.Grant, r approvals.Receipt) (group, account string, err error) {
	if r["group"] != "" {
		return r["group"], r["account"], nil
	}
	group, err = groupOf(g.Target)
	return group, g.Account, err
}

func noGroup(group string) error {
	return &failure{Kind: approvals.Misconfigured, Message: fmt.Sprintf("The service has no group %q. Check the target.", group)}
}
