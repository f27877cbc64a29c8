package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

func TestHealthIsAskedOfTheServer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string // none: nobody listens
		code   int
		says   []string
	}{
		"well":     {http.StatusOK, `{"ok":true,"checks":{"slack":"ok","database":"ok"}}`, 0, []string{"database: ok\nslack: ok\n"}},
		"not well": {http.StatusServiceUnavailable, `{"ok":false,"checks":{"database":"It does not answer."}}`, 1, []string{"database: It does not answer."}},
		"other":    {http.StatusOK, "<html>", 1, []string{"is not Hallpass"}},
		"nobody":   {code: 1, says: []string{"No server answers", "hallpass serve", "listen:"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listen := nobodyListens(t)
			if tt.body != "" {
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path != "/healthz" {
						w.WriteHeader(http.StatusNotFound)
						return
					}
					w.WriteHeader(tt.status)
					_, _ = w.Write([]byte(tt.body))
				}))
				defer server.Close()
				listen = strings.TrimPrefix(server.URL, "http://")
			}
			dir := accessFolder(t, "hallpass.yaml", "127.0.0.1:9321", listen)
			var out bytes.Buffer
			if code := run(t.Context(), []string{"health", "--config", filepath.Join(dir, "hallpass.yaml")}, &out, &out); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, part := range tt.says {
				if !strings.Contains(out.String(), part) {
					t.Errorf("it does not say %q:\n%s", part, out.String())
				}
			}
		})
	}
}
