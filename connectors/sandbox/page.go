package sandbox

import (
	"bytes"
	"cmp"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
)

//go:embed page.html
var pageHTML string

var pages = template.Must(template.New("page").Parse(pageHTML))

// keepShown bounds how many past ends and tries each resource shows.
const keepShown = 4

// Handler serves the system's page, its state as JSON, and the button that
// tries access. All its links are relative: mount it behind http.StripPrefix
// at any path that ends in a slash.
func (s *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("GET /live", s.serveLive)
	mux.HandleFunc("GET /state.json", s.serveState)
	mux.HandleFunc("POST /try", s.serveTry)
	mux.HandleFunc("POST /logout", s.serveLogout)
	mux.HandleFunc("POST /outage", s.serveOutage)
	return http.NewCrossOriginProtection().Handler(mux)
}

func (s *Sandbox) servePage(w http.ResponseWriter, r *http.Request) {
	v := s.view()
	v.Nonce = rand.Text()
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'self'; connect-src 'self'; "+
		"style-src 'nonce-"+v.Nonce+"'; script-src 'nonce-"+v.Nonce+"'; frame-ancestors 'self'")
	s.render(w, r, "page", v)
}

// serveLive answers with what has changed since the revision that the page
// shows, or with 204 when nothing has.
func (s *Sandbox) serveLive(w http.ResponseWriter, r *http.Request) {
	v := s.view()
	if r.URL.Query().Get("since") == strconv.FormatInt(v.Revision, 10) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	s.render(w, r, "live", v)
}

func (s *Sandbox) serveState(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s.Snapshot()); err != nil {
		s.cfg.Logger.WarnContext(r.Context(), "sandbox: state was not sent", "error", err)
	}
}

// serveTry lets the button's account read the resource. A script gets the
// answer as JSON; a plain form is sent back to the page, which shows it.
func (s *Sandbox) serveTry(w http.ResponseWriter, r *http.Request) {
	a, err := s.Try(r.FormValue("account"), r.FormValue("resource"))
	if approvals.ErrorCode(err) == approvals.CodeNotFound {
		http.Error(w, approvals.ErrorMessage(err), http.StatusNotFound)
		return
	}
	if r.Header.Get("Accept") != "application/json" {
		back(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusForbidden)
	}
	if err := json.NewEncoder(w).Encode(a); err != nil {
		s.cfg.Logger.WarnContext(r.Context(), "sandbox: an answer was not sent", "error", err)
	}
}

func (s *Sandbox) serveLogout(w http.ResponseWriter, r *http.Request) {
	if err := s.Logout(r.FormValue("session")); err != nil {
		http.Error(w, approvals.ErrorMessage(err), http.StatusInternalServerError)
		return
	}
	back(w)
}

// back sends a form's sender to the page. The address stays relative:
// http.Redirect would resolve it without the prefix that was stripped.
func back(w http.ResponseWriter) {
	w.Header().Set("Location", "./")
	w.WriteHeader(http.StatusSeeOther)
}

func (s *Sandbox) render(w http.ResponseWriter, r *http.Request, name string, v view) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, v); err != nil {
		s.cfg.Logger.ErrorContext(r.Context(), "sandbox: the page failed to render", "error", err)
		http.Error(w, "The page could not be drawn.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := b.WriteTo(w); err != nil {
		s.cfg.Logger.DebugContext(r.Context(), "sandbox: the page was not sent", "error", err)
	}
}

// view is what the page shows.
type view struct {
	Name     string
	Nonce    string
	Revision int64
	Members  int
	Sessions int
	Down     bool
	Systems  []systemView
	Accounts []Account
}

type systemView struct {
	Name      string
	Resources []resourceView
}

type resourceView struct {
	Resource
	Members  []memberView // those that somebody granted
	Before   []memberView // standing ones
	Ended    []endedView
	Attempts []attemptView
}

type memberView struct {
	Member
	Person   string
	Sessions []Session
}

type endedView struct {
	Ended
	Person string
}

type attemptView struct {
	Attempt
	Person string
}

func (s *Sandbox) view() view {
	snap := s.Snapshot()
	names := map[string]string{}
	for _, a := range s.cfg.Accounts {
		names[a.ID] = a.Name
	}
	person := func(account string) string { return cmp.Or(names[account], account) }
	v := view{Name: s.cfg.Name, Revision: snap.Revision, Members: len(snap.Members), Sessions: len(snap.Sessions), Down: snap.Down, Accounts: s.cfg.Accounts}
	for _, r := range s.cfg.Resources {
		rv := resourceView{Resource: r}
		for _, m := range snap.Members {
			shown := memberView{Member: m, Person: person(m.Account), Sessions: sessionsOf(snap, m)}
			switch {
			case m.Resource != r.Name:
			case m.Standing:
				rv.Before = append(rv.Before, shown)
			default:
				rv.Members = append(rv.Members, shown)
			}
		}
		for _, e := range snap.Ended {
			if e.Resource == r.Name && len(rv.Ended) < keepShown {
				rv.Ended = append(rv.Ended, endedView{e, person(e.Account)})
			}
		}
		for _, a := range slices.Backward(snap.Attempts) {
			if a.Resource == r.Name && len(rv.Attempts) < keepShown {
				rv.Attempts = append(rv.Attempts, attemptView{a, person(a.Account)})
			}
		}
		i := slices.IndexFunc(v.Systems, func(x systemView) bool { return x.Name == r.System })
		if i < 0 {
			i, v.Systems = len(v.Systems), append(v.Systems, systemView{Name: r.System})
		}
		v.Systems[i].Resources = append(v.Systems[i].Resources, rv)
	}
	v.moved()
	return v
}

// moved puts first what somebody looks for: systems and resources in which
// access came or went.
func (v *view) moved() {
	still := func(r resourceView) int {
		if len(r.Members)+len(r.Ended)+len(r.Attempts) > 0 {
			return 0
		}
		return 1
	}
	for _, y := range v.Systems {
		slices.SortStableFunc(y.Resources, func(a, b resourceView) int { return still(a) - still(b) })
	}
	slices.SortStableFunc(v.Systems, func(a, b systemView) int { return still(a.Resources[0]) - still(b.Resources[0]) })
}

func sessionsOf(snap Snapshot, m Member) []Session {
	return slices.DeleteFunc(slices.Clone(snap.Sessions), func(o Session) bool {
		return o.Resource != m.Resource || o.Level != m.Level || o.Account != m.Account
	})
}

// Stamp renders a time for the page's script, which shows it in the reader's
// own time zone.
func (view) Stamp(t time.Time) string { return t.Format(time.RFC3339) }

// Stamp is the same for what the page shows of a member.
func (memberView) Stamp(t time.Time) string { return t.Format(time.RFC3339) }
