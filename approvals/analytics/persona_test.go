package analytics_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/analytics"
)

type used = map[approvals.PrincipalID][]approvals.EntitlementID

// things are n entitlements, from the first on.
func things(from, n int) (all []approvals.EntitlementID) {
	for i := range n {
		all = append(all, approvals.EntitlementID(fmt.Sprintf("e%03d", from+i)))
	}
	return all
}

func TestPersonasFromTheirThresholdsOn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		used used
		want []int // people of each persona
	}{
		{"three with the same", used{"a": things(0, 2), "b": things(0, 2), "c": things(0, 2)}, []int{3}},
		{"two with the same", used{"a": things(0, 2), "b": things(0, 2)}, nil},
		{"one thing in common", used{"a": things(0, 1), "b": things(0, 1), "c": things(0, 1)}, nil},
		{"four of five: 80%", used{"a": things(0, 5), "b": things(0, 5), "c": things(0, 4)}, []int{3}},
		{"79%", used{"a": things(0, 100), "b": things(0, 100), "c": things(0, 79)}, nil},
		{"each is like the next, and not like the one after", used{"a": things(0, 10), "b": things(1, 10), "c": things(2, 10)}, nil},
		{"two groups", used{"a": things(0, 3), "b": things(0, 3), "c": things(0, 3), "d": things(3, 3), "e": things(3, 3), "f": things(3, 3), "g": things(3, 3)}, []int{4, 3}},
		{"nothing", used{"a": nil, "b": nil, "c": nil}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []int
			for _, p := range analytics.Personas(tc.used, nil, nil) {
				got = append(got, len(p.People))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAPersonaIsCalledAsMostOfItsPeople(t *testing.T) {
	t.Parallel()
	people := []approvals.Principal{{ID: "a", Title: "Clerk", Department: "Shop"}, {ID: "b", Title: "Clerk", Department: "Shop"}, {ID: "c", Title: "Boss", Department: "Shop"}}
	of := used{"a": things(0, 5), "b": things(0, 4), "c": things(0, 4)}
	profiles := []approvals.Profile{{Name: "shop-4", Entitlements: things(0, 4)}}
	want := []analytics.Persona{{Name: "shop", Title: "Shop", Called: 3, People: []approvals.PrincipalID{"a", "b", "c"}, Entitlements: things(0, 4), Others: 1, Alike: 80, Profile: "shop-4"}}
	if diff := cmp.Diff(want, analytics.Personas(of, people, profiles)); diff != "" {
		t.Error(diff)
	}
	people[2].Department = ""
	people[2].Title = "Clerk"
	if got := analytics.Personas(of, people, nil)[0]; got.Title != "Clerk" || got.Called != 3 {
		t.Errorf("%+v", got)
	}
}

// alike is the Jaccard index as it is defined, in percent.
func alike(a, b []approvals.EntitlementID) float64 {
	both, either := 0, map[approvals.EntitlementID]bool{}
	for _, e := range append(slices.Clone(a), b...) {
		either[e] = true
	}
	for e := range either {
		if slices.Contains(a, e) && slices.Contains(b, e) {
			both++
		}
	}
	return 100 * float64(both) / float64(len(either))
}

// Whoever used what: nobody is in two personas, any two people of one are alike,
// every one of them used what it says, and no persona is passed over that the
// rest of the people could still make with exactly the same access.
func TestAnyTwoOfAPersonaAreAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		of := used{}
		for i := range rapid.IntRange(0, 25).Draw(t, "people") {
			size := rapid.IntRange(0, 12).Draw(t, "size")
			from := rapid.IntRange(0, 3).Draw(t, "from")
			of[approvals.PrincipalID(fmt.Sprint("p", i))] = things(from, size)
		}
		in := map[approvals.PrincipalID]bool{}
		for _, p := range analytics.Personas(of, nil, nil) {
			least := 100.0
			for i, a := range p.People {
				if in[a] {
					t.Fatalf("%s is in two", a)
				}
				in[a] = true
				for _, e := range p.Entitlements {
					if !slices.Contains(of[a], e) {
						t.Fatalf("%s never used %s", a, e)
					}
				}
				for _, b := range p.People[:i] {
					least = min(least, alike(of[a], of[b]))
				}
			}
			if least < analytics.MinAlike || int(least) != p.Alike || len(p.People) < analytics.MinPeople || len(p.Entitlements) < analytics.MinShared {
				t.Fatalf("%+v: the least alike are %v", p, least)
			}
		}
		left := map[string]int{}
		for who, has := range of {
			if key := fmt.Sprint(has); len(has) >= analytics.MinShared && !in[who] {
				if left[key]++; left[key] >= analytics.MinPeople {
					t.Fatalf("nobody counted those who used %s", key)
				}
			}
		}
	})
}
