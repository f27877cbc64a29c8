package app

import (
	"context"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/prompts"
)

// preflight asks Slack whether its tokens and scopes will do.
func (a *App) preflight(ctx context.Context) error {
	botToken, err := a.token(a.options.BotToken, a.config.Slack.BotToken, "bot token (xoxb-…)")
	if err != nil {
		return err
	}
	appToken, err := a.token(a.options.AppToken, a.config.Slack.AppToken, "app token (xapp-…, with connections:write)")
	if err != nil {
		return err
	}
	closes, err := a.config.Slack.Close()
	if err != nil {
		return err
	}
	a.checked, err = bot.Preflight(ctx, bot.Config{BotToken: botToken, AppToken: appToken, APIURL: a.config.Slack.APIURL, CloseOfDay: closes,
		Now: a.options.Now, Logger: a.log, Observe: a.metrics.observe, Trace: a.options.Trace, Pace: a.options.SlackPace})
	return err
}

// slack makes the bot of what preflight has checked.
func (a *App) slack(ctx context.Context, model *prompts.Client) (*bot.Bot, error) {
	if a.checked.BotToken == "" {
		if err := a.preflight(ctx); err != nil {
			return nil, err
		}
	}
	c := a.checked
	c.Service, c.Store, c.Directory, c.Catalogue, c.Reviews = a.Service, a.Store, a.Access.People, a.Access.Catalogue, a.Reviews
	if may := a.config.Model.Proposals; model.Enabled() && (may == nil || *may) {
		c.Proposer = model
	}
	return bot.New(c)
}

// token is what the program was given, or what the configuration refers to.
func (a *App) token(given string, ref config.Secret, what string) (string, error) {
	if given != "" {
		return given, nil
	}
	v, err := a.config.Value(ref)
	if err == nil && v == "" {
		err = approvals.Errorf(approvals.CodeInvalid, "There is no Slack %s: set %s. The README says where to get it.", what, strings.TrimPrefix(string(ref), "env:"))
	}
	return v, err
}
