package sandbox_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/connectors/sandbox"
)

const maya = "maya@example.com"

func resources() []sandbox.Resource {
	return []sandbox.Resource{
		{System: "databases", Name: "billing-db", Title: "Billing database", Levels: []string{"read-only", "read-write"},
			Standing: []sandbox.Seat{{Account: "omar@example.com", Level: "read-write"}}},
		{System: "cloud", Name: "production", Levels: []string{"operator"}},
	}
}

func build(t *testing.T, cfg sandbox.Config) *sandbox.Sandbox {
	t.Helper()
	if cfg.Resources == nil {
		cfg.Resources = resources()
	}
	s, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func grant(id string) approvals.Grant {
	return approvals.Grant{ID: approvals.GrantID(id), Account: maya, Connector: "sandbox",
		Entitlement: "billing-db:read-only", Target: map[string]string{"resource": "billing-db", "level": "read-only"}}
}

func TestAccessWorksFromGrantToRevokeAndTheOpenSessionEndsWithIt(t *testing.T) {
	t.Parallel()
	s := build(t, sandbox.Config{File: filepath.Join(t.TempDir(), "state.json")})
	if _, err := s.Login(maya, "billing-db"); approvals.ErrorCode(err) != approvals.CodeForbidden {
		t.Errorf("sign-in before the grant: %v, want it forbidden", err)
	}
	receipt, err := s.Grant(t.Context(), grant("g1"))
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.Login(maya, "billing-db")
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := s.Read(session); err != nil || len(rows) == 0 {
		t.Errorf("read with access: %q, %v", rows, err)
	}
	got, err := s.Revoke(t.Context(), grant("g1"), receipt)
	if diff := cmp.Diff(approvals.Removal{SessionsEnded: 1}, got); diff != "" || err != nil {
		t.Errorf("removal (-want +got):\n%s%v", diff, err)
	}
	if _, err := s.Read(session); approvals.ErrorCode(err) != approvals.CodeForbidden {
		t.Errorf("the open session reads on after the end: %v", err)
	}
	if _, err := s.Login(maya, "billing-db"); approvals.ErrorCode(err) != approvals.CodeForbidden {
		t.Errorf("sign-in after the end: %v, want it forbidden", err)
	}
}
