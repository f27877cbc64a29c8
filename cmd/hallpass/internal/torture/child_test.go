package torture

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/contract"
	"github.com/hallpass-dev/hallpass/connectors/postgres"
	"github.com/hallpass-dev/hallpass/connectors/webhook"
)

// wish is access that somebody asks for, under a key, so that asking again
// after a crash is asking once.
type wish struct {
	Key      string
	Who      approvals.PrincipalID
	What     approvals.EntitlementID
	Duration time.Duration
}

// spec is what one process is told.
type spec struct {
	Access, Database, APIURL string
	Bot, App                 string // tokens
	Hook, Key, Roles         string // where the systems are
	Roots                    []byte // who vouches for the endpoint, in DER
	Ahead                    time.Duration
	Wishes                   []wish
	End                      end
	Note                     string // see fate
	Log                      string // file
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
	log := slog.New(slog.NewTextHandler(file, nil)).With("pid", os.Getpid())
	f := &fate{end: s.End, note: s.Note, left: s.End.Nth}
	a, err := s.start(ctx, f, log)
	if err != nil {
		log.Error("did not start", "error", err)
		return err
	}
	go s.ask(ctx, a.Service, log)
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
	hands, err := s.hands(f, log)
	if err != nil {
		return nil, err
	}
	for {
		a, err := app.New(ctx, c, app.Options{Now: s.now, Logger: log, Connectors: hands, Migrate: true, Database: s.Database,
			BotToken: s.Bot, AppToken: s.App, SlackPace: -1})
		if err == nil {
			mortal := mortalStore{a.Store, f, s.Wishes}
			a.Service.Store, a.Worker.Store = mortal, mortal
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

func (s *spec) hands(f *fate, log *slog.Logger) (map[string]approvals.Connector, error) {
	roots := x509.NewCertPool()
	cert, err := x509.ParseCertificate(s.Roots)
	if err != nil {
		return nil, err
	}
	roots.AddCert(cert)
	hook, err := webhook.New(webhook.Config{Name: "hook", URL: s.Hook, Key: []byte(s.Key), Roots: roots, Timeout: 2 * time.Second,
		Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Operations: []contract.Operation{contract.SetEnd, contract.EndSessions}, Now: s.now})
	if err != nil {
		return nil, err
	}
	roles, err := postgres.New(postgres.Config{Name: "roles", DSN: s.Roles, Domain: "example.com", Timeout: 2 * time.Second, Logger: log, Now: s.now})
	if err != nil {
		return nil, err
	}
	return map[string]approvals.Connector{"hook": mortalHand{hook, "hook", f}, "roles": mortalHand{roles, "roles", f}}, nil
}

// ask submits all wishes, each until it is taken.
func (s *spec) ask(ctx context.Context, service *approvals.Service, log *slog.Logger) {
	for _, w := range s.Wishes {
		actor := approvals.Person(w.Who, "torture", "")
		for ctx.Err() == nil {
			req, err := service.Draft(ctx, actor, approvals.Ask{Requester: w.Who, Entitlement: w.What, Duration: w.Duration, Reason: "torture", Key: w.Key})
			if err == nil && req.State == approvals.RequestDraft {
				_, err = service.Submit(ctx, actor, req.ID)
			}
			switch approvals.ErrorCode(err) {
			case "", approvals.CodeAlreadyDecided, approvals.CodeDuplicate:
			default:
				log.Warn("a wish was not taken, and is made again", "key", w.Key, "error", err)
				pause(ctx, 50*time.Millisecond)
				continue
			}
			break
		}
	}
}
