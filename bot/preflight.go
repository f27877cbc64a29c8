package bot

import (
	"context"
	"strings"

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

// Preflight asks Slack whether the tokens work and carry the scopes, once. Its
// error names the mend and never holds a token: CodeInvalid for what an
// operator must change, CodeUnavailable when Slack can't be reached.
func (b *Bot) Preflight(ctx context.Context) error {
	me, err := b.api.AuthTestContext(ctx)
	if err != nil {
		return mend("auth.test", err)
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
			return approvals.Errorf(approvals.CodeInvalid, "SLACK_BOT_TOKEN lacks scopes: add %s to the app and install it again.", strings.Join(missing, ", "))
		}
	}
	if _, _, err := b.api.StartSocketModeContext(ctx); err != nil {
		return mend("apps.connections.open", err)
	}
	return b.whoAmI(ctx)
}
