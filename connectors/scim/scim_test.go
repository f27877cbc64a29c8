package scim_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/connectortest"
	"github.com/hallpass-dev/hallpass/connectors/scim"
	"github.com/hallpass-dev/hallpass/connectors/scim/scimtest"
)

func entitlement(id string, target map[string]string) approvals.Entitlement {
	return approvals.Entitlement{ID: approvals.EntitlementID(id), Target: target}
}

func world(s *scimtest.Service) connectortest.World {
	id := func(account string) string { return "u-" + strings.Split(account, "@")[0] }
	return connectortest.World{
		Entitlement: entitlement("metrics:read", map[string]string{"group": "SRE-readers"}), // displayName does not mind case
		Other:       entitlement("metrics:admin", map[string]string{"group_id": "g-admins"}),
		Alias:       entitlement("metrics:readers", map[string]string{"group_id": "g-readers"}),
		Nowhere:     entitlement("metrics:none", map[string]string{"group_id": "g-none"}),
		Account:     "maya@example.com", Neighbour: "li@example.com", Unknown: "ghost@example.com",
		Reaches: func(_ *testing.T, e approvals.Entitlement, account string) bool {
			s.Lock()
			defer s.Unlock()
			if e.ID == "metrics:admin" {
				return s.Members["g-admins"][id(account)]
			}
			return s.Members["g-readers"][id(account)]
		},
		Seat: func(_ *testing.T, account string) {
			s.Lock()
			defer s.Unlock()
			s.Members["g-readers"][id(account)] = true
			s.Version["g-readers"]++
		},
		Effects: func(account string) int {
			s.Lock()
			defer s.Unlock()
			return s.Effects[id(account)]
		},
		Inject:  func(_ *testing.T, f connectortest.Fault) bool { s.Spoil(&f); return true },
		Heal:    func(*testing.T) { s.Spoil(nil) },
		Secrets: []string{scimtest.Token},
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, dialect := range []scim.Patch{scim.ByFilter, scim.ByValue, scim.ByPut} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			connectortest.Run(t, connectortest.Harness{New: func(t *testing.T) (approvals.Connector, connectortest.World) {
				s := scimtest.New(t)
				s.ByValue, s.NoPatch = dialect == scim.ByValue, dialect == scim.ByPut
				cfg := s.Start(t)
				cfg.Patch = dialect
				return open(t, cfg), world(s)
			}})
		})
	}
}

func open(t *testing.T, cfg scim.Config) *scim.Connector {
	t.Helper()
	c, err := scim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func to(account string, target map[string]string) approvals.Grant {
	return approvals.Grant{ID: "gr_1", Entitlement: "metrics:read", Account: account, Target: target}
}

func TestUsersAreFoundByTheConfiguredAttribute(t *testing.T) {
	t.Parallel()
	readers := map[string]string{"group_id": "g-readers"}
	for _, tc := range []struct {
		attribute, account string
		want               string // the user; empty: none, with words
		words              string
	}{
		{"userName", "maya@example.com", "u-maya", ""},
		{"userName", "MAYA@example.com", "u-maya", ""},
		{"userName", `x" or userName sw "m`, "", "no user"},
		{"userName", "ann.smith@example.com", "", "not active"},
		{"externalId", "x-li@example.com", "u-li", ""},
		{"externalId", "li@example.com", "", "no user"},
		{"emails.value", "li@example.com", "u-li", ""},
	} {
		s := scimtest.New(t)
		cfg := s.Start(t)
		cfg.Account = tc.attribute
		receipt, err := open(t, cfg).Grant(t.Context(), to(tc.account, readers))
		if tc.want != "" {
			if diff := cmp.Diff(approvals.Receipt{"user": tc.want, "group": "g-readers"}, receipt); diff != "" || err != nil {
				t.Errorf("%s %s: %v, -want +got\n%s", tc.attribute, tc.account, err, diff)
			}
			continue
		}
		if wants(t, err, approvals.Permanent, tc.words); len(s.Members["g-readers"]) != 0 {
			t.Errorf("%s %s: somebody became a member: %v", tc.attribute, tc.account, s.Members)
		}
	}
}

// wants holds an error against a kind and words.
func wants(t *testing.T, err error, kind approvals.FailureKind, words string) {
	t.Helper()
	var got *approvals.ConnectorError
	if !errors.As(err, &got) || got.Kind != kind || !strings.Contains(got.Message, words) {
		t.Errorf("%v, want %s with %q", err, kind, words)
	}
}

func TestListNamesAllMembersOverManyPages(t *testing.T) {
	t.Parallel()
	s := scimtest.New(t) // pages of three, five users
	for _, u := range s.Users {
		s.Members["g-readers"][u.ID] = true
	}
	s.Members["g-readers"]["g-nested"] = true
	held, err := open(t, s.Start(t)).List(t.Context(), entitlement("metrics:read", map[string]string{"group": "sre-readers"}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range held {
		got = append(got, h.Account)
	}
	slices.Sort(got)
	want := []string{"ann.smith@example.com", "ann@example.com", "g-nested", "li@example.com", "maya@example.com"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestNamesAndIdsAreQuoted(t *testing.T) {
	t.Parallel()
	s := scimtest.New(t)
	c := open(t, s.Start(t))
	g := to("maya@example.com", map[string]string{"group": "SRE admins & l'été <x>"})
	r, err := c.Grant(t.Context(), g)
	if err != nil || !s.Members["g-admins"]["u-maya"] {
		t.Fatalf("%v, members %v", err, s.Members)
	}
	if _, err := c.Revoke(t.Context(), g, r); err != nil || s.Members["g-admins"]["u-maya"] {
		t.Fatalf("%v, members %v", err, s.Members)
	}
	_, err = c.Grant(t.Context(), to("maya@example.com", map[string]string{"group_id": "../Users/u-maya"}))
	wants(t, err, approvals.Misconfigured, "no group")
}

func TestRevocationFollowsTheIdsWhenNamesChange(t *testing.T) {
	t.Parallel()
	s := scimtest.New(t)
	c := open(t, s.Start(t))
	g := to("maya@example.com", map[string]string{"group": "sre-readers"})
	r, err := c.Grant(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	s.Names["g-readers"] = "observability-readers"
	s.Users[0].Attributes["userName"] = "maya.jones@example.com"
	if p, err := c.Check(t.Context(), g, r); err != nil || !p.Present {
		t.Errorf("after the renaming: %+v, %v", p, err)
	}
	if _, err := c.Revoke(t.Context(), g, r); err != nil || s.Members["g-readers"]["u-maya"] {
		t.Errorf("%v, members %v", err, s.Members)
	}
}

func TestGroupThatIsGoneHoldsNobody(t *testing.T) {
	t.Parallel()
	s := scimtest.New(t)
	c := open(t, s.Start(t))
	g := to("maya@example.com", map[string]string{"group": "sre-readers"})
	r, err := c.Grant(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	delete(s.Members, "g-readers")
	delete(s.Names, "g-readers")
	if _, err := c.Revoke(t.Context(), g, r); err != nil {
		t.Errorf("with the receipt, the group is known to have been there: %v", err)
	}
	if p, err := c.Check(t.Context(), g, r); err != nil || p.Present {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = c.Revoke(t.Context(), g, nil) // without it, the name may as well be wrong
	wants(t, err, approvals.Misconfigured, "0 groups")
}

func TestSessionsThatOutliveTheMembershipAreSaid(t *testing.T) {
	t.Parallel()
	s := scimtest.New(t)
	cfg := s.Start(t)
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	cfg.Sessions, cfg.Now = 12*time.Hour, func() time.Time { return now }
	c := open(t, cfg)
	g := to("maya@example.com", map[string]string{"group": "sre-readers"})
	r, err := c.Grant(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	s.Spoil(&connectortest.Fault{Op: connectortest.Revoke, Trouble: connectortest.LostAnswer})
	_, err = c.Revoke(t.Context(), g, r)
	wants(t, err, approvals.Ambiguous, "did not answer")
	removal, err := c.Revoke(t.Context(), g, r) // it is gone already, and its sessions are not
	if err != nil || !removal.ResidualUntil.Equal(now.Add(12*time.Hour)) || removal.Reason == "" {
		t.Errorf("%+v, %v; want residual until 21:00", removal, err)
	}
	g.ResidualUntil = removal.ResidualUntil
	now = now.Add(12 * time.Hour)
	if removal, err = c.Revoke(t.Context(), g, r); err != nil || !removal.ResidualUntil.IsZero() {
		t.Errorf("after the sessions died: %+v, %v; want nothing left", removal, err)
	}
}

func TestWholeGroupIsNotWrittenBackOverSomebodyElsesChange(t *testing.T) {
	t.Parallel()
	s := scimtest.New(t)
	cfg := s.Start(t)
	cfg.Patch = scim.ByPut
	c := open(t, cfg)
	g := to("maya@example.com", map[string]string{"group": "sre-readers"})
	s.ETags = false
	_, err := c.Grant(t.Context(), g)
	wants(t, err, approvals.Misconfigured, "no version")
	s.ETags = true
	s.Spoil(&connectortest.Fault{Op: connectortest.Grant, Trouble: connectortest.Conflict})
	_, err = c.Grant(t.Context(), g)
	wants(t, err, approvals.Retryable, "Somebody else is changing the group")
	if len(s.Members["g-readers"]) != 0 {
		t.Errorf("members %v", s.Members)
	}
}

func TestStatusesMeanWhatTheyMeanToTheLifecycle(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		change bool // the change is answered with it; else the reading
		want   approvals.FailureKind
		words  string
	}{
		{400, true, approvals.Permanent, "400"},
		{401, false, approvals.Misconfigured, "token"},
		{403, true, approvals.Misconfigured, "token"},
		{307, true, approvals.Misconfigured, "Redirects"},
		{409, true, approvals.Retryable, "Somebody else"},
		{412, true, approvals.Retryable, "Somebody else"},
		{429, false, approvals.Retryable, "busy"},
		{500, false, approvals.Retryable, "500"},
		{500, true, approvals.Ambiguous, "500"},
		{501, true, approvals.Misconfigured, "patch:"},
		{503, true, approvals.Retryable, "busy"},
	} {
		cfg := scimtest.New(t).StartWith(t, func(w http.ResponseWriter, r *http.Request) bool {
			if (r.Method == http.MethodPatch) != tc.change {
				return false
			}
			w.WriteHeader(tc.status)
			return true
		})
		_, err := open(t, cfg).Grant(t.Context(), to("maya@example.com", map[string]string{"group": "sre-readers"}))
		wants(t, err, tc.want, tc.words)
		if err != nil && strings.Contains(err.Error(), scimtest.Token) {
			t.Errorf("%d: the error shows the token: %v", tc.status, err)
		}
	}
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	good := scim.Config{Name: "metrics", URL: "https://metrics.example.com/scim/v2", Token: scimtest.Token}
	for _, tc := range []struct {
		change func(*scim.Config)
		want   string
	}{
		{func(*scim.Config) {}, ""},
		{func(c *scim.Config) { c.Name = "" }, "name"},
		{func(c *scim.Config) { c.URL = "http://metrics.example.com" }, "https"},
		{func(c *scim.Config) { c.Token = "" }, "token"},
		{func(c *scim.Config) { c.Account = "displayName" }, "userName, externalId, emails.value"},
		{func(c *scim.Config) { c.Patch = "post" }, "filter, value, put"},
		{func(c *scim.Config) { c.Sessions = -1 }, "sessions"},
	} {
		cfg := good
		tc.change(&cfg)
		_, err := scim.New(cfg)
		if (err == nil) != (tc.want == "") || err != nil && (!strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), scimtest.Token)) {
			t.Errorf("%v, want %q", err, tc.want)
		}
	}
}

func TestQuoteInANameEndsNoFilter(t *testing.T) {
	t.Parallel()
	s := scimtest.New(t)
	_, err := open(t, s.Start(t)).Grant(t.Context(), to("maya@example.com", map[string]string{"group": `x" or displayName sw "s`}))
	wants(t, err, approvals.Misconfigured, "0 groups")
	if len(s.Members["g-readers"]) != 0 {
		t.Errorf("members %v", s.Members)
	}
}
