package evidence

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Law is one set of policies that was in force.
type Law struct {
	Digest    string    `json:"digest"`
	Commits   []Commit  `json:"commits,omitempty"` // that it came from; "" is a folder outside Git
	Since     time.Time `json:"since,omitzero"`    // when it came into force first; zero: not in this log
	Loads     int       `json:"loads"`             // how often it was read, in the period
	Decisions int       `json:"decisions"`         // requests of the population that it decided
	Text      string    `json:"text,omitempty"`    // file of the folder that has its text; empty: not kept
}

// laws are the policies of a period.
type laws struct {
	work    *work
	of      map[string]*Law
	current string          // digest that is in force
	kept    map[string]bool // digests whose text the database has
	texts   texts
}

// prepare finds which policies are kept, and has each of them read: over
// SQLite nothing else can be while the population is.
func (l *laws) prepare() error {
	w := l.work
	names, err := w.Log.LawNames(w.ctx, lawKind)
	if err != nil {
		return err
	}
	for _, digest := range names {
		l.kept[digest] = true
		text, err := w.Log.Law(w.ctx, lawKind, digest)
		if err != nil {
			return err
		}
		l.texts.keep(digest, text)
		if w.Judge != nil {
			_, _ = w.Judge(w.ctx, approvals.PolicyVersion{Digest: digest}, approvals.Facts{}, approvals.Assessment{}) // what is wrong shows with the first decision
		}
	}
	return nil
}

func (l *laws) law(v approvals.PolicyVersion) *Law {
	law := l.of[v.Digest]
	if law == nil {
		law = &Law{Digest: v.Digest}
		l.of[v.Digest] = law
	}
	if !slices.ContainsFunc(law.Commits, func(c Commit) bool { return c.ID == v.Commit }) {
		law.Commits = append(law.Commits, Commit{ID: v.Commit})
	}
	return law
}

// loaded takes in that policies came into force. Before says that it was before
// the period.
func (l *laws) loaded(e approvals.Event, before bool) {
	law := l.law(e.Version)
	if law.Since.IsZero() {
		law.Since = e.At
	}
	changed := l.current != "" && l.current != e.Version.Digest
	first := l.current != e.Version.Digest
	was := l.current
	l.current = e.Version.Digest
	if before {
		return
	}
	law.Loads++
	if changed {
		l.work.findings.add(Exception{Kind: RulesChanged, At: e.At, Event: e.Sequence,
			Words: strings.TrimSpace("The policies " + short(was) + " gave way to " + short(e.Version.Digest) + ", " + commitWords(e.Version.Commit) + ". " + l.texts.change(was, e.Version.Digest))})
	}
	if first && (e.Version.Commit == "" || strings.HasSuffix(e.Version.Commit, dirty)) {
		l.work.findings.add(Exception{Kind: NoCommit, At: e.At, Event: e.Sequence,
			Words: "The policies " + short(e.Version.Digest) + " came into force " + commitWords(e.Version.Commit) + "."})
	}
}

// lawKind is the kind under which the store keeps the texts of policies.
const lawKind = "policies"

// dirty ends a commit when files differ from it.
const dirty = "+dirty"

func commitWords(commit string) string {
	switch id, changed := strings.CutSuffix(commit, dirty); {
	case commit == "":
		return "from a folder outside Git"
	case changed:
		return "from files that differ from commit " + short(id)
	}
	return "of commit " + short(commit)
}

// decided counts a request that was decided by a law.
func (l *laws) decided(r Record) {
	if r.Law.Digest != "" {
		l.law(r.Law).Decisions++
	}
}

// settle writes the texts that are kept, and asks Git about the commits.
func (l *laws) settle() ([]Law, error) {
	w := l.work
	var all []Law
	for _, digest := range slices.Sorted(maps.Keys(l.of)) {
		law := l.of[digest]
		switch {
		case l.kept[digest]:
			text, err := w.Log.Law(w.ctx, lawKind, digest)
			if err != nil {
				return nil, err
			}
			law.Text = "policies/" + digest + ".json"
			if err := w.file(law.Text, text); err != nil {
				return nil, err
			}
		case law.Decisions > 0:
			w.findings.add(Exception{Kind: LawLost, At: law.Since, Words: "The text of the policies " + short(digest) + " is not kept; " +
				count(law.Decisions, "request of the period was", "requests of the period were") + " decided by them, " + commitWords(law.Commits[0].ID) + "."})
		}
		for i, c := range law.Commits {
			if w.Commit == nil || c.ID == "" {
				continue
			}
			if said, err := w.Commit(w.ctx, strings.TrimSuffix(c.ID, dirty)); err == nil {
				said.ID = c.ID
				law.Commits[i] = said
			}
		}
		all = append(all, *law)
	}
	slices.SortStableFunc(all, func(a, b Law) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Digest, b.Digest)) })
	return all, nil
}

// file writes a text into the folder.
func (w *work) file(name, text string) error {
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}
