package suggest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/suggest"
)

func TestAPermitIsCalledUnusedOnlyWhereThatIsKnown(t *testing.T) {
	t.Parallel()
	before := strings.Replace(rules, `"Fair"`, `"Expo"`, 1)
	example := strings.Replace(shown, "department: Fair", "department: Expo", 1)
	for _, tc := range []struct {
		name   string
		change func(*testing.T, suggest.Source, *past)
		unused bool
		since  time.Duration // ago; zero: not known
	}{
		{"it stands for all that time", func(_ *testing.T, from suggest.Source, p *past) { p.keep(from.Folder.Set, now.Add(-180*day)) }, true, 180 * day},
		{"it stands since a day later", func(_ *testing.T, from suggest.Source, p *past) { p.keep(from.Folder.Set, now.Add(-179*day)) }, false, 179 * day},
		{"nobody kept since when", func(*testing.T, suggest.Source, *past) {}, false, 0},
		{"it said something else before", func(t *testing.T, from suggest.Source, p *past) {
			p.keep(folder(t, before, example).Folder.Set, now.Add(-300*day))
			p.keep(from.Folder.Set, now.Add(-20*day))
		}, false, 20 * day},
		{"it said something else in between, and is back", func(t *testing.T, from suggest.Source, p *past) {
			p.keep(from.Folder.Set, now.Add(-300*day))
			p.keep(folder(t, before, example).Folder.Set, now.Add(-100*day))
		}, false, 0},
		{"what was kept of then can't be read", func(_ *testing.T, from suggest.Source, p *past) {
			p.keep(from.Folder.Set, now.Add(-300*day))
			p.laws[from.Folder.Set.Version().Digest] = "{"
		}, false, 0},
		{"it was used once", func(t *testing.T, from suggest.Source, p *past) {
			p.keep(from.Folder.Set, now.Add(-300*day))
			d := usual(0).decision(t, from, 1)
			d.Ruling = []byte(`{"outcome":"auto_approve","policies":[{"id":"never-used","effect":"permit"}]}`)
			d.Sequence, d.Kind = 2, approvals.KindExtension
			p.decisions = append(p.decisions, d)
		}, false, 300 * day},
		{"a decision can't be read", func(t *testing.T, from suggest.Source, p *past) {
			p.keep(from.Folder.Set, now.Add(-300*day))
			d := usual(0).decision(t, from, 1)
			d.Ruling = []byte(`{}`)
			p.decisions = append(p.decisions, d)
		}, false, 300 * day},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			from, p := folder(t, rules, shown), &past{}
			tc.change(t, from, p)
			from.Past = p
			found := suggestions(t, from)
			if len(found.Permits) != 1 || found.Permits[0].Permit.ID != "never-used" { // who may answer is not judged
				t.Fatalf("%+v", found.Permits)
			}
			var since time.Time
			if tc.since != 0 {
				since = now.Add(-tc.since)
			}
			if u := found.Permits[0]; u.Unused != tc.unused || !u.Since.Equal(since) {
				t.Errorf("%+v", u)
			}
			if patched := strings.Contains(found.Removal.Patch, "-@id(\"never-used\")"); patched != tc.unused {
				t.Errorf("the diff: %s", found.Removal.Patch)
			}
		})
	}
}

func TestWhatCannotBeTakenAwayByLinesIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	// The example shows two permits in a list that is written over two lines.
	again := strings.Replace(rules, `@id("never-used")`, `@id("used")
@owner("olga@example.com")
@reason("For the fair.")
@review_by("2030-01-01")
permit (principal, action == Action::"request", resource == Entitlement::"refunds:view")
when { principal has department && principal.department == "Fair" };

@id("never-used")`, 1)
	from := folder(t, again, strings.NewReplacer("    by: [never-used]\n", "    by:\n      - never-used\n      - used\n", "not: [never-used]", "not: [never-used, used]").Replace(shown))
	p := &past{}
	p.keep(from.Folder.Set, now.Add(-300*day))
	d := usual(0).decision(t, from, 1)
	d.Ruling = []byte(`{"outcome":"auto_approve","policies":[{"id":"used","effect":"permit"}]}`)
	p.decisions = append(p.decisions, d)
	from.Past = p
	found := suggestions(t, from)
	if found.Removal.Patch != "" || !strings.Contains(found.Removal.Why, "at the fair") || len(found.Removal.Permits) != 1 {
		t.Errorf("%+v", found.Removal)
	}
	if suggest.Patch(found.Edits) != "" {
		t.Errorf("%s", suggest.Patch(found.Edits))
	}
}

// A proposal says what the policies say elsewhere: without those that nobody
// uses that may be another thing, so all together is worked out anew.
func TestProposalsAndRemovalsHoldTogether(t *testing.T) {
	t.Parallel()
	from := folder(t, strings.NewReplacer(`"Fair"`, `"Another department"`, `"refunds:view"`, `"refunds:issue"`).Replace(rules),
		strings.NewReplacer("Fair", "Another department", "refunds:view", "refunds:issue").Replace(shown))
	p := enough(t, from)
	p.keep(from.Folder.Set, now.Add(-300*day))
	from.Past = p
	found := suggestions(t, from)
	if len(found.Proposals) != 1 || found.Removal.Patch == "" {
		t.Fatalf("%+v %+v", found.NotProposed, found.Removal)
	}
	if !strings.Contains(found.Proposals[0].Patch, "never-used") || strings.Contains(suggest.Patch(found.Edits), `by: ["never-used"]`) {
		t.Errorf("by itself:\n%s\ntogether:\n%s", found.Proposals[0].Patch, suggest.Patch(found.Edits))
	}
	var ids []string
	for _, ref := range apply(t, from, found).Policies() {
		ids = append(ids, ref.ID)
	}
	if got := strings.Join(ids, " "); got != "hallpass.no-self-approval managers suggested-refunds-issue-billing" {
		t.Errorf("%s", got)
	}
}

func TestPersonasBecomeProfiles(t *testing.T) {
	t.Parallel()
	from := folder(t, rules, shown)
	p := &past{}
	for _, who := range []approvals.PrincipalID{"boss0", "boss1", "olga"} {
		for _, e := range from.Catalogue {
			at := now.Add(-5 * day)
			p.grants = append(p.grants, approvals.PastGrant{Principal: who, Entitlement: e.ID, Kind: approvals.KindAccess, ActiveAt: at, EndsAt: at.Add(time.Hour), RevokingAt: at.Add(time.Hour)})
		}
	}
	from.Past = p
	from.Profiles = []approvals.Profile{{Name: "nobody-knows", Entitlements: []approvals.EntitlementID{"refunds:issue"}}}
	found := suggestions(t, from)
	if len(found.Personas) != 1 || !strings.Contains(found.Personas[0].Patch, "+++ b/catalog/suggested-nobody-knows-2.yaml") {
		t.Fatalf("%+v", found.Personas)
	}
	apply(t, from, found)
	from.Profiles[0].Entitlements = append(from.Profiles[0].Entitlements, "refunds:view")
	if again := suggestions(t, from); again.Personas[0].Profile != "nobody-knows" || again.Personas[0].Patch != "" || len(again.Edits) != 0 {
		t.Errorf("%+v", again.Personas)
	}
}
