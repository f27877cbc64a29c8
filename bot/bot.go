package bot

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"github.com/hallpass-dev/hallpass/approvals"
)

// door is how bindings and audit events name Slack.
const door = "slack"

// Config is what a Bot is made of. Tokens, Service, Store, Directory and
// Catalogue are needed.
type Config struct {
	BotToken string // xoxb-
	AppToken string // xapp-, with connections:write
	APIURL   string // Slack's own when empty; else it is given a slash at its end

	Service   *approvals.Service
	Store     Store
	Directory approvals.Directory
	Catalogue approvals.Catalogue
	Reviews   Reviews // nil: nothing is reviewed afterwards

	Now        func() time.Time // time.Now when nil
	Logger     *slog.Logger     // nobody hears when nil
	HTTPClient *http.Client     // one with a limit of 10 s a call when nil
	// Dial connects the sockets, where they are not reached in the usual way.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Sockets is how many are held open, 2 when 0: what one loses while it
	// reconnects, the other gets. Slack allows 10 an app.
	Sockets int
	// CloseOfDay is when "end of day" is, after local midnight; 18 h when 0.
	CloseOfDay time.Duration
	// Proposer reads into a draft what the words leave open; nil: nobody does.
	Proposer Proposer
	// Poll is how often work is looked for that another process stored, or
	// that has become due; 500 ms when 0.
	Poll time.Duration
	// Pace is how fast Slack is called, as a multiple of the limits that it
	// documents; 1 when 0. Negative: as fast as there is something to say, for
	// a workspace without limits.
	Pace float64
	// Observe hears how long things took: "ack" from the envelope to its
	// acknowledgement, "handle" from arrival to the end of handling, and
	// "deliver" for one notice.
	Observe func(kind string, d time.Duration)
	// Trace hears of each envelope up to its acknowledgement, and of its
	// handling; nil: nobody.
	Trace approvals.Trace

	home home // what Preflight learned; zero: Run asks
}

// Bot is the connection between one Slack workspace and the Service.
type Bot struct {
	cfg      Config
	api      *slack.Client
	log      *slog.Logger
	people   people
	shelf    shelf
	health   health
	pacer    *pacer
	broken   chan error // why the bot can't go on; holds one
	waited   waited
	leanings leanings

	inboxDue, outboxDue alarm // something that was put off can be tried

	proposing chan struct{}  // one for each proposal that is being made
	asides    sync.WaitGroup // what goes on besides; Run waits for it at its end

	homeMu sync.RWMutex
	home   home // who we are; known once Run or Preflight has asked
}

// home is the workspace that the bot belongs to.
type home struct{ team, enterprise, user, url string }

// workspace is where accounts are bound: on Enterprise Grid the enterprise,
// since a person is one user in all its workspaces.
func (h home) workspace() string { return first(h.enterprise, h.team) }

// New makes a Bot. It refuses a configuration that can't work.
func New(cfg Config) (*Bot, error) {
	if err := tokens(cfg); err != nil {
		return nil, err
	}
	if cfg.Service == nil || cfg.Store == nil || cfg.Directory == nil || cfg.Catalogue == nil {
		return nil, approvals.Errorf(approvals.CodeInternal, "The bot was made without its service, store, directory or catalogue.")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Sockets <= 0 {
		cfg.Sockets = 2
	}
	if cfg.Poll <= 0 {
		cfg.Poll = 500 * time.Millisecond
	}
	if cfg.Observe == nil {
		cfg.Observe = func(string, time.Duration) {}
	}
	return &Bot{cfg: cfg, api: client(cfg), home: cfg.home, log: cfg.Logger, proposing: make(chan struct{}, proposalsAtOnce), pacer: newPacer(cfg.Pace),
		broken: make(chan error, 1), inboxDue: make(alarm, 1), outboxDue: make(alarm, 1)}, nil
}

// Run receives, handles and delivers until ctx ends, and finishes then what
// is under way. It returns nil when ctx has ended, and an error that names the
// mend when Slack refuses the tokens for good; whatever else goes wrong is
// tried again and shows in Health.
func (b *Bot) Run(ctx context.Context) error {
	err := b.introduce(ctx)
	if ended(ctx) {
		return nil
	}
	if err != nil {
		return err
	}
	defer b.asides.Wait()
	g, ctx := errgroup.WithContext(ctx)
	for n := range b.cfg.Sockets {
		g.Go(func() error {
			if !sleep(ctx, time.Duration(n)*apart) {
				return nil
			}
			return b.listen(ctx, n)
		})
	}
	g.Go(func() error { b.work(ctx, handlers, b.inboxDue, b.claimInbound); return nil })
	g.Go(func() error { b.work(ctx, senders, b.outboxDue, b.claimNotices); return nil })
	g.Go(func() error {
		select {
		case err := <-b.broken:
			return err
		case <-ctx.Done():
			return nil
		}
	})
	return g.Wait()
}

// end stops Run with an error that names the mend.
func (b *Bot) end(err error) {
	select {
	case b.broken <- err:
	default: // it is stopping for a reason already
	}
}

// apart is how long after one socket the next is opened: Slack gives all the same
// lifetime, and those that end together lose what arrives before they are back.
const apart = 5 * time.Second

// How much is handled and sent at the same time.
const (
	handlers = 16
	senders  = 8
)

// introduce asks Slack who the bot is, until it answers.
func (b *Bot) introduce(ctx context.Context) error {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := b.whoAmI(ctx)
		if err == nil || fatal(err) {
			return err
		}
		if asked, ok := patience(err); ok {
			wait = max(wait, asked)
		}
		b.health.trouble(err)
		b.log.WarnContext(ctx, "Slack does not answer; trying again", "error", err, "in", wait)
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

func (b *Bot) whoAmI(ctx context.Context) error {
	if b.self().user != "" {
		return nil
	}
	me, err := b.api.AuthTestContext(ctx)
	if err != nil {
		return mend("auth.test", err)
	}
	b.homeMu.Lock()
	defer b.homeMu.Unlock()
	b.home = homeOf(me)
	return nil
}

func homeOf(me *slack.AuthTestResponse) home {
	return home{team: me.TeamID, enterprise: me.EnterpriseID, user: me.UserID, url: me.URL}
}

func (b *Bot) self() home {
	b.homeMu.RLock()
	defer b.homeMu.RUnlock()
	return b.home
}

// sleep waits, and reports whether it was not cut short.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// ended says whether the bot is being stopped, after which an error is its
// consequence and no trouble.
func ended(ctx context.Context) bool { return ctx.Err() != nil }

// alarm wakes a worker when something that was put off may be tried. It holds one
// call: one look finds all that is due.
type alarm chan struct{}

// in calls after a time.
func (a alarm) in(wait time.Duration) {
	time.AfterFunc(wait, func() {
		select {
		case a <- struct{}{}:
		default:
		}
	})
}

// work claims what waits and starts it, at most limit at a time, until ctx
// ends; then it waits for what was started. claim starts at most n entries,
// each of which calls done at its end, and returns how many.
func (b *Bot) work(ctx context.Context, limit int, soon alarm, claim func(ctx context.Context, n int, done func()) int) {
	slots, freed := make(chan struct{}, limit), make(chan struct{}, 1)
	var wg sync.WaitGroup
	defer wg.Wait()
	done := func() {
		<-slots
		wg.Done()
		select {
		case freed <- struct{}{}:
		default:
		}
	}
	poll := time.NewTicker(b.cfg.Poll)
	defer poll.Stop()
	for ctx.Err() == nil {
		wake := b.cfg.Store.Wake()
		if free := limit - len(slots); free > 0 {
			// A slot is taken for each that may be claimed, and given back for what was not there.
			for range free {
				slots <- struct{}{}
			}
			wg.Add(free)
			n := claim(ctx, free, done)
			for range free - n {
				<-slots
				wg.Done()
			}
			if n == free {
				continue
			}
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-freed:
		case <-soon:
		case <-poll.C:
		}
	}
}
