package bot_test

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// backlog is how much piles up while Slack is away: HALLPASS_BACKLOG, which
// "make torture" sets to 10,000, or few enough for every run of the tests.
func backlog(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("HALLPASS_BACKLOG"), "200"))
	if err != nil || n < 100 {
		t.Fatalf("HALLPASS_BACKLOG must be a number from 100 on")
	}
	return n
}

// crowd is people of the backlog, in the workspace and in the directory.
func crowd(n int) (members []slacksim.User, all []approvals.Principal) {
	for i := range n {
		id, email := fmt.Sprintf("UCROWD%03d", i), fmt.Sprintf("crowd%03d@example.com", i)
		members = append(members, slacksim.User{ID: id, Name: strings.ToLower(id), RealName: fmt.Sprintf("Crowd %03d", i), Email: email})
		all = append(all, approvals.Principal{ID: approvals.PrincipalID(id), Name: fmt.Sprintf("Crowd %03d", i), Email: email})
	}
	return members, all
}

// TestAnHourWithoutSlackIsCaughtUp piles up notices of five a request, to many
// people and a channel, and words that were kept and not yet answered. When
// Slack is back it asks for patience and fails now and then. Few notices make do
// with ten minutes.
func TestAnHourWithoutSlackIsCaughtUp(t *testing.T) {
	n := backlog(t)
	const steps = 5
	away := time.Hour
	if n < 1000 {
		away = 10 * time.Minute
	}
	members, everybody := crowd(max(10, n/100))
	inWorldLike(t, slacksim.Config{Users: members}, catalogue(), func(w *world) {
		w.dir.add(everybody...)
		faults := w.Faults()
		faults.Disconnect("link_disabled")
		faults.Fail("", 1<<30, http.StatusServiceUnavailable)

		actions := n / 10
		requests := (n - actions) / steps
		to := func(r int) approvals.Notice { // each tenth request is told of in a channel
			if r%10 == 9 {
				return approvals.Notice{Channel: "CAPP"}
			}
			return approvals.Notice{To: everybody[r%len(everybody)].ID}
		}
		for step := range steps {
			for r := range requests {
				notice := to(r)
				notice.Slot, notice.Order, notice.Kind = fmt.Sprintf("alert/%d/%d", r, step), fmt.Sprint("order/", r), approvals.NoticeAlert
				notice.Words = fmt.Sprintf("Request %05d, step %d.", r, step)
				if err := w.store.Apply(w.ctx, approvals.Change{Notices: []approvals.Notice{notice}}); err != nil {
					t.Fatal(err)
				}
			}
			wait(away / steps)
		}
		for i := range actions {
			user := members[i%len(members)].ID
			key := fmt.Sprintf("event/Ev%05d", i)
			payload := fmt.Sprintf(`{"key":%q,"kind":"message","user":%q,"text":"help","channel":%q}`, key, user, w.As(user).DMChannel())
			if _, err := w.store.Receive(w.ctx, approvals.Inbound{Key: key, Kind: "message", Payload: []byte(payload), Order: "slack/" + user, At: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}

		faults.Clear()
		faults.RateLimit("chat.postMessage", n/100, 10*time.Second)
		faults.RateLimit("users.info", 2, 10*time.Second)
		faults.RateLimit("conversations.open", 2, 10*time.Second)
		asked := w.bot.Health().Limited
		posted := w.calls.of("chat.postMessage")
		caught := w.caughtUp(func(minute int) {
			if minute <= 3 {
				faults.Fail("chat.postMessage", 2, http.StatusServiceUnavailable)
			}
		})

		seen := map[string][]int{} // by request, the steps in the order of their messages
		answers := 0
		read := func(user, channel string) {
			for _, m := range w.As(user).Messages(channel) {
				var r string
				var step int
				if _, err := fmt.Sscanf(strings.ReplaceAll(m.Plain(), ",", ""), "Request %s step %d.", &r, &step); err == nil {
					seen[r] = append(seen[r], step)
				} else if strings.Contains(m.Plain(), "in your own words") {
					answers++
				}
			}
		}
		for _, m := range members {
			read(m.ID, w.As(m.ID).DMChannel())
		}
		read("UBOB", "CAPP")
		if len(seen) != requests {
			t.Errorf("%d of %d requests were told of", len(seen), requests)
		}
		for r, got := range seen {
			if !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
				t.Errorf("request %s: steps %v", r, got)
			}
		}
		if answers != actions {
			t.Errorf("%d answers to %d messages", answers, actions)
		}
		h := w.bot.Health()
		calls, limited := w.calls.of("chat.postMessage")-posted, h.Limited-asked
		t.Logf("%d notices and %d answers in %s: %d posts tried, %d answers 429, %d put off before", requests*steps, answers, caught, calls, limited, h.PutOff)
		if h.Undone > 0 {
			for _, l := range strings.SplitN(w.logs.String(), "\n", 4000) {
				if strings.Contains(l, "given up") {
					t.Fatal(l)
				}
			}
		}
		if forced := n/100 + 4; limited > forced+n/100 || h.Undone != 0 {
			t.Errorf("%d times patience was asked for, of which %d were forced; %d notices were given up", limited, forced, h.Undone)
		}
	})
}

// caughtUp waits until nothing is left to deliver or to answer, and does
// something every minute meanwhile. It returns how long it took.
func (w *world) caughtUp(meanwhile func(minute int)) time.Duration {
	w.t.Helper()
	began := time.Now()
	for quiet, last, minute := 0, -1, 1; quiet < 4; minute++ {
		wait(time.Minute)
		made := w.calls.of("chat.postMessage")
		if made == last {
			quiet++
		} else {
			quiet = 0
			meanwhile(minute)
		}
		last = made
		if minute > 12*60 {
			w.t.Fatalf("not caught up after %d minutes: %+v", minute, w.bot.Health())
		}
	}
	return time.Since(began) - 4*time.Minute
}
