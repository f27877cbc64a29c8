package scim

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
)

var (
	_ approvals.Connector = (*Connector)(nil)
	_ approvals.Holder    = (*Connector)(nil)
	_ approvals.Validator = (*Connector)(nil)
)

// Patch is how a service takes one member out of a group.
type Patch string

// The dialects.
const (
	ByFilter Patch = "filter" // remove, with the path members[value eq "ID"]
	ByValue  Patch = "value"  // remove, with the path members and a list of values
	ByPut    Patch = "put"    // write the whole group back, under If-Match
)

// Patches and Accounts are what a configuration may choose from.
var (
	Patches  = []string{string(ByFilter), string(ByValue), string(ByPut)}
	Accounts = []string{"userName", "externalId", "emails.value"}
)

// answerLimit bounds one answer, in bytes: a group of 100,000 members is about 10 MB.
const answerLimit = 32 << 20

// Config says which service a connector serves.
type Config struct {
	Name     string        // of the connector
	URL      string        // the service's base address, e.g. https://metrics.example.com/scim/v2
	Token    string        // bearer token; secret
	Account  string        // the users' attribute that holds the grant's account; empty: userName
	Patch    Patch         // empty: ByFilter
	Sessions time.Duration // for how long sessions outlive a membership; zero: they end with it
	Timeout  time.Duration // of one request; zero: 10 s
	Private  []netip.Prefix
	Roots    *x509.CertPool
	Resolver *net.Resolver
	Now      func() time.Time
}

// Connector gives and takes membership. It is safe for concurrent use.
type Connector struct {
	cfg    Config
	client *outbound.Client
	ids    sync.Map // of groups, by the names under which they were found
}

// New prepares a connector. It does not connect.
func New(cfg Config) (*Connector, error) {
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	if cfg.Account == "" {
		cfg.Account = Accounts[0]
	}
	if cfg.Patch == "" {
		cfg.Patch = ByFilter
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	switch err := outbound.CheckURL(cfg.URL); {
	case cfg.Name == "":
		return nil, errors.New("scim: the connector has no name; give it one and keep it")
	case err != nil:
		return nil, fmt.Errorf("scim: the url of connector %s can't be called: %w", cfg.Name, err)
	case cfg.Token == "":
		return nil, fmt.Errorf("scim: connector %s has no token; set the variable that token: refers to", cfg.Name)
	case !slices.Contains(Accounts, cfg.Account):
		return nil, fmt.Errorf("scim: connector %s can't find users by %q; write one of %s", cfg.Name, cfg.Account, strings.Join(Accounts, ", "))
	case !slices.Contains(Patches, string(cfg.Patch)):
		return nil, fmt.Errorf("scim: connector %s can't patch by %q; write one of %s", cfg.Name, cfg.Patch, strings.Join(Patches, ", "))
	case cfg.Sessions < 0:
		return nil, fmt.Errorf("scim: the sessions of connector %s can't be shorter than nothing", cfg.Name)
	}
	return &Connector{cfg: cfg, client: outbound.New(outbound.Config{Private: cfg.Private, Roots: cfg.Roots, Timeout: cfg.Timeout,
		Limit: answerLimit, Resolver: cfg.Resolver})}, nil
}
