package main

import (
	"fmt"
	"hash/crc32"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

// worlds are the catalogues that utterances are made up for: the example's and
// those of bot/testdata/worlds.
var worlds = []string{"northwind", "fjord", "lumen", "harbor", "mill"}

// picked reports whether a text is one of the tenth that is tried each time;
// HALLPASS_ALL_UTTERANCES=1 tries them all.
func picked(text string) bool {
	return os.Getenv("HALLPASS_ALL_UTTERANCES") != "" || crc32.ChecksumIEEE([]byte(text))%10 == 0
}

// reader is a parser for a world, said by nobody in particular.
func reader(t *testing.T, world string) *parser {
	t.Helper()
	return parserFor(t, utterance{World: world, Now: time.Date(2026, 10, 20, 14, 0, 0, 0, time.UTC), TimeZone: "Europe/Berlin"})
}

// calledIn are the names that a resource goes by: its own, its title, and the
// aliases that all of its levels share.
func calledIn(levels []approvals.Entitlement) []string {
	first := levels[0]
	title, _, _ := strings.Cut(first.Name, ", ")
	names := []string{first.Resource, title}
	for _, a := range first.Aliases {
		if len(levels) > 1 && !slices.ContainsFunc(levels, func(e approvals.Entitlement) bool { return !slices.Contains(e.Aliases, a) }) {
			names = append(names, a)
		}
	}
	return names
}

// resources groups a catalogue by resource.
func resources(p *parser) map[string][]approvals.Entitlement {
	out := map[string][]approvals.Entitlement{}
	for _, e := range p.world.Index.All() {
		out[e.Resource] = append(out[e.Resource], e)
	}
	return out
}

// shared reports whether a name is part of another resource's, so that asking
// which is meant is right: "Salesforce" and "Salesforce sandbox".
func shared(name, resource string, all map[string][]approvals.Entitlement) bool {
	for other, levels := range all {
		names := slices.Concat(calledIn(levels), levels[0].Aliases)
		if other != resource && slices.ContainsFunc(names, func(n string) bool { return strings.Contains(strings.ToLower(n), strings.ToLower(name)) }) {
			return true
		}
	}
	return false
}

// asked are ways to ask for a level of a thing.
var asked = []string{
	"%s on %s for 1h", "need %[2]s %[1]s 2 hours", "%[2]s, %[1]s, until 6pm, the export is stuck", "Could I please have %s access to %s for 90 minutes?",
	"%[2]s (%[1]s) INC-4312 30m", "hey, i'd like %s in %s til tomorrow noon because the export is stuck", "please give me %s rights on the %s, 45 min",
}

func TestWhatIsCalledByItsNamesIsFoundInEveryCatalogue(t *testing.T) {
	t.Parallel()
	for _, world := range worlds {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			p := reader(t, world)
			said, right := 0, 0
			byResource := resources(p)
			for _, levels := range byResource {
				for _, e := range levels {
					_, title, _ := strings.Cut(e.Name, ", ")
					for _, level := range slices.Compact([]string{e.Level, title}) {
						for _, name := range calledIn(levels) {
							if shared(name, e.Resource, byResource) {
								continue
							}
							for _, way := range asked {
								text := fmt.Sprintf(way, level, name)
								if !picked(text) {
									continue
								}
								got := string(deref(p.understood(text).Entitlement))
								said++
								switch got {
								case string(e.ID):
									right++
								case "":
									t.Logf("%q is asked about, and means %s", text, e.ID)
								default:
									t.Errorf("%q is filled with %s, and means %s", text, got, e.ID)
								}
							}
						}
					}
				}
			}
			t.Logf("%d of %d found (%.1f%%)", right, said, 100*float64(right)/float64(said))
			if 100*right < least*said {
				t.Errorf("%d of %d are found, want at least %d%%", right, said, least)
			}
		})
	}
}

func deref(id *approvals.EntitlementID) approvals.EntitlementID {
	if id == nil {
		return ""
	}
	return *id
}

func TestALevelThatIsLeftOpenIsAskedAbout(t *testing.T) {
	t.Parallel()
	for _, world := range worlds {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			p := reader(t, world)
			for _, levels := range resources(p) {
				if len(levels) < 2 {
					continue
				}
				for _, name := range calledIn(levels) {
					for _, way := range []string{"%s for 1h", "need %s til tomorrow noon, the export is stuck", "could i get into %s please", "access to the %s, INC-4312, 30m"} {
						text := fmt.Sprintf(way, name)
						if !picked(text) {
							continue
						}
						if got := p.understood(text); got.Entitlement != nil {
							t.Errorf("%q is filled with %s: the level was left open", text, *got.Entitlement)
						}
					}
				}
			}
		})
	}
}

// elsewhere are levels and places, and names that no catalogue here has beside
// a thing: each makes another thing of it.
var elsewhere = []string{"%s dba for 1h", "staging %s %s 1h", "%s replica %s 1h", "%[2]s on the new %[1]s mirror for 1h", "dr %s %s for 30m", "%s-archive %s 2h", "pre-prod %s %s 1h", "old-%s %s 1h",
	"don't give me %[2]s on %[1]s", "who has %[2]s on %[1]s?", "we gave bob %[2]s on %[1]s yesterday for 2h", "I had %[2]s on %[1]s last week", "read about %s"}

// clause is a name with more than nouns in it.
var clause = regexp.MustCompile(`(?i)\b(?:the|a|as|to|what|in)\b`)

func TestWhatTheCatalogueLacksIsNeverFilledIn(t *testing.T) {
	t.Parallel()
	for _, world := range worlds {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			p := reader(t, world)
			for _, levels := range resources(p) {
				for _, e := range levels {
					for _, name := range calledIn(levels) {
						for _, way := range elsewhere {
							if clause.MatchString(name) && (strings.HasPrefix(way, "dr") || strings.Contains(way, "-%s") || strings.Contains(way, "%s-")) {
								continue // nobody puts a word to "the mono repo" like that
							}
							text := strings.TrimSuffix(fmt.Sprintf(way, name, e.Level), fmt.Sprintf("%%!(EXTRA string=%s)", e.Level))
							if !picked(text) {
								continue
							}
							got := p.understood(text)
							if got.Entitlement == nil || strings.HasPrefix(way, "staging") && p.byID[*got.Entitlement].Environment == "staging" {
								continue
							}
							t.Errorf("%q is filled with %s", text, *got.Entitlement)
						}
					}
				}
			}
		})
	}
}
