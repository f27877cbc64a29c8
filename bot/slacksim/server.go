package slacksim

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed page
var pageFiles embed.FS

// routes are the paths that the workspace serves.
func (w *Workspace) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", w.serveAPI)
	mux.HandleFunc("GET /socket", w.serveSocket)
	mux.HandleFunc("POST /respond/{id}", w.serveRespond)

	// The page acts for its reader, so other sites must not.
	own := http.NewCrossOriginProtection()
	mux.HandleFunc("GET /{$}", servePage)
	mux.HandleFunc("GET /archives/", servePage)
	mux.HandleFunc("GET /_sim/page/{file}", servePage)
	mux.HandleFunc("GET /_sim/state", w.serveState)
	mux.HandleFunc("GET /_sim/changes", w.serveChanges)
	mux.Handle("POST /_sim/do", own.Handler(http.HandlerFunc(w.serveDo)))
	for p, h := range w.cfg.Mounts {
		mux.Handle(p, h)
	}
	return mux
}

// loopbackOnly answers only requests that were meant for this machine. A name of some other site that was made to lead here
// would otherwise let that site act as anybody.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(rw, "this server answers to 127.0.0.1 and localhost only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(rw, r)
	})
}

var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// servePage serves the page's own files. Its policy forbids the page to load or run anything else.
func servePage(rw http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if name == "" {
		name = "index.html"
	}
	b, err := pageFiles.ReadFile("page/" + name)
	if err != nil || strings.Contains(name, "/") {
		http.NotFound(rw, r)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", contentTypes[path.Ext(name)])
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	http.ServeContent(rw, r, name, time.Time{}, bytes.NewReader(b))
}

func writeJSON(rw http.ResponseWriter, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(rw).Encode(v)
}

// serveChanges tells the page of every change, as server-sent events, at most about thirty a second.
func (w *Workspace) serveChanges(rw http.ResponseWriter, r *http.Request) {
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(rw)
	for {
		w.mu.Lock()
		version, changed, closed := w.version, w.changed, w.closed
		w.mu.Unlock()
		if _, err := fmt.Fprintf(rw, "data: %d\n\n", version); err != nil || flush.Flush() != nil || closed {
			return
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
		case <-r.Context().Done():
			return
		}
		select {
		case <-time.After(30 * time.Millisecond):
		case <-r.Context().Done():
			return
		}
	}
}
