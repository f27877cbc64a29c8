package slacksim

import "net/http"

// routes are the paths that the workspace serves.
func (w *Workspace) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", w.serveAPI)
	mux.HandleFunc("GET /socket", w.serveSocket)
	mux.HandleFunc("POST /respond/{id}", w.serveRespond)
	for path, h := range w.cfg.Mounts {
		mux.Handle(path, h)
	}
	return mux
}
