package peoplefile

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// DefaultMaxAge is how old the people's data may be before it is stale.
const DefaultMaxAge = 24 * time.Hour

// Options says which file is read and how old it may be.
type Options struct {
	Path   string           // people.yaml or people.csv
	MaxAge time.Duration    // zero: DefaultMaxAge
	Now    func() time.Time // nil: time.Now
}

// Directory answers who people are, from the last good reading of the file.
// It is safe for concurrent use.
type Directory struct {
	options Options
	current atomic.Pointer[snapshot]
}

var _ approvals.Directory = (*Directory)(nil)

// Open reads the file. Its error is approvals.Problems, one for each thing
// that is wrong in it.
func Open(ctx context.Context, o Options) (*Directory, error) {
	if o.MaxAge == 0 {
		o.MaxAge = DefaultMaxAge
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Directory{options: o}
	if err := d.Reload(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// Reload reads the file again. When that fails, or when the file now has less
// than half of its former people, the running snapshot stays and grows old.
func (d *Directory) Reload(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	next, err := read(d.options.Path)
	if err != nil {
		return err
	}
	before := d.current.Load()
	if before != nil && 2*len(next.people) < len(before.people) {
		return approvals.Problems{{
			File: filepath.ToSlash(d.options.Path),
			What: "the file has lost more than half of its people since it was last read; that looks like half an export, so the last reading stays in use",
			Mend: "complete the file, or restart Hallpass if this is right",
		}}
	}
	d.current.Store(next)
	return nil
}

func read(path string) (*snapshot, error) {
	file := filepath.ToSlash(path)
	info, err := os.Stat(path)
	if err != nil {
		return nil, approvals.Problems{{File: file, What: "the file is not there", Mend: "write people.yaml, or set the path of the one that you have"}}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, approvals.Problems{{File: file, What: "the file cannot be read", Mend: "make it readable for the user that runs Hallpass"}}
	}
	entries, asOf, err := decode(file, data)
	if err != nil {
		return nil, err
	}
	if asOf.IsZero() {
		asOf = info.ModTime()
	}
	return newSnapshot(entries, asOf)
}

func decode(file string, data []byte) ([]entry, time.Time, error) {
	if strings.HasSuffix(file, ".csv") {
		entries, err := decodeCSV(file, data)
		return entries, time.Time{}, err
	}
	return decodeYAML(file, data)
}

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

// State says how old the file is. An empty one is stale, and so is one that
// claims to come from more than an hour ahead.
func (d *Directory) State(context.Context) (approvals.DirectoryState, error) {
	s := d.current.Load()
	age := d.options.Now().Sub(s.asOf)
	return approvals.DirectoryState{
		Source: "file:" + filepath.Base(d.options.Path),
		AsOf:   s.asOf.UTC().Truncate(time.Millisecond),
		Stale:  age > d.options.MaxAge || age < -time.Hour || len(s.people) == 0,
	}, nil
}
