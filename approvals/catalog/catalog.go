package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// MaxEntitlements is how many entitlements a catalogue may have.
const MaxEntitlements = 20_000

// Catalogue is a catalogue as it was read; it never changes.
type Catalogue struct {
	byID map[approvals.EntitlementID]approvals.Entitlement
	all  []approvals.Entitlement

	profiles []approvals.Profile // ordered by name
	digest   string
}

var (
	_ approvals.Catalogue = (*Catalogue)(nil)
	_ approvals.Profiles  = (*Catalogue)(nil)
)

// Load reads catalog/*.yaml in dir. Owners and approvers that are named by
// email or group are looked up among people, once, now: load again when the
// directory has changed. With people nil they are not looked up, which serves
// a check of the files alone: entitlements then have no owners.
//
// Its error is approvals.Problems when a file is wrong, and of
// approvals.CodeUnavailable when the directory does not answer.
func Load(ctx context.Context, dir string, people approvals.Directory) (*Catalogue, error) {
	files, err := list(filepath.Join(dir, "catalog"))
	if err != nil {
		return nil, err
	}
	b := builder{ctx: ctx, people: people, seen: map[approvals.EntitlementID]string{}, told: map[approvals.Problem]bool{}}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, approvals.Problems{{File: file, What: "the file cannot be read", Mend: "make it readable for the user that runs Hallpass"}}
		}
		b.file(filepath.ToSlash(file), data)
	}
	profiles := b.finish()
	if b.err != nil {
		return nil, b.err
	}
	if len(b.problems) > 0 {
		return nil, b.problems
	}
	c := newCatalogue(b.entitlements)
	c.profiles = profiles
	return c, nil
}

func newCatalogue(entitlements []approvals.Entitlement) *Catalogue {
	slices.SortFunc(entitlements, func(a, b approvals.Entitlement) int {
		return strings.Compare(string(a.ID), string(b.ID))
	})
	c := &Catalogue{all: entitlements, digest: digestOf(entitlements), byID: make(map[approvals.EntitlementID]approvals.Entitlement, len(entitlements))}
	for _, e := range entitlements {
		c.byID[e.ID] = e
	}
	return c
}

// digestOf is the SHA-256 over every entitlement, owners included as they were
// looked up.
func digestOf(all []approvals.Entitlement) string {
	h := sha256.New()
	encode := json.NewEncoder(h)
	for _, e := range all {
		if encode.Encode(e) != nil {
			return "" // an entitlement holds nothing that cannot be written
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Digest names what can be asked for and whom it concerns: two catalogues with
// one digest say the same.
func (c *Catalogue) Digest() string { return c.digest }

// list names the catalogue's files, in order. A file that would be passed over
// in silence is a mistake.
func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, approvals.Problems{{File: filepath.ToSlash(dir), What: "there is no such folder", Mend: "make it and describe in it what can be asked for"}}
	}
	if err != nil {
		return nil, approvals.Problems{{File: filepath.ToSlash(dir), What: "the folder cannot be read", Mend: "make it readable for the user that runs Hallpass"}}
	}
	var files []string
	var problems approvals.Problems
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".md"):
		case strings.HasSuffix(name, ".yaml"):
			files = append(files, filepath.Join(dir, name))
		default:
			problems = append(problems, approvals.Problem{
				File: filepath.ToSlash(filepath.Join(dir, name)), What: "this would not be read", Mend: "name it *.yaml, directly in catalog/, or remove it",
			})
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	if len(files) == 0 {
		return nil, approvals.Problems{{File: filepath.ToSlash(dir), What: "the folder has no *.yaml file", Mend: "describe in one what can be asked for"}}
	}
	return files, nil
}

// Entitlement gives one entitlement, or CodeNotFound.
func (c *Catalogue) Entitlement(_ context.Context, id approvals.EntitlementID) (approvals.Entitlement, error) {
	e, ok := c.byID[id]
	if !ok {
		return approvals.Entitlement{}, approvals.Errorf(approvals.CodeNotFound, "The catalogue has no %q%s.", string(id), c.hint(id))
	}
	return e, nil
}

func (c *Catalogue) hint(id approvals.EntitlementID) string {
	ids := make([]string, len(c.all))
	for i, e := range c.all {
		ids[i] = string(e.ID)
	}
	if near := source.Nearest(string(id), ids); near != "" {
		return "; the nearest is " + near
	}
	return ""
}

// All lists every entitlement, ordered by id.
func (c *Catalogue) All(context.Context) ([]approvals.Entitlement, error) {
	return slices.Clone(c.all), nil
}

// Profile gives one profile, or CodeNotFound.
func (c *Catalogue) Profile(_ context.Context, name string) (approvals.Profile, error) {
	names := make([]string, len(c.profiles))
	for i, p := range c.profiles {
		if p.Name == name {
			return p, nil
		}
		names[i] = p.Name
	}
	hint := ""
	if near := source.Nearest(name, names); near != "" {
		hint = "; the nearest is " + near
	}
	return approvals.Profile{}, approvals.Errorf(approvals.CodeNotFound, "The catalogue has no profile %q%s.", name, hint)
}

// AllProfiles lists every profile, ordered by name.
func (c *Catalogue) AllProfiles(context.Context) ([]approvals.Profile, error) {
	return slices.Clone(c.profiles), nil
}
