package demo

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/connectors/peoplefile"
)

var update = flag.Bool("update", false, "rewrite generated and golden files")

func TestExamplePeopleAreTheGeneratedOrganisation(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "..", "examples", "access", "people.yaml")
	want := PeopleFile()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("examples/access/people.yaml is not what the generator writes; run the test with -update (-want +got):\n%s", diff)
	}
	d, err := peoplefile.Open(t.Context(), path, directory.Config{})
	if err != nil {
		t.Fatalf("the file does not load: %v", err)
	}
	people, err := d.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(len(Organisation()), len(people)); diff != "" {
		t.Error(diff)
	}
}

func TestOrganisationIsPlausible(t *testing.T) {
	t.Parallel()
	people := Organisation()
	if n := len(people); n < 180 || n > 220 {
		t.Errorf("%d people; about 200 are wanted", n)
	}
	byID := map[approvals.PrincipalID]approvals.Principal{}
	emails := map[string]bool{}
	for _, p := range people {
		if emails[p.Email] || byID[p.ID].ID != "" {
			t.Errorf("%s is there twice", p.Email)
		}
		byID[p.ID], emails[p.Email] = p, true
	}
	for _, p := range people {
		steps := 0
		for at := p; at.Manager != ""; at = byID[at.Manager] {
			if steps++; steps > 5 {
				t.Fatalf("%s: the chain of managers does not end", p.ID)
			}
		}
	}
	for _, name := range cast {
		if !contains(people, name) {
			t.Errorf("the story's %s is missing", name)
		}
	}
}

func contains(people []approvals.Principal, name string) bool {
	for _, p := range people {
		if p.Name == name {
			return true
		}
	}
	return false
}
