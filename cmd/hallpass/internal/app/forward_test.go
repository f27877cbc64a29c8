package app

import (
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/connectors/outbound"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest"
)

// sent is what an endpoint was sent.
type sent struct {
	header http.Header
	body   string
}

func TestConfiguredReceiversGetEveryEvent(t *testing.T) {
	// Not parallel: it sets the environment.
	got := make(chan sent, 10)
	to := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- sent{r.Header, string(body)}
	}))
	defer to.Close()
	t.Setenv("SIEM_TOKEN", "hunter2-token")
	t.Setenv("SIEM_KEY", "hunter2-key-of-some-length")
	t.Setenv("SIEM_URL", to.URL+"/hunter2-path")
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(dir, "ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: to.Certificate().Raw}), 0o600))
	c, err := config.Parse(filepath.Join(dir, "h.yaml"), []byte(`audit:
  forward:
    - {name: siem, kind: https, url: env:SIEM_URL, token: env:SIEM_TOKEN, key: env:SIEM_KEY, ca: ca.pem, private: [127.0.0.1]}
    - {name: shut, kind: https, url: env:SIEM_URL, ca: ca.pem}
    - {name: logs, kind: syslog, address: "127.0.0.1:1", plain: true, from: now}
`))
	must(err)
	s, err := store.Open(t.Context(), store.Config{URL: storetest.EmptySQLite(t)})
	must(err)
	defer func() { _ = s.Close() }()
	must(s.Apply(t.Context(), approvals.Change{Events: []approvals.Event{{At: time.Now(), Kind: approvals.EventPolicyLoaded, Actor: approvals.System("test")}}}))
	a := &App{config: c, Store: s, log: slog.New(slog.DiscardHandler), metrics: newMetrics()}
	f, err := a.forwards()
	must(err)
	f.Poll, f.Retry = time.Millisecond, time.Millisecond
	done := make(chan error, 1)
	go func() { done <- f.Run(t.Context()) }()
	first := <-got
	if first.header.Get("Authorization") != "Bearer hunter2-token" || first.header.Get("Content-Type") != "application/cloudevents-batch+json" ||
		first.header.Get(outbound.SignatureHeader) == "" || !strings.Contains(first.body, `"type":"dev.hallpass.policy.loaded"`) {
		t.Errorf("it got %+v", first)
	}
	want := map[string]string{`waiting_events{to="logs"}`: "0", `waiting_events{to="shut"}`: "1", `waiting_events{to="siem"}`: "0",
		`failing{to="logs"}`: "0", `failing{to="shut"}`: "1", `failing{to="siem"}`: "0"}
	for { // until all of it was noted
		said, all := httptest.NewRecorder(), map[string]string{}
		a.Handler().ServeHTTP(said, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
		for line := range strings.Lines(said.Body.String()) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			if name, ok := strings.CutPrefix(name, "hallpass_audit_forward_"); ok && !strings.HasPrefix(name, "oldest") {
				all[name] = value
			}
		}
		if cmp.Equal(want, all) {
			break
		}
		<-time.After(time.Millisecond)
	}
	states, err := s.Forwards(t.Context())
	must(err)
	for _, state := range states {
		if strings.Contains(state.LastError, "hunter2") || state.Name == "shut" && !strings.Contains(state.LastError, "is not a public one") {
			t.Errorf("%s: %q", state.Name, state.LastError)
		}
	}
}
