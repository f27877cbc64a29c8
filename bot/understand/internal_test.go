package understand

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hallpass-dev/hallpass/approvals"
)

// textbook is the optimal string alignment distance as it is defined.
func textbook(a, b string) int {
	switch {
	case a == "":
		return len(b)
	case b == "":
		return len(a)
	}
	cost := 1
	if a[len(a)-1] == b[len(b)-1] {
		cost = 0
	}
	d := min(textbook(a[:len(a)-1], b)+1, textbook(a, b[:len(b)-1])+1, textbook(a[:len(a)-1], b[:len(b)-1])+cost)
	if len(a) > 1 && len(b) > 1 && a[len(a)-1] == b[len(b)-2] && a[len(a)-2] == b[len(b)-1] {
		d = min(d, textbook(a[:len(a)-2], b[:len(b)-2])+1)
	}
	return d
}

func TestSlipsAreCountedAsInTheTextbook(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abc]{0,5}`)
		a, b, enough := word.Draw(t, "a"), word.Draw(t, "b"), rapid.IntRange(0, 3).Draw(t, "enough")
		want, got := textbook(a, b), slips(a, b, enough)
		if want <= enough && got != want || want > enough && got <= enough {
			t.Errorf("%q and %q differ by %d, want %d (enough is %d)", a, b, got, want, enough)
		}
	})
}

func TestSlipsOfWordsWithoutEnd(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 200)
	if near(long, long+"b") {
		t.Error("words of 200 letters are taken for slips of each other")
	}
	if !near(long, long) {
		t.Error("a long word is not itself")
	}
}

func TestFirstIsTheBeginningOfTheSortedHits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var hits []hit
		for i := range rapid.IntRange(0, 40).Draw(t, "hits") {
			id := approvals.EntitlementID(fmt.Sprintf("e%02d:x", i))
			hits = append(hits, hit{entry: &entry{Entitlement: approvals.Entitlement{ID: id}}, score: float64(rapid.IntRange(0, 4).Draw(t, "score"))})
		}
		limit := rapid.IntRange(0, 50).Draw(t, "limit")
		sorted := slices.Clone(hits)
		slices.SortFunc(sorted, func(a, b hit) int {
			return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.ID, b.ID))
		})
		got := first(hits, limit)
		if len(got) != min(limit, len(hits)) {
			t.Fatalf("%d hits, want %d", len(got), min(limit, len(hits)))
		}
		for i, h := range got {
			if h.ID != sorted[i].ID {
				t.Errorf("hit %d is %s, want %s", i, h.ID, sorted[i].ID)
			}
		}
	})
}

func TestNamesAreFoldedAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"Zoë": {"zoe"}, "Müller": {"muller", "mueller"}, "Søren Ågård": {"soren agard", "soeren aagaard"}, "Łukasz Żak": {"lukasz zak"},
		"Weiß": {"weiss"}, "Mei-Ling O’Connor": {"mei-ling o'connor"}, "Nguyễn": {"nguyen"}, "Conceic\u0327a\u0303o": {"conceicao"}, "Ada": {"ada"}, "": {""},
	} {
		if got := folded(name); !slices.Equal(got, want) {
			t.Errorf("%q is folded to %q, want %q", name, got, want)
		}
	}
}

func TestPartsOfWordsAreInNormalForm(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"billing-db": "billing database", "k8s_prod.1": "kubernete production 1", "R/O": "readonly", "read-write": "readonly readwrite",
		"pre-prod": "preproduction", "nonprod-db": "nonproduction database", "ReadOnlyAccess": "readonly", "AdministratorAccess": "admin", "access": "access", "logs": "log",
	} {
		if got := strings.Join(parts(s), " "); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
	if got := humps("PowerUserAccess on AWS"); got != "Power User Access on AWS" {
		t.Errorf("the humps are %q", got)
	}
}

func TestMoodTellsAskingFromTelling(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]mood{
		"I need zendesk":                       {asks: true},
		"zendesk 1h":                           {},
		"zendesk is down":                      {told: true},
		"we moved zendesk yesterday":           {told: true},
		"I wanted to ask for zendesk":          {asks: true},
		"who owns zendesk?":                    {wonder: true},
		"what is zendesk? I need access to it": {asks: true, told: true},
		"do not give me zendesk":               {refuse: true},
		"nobody needs zendesk":                 {refuse: true},
		"don't give me admin, I need view":     {asks: true},
	} {
		got := moodOf(text)
		if got != want {
			t.Errorf("the mood of %q is %+v, want %+v", text, got, want)
		}
	}
}
