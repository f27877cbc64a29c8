package policy

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Limits of what is read. A policy set beyond them is taken for a mistake.
const (
	MaxPolicies  = 2_000
	MaxFileBytes = 1 << 20
)

// DefaultMaxDirectoryAge is how old the directory's facts may be for an
// automatic approval.
const DefaultMaxDirectoryAge = 24 * time.Hour

// Options says what to load and by which limits to decide.
type Options struct {
	Dir             string              // the access folder; policies lie in policies/ below it
	Catalogue       approvals.Catalogue // what policies and examples may name
	MaxDirectoryAge time.Duration       // zero: DefaultMaxDirectoryAge
	People          approvals.Directory // for Check alone: whose groups policies may name; may be nil
}

// Set is a policy set as it was loaded; it never changes. Its methods are
// pure and safe for concurrent use.
type Set struct {
	all             rules
	request         rules
	approve         rules
	breakGlass      rules
	staged          bool   // a permit to approve names a stage
	files           []file // that the version's digest covers
	version         approvals.PolicyVersion
	maxDirectoryAge time.Duration
}

// Load reads, validates and tries a policy set. It loads whole or not at all:
// each policy must parse, type-check against the schema, name only what the
// catalogue has, and prove itself on the examples in *_test.yaml, one that it
// decides and one that it does not. The error is approvals.Problems when a
// file is wrong.
func Load(ctx context.Context, o Options) (*Set, error) {
	set, _, err := load(ctx, o)
	return set, err
}

func load(ctx context.Context, o Options) (*Set, []example, error) {
	dir := filepath.Join(o.Dir, "policies")
	files, err := readSteadily(dir)
	if err != nil {
		return nil, nil, err
	}
	words, err := vocabularyOf(ctx, o.Catalogue)
	if err != nil {
		return nil, nil, err
	}
	set, examples, problems := build(files, words, o.MaxDirectoryAge)
	if len(problems) > 0 {
		return nil, nil, problems
	}
	set.version.Commit = commit(ctx, dir)
	return set, examples, nil
}

// build makes a set of files and tries it on their examples.
func build(files []file, words *vocabulary, maxDirectoryAge time.Duration) (*Set, []example, approvals.Problems) {
	set, problems := compile(files, words)
	if len(problems) > 0 {
		return nil, nil, problems
	}
	set.maxDirectoryAge = maxDirectoryAge
	if set.maxDirectoryAge == 0 {
		set.maxDirectoryAge = DefaultMaxDirectoryAge
	}
	set.files = files
	set.version = approvals.PolicyVersion{Digest: digest(files)}
	examples, problems := readExamples(files, words)
	if len(problems) == 0 {
		problems = set.try(examples)
	}
	if len(problems) > 0 {
		return nil, nil, inOrder(problems)
	}
	return set, examples, nil
}

// compile turns files into a set. It reports every problem of every file. With
// no vocabulary, names and types are taken as they are: the catalogue of then is
// not that of now.
func compile(files []file, words *vocabulary) (*Set, approvals.Problems) {
	all := rules{selfApproval()}
	var problems approvals.Problems
	for _, f := range files {
		if !f.isPolicy() {
			continue
		}
		rs, ps := parse(f)
		problems = append(problems, ps...)
		for _, r := range rs {
			problems = append(problems, r.annotate()...)
			if words != nil {
				problems = append(problems, r.validate(words)...)
			}
			if first := all.named(r.ref.ID); first != nil && r.ref.ID != "" {
				problems = append(problems, approvals.Problem{
					File: r.file, Line: r.lineOf("@id"), Mend: "give each policy an @id of its own",
					What: "the @id \"" + r.ref.ID + "\" is taken at " + first.place(),
				})
			}
			all = append(all, r)
		}
	}
	if len(all) == 1 && len(problems) == 0 {
		problems = append(problems, approvals.Problem{File: "policies", What: "there is no policy", Mend: "write one that says who may approve"})
	}
	if len(all) > MaxPolicies {
		problems = append(problems, approvals.Problem{File: "policies", What: "there are too many policies", Mend: "merge those that differ in a name only"})
	}
	if len(problems) > 0 {
		return nil, inOrder(problems)
	}
	slices.SortFunc(all, func(a, b *rule) int { return strings.Compare(a.ref.ID, b.ref.ID) })
	return &Set{all: all, request: all.about(actionRequest), approve: all.about(actionApprove), breakGlass: all.about(actionBreakGlass),
		staged: slices.ContainsFunc(all, func(r *rule) bool { return r.stage > 0 })}, nil
}

// inOrder sorts problems as a person works through them.
func inOrder(ps approvals.Problems) approvals.Problems {
	slices.SortStableFunc(ps, func(a, b approvals.Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
	})
	return ps
}

// Version says which law this is.
func (s *Set) Version() approvals.PolicyVersion { return s.version }

// Policies names every policy of the set, the built-in one included, ordered
// by id.
func (s *Set) Policies() []approvals.PolicyRef {
	refs := make([]approvals.PolicyRef, len(s.all))
	for i, r := range s.all {
		refs[i] = r.ref
	}
	return refs
}

// file is a file of the policy folder.
type file struct {
	name string // without the folder; what the digest covers
	path string // as problems name it
	data []byte
}

func (f file) isPolicy() bool { return strings.HasSuffix(f.name, ".cedar") }

// readings is how often a folder is read until two readings are the same.
const readings = 5

// readSteadily reads the folder until it is the same twice in a row, so that a
// set is never put together from files of two versions while they are written
// or a link is moved from one to the other.
func readSteadily(dir string) ([]file, error) {
	real, err := filepath.EvalSymlinks(dir) // a link that is moved meanwhile does not matter then
	if err != nil {
		real = dir
	}
	var last []file
	for i := range readings {
		files, err := readFolder(dir, real)
		if err != nil {
			return nil, err
		}
		if i > 0 && slices.EqualFunc(last, files, func(a, b file) bool { return a.name == b.name && bytes.Equal(a.data, b.data) }) {
			return files, nil
		}
		last = files
	}
	return nil, approvals.Problems{{File: filepath.ToSlash(dir), What: "the files change while they are read", Mend: "wait until they are all written, and try again"}}
}

// readFolder reads policies and examples, ordered by name. A file that would
// be passed over in silence is a mistake: it may hold the forbid that somebody
// counts on. Problems name dir; real is where it lies.
func readFolder(dir, real string) ([]file, error) {
	shown := filepath.ToSlash(dir)
	entries, err := os.ReadDir(real)
	if err != nil {
		p := approvals.Problem{File: shown, What: "the folder cannot be read", Mend: "make it readable for the user that runs Hallpass"}
		if errors.Is(err, os.ErrNotExist) {
			p.What, p.Mend = "there is no such folder", "make it and write policies in it"
		}
		return nil, approvals.Problems{p}
	}
	var files []file
	var problems approvals.Problems
	for _, e := range entries {
		f := file{name: e.Name(), path: filepath.ToSlash(filepath.Join(dir, e.Name()))}
		if strings.HasPrefix(f.name, ".") || strings.HasSuffix(f.name, ".md") {
			continue
		}
		if !f.isPolicy() && !strings.HasSuffix(f.name, "_test.yaml") {
			problems = append(problems, approvals.Problem{File: f.path, What: "this would not be read", Mend: "name it *.cedar or *_test.yaml, directly in policies/, or remove it"})
			continue
		}
		if f.data, err = os.ReadFile(filepath.Join(real, f.name)); err != nil {
			problems = append(problems, approvals.Problem{File: f.path, What: "the file cannot be read", Mend: "make it readable for the user that runs Hallpass"})
			continue
		}
		if len(f.data) > MaxFileBytes {
			problems = append(problems, approvals.Problem{File: f.path, What: "the file is larger than 1 MiB", Mend: "split it"})
			continue
		}
		files = append(files, f)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return files, nil
}
