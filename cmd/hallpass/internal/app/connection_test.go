package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot"
)

func TestConnectionToSlackIsInTheMetrics(t *testing.T) {
	t.Parallel()
	now := bot.Health{Wanted: 2}
	m := newMetrics()
	m.registry.MustRegister(newConnection(func() bot.Health { return now }))
	server := httptest.NewServer(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	defer server.Close()
	shown := func() string {
		t.Helper()
		resp, err := http.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for health, want := range map[*bot.Health][]string{
		{Wanted: 2}: {"hallpass_slack_sockets 0", "hallpass_slack_sockets_wanted 2", "hallpass_slack_connected_timestamp_seconds 0", "hallpass_slack_limited_total 0"},
		{Wanted: 2, Connected: 1, Since: time.Unix(1000, 0), Limited: 3, PutOff: 4, Undone: 5, Unreached: []string{"C1"}}: {
			"hallpass_slack_sockets 1", "hallpass_slack_connected_timestamp_seconds 1000", "hallpass_slack_limited_total 3", "hallpass_slack_put_off_total 4",
			"hallpass_slack_undone_total 5", "hallpass_slack_unreached_channels 1"},
	} {
		now = *health
		text := "\n" + shown()
		for _, line := range want {
			if !strings.Contains(text, "\n"+line+"\n") {
				t.Errorf("no %q in:\n%s", line, text)
			}
		}
	}
}

func TestNoSocketIsUnhealthyAndSaysWhy(t *testing.T) {
	t.Parallel()
	h := bot.Health{Wanted: 2, LastError: "Slack can't be reached: check the network."}
	if err := slackError(h); approvals.ErrorCode(err) != approvals.CodeUnavailable || !strings.Contains(approvals.ErrorMessage(err), "check the network") {
		t.Errorf("without a socket: %v", err)
	}
	h.Connected = 1
	if err := slackError(h); err != nil {
		t.Errorf("with one socket: %v", err)
	}
}
