package torture

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/awsidc"
	"github.com/hallpass-dev/hallpass/connectors/awsidc/awstest"
	"github.com/hallpass-dev/hallpass/connectors/contract"
	"github.com/hallpass-dev/hallpass/connectors/exec"
	"github.com/hallpass-dev/hallpass/connectors/postgres"
	"github.com/hallpass-dev/hallpass/connectors/scim"
	"github.com/hallpass-dev/hallpass/connectors/scim/scimtest"
	"github.com/hallpass-dev/hallpass/connectors/webhook"
)

// spec is what one process is told.
type spec struct {
	Access, Database, APIURL string
	Bot, App                 string            // tokens
	Signer                   string            // of the audit log
	Systems                  map[string]string // where they are, by the connector's name
	Key                      string            // of the webhook
	Replicas                 int
	Roots                    []byte // who vouches for servers, in DER
	Ahead                    time.Duration
	Order                    order  // the first
	Obeys                    bool   // there are more on standard input, for as long as the test lives
	Sweep                    string // as lifecycle.Config
	DataDir                  string // the process finds its database by its configuration, and keeps files here; empty: no files
	State                    string // folder of the system that is a program
	Deeds                    string // file of what people were told that they have done
	Log                      string // file
	Room                     uint64 // bytes that a file may have, so that the disk refuses more; 0: as many as there is room for
}

// child is one process of Hallpass: all of it, but for what ends it.
func child(text string) error {
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	file, err := os.OpenFile(s.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if s.Room > 0 {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: s.Room, Max: math.MaxUint64}); err != nil {
			return err
		}
	}
	log := slog.New(slog.NewTextHandler(file, nil)).With("pid", os.Getpid())
	f := &fate{}
	f.obey(s.Order)
	orders := make(chan order, 100)
	orders <- s.Order
	if s.Obeys {
		go listen(f, orders)
	}
	a, err := s.start(ctx, f, log)
	if err != nil && ctx.Err() != nil { // it was told to stop while it started
		return nil
	}
	if err != nil {
		log.Error("did not start", "error", err)
		return err
	}
	go ask(ctx, &people{service: a.Service, log: log, deeds: s.Deeds}, orders)
	err = a.Run(ctx)
	return errors.Join(err, a.Close())
}

func (s *spec) now() time.Time { return time.Now().Add(s.Ahead) }

// start wires the process; until the database answers, it tries again, as
// whatever starts servers does.
func (s *spec) start(ctx context.Context, f *fate, log *slog.Logger) (*app.App, error) {
	c, err := config.Load(s.Access + "/hallpass.yaml")
	if err != nil {
		return nil, err
	}
	c.Listen, c.Slack.APIURL = "", s.APIURL
	maps.DeleteFunc(c.Connectors, func(name string, _ config.Connector) bool { return s.Systems[name] == "" })
	if err := os.Setenv("TORTURE_SIGNER", s.Signer); err != nil {
		return nil, err
	}
	database := s.Database
	if s.DataDir != "" {
		c.Database.URL, c.Database.DataDir, database = "env:TORTURE_DATABASE", s.DataDir, ""
	}
	if err := os.Setenv("TORTURE_DATABASE", s.Database); err != nil {
		return nil, err
	}
	hands, err := s.hands(f, log)
	if err != nil {
		return nil, err
	}
	for {
		a, err := app.New(ctx, c, app.Options{Now: s.now, Logger: log, Connectors: hands, Migrate: true, Database: database,
			BotToken: s.Bot, AppToken: s.App, SlackPace: -1})
		if err == nil {
			mortal := mortalStore{a.Store, f}
			a.Service.Store, a.Worker.Store = mortal, mortal
			a.Worker.Sweep = cmp.Or(s.Sweep, a.Worker.Sweep)
			return a, nil
		}
		if approvals.ErrorCode(err) != approvals.CodeUnavailable {
			return nil, err
		}
		log.Warn("did not start, and tries again", "error", err)
		if pause(ctx, 100*time.Millisecond); ctx.Err() != nil {
			return nil, err
		}
	}
}

// pause lets time pass.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// hands makes the connectors that this world has systems for.
func (s *spec) hands(f *fate, log *slog.Logger) (map[string]approvals.Connector, error) {
	roots := x509.NewCertPool()
	cert, err := x509.ParseCertificate(s.Roots)
	if err != nil {
		return nil, err
	}
	roots.AddCert(cert)
	here := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	both := []contract.Operation{contract.SetEnd, contract.EndSessions}
	all := map[string]approvals.Connector{}
	for name, at := range s.Systems {
		var made interface {
			approvals.Connector
			approvals.Validator
		}
		switch name {
		case "hook":
			made, err = webhook.New(webhook.Config{Name: name, URL: at, Key: []byte(s.Key), Roots: roots, Timeout: 2 * time.Second, Private: here, Operations: both, Now: s.now})
		case "roles":
			made, err = postgres.New(postgres.Config{Name: name, DSN: at, Domain: "example.com", Timeout: 2 * time.Second, Logger: log, Now: s.now})
		case "groups":
			made, err = scim.New(scim.Config{Name: name, URL: at, Token: scimtest.Token, Roots: roots, Timeout: 2 * time.Second, Private: here, Now: s.now})
		case "cloud":
			made, err = awsidc.New(awsidc.Config{Name: name, Endpoint: at, Replicas: s.Replicas, Timeout: 8 * time.Second, Poll: 200 * time.Millisecond, Logger: log, Now: s.now,
				AWS: aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider(awstest.AccessKey, awstest.SecretKey, awstest.Session)}})
		case "program":
			made, err = exec.New(exec.Config{Name: name, Command: []string{at}, Environment: map[string]string{"STATE": s.State}, Operations: both, Now: s.now})
		}
		if err != nil {
			return nil, err
		}
		all[name] = mortal(name, f, made)
	}
	return all, nil
}

// listen passes on the orders that come on standard input. The process ends
// with who gives them.
func listen(f *fate, orders chan<- order) {
	lines := json.NewDecoder(os.Stdin)
	for {
		var o order
		if lines.Decode(&o) != nil {
			die()
		}
		f.obey(o)
		orders <- o
	}
}
