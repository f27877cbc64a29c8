package directory_test

import (
	"testing"

	"github.com/hallpass-dev/hallpass/connectors/directory"
)

func TestTheNamedAttributeTellsWhatSomebodysWorkIs(t *testing.T) {
	t.Parallel()
	w := directory.Work{CostCenter: "4711", Division: "Retail", Organization: "Example GmbH"}
	want := map[string]string{"costCenter": "4711", "division": "Retail", "organization": "Example GmbH"}
	for _, attribute := range directory.Functions {
		if got := w.Function(attribute); got != want[attribute] || got == "" {
			t.Errorf("%s tells %q, want %q", attribute, got, want[attribute])
		}
	}
	for _, other := range []string{"", "department", "costcenter"} {
		if got := w.Function(other); got != "" {
			t.Errorf("%q tells %q", other, got)
		}
	}
}
