package slacksim

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// recorder is a slog.Handler that keeps what was logged as an error.
type recorder struct{ errors []string }

func (r *recorder) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (r *recorder) Handle(_ context.Context, rec slog.Record) error {
	line := rec.Message
	rec.Attrs(func(a slog.Attr) bool { line += " " + a.String(); return true })
	r.errors = append(r.errors, line)
	return nil
}
func (r *recorder) WithAttrs([]slog.Attr) slog.Handler { return r }
func (r *recorder) WithGroup(string) slog.Handler      { return r }

// fuzzWorkspace has a message, a modal and a Home tab to call upon, and no bot.
func fuzzWorkspace(f *testing.F) (*Workspace, *recorder) {
	f.Helper()
	log := &recorder{}
	w, err := New(Config{
		Command: "/access", Scopes: append(slices.Clone(defaultScopes), "team:read", "channels:read", "channels:history", "groups:read"), Rates: Rates{Scale: -1}, Logger: slog.New(log),
		Users:      []User{{ID: "U1", Name: "ana", Email: "ana@example.com"}, {ID: "U2", Name: "olga", TeamID: "T2"}, {ID: "U3", Name: "old", Deleted: true}},
		UserGroups: []Group{{ID: "S1", Handle: "dba", Users: []string{"U1"}}},
		Channels:   []Channel{{ID: "C1", Name: "general"}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(w.Close)
	return w, log
}

// forgetAll empties the conversations, so that a long run does not fill the memory.
func (w *Workspace) forgetAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.channels {
		c.messages = nil
	}
	w.views, w.stacks, w.values, w.offered = map[string]*View{}, map[string][]*View{}, map[string]values{}, map[string]map[string][]option{}
	w.homes, w.envelopes, w.pending = map[string]*View{}, nil, map[string]*delivery{}
}

// FuzzCall makes Web API calls: whatever is sent, the answer is JSON with ok, and an error that the method may give.
func FuzzCall(f *testing.F) {
	for name, m := range methodTable {
		f.Add(name, "application/x-www-form-urlencoded", strings.Join(append(slices.Clone(m.required), strings.Fields(optional[name])...), "=1&")+"=1")
		f.Add(name, "application/json; charset=utf-8", `{"channel":"C1","user":"U1","users":["U1"],"text":"t","blocks":`+shapeBlocks+`,"view":`+shapeView+`,"limit":-1,"cursor":{}}`)
	}
	f.Add("chat.postMessage", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"channel\"\r\n\r\nC1\r\n--x--\r\n")
	w, log := fuzzWorkspace(f)
	f.Fuzz(func(t *testing.T, method, contentType, body string) {
		defer w.forgetAll()
		r := httptest.NewRequest(http.MethodPost, "/api/x", strings.NewReader(body))
		r.SetPathValue("method", method)
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", "Bearer xoxb-local")
		rec := httptest.NewRecorder()
		w.serveAPI(rec, r)
		var out struct {
			OK    *bool
			Error string
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil || out.OK == nil || *out.OK == (out.Error != "") {
			if method == "api.test" && err == nil {
				return // which shows again what it was sent
			}
			t.Fatalf("answer %d %s: %v", rec.Code, rec.Body, err)
		}
		if len(log.errors) > 0 {
			t.Fatal(log.errors)
		}
	})
}

// FuzzAnswer gives the workspace what a bot may put into an acknowledgement, and to a response URL: it is taken or refused, and what is
// taken can be shown.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, `[]`, `"x"`, `{"response_action":"clear"}`, `{"response_action":"errors","errors":{"b":"no"}}`, `{"response_action":"update","view":` + shapeView + `}`,
		`{"response_action":"push","view":{}}`, `{"options":[{"text":{"type":"plain_text","text":"a"},"value":"a"}]}`, `{"option_groups":[]}`,
		`{"text":"hi","replace_original":true}`, `{"delete_original":"true"}`, `{"text":"<!channel>","blocks":` + shapeBlocks + `}`,
	} {
		f.Add(s)
	}
	w, log := fuzzWorkspace(f)
	ana := w.As("U1")
	f.Fuzz(func(t *testing.T, answer string) {
		defer w.forgetAll()
		var sent object
		if err := json.Unmarshal([]byte(shapeView), &sent); err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		w.drop("U1", 0)
		v, err := w.push("U1", sent)
		var reply string
		if err == nil {
			reply = w.newResponseURL(responseURL{channel: "C1", user: "U1"})
		}
		w.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = ana.offer(place{view: v.ID}, "x", json.RawMessage(answer))
		_ = w.answerInPlace(&responseURL{channel: "C1", user: "U1"}, json.RawMessage(answer))
		_ = ana.respondTo(v.ID, json.RawMessage(answer))
		r := httptest.NewRequest(http.MethodPost, reply, strings.NewReader(answer))
		r.Header.Set("Content-Type", "application/json")
		w.Handler().ServeHTTP(httptest.NewRecorder(), r)
		if len(ana.Views()) > maxStack {
			t.Fatalf("%d views", len(ana.Views()))
		}
		rec := httptest.NewRecorder()
		w.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/_sim/state?as=U1&channel=C1", nil))
		if !json.Valid(rec.Body.Bytes()) || len(log.errors) > 0 {
			t.Fatalf("the page gets %s; %v", rec.Body, log.errors)
		}
	})
}

// FuzzPage gives the workspace what a page may send: it is done or refused.
func FuzzPage(f *testing.F) {
	for _, s := range []string{
		`{"as":"U1","do":"post","channel":"C1","text":"hi"}`, `{"as":"U1","do":"click","channel":"C1","ts":"1.0","action_id":"x","choose":[""]}`,
		`{"as":"U1","do":"close_all"}`, `{"as":"U1","do":"change","change":"join","group":"S1"}`, `{"as":"U3","do":"home"}`, `{"as":"U1","do":"suggest","view":"V","action_id":"x"}`,
		`{"as":"U1","do":"change","change":"email","text":"a@b"}`, `{"do":"fault","fault":"none"}`, `[]`, `{"as":1}`,
	} {
		f.Add(s)
	}
	w, log := fuzzWorkspace(f)
	f.Fuzz(func(t *testing.T, body string) {
		defer w.forgetAll()
		if strings.Contains(body, "fault") {
			return // faults are meant to break things
		}
		r := httptest.NewRequest(http.MethodPost, "/_sim/do", strings.NewReader(body))
		rec := httptest.NewRecorder()
		w.Handler().ServeHTTP(rec, r)
		if rec.Code == http.StatusOK && !json.Valid(rec.Body.Bytes()) || len(log.errors) > 0 {
			t.Fatalf("answer %d %s; %v", rec.Code, rec.Body, log.errors)
		}
	})
}
