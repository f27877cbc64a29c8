package app

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot"
)

// listen serves health and metrics on the local port until the context ends.
func (a *App) listen(ctx context.Context) error {
	if a.config.Listen == "" {
		<-ctx.Done()
		return nil
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", a.config.Listen)
	if err != nil {
		return &approvals.Error{Code: approvals.CodeInvalid, Op: "listen", Err: err,
			Message: "Nothing can listen on " + a.config.Listen + ": it is taken, or not this machine's. Set another address as listen: in hallpass.yaml."}
	}
	server := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(stop); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// Handler serves /healthz, /metrics and the pages of sandbox connectors. It
// shows no one's access and belongs on a local port.
func (a *App) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	for name, h := range a.pages {
		prefix := "/" + name + "/"
		mux.Handle(prefix, http.StripPrefix("/"+name, h))
	}
	return mux
}

// health is the body of /healthz.
type health struct {
	OK     bool              `json:"ok"`
	Checks map[string]string `json:"checks"` // "ok", or what is wrong
}

// healthz says 200 when Hallpass can do its work, else 503 and what is wrong.
func (a *App) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	h := health{OK: true, Checks: map[string]string{}}
	set := func(name string, err error) {
		h.Checks[name] = "ok"
		if err != nil {
			h.OK, h.Checks[name] = false, approvals.ErrorMessage(err)
		}
	}
	set("database", a.Store.Ping(ctx))
	slack := a.Bot.Health()
	set("slack", slackError(slack))
	if len(slack.Unreached) > 0 { // its approvers are asked one by one, so work goes on
		h.Checks["slack channels"] = "These can't be posted to; invite the bot: " + strings.Join(slack.Unreached, ", ")
	}
	state, err := a.Access.People.State(ctx)
	if err == nil && state.Stale {
		err = approvals.Errorf(approvals.CodeUnavailable, "The directory is out of date: nothing is approved automatically.")
	}
	set("directory", err)
	w.Header().Set("Content-Type", "application/json")
	if !h.OK {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(h)
}

// slackError says that no socket to Slack is open.
func slackError(h bot.Health) error {
	if h.Connected > 0 {
		return nil
	}
	return approvals.Errorf(approvals.CodeUnavailable, "There is no connection to Slack. %s", h.LastError)
}
