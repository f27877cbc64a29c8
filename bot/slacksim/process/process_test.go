package process

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestMain(m *testing.M) { Main(m, child) }

type told struct{ URL, Says string }

// child connects, or says what it is told and ends.
func child(spec string) error {
	var s told
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		return err
	}
	if s.Says != "" {
		_, err := os.Stderr.WriteString(s.Says)
		return err
	}
	api := slack.New("xoxb-local", slack.OptionAppLevelToken("xapp-local"), slack.OptionAPIURL(s.URL))
	return socketmode.New(api).Run()
}

func start(t *testing.T) *Bot {
	t.Helper()
	w, err := slacksim.New(slacksim.Config{BotToken: "xoxb-local", AppToken: "xapp-local", AppName: "Hallpass", Rates: slacksim.Rates{Scale: -1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	b := &Bot{Workspace: w}
	t.Cleanup(func() { b.Kill(); w.Close() })
	return b
}

func TestABotIsKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	b := start(t)
	for range 2 {
		if err := b.Start(t.Context(), told{URL: b.Workspace.APIURL()}); err != nil {
			t.Fatal(err)
		}
		b.Kill()
		b.Kill() // there is none to kill
		if err := b.Workspace.Wait(t.Context(), func() bool { return b.Workspace.Connections() == 0 }); err != nil {
			t.Fatal(err)
		}
	}
}

func TestABotThatDoesNotConnectIsReportedWithItsLog(t *testing.T) {
	t.Parallel()
	b := start(t)
	err := b.Start(t.Context(), told{Says: "no database"})
	if err == nil || !strings.Contains(err.Error(), "no database") || b.Log() != "no database" {
		t.Errorf("the error is %v, the log %q", err, b.Log())
	}
}

func TestAClockLeadsByWhatItWasSetTo(t *testing.T) {
	t.Parallel()
	c := Clock(filepath.Join(t.TempDir(), "clock"))
	for _, ahead := range []time.Duration{0, time.Hour, -time.Minute} {
		if ahead != 0 { // never set, it does not lead
			if err := c.Set(ahead); err != nil {
				t.Fatal(err)
			}
		}
		before := time.Now().Add(ahead)
		if now := c.Now(); now.Before(before) || now.After(time.Now().Add(ahead)) {
			t.Errorf("set to %s, the clock says %s", ahead, now)
		}
	}
	if err := Clock(filepath.Join(t.TempDir(), "missing", "clock")).Set(0); err == nil {
		t.Error("a clock that cannot be set says nothing")
	}
}
