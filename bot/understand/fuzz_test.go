package understand_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/understand"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{"read only on prod billing db for 2h, INC-4312 refunds stuck", "zendesk until tomorrow noon for @ana", "extend by half an hour", "1h30", "to to to because", "\u202e<!channel>",
		"don't give me admin on the checkout cluster, deploy is enough", "who can approve prod billing?", "until the 31st at 25:99 CEST", "for Zoë Müller and Bob till 2026-02-30T25:00:00Z",
		"#1 INC0000001 https://x.example/browse/A-1", "poweruser ReadOnlyAccess us-prod_1:", "half an hour & a half", "\xff\xfe", "ß’s ı İ for ẞ", "for the rest of the month of the 99th"} {
		f.Add(s)
	}
	w := world()
	f.Fuzz(func(t *testing.T, text string) {
		got := understand.Parse(text, w)
		if got.Entitlement != "" && !slices.ContainsFunc(catalogue(), func(e approvals.Entitlement) bool { return e.ID == got.Entitlement }) {
			t.Errorf("%q is not in the catalogue", got.Entitlement)
		}
		if got.Beneficiary != "" && !slices.ContainsFunc(w.People, func(p approvals.Principal) bool { return p.ID == got.Beneficiary && !p.Inactive }) {
			t.Errorf("%q is nobody who works here", got.Beneficiary)
		}
		if got.Beneficiary != "" && got.Unknown != "" {
			t.Errorf("it is for %q, and it is not known for whom: %q", got.Beneficiary, got.Unknown)
		}
		if !got.Until.IsZero() && (!got.Until.After(w.Now) || got.Duration == 0) {
			t.Errorf("until %s, in %s", got.Until, got.Duration)
		}
		if len(got.Together) == 1 || len(got.Together) > 0 && (got.Entitlement != "" || got.Intent != understand.Request) {
			t.Errorf("together %q, with %q, as %s", got.Together, got.Entitlement, got.Intent)
		}
		for _, id := range slices.Concat(got.Candidates, got.Together) {
			if len(w.Index.Find([]approvals.EntitlementID{id})) != 1 {
				t.Errorf("%q is offered, and not in the catalogue", id)
			}
		}
		if got.Duration < 0 || got.Duration%time.Minute != 0 || got.Duration > 90*24*time.Hour {
			t.Errorf("a duration of %s", got.Duration)
		}
		if !utf8.ValidString(got.Reason) || !utf8.ValidString(got.Sought) || len(got.Sought) > 150 {
			t.Errorf("reason %q, sought %q", got.Reason, got.Sought)
		}
		if len(got.Candidates) > 3 || (got.Entitlement != "" && len(got.Candidates) > 0) {
			t.Errorf("%q and candidates %q", got.Entitlement, got.Candidates)
		}
		if again := understand.Parse(text, w); again.Entitlement != got.Entitlement || again.Reason != got.Reason || again.Duration != got.Duration {
			t.Error("the same words are understood in two ways")
		}
	})
}

// large is a catalogue of 20,000 entitlements.
func large() []approvals.Entitlement {
	var out []approvals.Entitlement
	for i := range 10000 {
		for _, level := range []string{"read-only", "read-write"} {
			name := fmt.Sprintf("service%04d-db", i)
			out = append(out, entitlement(name+":"+level, fmt.Sprintf("postgres-%02d", i%40), name, level, "production", name+" in production, "+level))
		}
	}
	return out
}

func TestSearchRanksTheClosestFirst(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]approvals.EntitlementID{
		"billing ro": "billing-db:read-only", "bill production": "billing-db:read-only", "checkout admin": "checkout-k8s:admin",
		"warehouse": "snowflake:analyst", "terra": "github-infra:write", "order write": "orders-db:read-write", "": "billing-db:read-only",
	} {
		got := world().Index.Search(typed, 5)
		if len(got) == 0 || got[0].ID != want {
			t.Errorf("%q finds %v first, want %s", typed, got, want)
		}
	}
	if got := world().Index.Search("zzzz", 5); len(got) != 0 {
		t.Errorf("nonsense finds %v", got)
	}
	if got := understand.NewIndex(large()).Search("service", 50); len(got) != 50 {
		t.Errorf("%d found, want at most 50", len(got))
	}
}

func BenchmarkSearch20000(b *testing.B) {
	x := understand.NewIndex(large())
	for name, typed := range map[string]string{"distinctive": "service0420 db read", "common": "db read", "half typed": "servi", "slips": "sevrice0420 db raed"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				x.Search(typed, 50)
			}
		})
	}
}

func BenchmarkParse20000(b *testing.B) {
	w := world()
	w.Index = understand.NewIndex(large())
	for i := range 20_000 {
		w.People = append(w.People, approvals.Principal{ID: approvals.PrincipalID(fmt.Sprint("p", i)), Name: fmt.Sprintf("%cna%d Müller", 'A'+rune(i%26), i), Email: fmt.Sprintf("p%d@example.com", i)})
	}
	for name, text := range map[string]string{
		"a request": "read only on service0420 db for 2h, INC-4312 refunds stuck", "for a person": "read only on service0420 db for 2h for Ana10400 Mueller",
		"a pasted log": strings.Repeat("please give for error servce0420 database is not ", 90),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				understand.Parse(text, w)
			}
		})
	}
}
