package source_test

import (
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals/source"
)

func TestNearestForgivesTypingErrorsAndNothingElse(t *testing.T) {
	t.Parallel()
	known := []string{"owner", "owners", "sensitivity", "max_duration", "id"}
	for word, want := range map[string]string{
		"ownr": "owner", "woner": "owner", "OWNER": "owner", "ownerss": "owners", "sensitivitx": "sensitivity",
		"senstivity": "sensitivity", "max-duration": "max_duration", "ids": "id", "di": "id",
		"": "", "approver": "", "xyz": "", "title": "", strings.Repeat("owner", 100): "",
	} {
		if got := source.Nearest(word, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}

func TestSuggestListsWhatIsKnownWhenNothingIsNear(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		word  string
		known []string
		want  string
	}{
		{"hgih", []string{"low", "high"}, `did you mean "high"?`},
		{"urgent", []string{"low", "high"}, "use one of: low, high"},
		{"urgent", nil, "remove it"},
		{"urgent", strings.Split(strings.Repeat("x,", 30), ","), "use one that exists"},
	} {
		if got := source.Suggest(tc.word, tc.known); got != tc.want {
			t.Errorf("Suggest(%q) = %q, want %q", tc.word, got, tc.want)
		}
	}
}
