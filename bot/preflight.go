package bot

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/hallpass-dev/hallpass/approvals"
)

// scopes are what the bot's calls need, besides the app token's
// connections:write. The manifest asks for them.
var scopes = []string{"app_mentions:read", "chat:write", "commands", "im:history", "im:read", "im:write", "users:read", "users:read.email", "usergroups:read"}

// tokens refuses tokens that can't be right before anything is asked.
func tokens(cfg Config) error {
	for _, t := range []struct{ name, value, prefix, where string }{
		{"SLACK_BOT_TOKEN", cfg.BotToken, "xoxb-", "“Install App”"},
		{"SLACK_APP_TOKEN", cfg.AppToken, "xapp-", "“Basic Information”, “App-Level Tokens”, with the scope connections:write"},
	} {
		switch {
		case strings.TrimSpace(t.value) == "":
			return approvals.Errorf(approvals.CodeInvalid, "%s is not set: set it to the token that begins with %s and is found under %s of the Slack app.", t.name, t.prefix, t.where)
		case !strings.HasPrefix(t.value, t.prefix) || strings.ContainsAny(t.value, " \n\t\"'"):
			return approvals.Errorf(approvals.CodeInvalid, "%s does not look right: it begins with %s, has no spaces or quotes, and is found under %s of the Slack app.", t.name, t.prefix, t.where)
		}
	}
	return nil
}

// Preflight asks Slack whether the tokens work and carry the scopes, once, for
// which nothing of the configuration but tokens and address is needed. The
// configuration that it returns knows the workspace, so that New need not ask
// again. Its error names the mend and never holds a token: CodeInvalid for what
// an operator must change, CodeUnavailable when Slack can't be reached.
func Preflight(ctx context.Context, cfg Config) (Config, error) {
	if err := tokens(cfg); err != nil {
		return cfg, err
	}
	api := client(cfg)
	me, err := api.AuthTestContext(ctx)
	if err != nil {
		return cfg, mend("auth.test", err)
	}
	if granted := me.Header.Get("X-OAuth-Scopes"); granted != "" {
		has := map[string]bool{}
		for _, s := range strings.Split(granted, ",") {
			has[strings.TrimSpace(s)] = true
		}
		var missing []string
		for _, s := range scopes {
			if !has[s] {
				missing = append(missing, s)
			}
		}
		if len(missing) > 0 {
			return cfg, approvals.Errorf(approvals.CodeInvalid, "SLACK_BOT_TOKEN lacks scopes: add %s to the app and install it again.", strings.Join(missing, ", "))
		}
	}
	if _, _, err := api.StartSocketModeContext(ctx); err != nil {
		return cfg, mend("apps.connections.open", err)
	}
	cfg.home = homeOf(me)
	return cfg, nil
}

// client calls Slack's Web API. It never waits without end, and writes no log.
func client(cfg Config) *slack.Client {
	calls := cfg.HTTPClient
	if calls == nil {
		calls = &http.Client{Timeout: 10 * time.Second}
	}
	options := []slack.Option{slack.OptionAppLevelToken(cfg.AppToken), slack.OptionHTTPClient(calls), slack.OptionLog(silent{})}
	if cfg.APIURL != "" {
		options = append(options, slack.OptionAPIURL(strings.TrimRight(cfg.APIURL, "/")+"/"))
	}
	return slack.New(cfg.BotToken, options...)
}

// silent keeps the library's own log from going to standard error.
type silent struct{}

// Output takes a line and its depth in the call stack, and drops it.
func (silent) Output(int, string) error { return nil }
