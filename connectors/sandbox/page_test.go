package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

// mount serves the page below /sandbox/, as the demo does.
func mount(t *testing.T, s *sandbox.Sandbox) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/sandbox/", http.StripPrefix("/sandbox", s.Handler()))
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	return do(t, http.MethodGet, url, nil, nil)
}

func do(t *testing.T, method, target string, form url.Values, header map[string]string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func people() []sandbox.Account {
	return []sandbox.Account{{ID: maya, Name: "Maya Chen"}, {ID: "omar@example.com", Name: `Omar <b>"Haddad"</b>`}}
}

func contains(t *testing.T, body string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestThePageShowsWhoHasAccessAndWhoHadIt(t *testing.T) {
	t.Parallel()
	s := build(t, sandbox.Config{Accounts: people()})
	srv := mount(t, s)
	r := mustGrant(t, s, "g1")
	mustLogin(t, s)
	status, body := get(t, srv.URL+"/sandbox/")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	contains(t, body, "billing-db", "production", "Nobody has access", "Maya Chen", "1 open session", `standing">standing`,
		"Omar &lt;b&gt;&#34;Haddad&#34;&lt;/b&gt;")
	if absolute := regexp.MustCompile(`(?:href|src|action)="(/|https?:)|fetch\("/`).FindString(body); absolute != "" {
		t.Errorf("the page has a path that breaks under a prefix: %s", absolute)
	}
	if _, err := s.Revoke(t.Context(), grant("g1"), r); err != nil {
		t.Fatal(err)
	}
	_, body = get(t, srv.URL+"/sandbox/live?since=0")
	contains(t, body, `class="gone" data-ended="`+maya, "removed, 1 session ended")
	revision := regexp.MustCompile(`data-revision="(\d+)"`).FindStringSubmatch(body)
	if len(revision) != 2 {
		t.Fatal("the fragment does not say which revision it is")
	}
	if status, body := get(t, srv.URL+"/sandbox/live?since="+revision[1]); status != http.StatusNoContent || body != "" {
		t.Errorf("nothing has changed, yet the answer is %d with %d bytes", status, len(body))
	}
}

func TestTheButtonShowsWhetherAccessWorks(t *testing.T) {
	t.Parallel()
	s := build(t, sandbox.Config{Accounts: people()})
	srv := mount(t, s)
	asScript := map[string]string{"Accept": "application/json"}
	form := url.Values{"account": {maya}, "resource": {"billing-db"}}
	if status, body := do(t, "POST", srv.URL+"/sandbox/try", form, asScript); status != http.StatusForbidden || !strings.Contains(body, "no access") {
		t.Errorf("without access: %d %s", status, body)
	}
	r := mustGrant(t, s, "g1")
	for range 2 { // the second reads through the session that the first opened
		if status, body := do(t, "POST", srv.URL+"/sandbox/try", form, asScript); status != http.StatusOK || !strings.Contains(body, `"allowed":true`) {
			t.Errorf("with access: %d %s", status, body)
		}
	}
	if n := len(s.Snapshot().Sessions); n != 1 {
		t.Errorf("%d sessions are open, want 1", n)
	}
	if _, err := s.Revoke(t.Context(), grant("g1"), r); err != nil {
		t.Fatal(err)
	}
	// A plain form comes back to the page, which shows the refusal.
	status, body := do(t, "POST", srv.URL+"/sandbox/try", form, nil)
	if status != http.StatusOK || !strings.Contains(body, "refused") {
		t.Errorf("the page after a plain form: %d", status)
	}
	if status, _ := do(t, "POST", srv.URL+"/sandbox/try", url.Values{"resource": {"nothing"}}, asScript); status != http.StatusNotFound {
		t.Errorf("an unknown resource: %d", status)
	}
	foreign := map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
	if status, _ := do(t, "POST", srv.URL+"/sandbox/try", form, foreign); status != http.StatusForbidden {
		t.Errorf("another site's form: %d, want it forbidden", status)
	}
}

func TestSigningOutOnThePageClosesTheSession(t *testing.T) {
	t.Parallel()
	s := build(t, sandbox.Config{})
	srv := mount(t, s)
	mustGrant(t, s, "g1")
	form := url.Values{"session": {mustLogin(t, s)}}
	for range 2 {
		if status, _ := do(t, "POST", srv.URL+"/sandbox/logout", form, nil); status != http.StatusOK {
			t.Errorf("signing out: %d", status)
		}
	}
	if n := len(s.Snapshot().Sessions); n != 0 {
		t.Errorf("%d sessions are open, want none", n)
	}
}

func TestTheStateIsServedAsData(t *testing.T) {
	t.Parallel()
	s := build(t, sandbox.Config{})
	srv := mount(t, s)
	mustGrant(t, s, "g1")
	_, body := get(t, srv.URL+"/sandbox/state.json")
	var got sandbox.Snapshot
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	accounts := []string{}
	for _, m := range got.Members {
		accounts = append(accounts, m.Account)
	}
	if diff := cmp.Diff([]string{maya, "omar@example.com"}, accounts); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if len(got.Journal) != 1 || got.Journal[0].Grant != "g1" {
		t.Errorf("journal %+v, want the one grant", got.Journal)
	}
}
