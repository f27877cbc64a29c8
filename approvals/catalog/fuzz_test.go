package catalog_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/catalog"
)

// FuzzLoad feeds the loader a catalogue as an attacker or a slip of the hand
// would write it: it is refused with a file and a mend, or every entitlement is
// sound.
func FuzzLoad(f *testing.F) {
	f.Add(small)
	f.Add("systems: [{name: a, resources: [{name: b, levels: [{name: c}]}]}]")
	examples, err := filepath.Glob("../../examples/access/catalog/*.yaml")
	if err != nil || len(examples) == 0 {
		f.Fatalf("no examples: %v", err)
	}
	for _, path := range examples {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := catalog.Load(t.Context(), folder(t, map[string]string{"a.yaml": text}), team)
		if err != nil {
			problems, ok := err.(approvals.Problems) //nolint:errorlint // the type itself is what is promised
			if !ok || len(problems) == 0 {
				t.Fatalf("the error is %v", err)
			}
			for _, p := range problems {
				if p.File == "" || p.What == "" || p.Mend == "" {
					t.Errorf("%+v", p)
				}
			}
			return
		}
		all, err := c.All(t.Context())
		if err != nil || len(all) == 0 {
			t.Fatalf("%v, %v", all, err)
		}
		for _, e := range all {
			if e.ID == "" || len(e.ID) > 150 || len(e.Owners) == 0 || len(e.Approvers) == 0 || e.Connector == "" ||
				e.DefaultDuration <= 0 || e.DefaultDuration > e.MaxDuration || e.Sensitivity == "" {
				t.Errorf("unsound: %+v", e)
			}
		}
	})
}
