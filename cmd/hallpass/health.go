package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
)

// healthWithin is how long a server may take to say how it is.
const healthWithin = 5 * time.Second

func healthCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "health --config access/hallpass.yaml",
		Short: "Ask the server that runs here how it is; exit code 0 when it can do its work",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(path)
			if err != nil {
				return err
			}
			checks, ok, err := askHealth(cmd.Context(), c.Listen)
			if err != nil {
				return err
			}
			for _, name := range slices.Sorted(maps.Keys(checks)) {
				cmd.Printf("%s: %s\n", name, checks[name])
			}
			if !ok {
				return exitError{1}
			}
			return nil
		},
	}
	configFlag(cmd, &path)
	return cmd
}

// askHealth reads /healthz at the address that the server listens on.
func askHealth(ctx context.Context, listen string) (checks map[string]string, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		listen = net.JoinHostPort("localhost", port)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+"/healthz", nil)
	if err != nil {
		return nil, false, fmt.Errorf("ask %s: %w", listen, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, false, &approvals.Error{Code: approvals.CodeUnavailable, Op: "ask for health", Err: err,
			Message: "No server answers at " + listen + ". See whether hallpass serve runs, with the same listen: in hallpass.yaml."}
	}
	defer func() { _ = resp.Body.Close() }() // It was only read.
	var said struct {
		Checks map[string]string `json:"checks"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil {
		return nil, false, approvals.Errorf(approvals.CodeUnavailable, "What answers at %s is not Hallpass.", listen)
	}
	return said.Checks, resp.StatusCode == http.StatusOK, nil
}
