package sandbox_test

import (
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

func TestDuringAnOutageNothingChangesAndWhoHasAccessKeepsIt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	cfg := sandbox.Config{File: filepath.Join(t.TempDir(), "state.json"), Now: func() time.Time { return now }}
	s := build(t, cfg)
	r := mustGrant(t, s, "g1")
	if err := s.SetEnd(t.Context(), grant("g1"), r, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.SetAvailable(false); err != nil {
		t.Fatal(err)
	}
	s = build(t, cfg) // a restart does not end it
	now = now.Add(2 * time.Hour)

	_, granting := s.Grant(t.Context(), grant("g2"))
	_, revoking := s.Revoke(t.Context(), grant("g1"), r)
	_, checking := s.Check(t.Context(), grant("g1"), r)
	_, listing := s.List(t.Context(), approvals.Entitlement{Target: grant("g1").Target})
	for what, err := range map[string]error{"grant": granting, "revoke": revoking, "check": checking, "list": listing} {
		var ce *approvals.ConnectorError
		if !errors.As(err, &ce) || ce.Kind != approvals.Retryable {
			t.Errorf("%s: %v; want an error after which it is tried again", what, err)
		}
	}
	if a, err := s.Try(maya, "billing-db"); err != nil || !a.Allowed {
		t.Errorf("past the end date that nobody could apply: %+v, %v", a, err)
	}

	if err := s.SetAvailable(true); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if p, err := s.Check(t.Context(), grant("g1"), r); err != nil || p.Present {
		t.Errorf("after the outage: %+v, %v", p, err)
	}
}

func TestTheOutageIsSwitchedOnThePage(t *testing.T) {
	t.Parallel()
	s := build(t, sandbox.Config{})
	srv := mount(t, s)
	press := func(available string, down bool, says string) {
		t.Helper()
		status, body := do(t, http.MethodPost, srv.URL+"/sandbox/outage", url.Values{"available": {available}}, nil)
		if status != http.StatusOK || s.Snapshot().Down != down || !strings.Contains(body, says) {
			t.Errorf("available=%s: %d, down %v", available, status, s.Snapshot().Down)
		}
		contains(t, body, `name="available" value="`+map[bool]string{true: "true", false: "false"}[down]+`"`)
	}
	press("false", true, "Make it available again")
	press("false", true, "Make it available again")
	press("true", false, "Make it unavailable")
}
