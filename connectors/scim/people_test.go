package scim_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	elimity "github.com/elimity-com/scim"
	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/directory"
	"github.com/hallpass-dev/hallpass/connectors/directory/directorytest"
	"github.com/hallpass-dev/hallpass/connectors/scim"
	"github.com/hallpass-dev/hallpass/connectors/scim/scimtest"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// put makes these the service's people and groups.
func put(s *scimtest.Service, people []approvals.Principal) {
	s.Lock()
	defer s.Unlock()
	s.Users, s.Names, s.Members = nil, map[string]string{}, map[string]map[string]bool{}
	for _, p := range people {
		kind := "Employee"
		if p.Contractor {
			kind = "Contractor"
		}
		job := map[string]any{"department": p.Department, "division": p.Function, "costCenter": "4711"}
		if p.Manager != "" {
			job["manager"] = map[string]any{"value": string(p.Manager)}
		}
		s.Users = append(s.Users, elimity.Resource{ID: string(p.ID), Attributes: elimity.ResourceAttributes{
			"userName": p.Email, "displayName": p.Name, "active": !p.Inactive, "userType": kind, "title": p.Title, "timezone": p.TimeZone,
			"emails":    []any{map[string]any{"value": "home-of-" + p.Email}, map[string]any{"value": p.Email, "primary": true}},
			enterprise:  job,
			"addresses": []any{map[string]any{"locality": p.Location}}}})
	}
	for group, ids := range directorytest.ByGroup(people) {
		s.Names["g-"+group], s.Members["g-"+group] = group, map[string]bool{}
		for _, id := range ids {
			s.Members["g-"+group][string(id)] = true
		}
	}
}

func people(t *testing.T, cfg scim.Config, id string) *scim.People {
	t.Helper()
	p, err := scim.NewPeople(cfg, id, "division")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Acceptance 32: a directory that is a day old, empty or half there makes
// nobody lose or gain access.
func TestAcceptance32SCIM(t *testing.T) {
	t.Parallel()
	directorytest.Run(t, func(t *testing.T) directorytest.World {
		s := scimtest.New(t)
		var away atomic.Bool
		cfg := s.StartWith(t, func(w http.ResponseWriter, _ *http.Request) bool {
			if away.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return away.Load()
		})
		return directorytest.World{Source: people(t, cfg, ""), Down: func(_ *testing.T, down bool) { away.Store(down) },
			Put: func(_ *testing.T, people []approvals.Principal) { put(s, people) }}
	})
}

func TestEveryAttributeOfAUserIsRead(t *testing.T) {
	t.Parallel()
	s := scimtest.New(t)
	want := []approvals.Principal{
		{ID: "boss", Name: "Boss", Email: "boss@example.com"},
		{ID: "maya", Name: "Maya", Email: "maya@example.com", Title: "SRE", Department: "Platform", Location: "Austin", Function: "Service operations",
			TimeZone: "America/Chicago", Manager: "boss", Contractor: true, Inactive: true, Groups: []string{"readers"}, Admin: true},
	}
	given := []approvals.Principal{want[0], want[1]}
	given[1].Groups = []string{"SRE Readers", "Others"} // names that policies could not hold
	put(s, given)
	d, err := directory.Open(t.Context(), people(t, s.Start(t), ""), directory.Config{Groups: map[string]string{"readers": "SRE Readers"}, Admins: "readers"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.People(t.Context())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("people (-want +got):\n%s%v", diff, err)
	}
}

func TestPeopleCanBeKnownByAnotherAttribute(t *testing.T) {
	t.Parallel()
	s := scimtest.New(t)
	put(s, directorytest.People()[:2])
	r, err := people(t, s.Start(t), "userName").Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p := r.People[1]; p.ID != "p01@example.com" || p.Manager != "p00@example.com" {
		t.Errorf("%s is managed by %s", p.ID, p.Manager)
	}
	if _, err := scim.NewPeople(s.Start(t), "nickName", ""); err == nil {
		t.Error("an attribute that may change hands is taken for an id")
	}
}

// A page whose version is still the same is not sent again.
func TestPagesThatHaveNotChangedAreNotReadAgain(t *testing.T) {
	t.Parallel()
	s := scimtest.New(t)
	put(s, directorytest.People())
	var whole, same atomic.Int32
	source := people(t, s.StartWith(t, func(w http.ResponseWriter, r *http.Request) bool {
		answer := httptest.NewRecorder()
		s.ServeHTTP(answer, r)
		version := fmt.Sprintf(`W/"%x"`, sha256.Sum256(answer.Body.Bytes()))
		w.Header().Set("Etag", version)
		if r.Header.Get("If-None-Match") == version {
			same.Add(1)
			w.WriteHeader(http.StatusNotModified)
			return true
		}
		whole.Add(1)
		_, err := w.Write(answer.Body.Bytes())
		return err == nil
	}), "")
	first, err := source.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pages := whole.Load()
	changed := directorytest.People()
	changed[39].Title = "Somebody new"
	put(s, changed)
	second, err := source.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if whole.Load() != pages+1 || same.Load() != pages-1 {
		t.Errorf("of %d pages %d were sent again and %d were the same, want one of them", pages, whole.Load()-pages, same.Load())
	}
	if len(second.People) != len(first.People) || second.People[39].Title != "Somebody new" {
		t.Errorf("%d people, then %d; the last is %q", len(first.People), len(second.People), second.People[39].Title)
	}
}

func TestAListThatEndsTooSoonIsNoReading(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"fewer than it says":    `{"totalResults": 9, "Resources": []}`,
		"no SCIM":               `<html>`,
		"another service's 404": "",
	} {
		s := scimtest.New(t)
		_, err := people(t, s.StartWith(t, func(w http.ResponseWriter, _ *http.Request) bool {
			if answer == "" {
				w.WriteHeader(http.StatusNotFound)
			}
			_, err := w.Write([]byte(answer))
			return err == nil
		}), "").Read(t.Context())
		if err == nil || strings.Contains(fmt.Sprintf("%+v", err), scimtest.Token) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzPeople feeds answers: whatever they hold, a reading ends, and none is
// made of somebody without an id.
func FuzzPeople(f *testing.F) {
	f.Add(`{"totalResults": 1, "Resources": [{"id": "a", "userName": "a@example.com", "active": false}]}`)
	f.Add(`{"totalResults": 1, "Resources": [{"id": "a", "emails": [{}], "members": [{"value": "a"}], "displayName": "x"}]}`)
	var answer atomic.Value
	answer.Store("{}")
	h := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer.Load().(string))) }))
	f.Cleanup(h.Close)
	source, err := scim.NewPeople(scimtest.Reaching(h), "", "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		answer.Store(text)
		d, err := directory.Open(t.Context(), source, directory.Config{})
		if err != nil {
			return
		}
		all, err := d.People(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			if p.ID == "" || p.Email == "" || p.Name == "" {
				t.Errorf("%+v", p)
			}
		}
	})
}
