package app

import (
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/check"
	"github.com/hallpass-dev/hallpass/connectors/directory"
)

func TestChecksAndSchedulesOfTheConfigurationReachTheService(t *testing.T) {
	// Not parallel: it sets the environment.
	t.Setenv("KEY", "0123456789abcdef")
	t.Setenv("URL", "https://learning.example.com/token")
	t.Setenv("SHORT", "hunter2")
	for _, tc := range []struct {
		name, text string
		checks     []string
		schedules  bool
		want       string // of the error
	}{
		{"neither", "", nil, false, ""},
		{"both", "checks:\n  training:\n    url: env:URL\n    key: env:KEY\non_call:\n  provider: pagerduty\n  key: env:KEY\n", []string{"training"}, true, ""},
		{"a short key", "checks:\n  training:\n    url: env:URL\n    key: env:SHORT\n", nil, false, "h.yaml:1: check: the key of training has 7 bytes"},
		{"no key", "on_call:\n  provider: opsgenie\n  key: env:NOT_SET\n", nil, false, "h.yaml:1: oncall: there is no key"},
		{"an address without TLS", "checks:\n  training:\n    url: env:SHORT\n    key: env:KEY\n", nil, false, "h.yaml:1: check: the url of training can't be called"},
	} {
		c, err := config.Parse("h.yaml", []byte(tc.text))
		if err != nil {
			t.Fatal(err)
		}
		a := &App{config: c, Access: Access{People: &directory.Directory{}}, Service: &approvals.Service{Groups: map[string]approvals.Groups{}}}
		err = a.outside()
		if (err == nil) != (tc.want == "") || err != nil && (!strings.HasPrefix(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
			continue
		}
		made, ok := a.Service.Checks.(*check.Checks)
		if ok != (tc.checks != nil) || ok && strings.Join(made.Names(), " ") != strings.Join(tc.checks, " ") {
			t.Errorf("%s: checks %v, want %v", tc.name, a.Service.Checks, tc.checks)
		}
		if _, ok := a.Service.Groups[onCall]; ok != tc.schedules {
			t.Errorf("%s: schedules %v, want %v", tc.name, ok, tc.schedules)
		}
	}
}
