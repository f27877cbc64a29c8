package policy

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
)

// Folder is a policy folder as it was read, or would be after a change, with the
// set that it makes. It never writes.
type Folder struct {
	Set   *Set
	Edits []Edit // what tells it from the folder that was read, ordered by path
	files []file
	words *vocabulary
	o     Options
}

// OpenFolder reads a folder that loads. Its error is what Load's would be.
func OpenFolder(ctx context.Context, o Options) (*Folder, error) {
	set, err := Load(ctx, o)
	if err != nil {
		return nil, err
	}
	words, err := vocabularyOf(ctx, o.Catalogue)
	if err != nil {
		return nil, err
	}
	return &Folder{Set: set, files: set.files, words: words, o: o}, nil
}

// With is the folder with drafts in files of their own. The error is
// approvals.Problems when the folder would not load then, or would not approve
// what a draft is for.
func (f *Folder) With(drafts ...Draft) (*Folder, error) {
	files, edits := slices.Clone(f.files), slices.Clone(f.Edits)
	for _, d := range drafts {
		for _, ending := range []string{".cedar", "_test.yaml"} {
			if slices.ContainsFunc(files, func(there file) bool { return "policies/"+there.name == d.file()+ending }) {
				return nil, approvals.Problems{{File: d.file() + ending, What: "there is such a file already", Mend: "look whether it is still wanted"}}
			}
		}
		files, edits = f.added(files, edits, d.file()+".cedar", d.text())
	}
	bare, problems := compile(files, f.words)
	if len(problems) > 0 {
		return nil, problems
	}
	bare.maxDirectoryAge = f.Set.maxDirectoryAge
	for _, d := range drafts {
		text, problems := d.examples(bare, f.words)
		if len(problems) > 0 {
			return nil, problems
		}
		files, edits = f.added(files, edits, d.file()+"_test.yaml", text)
	}
	return f.amended(files, edits)
}

func (f *Folder) added(files []file, edits []Edit, path, text string) ([]file, []Edit) {
	name := strings.TrimPrefix(path, "policies/")
	return append(files, file{name: name, path: filepath.ToSlash(filepath.Join(f.o.Dir, path)), data: []byte(text)}), append(edits, NewFile(path, text))
}

// amended is what changed files make, held to all that Load asks.
func (f *Folder) amended(files []file, edits []Edit) (*Folder, error) {
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	set, _, problems := build(files, f.words, f.o.MaxDirectoryAge)
	if len(problems) > 0 {
		return nil, problems
	}
	slices.SortFunc(edits, func(a, b Edit) int { return strings.Compare(a.Path, b.Path) })
	return &Folder{Set: set, Edits: edits, files: files, words: f.words, o: f.o}, nil
}

// Without is the folder, as it was read, without some policies and without the
// examples that show them. The error is approvals.Problems when that can't be done by taking
// away lines: then a person has to.
func (f *Folder) Without(ids ...string) (*Folder, error) {
	files, edits := slices.Clone(f.files), slices.Clone(f.Edits)
	edit := func(i int, change func(*Edit)) {
		e := Edit{Path: "policies/" + files[i].name, Old: splitLines(string(files[i].data)), Lines: map[int][]string{}}
		if change(&e); len(e.Lines) > 0 {
			files[i].data = []byte(e.Text())
			edits = append(edits, e)
		}
	}
	for i, one := range files {
		if one.isPolicy() {
			edit(i, func(e *Edit) { f.withoutRules(e, one, ids) })
		}
	}
	bare, problems := compile(files, f.words)
	if len(problems) > 0 {
		return nil, problems
	}
	bare.maxDirectoryAge = f.Set.maxDirectoryAge
	for i, one := range files {
		if !one.isPolicy() {
			edit(i, func(e *Edit) { f.withoutExamples(e, one, ids, bare) })
		}
	}
	after, err := f.amended(files, edits)
	if err != nil {
		return nil, err
	}
	var want []string
	for _, ref := range f.Set.Policies() {
		if !slices.Contains(ids, ref.ID) {
			want = append(want, ref.ID)
		}
	}
	var got []string
	for _, ref := range after.Set.Policies() {
		got = append(got, ref.ID)
	}
	if !slices.Equal(want, got) {
		return nil, approvals.Problems{{File: f.o.Dir, What: fmt.Sprintf("%s can't be taken away line by line", list(ids)), Mend: "take them away by hand"}}
	}
	return after, nil
}

// RequestPermits names the permits that speak about requests and nothing else,
// ordered by id.
func (s *Set) RequestPermits() []approvals.PolicyRef {
	var refs []approvals.PolicyRef
	for _, r := range s.request {
		if r.permits() && !r.covers(actionApprove) && !r.covers(actionBreakGlass) {
			refs = append(refs, r.ref)
		}
	}
	return refs
}
