package demo

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// serveReview starts a review in a process that is asked to.
func (s *System) serveReview(w http.ResponseWriter, r *http.Request) {
	since, err := time.ParseDuration(r.FormValue("since"))
	if err == nil {
		err = s.Review(r.Context(), since)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(true)
}

func (m *mortal) Review(ctx context.Context, since time.Duration) error {
	var done bool
	return m.ask(ctx, "/review", url.Values{"since": {since.String()}}, &done)
}
