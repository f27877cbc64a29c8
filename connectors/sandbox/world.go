package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// keepEnded bounds what the page remembers of access that went.
const keepEnded = 200

// key names a holding.
type key struct{ resource, level, account string }

// world is the truth that is kept. Sessions are found by holding, since that
// is how they end.
type world struct {
	members  map[key]*Member
	sessions map[key][]*Session
	ended    []Ended // oldest first
	journal  []Effect
	down     bool // nobody can change anything
}

func newWorld() world {
	return world{members: map[key]*Member{}, sessions: map[key][]*Session{}}
}

// file is the world on disk.
type file struct {
	Format   int       `json:"format"`
	Members  []Member  `json:"members"`
	Sessions []Session `json:"sessions"`
	Ended    []Ended   `json:"ended"`
	Journal  []Effect  `json:"journal"`
	Down     bool      `json:"down,omitempty"`
}

// format is the version of the file. A file of another version is refused.
const format = 1

func (w *world) list() ([]Member, []Session) {
	members, sessions := []Member{}, []Session{}
	for _, m := range w.members {
		members = append(members, *m)
	}
	for _, open := range w.sessions {
		for _, o := range open {
			sessions = append(sessions, *o)
		}
	}
	slices.SortFunc(members, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Level, b.Level), cmp.Compare(a.Account, b.Account))
	})
	slices.SortFunc(sessions, func(a, b Session) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	return members, sessions
}

// record appends an effect to the journal.
func (w *world) record(e Effect) {
	e.Sequence = len(w.journal) + 1
	w.journal = append(w.journal, e)
}

// remove takes a membership away, and with it every session that is not held.
func (w *world) remove(k key, at, held time.Time, native bool) (sessions int) {
	delete(w.members, k)
	sessions = w.endSessions(k, at, held)
	e := Ended{Resource: k.resource, Level: k.level, Account: k.account, At: at, Sessions: sessions, Native: native}
	if len(w.sessions[k]) > 0 {
		e.HeldUntil = held
	}
	w.ended = append(w.ended, e)
	w.ended = w.ended[max(0, len(w.ended)-keepEnded):]
	return sessions
}

// endSessions ends a holding's sessions; those that are held past at live on.
func (w *world) endSessions(k key, at, held time.Time) (ended int) {
	open := w.sessions[k]
	if at.Before(held) {
		for _, o := range open {
			o.HeldUntil = held
		}
		return 0
	}
	delete(w.sessions, k)
	return len(open)
}

// decode reads a file's bytes.
func decode(data []byte) (world, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return world{}, err
	}
	if f.Format != format {
		return world{}, fmt.Errorf("the format is %d, this version reads %d", f.Format, format)
	}
	w := newWorld()
	for i, m := range f.Members {
		k := key{m.Resource, m.Level, m.Account}
		if m.Resource == "" || m.Level == "" || m.Account == "" {
			return world{}, fmt.Errorf("member %d lacks a resource, level or account", i+1)
		}
		if w.members[k] != nil {
			return world{}, fmt.Errorf("member %d is there twice: %s on %s", i+1, m.Account, m.Resource)
		}
		w.members[k] = &m
	}
	ids := map[string]bool{}
	for i, o := range f.Sessions {
		if o.ID == "" || ids[o.ID] {
			return world{}, fmt.Errorf("session %d has no id of its own", i+1)
		}
		ids[o.ID] = true
		k := key{o.Resource, o.Level, o.Account}
		w.sessions[k] = append(w.sessions[k], &o)
	}
	for i, e := range f.Journal {
		if e.Sequence != i+1 {
			return world{}, fmt.Errorf("effect %d of the journal says that it is number %d", i+1, e.Sequence)
		}
	}
	w.ended, w.journal, w.down = f.Ended, f.Journal, f.Down
	return w, nil
}

func (w *world) encode() ([]byte, error) {
	f := file{Format: format, Ended: w.ended, Journal: w.journal, Down: w.down}
	f.Members, f.Sessions = w.list()
	return json.MarshalIndent(f, "", " ")
}

// load reads the file, if one is configured and there.
func (s *Sandbox) load() (found bool, err error) {
	if s.cfg.File == "" {
		return false, nil
	}
	data, err := os.ReadFile(s.cfg.File)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("sandbox: read the state file: %w", err)
	}
	w, err := decode(data)
	if err != nil {
		return false, fmt.Errorf("sandbox: %s is not a state file: %w; restore it from a copy, or delete it to start afresh", s.cfg.File, err)
	}
	s.world, s.saved = w, data
	return true, nil
}

// save writes the truth to the file before anybody hears of it. When that
// fails the world goes back to what the file says.
func (s *Sandbox) save() error {
	s.revision++
	if s.cfg.File == "" {
		return nil
	}
	data, err := s.world.encode()
	if err == nil {
		err = replace(s.cfg.File, data)
	}
	if err != nil {
		s.world = newWorld()
		if s.saved != nil {
			if w, bad := decode(s.saved); bad == nil {
				s.world = w
			}
		}
		return fmt.Errorf("sandbox: write the state file: %w", err)
	}
	s.saved = data
	return nil
}

// replace puts data in path's place in one step that survives a power cut.
func replace(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	// The rename itself is durable only once the folder is.
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
