package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/demo"
	"github.com/hallpass-dev/hallpass/examples"
	"github.com/hallpass-dev/hallpass/store"
)

// morning is when every run begins, an hour after the directory was written.
var morning = time.Date(2026, 11, 20, 6, 30, 0, 0, time.UTC)

// pace is the time between two requests: the last ones come when the
// directory is older than a day, so that those decisions are compared as well.
const pace = 86 * time.Second

// stage is what all runs share: the example's access, one past, and one Slack
// that the bot may look itself up in.
type stage struct {
	seeded  string // data folder with 90 days of decisions
	past    []approvals.Learned
	holders map[approvals.EntitlementID][]approvals.PrincipalID
	access  app.Access
	slack   *slacksim.Workspace
	tokens  demo.Tokens
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{seeded: t.TempDir(), holders: map[approvals.EntitlementID][]approvals.PrincipalID{},
		tokens: demo.Tokens{Bot: "xoxb-local-test", App: "xapp-local-test"}}
	var err error
	s.slack, err = slacksim.New(slacksim.Config{BotToken: s.tokens.Bot, AppToken: s.tokens.App,
		Scopes:  []string{"app_mentions:read", "chat:write", "commands", "im:history", "im:read", "im:write", "users:read", "users:read.email", "usergroups:read"},
		Command: "/access", Users: []slacksim.User{{ID: "U1", Name: "one", RealName: "One", Email: "one@northwind.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.slack.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.slack.Close)
	system := s.open(t, s.seeded, "", func() time.Time { return morning })
	defer system.Close()
	s.access = system.App.Access
	if s.past, err = system.App.Store.Learned(t.Context(), 0, 1_000_000); err != nil {
		t.Fatal(err)
	}
	held, err := system.App.Store.Holdings(t.Context(), "", store.HoldingCursor{}, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range held {
		s.holders[h.Entitlement] = append(s.holders[h.Entitlement], h.Principal)
	}
	return s
}

// files writes the example's access folder, with a model: section added, and
// returns the path of its hallpass.yaml.
func (s *stage) files(t *testing.T, model string) string {
	t.Helper()
	access := filepath.Join(t.TempDir(), "access")
	sub, err := fs.Sub(examples.Access, "access")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(access, sub); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(access, "people.yaml"), time.Time{}, morning.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(access, "hallpass.yaml")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\n" + model); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// open wires a whole Hallpass on a data folder. Model is the model: section of
// its configuration.
func (s *stage) open(t *testing.T, data, model string, now func() time.Time) *demo.System {
	t.Helper()
	system, err := demo.NewSystem(t.Context(), demo.Options{Data: data, Access: filepath.Dir(s.files(t, model))}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := system.Connect(t.Context(), s.slack.APIURL(), s.tokens); err != nil {
		t.Fatal(err)
	}
	return system
}

// record is all that must not depend on a model, for one request.
type record struct {
	Drafted, Sent, Answered string // the error's code and sentence; empty: it went well
	Request                 approvals.Request
	Decision                *approvals.Decision // as taken when it was sent
	Grant                   *approvals.Grant    // as it was created, by policy or by people
	Again                   approvals.Request   // after somebody answered
	Decided                 *approvals.Decision // the second look that the answer took
	Approvals               []approvals.Approval
}

// ledger is what came of a run.
type ledger struct {
	records []record
	log     []string // audit events of asking and deciding, as JSON
	written int      // summaries that the worker stored
}

// lines is the ledger as JSON, one request or event a line.
func (l ledger) lines(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, r := range l.records {
		lines = append(lines, marshal(t, r))
	}
	return append(lines, l.log...)
}

// keeper is what a run reads of its store.
type keeper interface {
	Decision(context.Context, approvals.RequestID) (approvals.Decision, error)
	Grant(context.Context, approvals.GrantID) (approvals.Grant, error)
	Approvals(context.Context, approvals.RequestID) ([]approvals.Approval, error)
}

// run is one Hallpass under test.
type run struct {
	t       *testing.T
	ctx     context.Context
	service *approvals.Service
	worker  *lifecycle.Worker
	store   keeper
	events  func() []approvals.Event
	elapsed atomic.Int64 // nanoseconds since morning
	ids     atomic.Int64
}

func (r *run) now() time.Time { return morning.Add(time.Duration(r.elapsed.Load())) }

// onSQLite is a whole Hallpass as its configuration wires it, on a copy of
// the stage's past. Model is the model: section of the configuration.
func (s *stage) onSQLite(t *testing.T, model string) *run {
	t.Helper()
	r := &run{t: t, ctx: t.Context()}
	data := t.TempDir()
	if err := os.CopyFS(data, os.DirFS(s.seeded)); err != nil {
		t.Fatal(err)
	}
	system := s.open(t, data, model, r.now)
	t.Cleanup(system.Close)
	r.service, r.worker, r.store = system.App.Service, system.App.Worker, system.App.Store
	r.events = func() (all []approvals.Event) {
		for {
			after := int64(0)
			if len(all) > 0 {
				after = all[len(all)-1].Sequence
			}
			page, err := system.App.Store.Events(r.ctx, store.EventFilter{After: after, Limit: 5000})
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				return all
			}
			all = append(all, page...)
		}
	}
	return r
}

// with gives the run a model.
func (r *run) with(e lifecycle.Explainer) *run {
	r.service.Explain, r.worker.Explainer = true, e
	return r
}

// play sends every wish through Draft, Submit, the worker and, for some, an
// approver's answer, and returns what was decided.
func (r *run) play(wishes []wish) ledger {
	r.t.Helper()
	r.service.Now = r.now
	r.service.NewID = func(prefix string) string { return fmt.Sprintf("%s%05d", prefix, r.ids.Add(1)) }
	const batch = 25 // sent before the worker comes round; answered when it has
	records := make([]record, len(wishes))
	for from := 0; from < len(wishes); from += batch {
		to := min(from+batch, len(wishes))
		for i := from; i < to; i++ {
			r.send(wishes[i], &records[i])
		}
		r.work()
		for i := from; i < to; i++ {
			r.answer(wishes[i], &records[i])
		}
		r.work()
	}
	return r.ledger(records)
}

// work lets the worker do all that is due.
func (r *run) work() {
	r.t.Helper()
	if err := r.worker.RunOnce(r.ctx); err != nil {
		r.t.Fatal(err)
	}
}

func (r *run) send(w wish, rec *record) {
	r.elapsed.Add(int64(pace))
	actor := approvals.Person(w.Ask.Requester, "slack", w.Ask.Key)
	draft, err := r.service.Draft(r.ctx, actor, w.Ask)
	rec.Request, rec.Drafted = draft, words(err)
	if err != nil {
		return
	}
	r.lie(draft)
	sent, err := r.service.Submit(r.ctx, actor, draft.ID)
	r.lie(sent)
	if rec.Sent = words(err); err != nil {
		return
	}
	rec.Request, rec.Decision, rec.Grant = sent, r.decision(sent.ID), r.grant(sent)
}

// lie lets a model propose other access for much longer, wherever a run has a
// model: for what a person has said, and for what was sent.
func (r *run) lie(about approvals.Request) {
	if r.worker.Explainer == nil {
		return
	}
	for _, version := range []int64{about.Version, about.Version + 1} {
		_, _ = r.service.Propose(r.ctx, approvals.Proposal{Request: about.ID, Version: version, Entitlement: "billing-db:read-write",
			Duration: time.Hour, Reason: "APPROVED", Origin: "a lie", Model: "liar"}) // Refused or without effect, which is what the ledger shows.
	}
}

func (r *run) answer(w wish, rec *record) {
	if rec.Decision == nil || rec.Request.State != approvals.RequestPending || len(rec.Decision.Approvers) == 0 {
		return
	}
	say := r.service.Approve
	switch w.Answer {
	case approvals.Denied:
		say = r.service.Deny
	case "":
		return
	}
	r.elapsed.Add(int64(time.Second))
	approver := rec.Decision.Approvers[w.Approver%len(rec.Decision.Approvers)]
	again, err := say(r.ctx, approvals.Person(approver, "slack", w.Ask.Key), rec.Request.ID, w.Ask.Reason)
	rec.Answered, rec.Again, rec.Decided, rec.Grant = words(err), again, r.decision(rec.Request.ID), r.grant(again)
	if rec.Approvals, err = r.store.Approvals(r.ctx, rec.Request.ID); err != nil {
		r.t.Fatal(err)
	}
}

func (r *run) decision(id approvals.RequestID) *approvals.Decision {
	r.t.Helper()
	d, err := r.store.Decision(r.ctx, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return &d
}

func (r *run) grant(q approvals.Request) *approvals.Grant {
	r.t.Helper()
	if q.Grant == "" {
		return nil
	}
	g, err := r.store.Grant(r.ctx, q.Grant)
	if err != nil {
		r.t.Fatal(err)
	}
	return &g
}

// ledger reads the audit log. Sequences are left out, since a stored summary is
// an event of its own, and so are the hashes of texts, which are salted.
func (r *run) ledger(records []record) ledger {
	r.t.Helper()
	l := ledger{records: records}
	for _, e := range r.events() {
		switch e.Kind {
		case approvals.EventSummaryWritten:
			l.written++
		case approvals.EventRequestDrafted, approvals.EventRequestSubmitted, approvals.EventRequestDecided, approvals.EventRequestApproved,
			approvals.EventRequestDenied, approvals.EventRequestLapsed, approvals.EventApprovalGiven, approvals.EventActionRefused, approvals.EventGrantScheduled:
			e.Sequence = 0
			for name := range e.Texts {
				e.Texts[name] = ""
			}
			l.log = append(l.log, marshal(r.t, e))
		}
	}
	slices.Sort(l.log) // tasks of one moment may end in any order
	return l
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// words is an error as the person who asks is told it.
func words(err error) string {
	if err == nil {
		return ""
	}
	return string(approvals.ErrorCode(err)) + ": " + approvals.ErrorMessage(err)
}
