package slacksim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// appID and botID are the one app's ids. Slack derives nothing from them, so they need not be configurable.
const (
	appID             = "A0LOCAL"
	botID             = "B0LOCAL"
	verificationToken = "local-verification-token"
)

// Workspace is a running local workspace. Its methods are safe for concurrent use.
type Workspace struct {
	cfg    Config
	faults *Faults
	mux    *http.ServeMux
	pipe   *pipeListener

	mu      sync.Mutex
	changed chan struct{} // closed and replaced on every change
	version int
	baseURL string
	lastTS  int64 // microseconds, so that no two time stamps are equal

	users     map[string]*User
	userOrder []string
	groups    []*group
	channels  map[string]*channel
	order     []string // channel ids in the order they came to be
	views     map[string]*View
	stacks    map[string][]*View // open modals of a person, the topmost last
	homes     map[string]*View
	values    map[string]values              // what a person filled in on a message, by "user channel ts"
	offered   map[string]map[string][]option // what external selects of a message offered, by the same key
	triggers  map[string]*trigger
	replies   map[string]*responseURL

	triggerLog, replyLog []string // ids in the order they were made

	buckets map[string]*bucket

	tickets   map[string]time.Time
	sockets   []*socket
	nextSock  int
	sockSeq   int
	disabled  bool // link_disabled: Socket Mode is switched off
	closed    bool
	envelopes []*Envelope
	calls     []Call
	pending   map[string]*delivery
	held      *delivery // taken back by a reorder fault until the next one has gone
	server    *http.Server
}

// New makes a workspace. It refuses a configuration that Slack could not have: a token of the wrong kind, a doubled id, a
// member or a time zone that does not exist.
func New(cfg Config) (*Workspace, error) {
	cfg.setDefaults()
	w := &Workspace{
		cfg:      cfg,
		changed:  make(chan struct{}),
		baseURL:  "http://slack.local",
		users:    map[string]*User{},
		channels: map[string]*channel{},
		views:    map[string]*View{},
		stacks:   map[string][]*View{},
		homes:    map[string]*View{},
		values:   map[string]values{},
		offered:  map[string]map[string][]option{},
		triggers: map[string]*trigger{},
		replies:  map[string]*responseURL{},
		buckets:  map[string]*bucket{},
		tickets:  map[string]time.Time{},
		pending:  map[string]*delivery{},
	}
	w.faults = &Faults{w: w}
	if err := w.load(); err != nil {
		return nil, fmt.Errorf("slacksim: %w", err)
	}
	w.mux = w.routes()
	return w, nil
}

func (w *Workspace) load() error {
	if !strings.HasPrefix(w.cfg.BotToken, "xoxb-") {
		return errors.New("BotToken must begin with xoxb-")
	}
	if !strings.HasPrefix(w.cfg.AppToken, "xapp-") {
		return errors.New("AppToken must begin with xapp-")
	}
	bot := User{ID: w.cfg.BotUserID, Name: strings.ReplaceAll(strings.ToLower(w.cfg.AppName), " ", "_"), RealName: w.cfg.AppName, Bot: true}
	for _, u := range append([]User{bot}, w.cfg.Users...) {
		if err := w.addUser(u); err != nil {
			return err
		}
	}
	for _, g := range w.cfg.UserGroups {
		if err := w.addGroup(g); err != nil {
			return err
		}
	}
	for _, c := range w.cfg.Channels {
		if err := w.addChannel(c); err != nil {
			return err
		}
	}
	return nil
}

func (w *Workspace) addUser(u User) error {
	if u.ID == "" || u.Name == "" {
		return fmt.Errorf("user %q: id and name are needed", u.ID+u.Name)
	}
	if w.users[u.ID] != nil {
		return fmt.Errorf("user %s is there twice", u.ID)
	}
	if u.TimeZone == "" {
		u.TimeZone = "UTC"
	}
	if _, err := time.LoadLocation(u.TimeZone); err != nil {
		return fmt.Errorf("user %s: time zone %q: %w", u.ID, u.TimeZone, err)
	}
	if u.TeamID == "" {
		u.TeamID = w.cfg.TeamID
	}
	if u.EnterpriseID == "" && u.TeamID == w.cfg.TeamID {
		u.EnterpriseID = w.cfg.EnterpriseID
	}
	if u.RealName == "" {
		u.RealName = u.Name
	}
	w.users[u.ID] = &u
	w.userOrder = append(w.userOrder, u.ID)
	return nil
}

func (w *Workspace) addChannel(c Channel) error {
	if c.ID == "" || c.Name == "" {
		return fmt.Errorf("channel %q: id and name are needed", c.ID+c.Name)
	}
	if w.channels[c.ID] != nil {
		return fmt.Errorf("channel %s is there twice", c.ID)
	}
	members := slices.Clone(c.Members)
	if len(members) == 0 {
		for _, id := range w.userOrder {
			u := w.users[id]
			if u.TeamID == w.cfg.TeamID && !u.Restricted && !u.UltraRestricted && !u.Deleted && !u.Bot {
				members = append(members, id)
			}
		}
		if !c.NoBot {
			members = append(members, w.cfg.BotUserID)
		}
	}
	for _, id := range members {
		if w.users[id] == nil {
			return fmt.Errorf("channel %s: member %s is not a user", c.ID, id)
		}
	}
	w.channels[c.ID] = &channel{Channel: c, members: members, read: map[string]string{}}
	w.order = append(w.order, c.ID)
	return nil
}

// Handler serves the Web API under /api/, sockets under /socket, response URLs under /respond/, the page at / and the
// configured mounts. With a test server call SetBaseURL with its URL.
func (w *Workspace) Handler() http.Handler { return w.mux }

// SetBaseURL tells the workspace under which address it is reached, such as "http://127.0.0.1:3000". Socket addresses,
// response URLs and permalinks begin with it.
func (w *Workspace) SetBaseURL(u string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.baseURL = strings.TrimRight(u, "/")
}

// URL is the address of the page.
func (w *Workspace) URL() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.baseURL
}

// APIURL is what a Slack client takes as the address of the API. It ends in "/".
func (w *Workspace) APIURL() string { return w.URL() + "/api/" }

// Start listens on addr, such as "127.0.0.1:0", and serves until ctx ends or Close is called. It refuses an address other
// than a loopback one, because anybody who reaches the workspace can act as anybody.
func (w *Workspace) Start(ctx context.Context, addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("slacksim: address %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("slacksim: address %q is not a loopback address: use 127.0.0.1", addr)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("slacksim: listen: %w", err)
	}
	w.SetBaseURL("http://" + ln.Addr().String())
	srv := &http.Server{Handler: loopbackOnly(w.mux), ReadHeaderTimeout: 10 * time.Second}
	w.mu.Lock()
	w.server = srv
	w.mu.Unlock()
	context.AfterFunc(ctx, w.Close)
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			w.cfg.Logger.Error("slacksim stopped serving", "err", err)
		}
	}()
	return nil
}

// Close cuts all sockets and stops listening. A closed workspace delivers nothing any more.
func (w *Workspace) Close() {
	w.mu.Lock()
	w.closed = true
	sockets := slices.Clone(w.sockets)
	srv, pipe := w.server, w.pipe
	for _, d := range w.pending {
		d.stop()
	}
	w.pending = map[string]*delivery{}
	w.touch()
	w.mu.Unlock()
	for _, s := range sockets {
		s.cut()
	}
	if srv != nil {
		_ = srv.Close()
	}
	if pipe != nil {
		pipe.stop()
	}
}

// Wait blocks until cond holds, and looks again on every change in the workspace. It returns an error wrapping ctx's when ctx
// ends first. cond may call any method of the workspace and its actors that does not itself wait.
func (w *Workspace) Wait(ctx context.Context, cond func() bool) error {
	for {
		w.mu.Lock()
		ch := w.changed
		w.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-ch:
		case <-ctx.Done():
			if cond() {
				return nil
			}
			return fmt.Errorf("slacksim: waiting for a change: %w", ctx.Err())
		}
	}
}

// touch wakes everybody who waits. w.mu is held.
func (w *Workspace) touch() {
	w.version++
	close(w.changed)
	w.changed = make(chan struct{})
}

// stamp is a fresh Slack time stamp: seconds and six digits, unique and growing. w.mu is held.
func (w *Workspace) stamp() string {
	us := max(w.cfg.Now().UnixMicro(), w.lastTS+1)
	w.lastTS = us
	return fmt.Sprintf("%d.%06d", us/1e6, us%1e6)
}

func newID(prefix string) string { return prefix + rand.Text()[:10] }

func wsURL(base, ticket string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	u.Path = "/socket"
	u.RawQuery = url.Values{"ticket": {ticket}, "app_id": {appID}}.Encode()
	return u.String()
}
