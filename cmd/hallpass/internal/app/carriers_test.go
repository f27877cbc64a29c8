package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
)

func TestProgramOfTheConfigurationIsTheConnector(t *testing.T) {
	// Not parallel: it sets the environment.
	t.Setenv("MAINFRAME_TOKEN", "hunter2")
	t.Setenv("WAREHOUSE_URL", "https://access.example.com/hunter2")
	t.Setenv("WAREHOUSE_KEY", "0123456789abcdef")
	program := filepath.Join(t.TempDir(), "mainframe")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nprintf '{\"present\":true,\"detail\":\"%s %s\"}' \"$TOKEN\" \"$1\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(program, 0o700); err != nil { // #nosec G302 -- it is to be started
		t.Fatal(err)
	}
	text := "connectors:\n  mainframe:\n    kind: exec\n    command: [" + program + ", --production]\n    environment:\n      TOKEN: env:MAINFRAME_TOKEN\n" +
		"  warehouse:\n    kind: webhook\n    url: env:WAREHOUSE_URL\n    key: env:WAREHOUSE_KEY\n" +
		"  metrics:\n    kind: scim\n    url: env:WAREHOUSE_URL\n    token: env:MAINFRAME_TOKEN\n    patch: value\n" +
		"  aws:\n    kind: awsidc\n    region: eu-central-1\n    replicas: 3\n"
	c, err := config.Parse("h.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mainframe", "warehouse", "metrics", "aws"} {
		made, err := connector(t.Context(), name, c.Connectors[name], c, Access{}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if name != "mainframe" {
			continue
		}
		p, err := made.Check(t.Context(), approvals.Grant{ID: "gr_1"}, nil)
		if err != nil || p.Detail != "hunter2 --production" {
			t.Errorf("the program said %q, %v", p.Detail, err)
		}
	}
}

func TestCarrierThatCannotWorkIsNamedWithItsLine(t *testing.T) {
	// Not parallel: it sets the environment.
	t.Setenv("WAREHOUSE_URL", "http://access.example.com/hunter2")
	t.Setenv("WAREHOUSE_KEY", "short")
	for text, want := range map[string]string{
		"connectors:\n  m:\n    kind: exec\n    command: [/nonexistent/program]":                        "h.yaml:4: exec: the command of connector m can't be used: there is no such file",
		"connectors:\n  m:\n    kind: webhook\n    url: env:WAREHOUSE_URL\n    key: env:WAREHOUSE_KEY":  "h.yaml:2: webhook: the url of connector m can't be called: it does not begin with https://",
		"connectors:\n  m:\n    kind: scim\n    url: https://a.example/scim\n    token: env:NOT_SET":    "h.yaml:2: scim: connector m has no token",
		"connectors:\n  m:\n    kind: webhook\n    url: https://a.example/\n    key: env:WAREHOUSE_KEY": "h.yaml:2: webhook: the key of connector m has 5 bytes",
	} {
		c, err := config.Parse("h.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = connector(t.Context(), "m", c.Connectors["m"], c, Access{}, Options{})
		var ps approvals.Problems
		if !errors.As(err, &ps) || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}
