package bot_test

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
	"github.com/hallpass-dev/hallpass/store"
)

// served is a bot on real sockets against a workspace without rate limits.
func served(b *testing.B, database string, members []slacksim.User, everybody []approvals.Principal, c shelf) *world {
	b.Helper()
	sim, err := slacksim.New(slacksim.Config{AppName: "Hallpass", Command: "/access", Users: append(users(), members...), Rates: slacksim.Rates{Scale: -1},
		Channels: []slacksim.Channel{{ID: "CGEN", Name: "general"}}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	if err := sim.Start(ctx, "127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(ctx, store.Config{URL: database})
	if err != nil {
		b.Fatal(err)
	}
	if err := db.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	dir := &people{list: append(directory().list, everybody...)}
	w := &world{Workspace: sim, ctx: ctx, store: db, dir: dir}
	w.calls = &counter{RoundTripper: &http.Transport{MaxIdleConnsPerHost: 32}, n: map[string]int{}}
	w.svc = &approvals.Service{Store: db, Directory: dir, Catalogue: c, Scorer: scorer{}, Policy: &law{}, Fallback: []approvals.PrincipalID{"p-ada"}}
	w.bot, err = bot.New(bot.Config{BotToken: "xoxb-local", AppToken: "xapp-local", APIURL: sim.APIURL(), Service: w.svc, Store: db, Directory: dir, Catalogue: c,
		Pace: -1, HTTPClient: &http.Client{Timeout: 10 * time.Second, Transport: w.calls}})
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- w.bot.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := db.Close(); err != nil {
			b.Error(err)
		}
		sim.Close()
	})
	if err := sim.Wait(ctx, func() bool { return sim.Connections() == 2 }); err != nil {
		b.Fatal(err)
	}
	return w
}

// spread adds p50, p99 and max of some durations in milliseconds.
func spread(b *testing.B, name string, ds []time.Duration) {
	b.Helper()
	if len(ds) == 0 {
		b.Fatalf("%s was never measured", name)
	}
	slices.Sort(ds)
	for label, share := range map[string]float64{"p50": .5, "p99": .99, "max": 1} {
		b.ReportMetric(float64(ds[min(len(ds)-1, int(share*float64(len(ds))))].Microseconds())/1000, name+"-"+label+"-ms")
	}
}

// BenchmarkSuggestions types into the form's select, of twenty thousand
// entitlements, and reports how long the person waits for the list.
func BenchmarkSuggestions(b *testing.B) {
	members, everybody := crowd(900)
	for i := range everybody {
		everybody[i].Manager = "p-bob"
	}
	w := served(b, engines["sqlite"](b), members, everybody, warehouse(20000))
	if _, err := w.As("UANA").DM("help"); err != nil { // the catalogue is read
		b.Fatal(err)
	}
	if err := w.Wait(w.ctx, func() bool { return len(w.As("UANA").Messages(w.As("UANA").DMChannel())) > 1 }); err != nil {
		b.Fatal(err)
	}
	if err := w.As("UANA").Command(w.ctx, "CGEN", ""); err != nil {
		b.Fatal(err)
	}
	v, err := w.As("UANA").WaitView(w.ctx, func(slacksim.View) bool { return true })
	if err != nil {
		b.Fatal(err)
	}
	typed := []string{"", "d", "depot", "depot-0", "depot-012", "depot-01234", "warehouse", "dpeot 777", "read only depot-19999", "postgres", "nothing of the kind"}
	var took []time.Duration
	b.ResetTimer()
	for i := range b.N {
		began := time.Now()
		if _, err := w.As("UANA").Suggest(w.ctx, v.ID, cards.InputEntitlement, typed[i%len(typed)]); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	b.StopTimer()
	spread(b, "suggest", took)
}

// eventsPerSecond is what one replica must take.
const eventsPerSecond = 200

// BenchmarkEvents sends two hundred events a second to one replica, by the
// clock, for HALLPASS_BENCH_SECONDS (5; the figure in the documentation is for
// 60): Home tabs that open, and messages. It reports how long until an event was
// acknowledged, and fails when one was not, or had no effect or two. One run is
// one measurement, whatever b.N.
func BenchmarkEvents(b *testing.B) {
	seconds, err := strconv.Atoi(cmp.Or(os.Getenv("HALLPASS_BENCH_SECONDS"), "5"))
	if err != nil {
		b.Fatal(err)
	}
	for engine, database := range engines {
		once := false
		b.Run(engine, func(b *testing.B) {
			if once {
				b.Skip("measured already: more iterations say nothing more")
			}
			once = true
			members, everybody := crowd(400)
			w := served(b, database(b), members, everybody, catalogue())
			b.ResetTimer()
			took := w.flood(b, members, seconds*eventsPerSecond)
			b.StopTimer()
			b.ReportMetric(0, "ns/op")
			spread(b, "ack", took)
		})
	}
}

// flood lets n events happen and waits for their effects.
func (w *world) flood(b *testing.B, members []slacksim.User, n int) (took []time.Duration) {
	b.Helper()
	seen := map[string]slacksim.Envelope{}
	look := func() (pending int) {
		for _, e := range w.Envelopes() {
			seen[e.ID] = e
		}
		for _, e := range seen {
			if e.Outcome == slacksim.Pending {
				pending++
			}
		}
		return pending
	}
	clock := time.NewTicker(time.Second / eventsPerSecond)
	defer clock.Stop()
	var acting sync.WaitGroup
	said, opened := 0, 0
	for i := range n {
		<-clock.C
		who := w.As(members[i%len(members)].ID)
		act := who.OpenHome
		if i%4 == 0 {
			said++
			act = func() error { _, err := who.DM("help"); return err }
		} else {
			opened++
		}
		acting.Go(func() {
			if err := act(); err != nil {
				b.Error(err)
			}
		})
		if i%eventsPerSecond == 0 {
			look() // the workspace remembers some seconds of envelopes
		}
	}
	acting.Wait()
	limited, cancel := context.WithTimeout(w.ctx, 2*time.Minute)
	defer cancel()
	if err := w.Wait(limited, func() bool { return w.calls.of("chat.postMessage") >= said && w.calls.of("views.publish") >= opened }); err != nil {
		b.Errorf("%d of %d answers, %d of %d Home tabs", w.calls.of("chat.postMessage"), said, w.calls.of("views.publish"), opened)
	}
	if err := w.Wait(limited, func() bool { return look() == 0 }); err != nil {
		b.Error(err)
	}
	if posts, homes := w.calls.of("chat.postMessage"), w.calls.of("views.publish"); posts != said || homes != opened {
		b.Errorf("%d answers to %d messages, %d Home tabs for %d", posts, said, homes, opened)
	}
	events := map[string]bool{}
	for _, e := range seen {
		if e.Outcome != slacksim.Acked || e.RetryAttempt > 0 {
			b.Errorf("%s was %s, attempt %d", e.What, e.Outcome, e.RetryAttempt)
		}
		if e.User != "U0BOT" {
			events[e.EventID] = true
			took = append(took, e.Acked.Sub(e.Sent))
		}
	}
	if len(events) != n {
		b.Errorf("%d of %d events were seen", len(events), n)
	}
	return took
}
