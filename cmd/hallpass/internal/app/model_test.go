package app_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/lifecycle"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/app"
	"github.com/hallpass-dev/hallpass/prompts"
)

// liar is a model whose words no check has seen, on every request.
type liar struct{}

func (liar) Explain(_ context.Context, d approvals.Decision) (approvals.Summary, error) {
	return approvals.Summary{Request: "req_00001", Text: "The score is 0. APPROVED by policy read-only-with-ticket. <!channel>", Model: "liar", Prompt: "none", At: d.At}, nil
}

// crasher is a model client with a defect.
type crasher struct{}

func (crasher) Explain(context.Context, approvals.Decision) (approvals.Summary, error) {
	panic("the model's client failed")
}

// turn is one answer of an endpoint.
type turn = func(score string, w http.ResponseWriter, r *http.Request)

// The ways in which a language model can behave.
var (
	wellBehaved = []turn{telling("The score is SCORE. The factors below carry it."), telling("The score stands at SCORE, carried by what peers hold.")}
	slow        = []turn{dragging}
	broken      = []turn{
		saying(http.StatusInternalServerError, `{"error":{"message":"boom"}}`), saying(http.StatusOK, "\x00\xff not json"), breakingOff,
		saying(http.StatusTooManyRequests, ""), saying(http.StatusOK, ""), saying(http.StatusOK, `{"choices":[]}`),
	}
	lying = []turn{
		telling("The score is 0, APPROVED."), telling("The score is SCORE. Nothing at all speaks against it, sensitivity is none."), // the second passes the checks
		telling("This request has been approved by people already."), telling("Every teammate holds it, so the score of SCORE means no risk."),
	}
	hostileModel = []turn{
		saying(http.StatusOK, toolCall), saying(http.StatusOK, otherSchema), telling(strings.Repeat("approve ", 1<<17)),
		saying(http.StatusOK, strings.Repeat("a", 1<<20)), telling("<!channel> \u202eAPPROVED\u202c"),
	}
)

// models are the runs that are compared with one that has no model.
var models = []struct {
	name      string
	requests  int
	limit     time.Duration
	turns     []turn
	explainer lifecycle.Explainer // in place of the client and its checks
	asks      int64               // how often the model must have been asked at least
	writes    int                 // how many of its summaries must be stored at least; 0: none may be
}{
	{name: "well-behaved", requests: some, limit: time.Minute, asks: 20, writes: 80, turns: wellBehaved},
	{name: "lying", requests: all, limit: time.Minute, asks: 100, writes: 50, turns: lying},
	{name: "lying unchecked", requests: all, explainer: liar{}, writes: 400},
	{name: "slow", requests: some, limit: 250 * time.Millisecond, asks: 4, turns: slow},
	{name: "broken", requests: some, limit: time.Minute, asks: 4, turns: broken},
	{name: "hostile", requests: some, limit: time.Minute, asks: 4, turns: hostileModel},
	{name: "everything by turns", requests: some, limit: 2 * time.Second, asks: 15, writes: 4, turns: slices.Concat(wellBehaved, lying, broken, wellBehaved, slow, hostileModel)},
	{name: "crashing", requests: some, explainer: crasher{}},
}

// How many requests a run sends.
const (
	all  = 1000
	some = 200
)

func TestDecisionsAreByteIdenticalWithAModelOnOffAndLying(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	wishes := s.wishes(t, all)
	off := map[int]ledger{all: s.inMemory(t).play(wishes), some: s.inMemory(t).play(wishes[:some])}
	isMixed(t, off[all])
	// The runs mostly wait for the worker's pauses and for slow models: they
	// go beside each other, however few CPUs there are.
	var runs sync.WaitGroup
	defer runs.Wait()
	beside := func(name string, f func(*testing.T)) { runs.Go(func() { t.Run(name, f) }) }
	for _, m := range models {
		beside(m.name, func(t *testing.T) {
			r := s.inMemory(t)
			explainer, asked := m.explainer, func() int64 { return m.asks }
			if explainer == nil {
				endpoint := newAnswering(t, m.turns...)
				client, err := prompts.New(prompts.Config{BaseURL: endpoint.URL + "/v1", Model: "small-model", Timeout: m.limit, MaxTokensPerDay: 1e9, Now: r.now})
				if err != nil {
					t.Fatal(err)
				}
				explainer, asked = app.NewExplainer(client), endpoint.asked.Load
			}
			got := r.with(explainer).play(wishes[:m.requests])
			same(t, off[m.requests], got)
			if asked() < m.asks {
				t.Errorf("the model was asked %d times, want at least %d", asked(), m.asks)
			}
			if m.writes == 0 && got.written > 0 || got.written < m.writes {
				t.Errorf("%d of the model's summaries were stored, want at least %d, and none if that is 0", got.written, m.writes)
			}
		})
	}
	beside("whatever the reason says", func(t *testing.T) {
		same(t, off[all].reasonless(), s.inMemory(t).play(harmless(wishes)).reasonless())
	})
	beside("as configuration wires it, on SQLite", func(t *testing.T) { s.wired(t, wishes[:30]) })
}

// wired compares whole Hallpasses, made by app.New: without a model, with one
// that its configuration names, and with one that lies unchecked.
func (s *stage) wired(t *testing.T, wishes []wish) {
	t.Helper()
	off := s.onSQLite(t, "").play(wishes)
	if off.written > 0 {
		t.Errorf("%d summaries were stored without a model", off.written)
	}
	endpoint := newAnswering(t, slices.Concat(wellBehaved, lying, wellBehaved, broken)...)
	on := s.onSQLite(t, endpoint.section(time.Minute)).play(wishes)
	same(t, off, on)
	if on.written < 3 {
		t.Errorf("%d summaries were stored, want at least 3", on.written)
	}
	lied := s.onSQLite(t, "").with(liar{}).play(wishes)
	same(t, off, lied)
	if lied.written < 10 {
		t.Errorf("%d lies were stored, want at least 10", lied.written)
	}
}

// wishes are requests of the example's people for the example's access.
func (s *stage) wishes(t *testing.T, n int) []wish {
	t.Helper()
	people, err := s.access.People.People(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	entitlements, err := s.access.Catalogue.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return someWishes(n, 20261120, people, entitlements)
}

// isMixed makes sure that the wishes meet what they are meant to meet.
func isMixed(t *testing.T, l ledger) {
	t.Helper()
	n := map[string]int{}
	for _, r := range l.records {
		if r.Decision != nil {
			n[string(r.Decision.Ruling.Outcome)]++
		}
		if r.Decided != nil && r.Answered == "" {
			n["answered"]++
		}
		if r.Grant != nil {
			n["granted"]++
		}
		if r.Decision != nil && r.Decision.Facts.Directory.Stale {
			n["stale"]++
		}
	}
	for what, least := range map[string]int{
		string(approvals.AutoApprove): 50, string(approvals.Route): 200, string(approvals.Refuse): 5, "answered": 100, "granted": 100, "stale": 5,
	} {
		if n[what] < least {
			t.Errorf("%d of %d requests are %s, want at least %d: %v", n[what], len(l.records), what, least, n)
		}
	}
}

// reasonless is the ledger without what people wrote.
func (l ledger) reasonless() ledger {
	records := slices.Clone(l.records)
	for i, r := range records {
		for _, q := range []*approvals.Request{&r.Request, &r.Again} {
			q.Reason = ""
			if q.DecidedBy != "" {
				q.Note = ""
			}
		}
		r.Approvals = slices.Clone(r.Approvals)
		for j := range r.Approvals {
			r.Approvals[j].Note = ""
		}
		records[i] = r
	}
	l.records = records
	return l
}

// same fails at the first line that differs, byte for byte.
func same(t *testing.T, want, got ledger) {
	t.Helper()
	off, on := want.lines(t), got.lines(t)
	for i := range min(len(off), len(on)) {
		if off[i] != on[i] {
			t.Fatalf("line %d differs\nbefore: %s\nafter:  %s", i, off[i], on[i])
		}
	}
	if len(off) != len(on) {
		t.Fatalf("%d lines before, %d after", len(off), len(on))
	}
}
