package app

import (
	"context"
	"strings"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/config"
	"github.com/hallpass-dev/hallpass/prompts"
)

// slack makes the bot, and asks Slack whether its tokens and scopes will do.
func (a *App) slack(ctx context.Context, model *prompts.Client) (*bot.Bot, error) {
	botToken, err := a.token(a.options.BotToken, a.config.Slack.BotToken, "bot token (xoxb-…)")
	if err != nil {
		return nil, err
	}
	appToken, err := a.token(a.options.AppToken, a.config.Slack.AppToken, "app token (xapp-…, with connections:write)")
	if err != nil {
		return nil, err
	}
	closes, err := a.config.Slack.Close()
	if err != nil {
		return nil, err
	}
	var proposer bot.Proposer
	if may := a.config.Model.Proposals; model.Enabled() && (may == nil || *may) {
		proposer = model
	}
	b, err := bot.New(bot.Config{
		BotToken: botToken, AppToken: appToken, APIURL: a.config.Slack.APIURL,
		Service: a.Service, Store: a.Store, Directory: a.Access.People, Catalogue: a.Access.Catalogue, Reviews: a.Reviews,
		Now: a.options.Now, Logger: a.log, Observe: a.metrics.observe, Trace: a.options.Trace, Pace: a.options.SlackPace,
		CloseOfDay: closes, Proposer: proposer,
	})
	if err != nil {
		return nil, err
	}
	return b, b.Preflight(ctx)
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
