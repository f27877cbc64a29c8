package peoplefile_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory/directorytest"
	"github.com/hallpass-dev/hallpass/connectors/peoplefile"
)

// Acceptance 32: a directory that is a day old, empty or half there makes
// nobody lose or gain access.
func TestAcceptance32YAML(t *testing.T) {
	t.Parallel()
	conform(t, "people.yaml", func(people []approvals.Principal) ([]byte, error) {
		all := []map[string]any{}
		for _, p := range people {
			all = append(all, map[string]any{"id": p.ID, "name": p.Name, "email": p.Email, "manager": p.Manager, "groups": p.Groups,
				"contractor": p.Contractor, "inactive": p.Inactive})
		}
		return yaml.Marshal(map[string]any{"people": all})
	})
}

func TestAcceptance32CSV(t *testing.T) {
	t.Parallel()
	conform(t, "people.csv", func(people []approvals.Principal) ([]byte, error) {
		var text strings.Builder
		w := csv.NewWriter(&text)
		rows := [][]string{{"email", "id", "name", "manager", "groups", "contractor", "inactive"}}
		for _, p := range people {
			rows = append(rows, []string{p.Email, string(p.ID), p.Name, string(p.Manager), strings.Join(p.Groups, ";"), fmt.Sprint(p.Contractor), fmt.Sprint(p.Inactive)})
		}
		err := w.WriteAll(rows)
		return []byte(text.String()), err
	})
}

// conform runs the suite on a file that is written as encode says. Managers
// who are not among the people are left out, as an export would.
func conform(t *testing.T, name string, encode func([]approvals.Principal) ([]byte, error)) {
	t.Helper()
	directorytest.Run(t, func(t *testing.T) directorytest.World {
		path := filepath.Join(t.TempDir(), name)
		return directorytest.World{Source: peoplefile.File(path), Put: func(t *testing.T, people []approvals.Principal) {
			t.Helper()
			text, err := encode(people)
			if err == nil {
				err = os.WriteFile(path, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}}
	})
}
