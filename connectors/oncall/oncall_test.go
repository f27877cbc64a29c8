package oncall_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/oncall"
)

const key = "the-key-of-the-service"

// people has everybody under example.com, by the part before the @.
func people(_ context.Context, email string) (approvals.Principal, error) {
	id, ok := strings.CutSuffix(email, "@example.com")
	if !ok {
		return approvals.Principal{}, approvals.Errorf(approvals.CodeNotFound, "Nobody has this address.")
	}
	if id == "unclear" {
		return approvals.Principal{}, approvals.Errorf(approvals.CodeUnavailable, "The directory does not answer.")
	}
	return approvals.Principal{ID: approvals.PrincipalID(id)}, nil
}

func service(t *testing.T, p oncall.Provider, h http.HandlerFunc) *oncall.Schedules {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	made, err := oncall.New(oncall.Config{Provider: p, URL: s.URL + "/", Key: key, People: people, Roots: roots,
		Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestPagerDutyNamesWhoIsOnDuty(t *testing.T) {
	t.Parallel()
	entry := func(schedule, email string) string {
		return fmt.Sprintf(`{"escalation_level":1,"schedule":{"id":%q,"type":"schedule_reference"},"user":{"id":"PX","email":%q}}`, schedule, email)
	}
	s := service(t, oncall.PagerDuty, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if r.URL.Path != "/oncalls" || r.Header.Get("Authorization") != "Token token="+key || q.Get("include[]") != "users" || q.Get("schedule_ids[]") != "PI7DH85" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if q.Get("offset") == "0" {
			_, _ = io.WriteString(w, `{"oncalls":[`+entry("PI7DH85", "sol@example.com")+`,`+entry("POTHER1", "eve@example.com")+`,{"schedule":null,"user":{"email":"eve@example.com"}}],"more":true}`)
			return
		}
		_, _ = io.WriteString(w, `{"oncalls":[`+entry("PI7DH85", "bob@example.com")+`,`+entry("PI7DH85", "sol@example.com")+`,`+entry("PI7DH85", "ghost@elsewhere.test")+`],"more":false}`)
	})
	got, err := s.GroupMembers(t.Context(), "PI7DH85")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]approvals.PrincipalID{"bob", "sol"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestOpsgenieNamesWhoIsOnDuty(t *testing.T) {
	t.Parallel()
	s := service(t, oncall.Opsgenie, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() != "/v2/schedules/database%2Fprimary/on-calls" || r.Header.Get("Authorization") != "GenieKey "+key ||
			r.URL.Query().Get("scheduleIdentifierType") != "name" || r.URL.Query().Get("flat") != "true" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, `{"data":{"_parent":{"name":"database"},"onCallRecipients":["sol@example.com","ghost@elsewhere.test"]},"took":0.1}`)
	})
	got, err := s.GroupMembers(t.Context(), "database/primary")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]approvals.PrincipalID{"sol"}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestWhenItCannotBeToldNobodyIsOnDuty(t *testing.T) {
	t.Parallel()
	one := `{"schedule":{"id":"P1"},"user":{"email":"sol@example.com"}}`
	for _, tc := range []struct {
		name     string
		provider oncall.Provider
		schedule string
		status   int
		body     string
		want     approvals.Code
	}{
		{"down", oncall.PagerDuty, "P1", 503, "", approvals.CodeUnavailable},
		{"wrong key", oncall.PagerDuty, "P1", 401, "", approvals.CodeUnavailable},
		{"a redirect", oncall.PagerDuty, "P1", 302, "", approvals.CodeUnavailable},
		{"no JSON", oncall.PagerDuty, "P1", 200, "<html>", approvals.CodeUnavailable},
		{"another answer", oncall.PagerDuty, "P1", 200, `{"users":[]}`, approvals.CodeUnavailable},
		{"endless pages", oncall.PagerDuty, "P1", 200, `{"oncalls":[` + one + `],"more":true}`, approvals.CodeUnavailable},
		{"a directory that does not answer", oncall.PagerDuty, "P1", 200, `{"oncalls":[{"schedule":{"id":"P1"},"user":{"email":"unclear@example.com"}}]}`, approvals.CodeUnavailable},
		{"no id", oncall.PagerDuty, "P1&schedule_ids[]=P2", 200, `{"oncalls":[` + one + `]}`, approvals.CodeNotFound},
		{"nobody", oncall.PagerDuty, "P1", 200, `{"oncalls":[]}`, ""},
		{"no such schedule", oncall.Opsgenie, "database", 404, "", approvals.CodeNotFound},
		{"a path", oncall.Opsgenie, "..", 200, `{"data":{"onCallRecipients":["sol@example.com"]}}`, approvals.CodeNotFound},
		{"without recipients", oncall.Opsgenie, "database", 200, `{"data":{}}`, approvals.CodeUnavailable},
		{"throttled", oncall.Opsgenie, "database", 429, "", approvals.CodeUnavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := service(t, tc.provider, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			})
			got, err := s.GroupMembers(t.Context(), tc.schedule)
			if approvals.ErrorCode(err) != tc.want || len(got) != 0 {
				t.Errorf("%v, %v; want nobody and %q", got, err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), key) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func TestConfigurationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cfg  oncall.Config
		want string
	}{
		{oncall.Config{Provider: oncall.PagerDuty, Key: key, People: people}, ""},
		{oncall.Config{Provider: oncall.Opsgenie, Key: key, People: people, URL: "https://api.eu.opsgenie.com"}, ""},
		{oncall.Config{Provider: "pager", Key: key, People: people}, "pagerduty or opsgenie"},
		{oncall.Config{Provider: oncall.PagerDuty, Key: key, People: people, URL: "http://api.example.com"}, "https"},
		{oncall.Config{Provider: oncall.PagerDuty, People: people}, "no key"},
		{oncall.Config{Provider: oncall.PagerDuty, Key: key}, "directory"},
	} {
		_, err := oncall.New(tc.cfg)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v: %v, want %q", tc.cfg.Provider, err, tc.want)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(`{"oncalls":[{"schedule":{"id":"P1"},"user":{"email":"sol@example.com"}}]}`, true)
	f.Add(`{"data":{"onCallRecipients":["sol@example.com"]}}`, false)
	var body string
	h := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
	s := httptest.NewTLSServer(http.HandlerFunc(h))
	f.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	made := map[bool]*oncall.Schedules{}
	for pager, p := range map[bool]oncall.Provider{true: oncall.PagerDuty, false: oncall.Opsgenie} {
		var err error
		if made[pager], err = oncall.New(oncall.Config{Provider: p, URL: s.URL, Key: key, People: people, Roots: roots,
			Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, answer string, pager bool) {
		body = answer
		got, err := made[pager].GroupMembers(t.Context(), "P1")
		if err != nil && len(got) > 0 {
			t.Errorf("%v beside %v", got, err)
		}
	})
}
