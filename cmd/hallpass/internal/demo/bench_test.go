package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/store"
	"github.com/hallpass-dev/hallpass/store/storetest/pgtest"
)

// The load: requests arrive by the clock, whether or not earlier ones are done.
const (
	perSecond = 50
	arrivals  = 10 * perSecond
)

// engines are the databases that are measured, each with the URL of an empty one.
var engines = []struct {
	name string
	url  func(*testing.B) string // "": embedded SQLite
}{
	{"SQLite", func(*testing.B) string { return "" }},
	{"Postgres", func(b *testing.B) string { return pgtest.Start(b).Database(b) }},
}

// shown is what the workspace did for the bot to one message.
type shown struct {
	at     time.Time
	update bool
	ts     string // of an update
	blocks string
}

// screen stands before the workspace and tells when a message was posted or
// edited, as soon as everybody could see it.
type screen struct {
	next http.Handler

	mu   sync.Mutex
	seen map[string][]chan shown // by channel
}

// watch hears of everything in a channel from now on.
func (s *screen) watch(channel string) <-chan shown {
	c := make(chan shown, 1000)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[channel] = append(s.seen[channel], c)
	return c
}

func (s *screen) tell(channel string, what shown) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.seen[channel] {
		c <- what
	}
}

func (s *screen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := strings.TrimPrefix(r.URL.Path, "/api/chat.")
	if method != "postMessage" && method != "update" {
		s.next.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.next.ServeHTTP(w, r)
	at := time.Now()
	if form, err := url.ParseQuery(string(body)); err == nil {
		s.tell(form.Get("channel"), shown{at, method == "update", form.Get("ts"), form.Get("blocks")})
	}
}

// measured is a demo under load: sandbox in memory, workspace without Slack's
// rate limits.
type measured struct {
	*System
	workspace *slacksim.Workspace
	screen    *screen
	people    []approvals.Principal
	number    map[approvals.PrincipalID]int // in the workspace
}

func measure(b *testing.B, database string) *measured {
	b.Helper()
	ctx := b.Context()
	m := &measured{number: map[approvals.PrincipalID]int{}}
	var err error
	if m.System, err = NewSystem(ctx, Options{Data: b.TempDir(), Database: database}, time.Now); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(m.Close)
	if m.Sandbox, err = newSandbox(ctx, m.access, "", time.Now, nil); err != nil {
		b.Fatal(err)
	}
	m.options.Connectors[sandboxName], m.options.SlackPace = m.Sandbox, -1
	people, err := m.access.People.People(ctx)
	if err != nil {
		b.Fatal(err)
	}
	for i, p := range byID(people) {
		m.number[p.ID] = i
		if !p.Inactive && !p.In("guests") {
			m.people = append(m.people, p)
		}
	}
	tokens := newTokens()
	if m.workspace, err = newWorkspace(people, tokens, nil, nil, unlimited, nil); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(m.workspace.Close)
	m.screen = &screen{next: m.workspace.Handler(), seen: map[string][]chan shown{}}
	server := httptest.NewServer(m.screen)
	b.Cleanup(server.Close)
	m.workspace.SetBaseURL(server.URL)
	if err := m.Connect(ctx, m.workspace.APIURL(), tokens); err != nil {
		b.Fatal(err)
	}
	return m
}

// wanted is what people ask for, a round each, and what the card calls it.
var wanted = []struct{ words, title string }{
	{"read only on billing-db", "Billing database"}, {"read only on orders-db", "Orders database"}, {"read only on customers-db", "Customer database"},
}

// visit is one request from its first word to its decision.
type visit struct {
	carded, decided time.Duration // from the words to the card; from the click on Send to the decision on it
	err             error
}

// ask lets person number i write, send the card and read the decision.
func (m *measured) ask(ctx context.Context, i int) (v visit) {
	who := m.people[i%len(m.people)]
	a := m.workspace.As(slackID(m.number[who.ID]))
	seen := m.screen.watch(a.DMChannel())
	start := time.Now()
	what := wanted[i/len(m.people)%len(wanted)]
	said := what.words + " for 20 minutes, refund stuck, INC-4312"
	if _, v.err = a.DM(said); v.err != nil {
		return v
	}
	card := func(s shown) bool {
		return !s.update && strings.Contains(s.blocks, `"Send"`) && strings.Contains(s.blocks, what.title)
	}
	posted, err := await(ctx, seen, card)
	if v.err = err; err != nil {
		v.err = fmt.Errorf("%s wrote %q and got no card: %w", who.Name, said, err)
		return v
	}
	v.carded = posted.at.Sub(start)
	all := a.Messages(a.DMChannel())
	var message slacksim.Message
	var send slacksim.Control
	for _, one := range slices.Backward(all) {
		if send, err = control(one, "Send"); err == nil && says(one, what.title) {
			message = one
			break
		}
	}
	clicked := time.Now()
	if v.err = a.Click(ctx, message.Channel, message.TS, send.ActionID, slacksim.InBlock(send.BlockID), slacksim.Confirmed()); v.err != nil {
		return v
	}
	edited, err := await(ctx, seen, func(s shown) bool { return s.update && s.ts == message.TS && !strings.Contains(s.blocks, `"Send"`) })
	v.decided, v.err = edited.at.Sub(clicked), err
	return v
}

func await(ctx context.Context, seen <-chan shown, want func(shown) bool) (shown, error) {
	for {
		select {
		case s := <-seen:
			if want(s) {
				return s, nil
			}
		case <-ctx.Done():
			return shown{}, ctx.Err()
		}
	}
}

// report adds p50, p99 and max of some durations in milliseconds.
func report(b *testing.B, name string, ds []time.Duration) {
	b.Helper()
	if len(ds) == 0 {
		b.Errorf("%s was never measured", name)
		return
	}
	slices.Sort(ds)
	at := func(share float64) float64 {
		return float64(ds[min(len(ds)-1, int(share*float64(len(ds))))].Microseconds()) / 1000
	}
	b.ReportMetric(at(.5), name+"-p50-ms")
	b.ReportMetric(at(.99), name+"-p99-ms")
	b.ReportMetric(at(1), name+"-max-ms")
}

// BenchmarkRequests plays ten seconds of fifty requests a second, each two
// envelopes from Slack, and reports in milliseconds how long it took from an
// envelope to its acknowledgement, from the words to the card, from the click
// on Send to the decision on the card, and from the decision to access. One
// run is one measurement, whatever b.N.
func BenchmarkRequests(b *testing.B) {
	for _, e := range engines {
		once := false
		b.Run(e.name, func(b *testing.B) {
			if once {
				b.Skip("measured already: more iterations say nothing more")
			}
			once = true
			m := measure(b, e.url(b))
			ctx, cancel := context.WithCancel(b.Context())
			var running sync.WaitGroup
			running.Go(func() {
				if err := m.Run(ctx); err != nil {
					b.Error(err)
				}
			})
			defer running.Wait()
			defer cancel()
			if err := m.workspace.Wait(ctx, func() bool { return m.workspace.Connections() > 0 }); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			visits := m.load(ctx)
			b.StopTimer()
			m.report(b, visits)
			b.ReportMetric(0, "ns/op")
		})
	}
}

// load lets requests arrive and waits for all of them.
func (m *measured) load(ctx context.Context) []visit {
	visits := make([]visit, arrivals)
	var under sync.WaitGroup
	clock := time.NewTicker(time.Second / perSecond)
	defer clock.Stop()
	for i := range visits {
		<-clock.C
		under.Go(func() {
			limited, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			visits[i] = m.ask(limited, i)
		})
	}
	under.Wait()
	return visits
}

func (m *measured) report(b *testing.B, visits []visit) {
	b.Helper()
	var acks, cards, decisions []time.Duration
	for _, v := range visits {
		if v.err != nil {
			b.Error(v.err)
			continue
		}
		cards, decisions = append(cards, v.carded), append(decisions, v.decided)
	}
	limited, cancel := context.WithTimeout(b.Context(), 10*time.Second) // Slack gives up after three
	defer cancel()
	if err := m.workspace.Wait(limited, func() bool {
		return !slices.ContainsFunc(m.workspace.Envelopes(), func(e slacksim.Envelope) bool { return e.Outcome == slacksim.Pending })
	}); err != nil {
		b.Error(err)
	}
	for _, e := range m.workspace.Envelopes() {
		if e.Outcome != slacksim.Acked {
			b.Errorf("an envelope was %s", e.Outcome)
			continue
		}
		acks = append(acks, e.Acked.Sub(e.Sent))
	}
	report(b, "ack", acks)
	report(b, "card", cards)
	report(b, "decision", decisions)
	report(b, "active", m.activations(b))
}

// activations waits until all access works that a policy approved, and says
// how long after its decision each did.
func (m *measured) activations(b *testing.B) (ds []time.Duration) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	decided := map[approvals.RequestID]time.Time{}
	waiting, last := 0, int64(0)
	for {
		wake := m.App.Store.Wake()
		events, err := m.App.Store.Events(ctx, store.EventFilter{After: last, Limit: 5000})
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range events {
			last = e.Sequence
			switch e.Kind {
			case approvals.EventRequestDecided:
				decided[e.Request] = e.At
			case approvals.EventGrantScheduled:
				waiting++
			case approvals.EventGrantActive:
				waiting--
				ds = append(ds, e.At.Sub(decided[e.Request]))
			}
		}
		if waiting == 0 && len(events) == 0 {
			return ds
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-wake:
		case <-ctx.Done():
			b.Fatalf("%d of %d grants did not become active", waiting, waiting+len(ds))
		}
	}
}

// BenchmarkSubmit decides and stores one request after the other, without
// Slack and without the worker.
func BenchmarkSubmit(b *testing.B) {
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) {
			m := measure(b, e.url(b))
			ctx, service := b.Context(), m.App.Service
			all, err := m.access.Catalogue.All(ctx)
			if err != nil {
				b.Fatal(err)
			}
			drafts := make([]approvals.Request, b.N)
			for i := range drafts {
				who, what := m.people[i%len(m.people)], all[i/len(m.people)%len(all)]
				drafts[i], err = service.Draft(ctx, approvals.Person(who.ID, "bench", ""), approvals.Ask{Requester: who.ID, Entitlement: what.ID,
					Duration: 20 * time.Minute, Reason: "refund stuck", Ticket: "INC-4312", Key: fmt.Sprint("bench:", i)})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			for _, d := range drafts {
				if _, err := service.Submit(ctx, approvals.Person(d.Requester, "bench", ""), d.ID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
