package sandbox

import (
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Config says what the fictional system consists of.
type Config struct {
	Name      string // of the connector, for logs and the page; default "sandbox"
	Resources []Resource
	Accounts  []Account     // who is known; empty: any account is
	File      string        // where the truth is kept; empty: in memory only
	SweepLag  time.Duration // how late the system applies its own end dates; default 30 s
	Logger    *slog.Logger
	Now       func() time.Time
}

// Resource is something that people can be members of.
type Resource struct {
	System   string   `json:"system"` // for the page: resources are shown by system
	Name     string   `json:"name"`   // unique
	Title    string   `json:"title,omitempty"`
	Levels   []string `json:"levels"` // least first
	Standing []Seat   `json:"-"`      // who is a member before anybody asks; used only when there is no file yet
}

// Seat is an account at a level.
type Seat struct{ Account, Level string }

// Account is somebody who can be given access.
type Account struct {
	ID   string `json:"id"`   // what a grant's Account says
	Name string `json:"name"` // for the page
}

// Member is an account's access to a resource at a level.
type Member struct {
	Resource string    `json:"resource"`
	Level    string    `json:"level"`
	Account  string    `json:"account"`
	Since    time.Time `json:"since"`
	EndsAt   time.Time `json:"ends_at,omitzero"` // the native end date; zero: none
	Standing bool      `json:"standing,omitempty"`
}

// Session is an account working on a resource. It reads until it is ended,
// whether or not the membership is still there.
type Session struct {
	ID        string    `json:"id"`
	Resource  string    `json:"resource"`
	Level     string    `json:"level"`
	Account   string    `json:"account"`
	Since     time.Time `json:"since"`
	Reads     int       `json:"reads"`
	HeldUntil time.Time `json:"held_until,omitzero"` // it outlives its membership until then
}

// Ended is access that went.
type Ended struct {
	Resource  string    `json:"resource"`
	Level     string    `json:"level"`
	Account   string    `json:"account"`
	At        time.Time `json:"at"`
	Sessions  int       `json:"sessions"` // ended with it
	HeldUntil time.Time `json:"held_until,omitzero"`
	Native    bool      `json:"native,omitempty"` // the system's own end date did it
}

// Effect is one change of the system's truth. A call that changes nothing
// leaves none, so that whoever counts effects counts what really happened.
type Effect struct {
	Sequence int       `json:"sequence"` // from 1
	At       time.Time `json:"at"`
	Op       Op        `json:"op"`
	Grant    string    `json:"grant,omitempty"` // whose call it was; empty for the system's own doing
	Resource string    `json:"resource"`
	Level    string    `json:"level"`
	Account  string    `json:"account"`
	Sessions int       `json:"sessions,omitempty"` // ended by it
}

// Attempt is somebody's try to read a resource, from the page or by Login.
type Attempt struct {
	At       time.Time `json:"at"`
	Resource string    `json:"resource"`
	Account  string    `json:"account"`
	Allowed  bool      `json:"allowed"`
	Words    string    `json:"words"`
}

// Snapshot is the whole truth at one moment, ordered, as /state.json shows it.
type Snapshot struct {
	At       time.Time  `json:"at"`
	Revision int64      `json:"revision"` // changes whenever anything else does
	Members  []Member   `json:"members"`
	Sessions []Session  `json:"sessions"`
	Ended    []Ended    `json:"ended"` // newest first
	Attempts []Attempt  `json:"attempts"`
	Journal  []Effect   `json:"journal"`
	Systems  []Resource `json:"resources"`
	Down     bool       `json:"down,omitempty"` // its administration answers nobody
}

// Sandbox is the system and the connector to it. It is safe for concurrent use.
type Sandbox struct {
	cfg Config

	mu       sync.Mutex
	world    world
	saved    []byte // the file as last written
	attempts []Attempt
	revision int64
	faults   []*Fault
	script   func(Op, string) Fault
}

// New builds the system: from its file if there is one, else from the seeds in
// its configuration. A file that cannot be read is an error; it is never
// overwritten.
func New(cfg Config) (*Sandbox, error) {
	if cfg.Name == "" {
		cfg.Name = "sandbox"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.SweepLag == 0 {
		cfg.SweepLag = 30 * time.Second
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Sandbox{cfg: cfg, world: newWorld()}
	found, err := s.load()
	if err != nil || found {
		return s, err
	}
	now := s.now()
	for _, r := range cfg.Resources {
		for _, seat := range r.Standing {
			k := key{r.Name, seat.Level, seat.Account}
			s.world.members[k] = &Member{Resource: k.resource, Level: k.level, Account: k.account, Since: now, Standing: true}
		}
	}
	return s, s.save()
}

func (s *Sandbox) now() time.Time { return s.cfg.Now().UTC() }

func (s *Sandbox) resource(name string) (Resource, bool) {
	i := slices.IndexFunc(s.cfg.Resources, func(r Resource) bool { return r.Name == name })
	if i < 0 {
		return Resource{}, false
	}
	return s.cfg.Resources[i], true
}

func (s *Sandbox) knows(account string) bool {
	return account != "" && (len(s.cfg.Accounts) == 0 ||
		slices.ContainsFunc(s.cfg.Accounts, func(a Account) bool { return a.ID == account }))
}

// Snapshot returns the whole truth as it is now.
func (s *Sandbox) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.sweep(now)
	snap := Snapshot{At: now, Revision: s.revision, Attempts: slices.Clone(s.attempts), Systems: s.cfg.Resources, Down: s.world.down}
	snap.Members, snap.Sessions = s.world.list()
	snap.Ended = slices.Clone(s.world.ended)
	slices.Reverse(snap.Ended)
	snap.Journal = slices.Clone(s.world.journal)
	return snap
}

// Count is how many effects a grant's calls of one kind have had.
func (s *Sandbox) Count(op Op, grant string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, e := range s.world.journal {
		if e.Op == op && e.Grant == grant {
			n++
		}
	}
	return n
}
