package bot_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

func TestPreflightNamesMissingScopes(t *testing.T) {
	t.Parallel()
	all, _ := manifest(t)
	for name, tt := range map[string]struct {
		scopes, app []string
		mend        string
	}{
		"all there":            {all, []string{"connections:write"}, ""},
		"no direct messages":   {[]string{"app_mentions:read", "chat:write", "commands", "users:read", "users:read.email"}, []string{"connections:write"}, "im:history, im:read, im:write"},
		"an app token without": {all, []string{"authorizations:read"}, "SLACK_APP_TOKEN lacks the scope"},
	} {
		synctest.Test(t, func(t *testing.T) {
			sim, err := slacksim.New(slacksim.Config{Users: users(), Scopes: tt.scopes, AppScopes: tt.app})
			if err != nil {
				t.Fatal(err)
			}
			defer sim.Close()
			_, err = bot.Preflight(t.Context(), bot.Config{BotToken: "xoxb-local", AppToken: "xapp-local", APIURL: sim.APIURL(),
				HTTPClient: &http.Client{Transport: &http.Transport{DialContext: sim.Dial, DisableKeepAlives: true}}})
			if (err == nil) != (tt.mend == "") || (err != nil && !strings.Contains(approvals.ErrorMessage(err), tt.mend)) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}
