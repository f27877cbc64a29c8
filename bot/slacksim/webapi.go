package slacksim

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// refusal is an answer with ok:false.
type refusal struct {
	code  string
	extra object
}

func (r *refusal) Error() string { return r.code }

func refuse(code string) error { return &refusal{code: code} }

// invalid is a refusal that says what is wrong, as Slack does in response_metadata.messages.
func invalid(code string, problems []string) error {
	msgs := make([]string, len(problems))
	for i, p := range problems {
		msgs[i] = "[ERROR] " + p
	}
	extra := object{"response_metadata": object{"messages": msgs}}
	if code == "invalid_blocks" {
		extra["errors"] = problems
	}
	return &refusal{code: code, extra: extra}
}

func (w *Workspace) granted(scope string) bool {
	return slices.Contains(w.cfg.Scopes, scope)
}

// needs refuses when the bot token lacks a scope that this particular call needs.
func (w *Workspace) needs(scope string) error {
	if w.granted(scope) {
		return nil
	}
	return w.missing(scope, w.cfg.Scopes)
}

func (w *Workspace) missing(needed string, provided []string) error {
	return &refusal{code: "missing_scope", extra: object{"needed": needed, "provided": strings.Join(provided, ",")}}
}

// serveAPI answers one Web API call. The call is in the log before its answer is out.
func (w *Workspace) serveAPI(rw http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	m, known := methodTable[name]
	entry := Call{Method: name, At: w.cfg.Now()}
	fault := w.faults.call(name)
	if fault != nil && !fault.cut {
		entry.Status, entry.Error = fault.status, fault.code()
		w.record(entry, nil)
		serveFault(rw, fault)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil {
		entry.Status = http.StatusRequestEntityTooLarge
		w.record(entry, nil)
		http.Error(rw, "request too large", entry.Status)
		return
	}
	var out, args object
	if !known {
		err = refuse("unknown_method")
	} else {
		out, args, err = w.answer(rw.Header(), r, name, m, body)
	}
	entry.Status, out = w.verdict(name, m, out, err)
	entry.Error = str(out["error"])
	if fault != nil {
		entry.Status = 0
		w.record(entry, args)
		panic(http.ErrAbortHandler) // the effect stays, the answer is lost
	}
	w.record(entry, args)
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(entry.Status)
	_ = json.NewEncoder(rw).Encode(out)
}

// answer checks body, token, scope and rate, in Slack's order, and makes the call. It also returns the call's arguments.
func (w *Workspace) answer(h http.Header, r *http.Request, name string, m method, body []byte) (out, args object, err error) {
	args, bad := decodeBody(r.Header.Get("Content-Type"), r.URL.Query(), body)
	if bad != "" {
		return nil, nil, refuse(bad)
	}
	asJSON := strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
	token, hasHeader := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !hasHeader && !asJSON {
		token = str(args["token"])
	}
	if asJSON && !m.json {
		args = object{} // such a method reads forms only, and sees nothing of the body
	}
	if !m.noToken {
		if err := w.authorise(h, token, m); err != nil {
			return nil, args, err
		}
	}
	c := &call{name: name, args: args}
	if retry := w.allow(name, m.tier, c.str("channel")); retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int((retry+time.Second-1)/time.Second)))
		return nil, args, refuse("ratelimited")
	}
	var missing []string
	for _, k := range m.required {
		if !c.has(k) {
			missing = append(missing, "missing required field: "+k)
		}
	}
	if len(missing) > 0 {
		return nil, args, invalid("invalid_arguments", missing)
	}
	out, err = m.call(w, c)
	return out, args, err
}

// authorise checks a token, its kind and its scopes.
func (w *Workspace) authorise(h http.Header, token string, m method) error {
	want, other, scopes := w.cfg.BotToken, w.cfg.AppToken, w.cfg.Scopes
	if m.app {
		want, other, scopes = other, want, w.cfg.AppScopes
	}
	switch token {
	case "":
		return refuse("not_authed")
	case want:
	case other:
		return refuse("not_allowed_token_type")
	default:
		return refuse("invalid_auth")
	}
	h.Set("X-OAuth-Scopes", strings.Join(scopes, ","))
	h.Set("X-Accepted-OAuth-Scopes", strings.Join(m.scopes, ","))
	if len(m.scopes) == 0 || slices.ContainsFunc(m.scopes, func(s string) bool { return slices.Contains(scopes, s) }) {
		return nil
	}
	return w.missing(strings.Join(m.scopes, ","), scopes)
}

// verdict is the status and the body of an answer. An error that Slack does not give for this method is a mistake of this package,
// and says so.
func (w *Workspace) verdict(name string, m method, out object, err error) (int, object) {
	if err == nil {
		if out == nil {
			out = object{}
		}
		out["ok"] = true
		return http.StatusOK, out
	}
	r := &refusal{}
	if !errors.As(err, &r) || !slices.Contains(m.errors, r.code) && !slices.Contains(commonErrors, r.code) {
		w.cfg.Logger.Error("slacksim answered outside its table", "method", name, "err", err)
		r = &refusal{code: "internal_error"}
	}
	w.cfg.Logger.Debug("call refused", "method", name, "error", r.code)
	out = object{"ok": false, "error": r.code}
	maps.Copy(out, r.extra)
	if r.code == "ratelimited" {
		return http.StatusTooManyRequests, out
	}
	return http.StatusOK, out
}

func serveFault(rw http.ResponseWriter, f *callFault) {
	if f.status == http.StatusTooManyRequests {
		rw.Header().Set("Retry-After", strconv.Itoa(int((f.retryAfter+time.Second-1)/time.Second)))
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		rw.WriteHeader(f.status)
		_, _ = io.WriteString(rw, `{"ok":false,"error":"ratelimited"}`)
		return
	}
	http.Error(rw, http.StatusText(f.status), f.status)
}

func (w *Workspace) apiTest(c *call) (object, error) {
	if e := c.str("error"); e != "" {
		return nil, &refusal{code: "invalid_arguments", extra: object{"error": e, "args": c.args}}
	}
	return object{"args": c.args}, nil
}

func (w *Workspace) authTest(*call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	bot := w.users[w.cfg.BotUserID]
	out := object{
		"url": w.baseURL + "/", "team": w.cfg.TeamName, "user": bot.Name, "team_id": w.cfg.TeamID,
		"user_id": bot.ID, "bot_id": botID, "is_enterprise_install": false,
	}
	if w.cfg.EnterpriseID != "" {
		out["enterprise_id"] = w.cfg.EnterpriseID
	}
	return out, nil
}

func (w *Workspace) teamInfo(*call) (object, error) {
	team := object{"id": w.cfg.TeamID, "name": w.cfg.TeamName, "domain": "local", "email_domain": "", "icon": object{"image_default": true}}
	if w.cfg.EnterpriseID != "" {
		team["enterprise_id"], team["enterprise_name"] = w.cfg.EnterpriseID, w.cfg.EnterpriseName
	}
	return object{"team": team}, nil
}

// connectionsOpen hands out the address of one connection. Slack does not document its answer when Socket Mode is switched
// off; forbidden_team is the nearest of the method's errors.
func (w *Workspace) connectionsOpen(*call) (object, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.disabled {
		return nil, refuse("forbidden_team")
	}
	return object{"url": w.openTicket()}, nil
}
