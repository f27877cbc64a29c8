package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// DefaultMaxAge is how old the people's data may be before it is stale.
const DefaultMaxAge = 24 * time.Hour

// Memory keeps the last good reading, over starts and for all replicas.
type Memory interface {
	// Directory gives what is kept of a source; a zero record where nothing is.
	Directory(ctx context.Context, source string) (approvals.DirectoryRecord, error)
	// KeepDirectory keeps a reading that was taken; nil people: the same as before.
	KeepDirectory(ctx context.Context, source string, people []byte, asOf time.Time) error
	// RefuseDirectory notes why a reading was not taken.
	RefuseDirectory(ctx context.Context, source string, losses []approvals.Loss) error
}

// Config says how a source is used.
type Config struct {
	MaxAge  time.Duration     // of a reading that approves by itself; zero: DefaultMaxAge
	Refresh time.Duration     // between two readings of Run; zero: Run reads nothing
	Shrink  int               // percent that one reading may have lost; zero: DefaultShrink
	Floor   int               // how many may be lost whatever their share; zero: DefaultFloor
	Groups  map[string]string // groups to take, the source's names by the names here; nil: all as they are
	Admins  string            // the group whose members run Hallpass, beside those whom the source marks
	Memory  Memory            // nil: a start takes what the source says
	Logger  *slog.Logger
	Now     func() time.Time
}

// Directory answers who people are, from the last good reading. It is safe for
// concurrent use.
type Directory struct {
	source   Source
	cfg      Config
	current  atomic.Pointer[picture]
	refused  atomic.Pointer[[]approvals.Loss]
	reading  sync.Mutex // one Reload at a time
	kept     [32]byte   // digest of what Memory has
	recalled error
	soon     bool // Run reads at once: what is there was recalled
}

var _ approvals.Directory = (*Directory)(nil)

// Open reads a source for the first time. A reading that Memory holds and that
// is not too old stands in for it where Run will read soon, so that a start does
// not wait for minutes; and it does where the source can't be read, or has lost
// too much of it, since a Hallpass that does not start ends nobody's access.
// Without one the error says why the source can't be read: approvals.Problems
// where the operator has to mend something.
func Open(ctx context.Context, s Source, cfg Config) (*Directory, error) {
	cfg.MaxAge = cmp.Or(cfg.MaxAge, DefaultMaxAge)
	cfg.Shrink, cfg.Floor = cmp.Or(cfg.Shrink, DefaultShrink), cmp.Or(cfg.Floor, DefaultFloor)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &Directory{source: s, cfg: cfg}
	if err := d.recall(ctx); err != nil {
		return nil, err
	}
	if p := d.current.Load(); p != nil && cfg.Refresh > 0 && cfg.Now().Sub(p.asOf) <= cfg.MaxAge {
		d.soon = true
		return d, nil
	}
	err := d.Reload(ctx)
	var ps approvals.Problems
	switch {
	case err == nil || d.current.Load() != nil:
	case errors.As(err, &ps):
		return nil, ps
	default:
		return nil, fmt.Errorf("read the directory %s: %w", s.Name(), err)
	}
	d.recalled = err
	return d, nil
}

// Recalled is why Open used what Memory holds; nil: it did not have to.
func (d *Directory) Recalled() error { return d.recalled }

// Principal gives one person, or CodeNotFound.
func (d *Directory) Principal(_ context.Context, id approvals.PrincipalID) (approvals.Principal, error) {
	s := d.current.Load()
	i, ok := s.byID[id]
	if !ok {
		return approvals.Principal{}, approvals.Errorf(approvals.CodeNotFound, "The directory does not know %q.", string(id))
	}
	return clone(s.people[i]), nil
}

// ByEmail gives the person with an email address, whatever its case, or
// CodeNotFound.
func (d *Directory) ByEmail(_ context.Context, email string) (approvals.Principal, error) {
	s := d.current.Load()
	i, ok := s.byEmail[fold(email)]
	if !ok || email == "" {
		return approvals.Principal{}, approvals.Errorf(approvals.CodeNotFound, "The directory has nobody with the email %q.", email)
	}
	return clone(s.people[i]), nil
}

// Members lists a group's people, ordered by id.
func (d *Directory) Members(_ context.Context, group string) ([]approvals.Principal, error) {
	s := d.current.Load()
	return s.pick(s.groups[group]), nil
}

// People lists everybody, ordered by id.
func (d *Directory) People(context.Context) ([]approvals.Principal, error) {
	s := d.current.Load()
	all := make([]approvals.Principal, len(s.people))
	for i, p := range s.people {
		all[i] = clone(p)
	}
	return all, nil
}

// State says how old the reading is. One without people is stale, and so is one
// that claims to come from more than an hour ahead.
func (d *Directory) State(context.Context) (approvals.DirectoryState, error) {
	s := d.current.Load()
	age := d.cfg.Now().Sub(s.asOf)
	return approvals.DirectoryState{
		Source: d.source.Name(),
		AsOf:   s.asOf.UTC().Truncate(time.Millisecond),
		Stale:  age > d.cfg.MaxAge || age < -time.Hour || len(s.people) == 0,
	}, nil
}

// Refused says what the last reading had lost when it was not taken; nil when
// it was.
func (d *Directory) Refused() []approvals.Loss {
	if losses := d.refused.Load(); losses != nil {
		return *losses
	}
	return nil
}
