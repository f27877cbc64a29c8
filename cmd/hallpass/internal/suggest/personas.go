package suggest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/analytics"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
	"github.com/hallpass-dev/hallpass/approvals/policy"
)

// personas counts who had what, and proposes profiles. It returns the files
// that they would be.
func (w *work) personas() ([]policy.Edit, error) {
	access := analytics.NewAccess(w.Now, w.Since, w.Catalogue)
	err := w.Past.PastGrants(w.ctx, func(g approvals.PastGrant) error {
		access.Grant(g)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count access: %w", err)
	}
	w.report.Renewals = access.Renewals()
	var edits []policy.Edit
	found := analytics.Personas(access.Used(), w.People, w.Profiles)
	for _, p := range found[:min(len(found), analytics.MaxProposals)] {
		proposed := analytics.Proposed{Persona: p}
		if p.Profile == "" {
			name := w.free(p.Name)
			e := policy.NewFile("catalog/suggested-"+name+".yaml", p.File(name))
			edits = append(edits, e)
			proposed.Patch = e.Patch()
		}
		w.report.Personas = append(w.report.Personas, proposed)
	}
	slices.SortFunc(edits, func(a, b policy.Edit) int { return cmp.Compare(a.Path, b.Path) })
	return edits, w.loads(edits)
}

// free is a name that no profile and no file has yet.
func (w *work) free(name string) string {
	taken := func(n string) bool {
		_, err := os.Lstat(filepath.Join(w.Dir, "catalog", "suggested-"+n+".yaml"))
		return err == nil || slices.ContainsFunc(w.Profiles, func(p approvals.Profile) bool { return p.Name == n })
	}
	free := name
	for n := 2; taken(free); n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	return free
}

// loads holds new files of the catalogue to what the catalogue asks, in a copy
// of it that is thrown away.
func (w *work) loads(edits []policy.Edit) error {
	if len(edits) == 0 {
		return nil
	}
	copied, err := os.MkdirTemp("", "hallpass-catalog-")
	if err != nil {
		return fmt.Errorf("try the proposed profiles: %w", err)
	}
	defer func() { _ = os.RemoveAll(copied) }() // It holds nothing that the access folder does not.
	err = os.CopyFS(filepath.Join(copied, "catalog"), os.DirFS(filepath.Join(w.Dir, "catalog")))
	for _, e := range edits {
		err = errors.Join(err, os.WriteFile(filepath.Join(copied, filepath.FromSlash(e.Path)), []byte(e.Text()), 0o600))
	}
	if err == nil {
		_, err = catalog.Load(w.ctx, copied, nil)
	}
	if err != nil {
		return fmt.Errorf("try the proposed profiles: %w", err)
	}
	return nil
}
