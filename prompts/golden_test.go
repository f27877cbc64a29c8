package prompts_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/prompts"
)

var update = flag.Bool("update", false, "rewrite golden files")

// A released version's prompt never changes: a difference here asks for a new
// version, not for -update.
func TestRequestIsAsRecorded(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]prompts.SummaryInput{
		"summary_v1": input(),
		"summary_v1_no_factors": {
			Kind: "group", Sensitivity: "low", Duration: time.Minute, Score: 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := serve(t, says(answer("A score of 0 or otherwise.")))
			_, _ = newClient(t, e.config()).Summarize(t.Context(), in)
			if e.asked() != 1 {
				t.Fatalf("asked %d times, want once", e.asked())
			}
			var got bytes.Buffer
			if err := json.Indent(&got, []byte(e.requests[0]), "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			golden := filepath.Join("testdata", name+".golden.json")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}
