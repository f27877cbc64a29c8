package bot_test

import (
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/cards"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// revoking answers calls with an error of Slack's once it is told to.
type revoking struct {
	http.RoundTripper
	code atomic.Pointer[string]
}

func (r *revoking) RoundTrip(req *http.Request) (*http.Response, error) {
	code := r.code.Load()
	if code == nil || path.Base(req.URL.Path) == "apps.connections.open" {
		return r.RoundTripper.RoundTrip(req)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(strings.NewReader(`{"ok":false,"error":"` + *code + `"}`))}, nil
}

func TestTokenRevokedWhileRunningStopsTheBotWithTheMend(t *testing.T) {
	inWorld(t, func(w *world) {
		asked := 0
		for code, mend := range map[string]string{
			"token_revoked": "Slack does not accept SLACK_BOT_TOKEN", "invalid_auth": "Slack does not accept SLACK_BOT_TOKEN",
			"not_authed": "Slack does not accept SLACK_BOT_TOKEN", "account_inactive": "install the app again",
		} {
			w.stop()
			r := &revoking{RoundTripper: &http.Transport{DialContext: w.Dial, DisableKeepAlives: true}}
			w.calls.RoundTripper = r
			b := w.newBot()
			run, cancel := context.WithTimeout(w.ctx, time.Hour)
			ended := make(chan error, 1)
			go func() { ended <- b.Run(run) }()
			w.until("both sockets are open", func() bool { return b.Health().Connected == 2 })
			r.code.Store(&code)
			w.say("UANA", "help")
			err := <-ended
			cancel()
			if approvals.ErrorCode(err) != approvals.CodeInvalid || !strings.Contains(approvals.ErrorMessage(err), mend) {
				t.Errorf("%s: Run ends with %v", code, err)
			}
			r.code.Store(nil)
			w.start() // with a token that works, the person is answered: nothing was lost
			asked++
			w.until("what came before is answered", func() bool { return w.count("UANA", "in your own words") == asked })
		}
	})
}

// slowly takes as long as Slack may to give the address of a socket.
type slowly struct{ http.RoundTripper }

func (s slowly) RoundTrip(req *http.Request) (*http.Response, error) {
	if path.Base(req.URL.Path) == "apps.connections.open" {
		wait(2 * time.Second)
	}
	return s.RoundTripper.RoundTrip(req)
}

func TestSocketsAreRefreshedOneAfterTheOtherWithoutALostClick(t *testing.T) {
	inWorldLike(t, slacksim.Config{}, warehouse(150), func(w *world) {
		w.stop()
		w.calls.RoundTripper = slowly{w.calls.RoundTripper}
		w.start()
		view := w.form("UANA")
		const life = 18060 * time.Second // as Slack says when a socket opens
		wait(life - time.Minute)
		lost := 0
		for range 10 * 90 { // a minute and a half, ten times a second, around the end of both
			if _, err := w.As("UANA").Suggest(w.ctx, view, cards.InputEntitlement, "depot-00001"); err != nil {
				lost++
			}
			wait(100 * time.Millisecond)
		}
		if lost > 0 {
			t.Errorf("%d of 900 got no answer", lost)
		}
		if since := time.Since(w.bot.Health().Since); since > 2*time.Minute {
			t.Errorf("no socket was opened anew for %s", since)
		}
		w.until("both sockets are open", func() bool { return w.bot.Health().Connected == 2 })
	})
}

func TestBotIsBackSoonAfterSlackIs(t *testing.T) {
	inWorld(t, func(w *world) {
		w.Faults().Disconnect("link_disabled")
		w.Faults().Fail("", 1<<30, http.StatusServiceUnavailable)
		wait(time.Hour)
		if err := w.bot.Health().Err(); approvals.ErrorCode(err) != approvals.CodeUnavailable || !strings.Contains(approvals.ErrorMessage(err), "no connection to Slack") {
			t.Errorf("health: %v", err)
		}
		if n := w.calls.of("apps.connections.open"); n > 3000 {
			t.Errorf("%d attempts to connect in an hour", n)
		}
		w.Faults().Clear()
		wait(time.Minute)
		if h := w.bot.Health(); h.Connected != 2 || h.LastError != "" || h.Err() != nil {
			t.Errorf("a minute after: %+v", h)
		}
		w.say("UANA", "help")
		w.sees("UANA", "", "in your own words")
	})
}
