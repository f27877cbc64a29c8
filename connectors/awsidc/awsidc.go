package awsidc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/hallpass-dev/hallpass/approvals"
)

var (
	_ approvals.Connector = (*Connector)(nil)
	_ approvals.Holder    = (*Connector)(nil)
	_ approvals.Validator = (*Connector)(nil)
)

// Accounts are the users' attributes that may hold a grant's account.
var Accounts = []string{"userName", "emails.value"}

// MaxReplicas is how many processes can share the instance's ten outstanding
// calls.
const MaxReplicas = outstanding

// Config says which IAM Identity Center instance a connector serves.
type Config struct {
	Name     string     // of the connector
	AWS      aws.Config // region of the instance, and credentials
	Endpoint string     // stands in for all of AWS's addresses; empty: AWS's own
	Instance string     // its ARN; empty: the one that the credentials can see
	Account  string     // one of Accounts; empty: userName
	Control  string     // the id of the service control policy that ends sessions where targets say end_sessions: scp; empty: none
	Replicas int        // how many processes share the quotas at least; zero: 1, at most MaxReplicas
	// Crew says how many processes live now, this one included; nil: Replicas.
	Crew func(context.Context) (int, error)

	Timeout time.Duration // of one call in all; zero: 30 s
	Poll    time.Duration // between two looks at an asynchronous call, at first; zero: 1 s
	Refresh time.Duration // how old the list of accounts and permission sets may become; zero: 15 min

	Logger *slog.Logger
	Now    func() time.Time
	// Wait waits for a time or until the context ends, whose error it returns.
	// nil: by the machine's clock.
	Wait func(context.Context, time.Duration) error
}

// Connector gives and takes access in one instance. It is safe for concurrent
// use, by as many processes as Config.Crew and Config.Replicas say.
type Connector struct {
	cfg   Config
	admin *ssoadmin.Client
	store *identitystore.Client
	org   *organizations.Client
	sts   *sts.Client

	quota     *quota
	inventory *inventory
	denies    *denies

	life  context.Context // of what runs in the background
	close context.CancelFunc
	work  sync.WaitGroup

	mu    sync.Mutex
	place *place               // nil: not asked yet
	names map[string]string    // accounts by user id
	above map[string]time.Time // accounts that Control reaches, when that was seen
	ids   map[string]string    // of groups, by the names under which they were found
}

// New prepares a connector. It does not connect.
func New(cfg Config) (*Connector, error) {
	cfg.Account = cmp.Or(cfg.Account, Accounts[0])
	cfg.Replicas = cmp.Or(cfg.Replicas, 1)
	cfg.Timeout = cmp.Or(cfg.Timeout, 30*time.Second)
	cfg.Poll = cmp.Or(cfg.Poll, time.Second)
	cfg.Refresh = cmp.Or(cfg.Refresh, 15*time.Minute)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Wait == nil {
		cfg.Wait = pause
	}
	switch {
	case cfg.Name == "":
		return nil, errors.New("awsidc: the connector has no name; give it one and keep it")
	case cfg.AWS.Region == "":
		return nil, fmt.Errorf("awsidc: connector %s has no region; write that of the IAM Identity Center instance", cfg.Name)
	case cfg.AWS.Credentials == nil:
		return nil, fmt.Errorf("awsidc: connector %s has no credentials; give the process a role", cfg.Name)
	case !slices.Contains(Accounts, cfg.Account):
		return nil, fmt.Errorf("awsidc: connector %s can't find users by %q; write one of %s", cfg.Name, cfg.Account, strings.Join(Accounts, ", "))
	case cfg.Replicas < 1 || cfg.Replicas > MaxReplicas:
		return nil, fmt.Errorf("awsidc: connector %s can't be shared by %d replicas; write a number from 1 to %d", cfg.Name, cfg.Replicas, MaxReplicas)
	case cfg.Control != "" && !isControl(cfg.Control):
		return nil, fmt.Errorf("awsidc: connector %s can't end sessions by %q; write the id of a service control policy, which begins with p-", cfg.Name, cfg.Control)
	case cfg.Timeout < 0 || cfg.Poll < 0 || cfg.Refresh < 0:
		return nil, fmt.Errorf("awsidc: the times of connector %s can't be shorter than nothing", cfg.Name)
	}
	c := &Connector{cfg: cfg, names: map[string]string{}, above: map[string]time.Time{}, ids: map[string]string{}}
	c.life, c.close = context.WithCancel(context.Background())
	c.clients()
	c.quota = newQuota(cfg)
	c.inventory = newInventory(c)
	c.denies = newDenies(c)
	return c, nil
}

// clients makes the SDK's clients. They try each call once: when to try again
// is the lifecycle's to say, which puts revocations first.
func (c *Connector) clients() {
	conf := c.cfg.AWS.Copy()
	conf.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	conf.Credentials = guarded{conf.Credentials}
	if c.cfg.Endpoint != "" {
		conf.BaseEndpoint = &c.cfg.Endpoint
	}
	c.admin = ssoadmin.NewFromConfig(conf)
	c.store = identitystore.NewFromConfig(conf)
	c.org = organizations.NewFromConfig(conf)
	c.sts = sts.NewFromConfig(conf)
}

// Close ends what runs in the background.
func (c *Connector) Close() {
	c.close()
	c.work.Wait()
}

// pause waits by the machine's clock.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
