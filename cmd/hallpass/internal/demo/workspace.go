package demo

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/bot/slacksim"
)

// homeTeam is the local workspace's id; partnerTeam that of the organisation
// with which #partners is shared.
const (
	homeTeam    = "T0NORTHWIND"
	partnerTeam = "T0PARTNER"
)

// People of the workspace whom the directory does not know, to show who may
// not ask.
const (
	guestID    = "U0GUEST"
	outsiderID = "U0OUTSIDER"
)

// securityChannel is where the example's policy has critical access decided,
// and where its hallpass.yaml has break-glass told.
const securityChannel = "C0SECURITY"

// channels are those in which everybody is.
var channels = []slacksim.Channel{
	{ID: "C0GENERAL", Name: "general", Topic: "Everybody"},
	{ID: "C0BILLING", Name: "billing-support", Topic: "Refunds, invoices, chargebacks"},
	{ID: securityChannel, Name: "security-access", Topic: "Critical access is decided here by two people"},
}

// Tokens are what a bot shows the local workspace. They are made anew each
// time and open nothing else.
type Tokens struct{ Bot, App string }

func newTokens() Tokens {
	return Tokens{Bot: "xoxb-local-" + rand.Text(), App: "xapp-local-" + rand.Text()}
}

// featured are the people that the page offers first, in the story's order.
var featured = []string{"Maya Lindqvist", "Tom Okafor", "Priya Raman", "Diego Santos", "Noor Haddad", "Chris Vega", "Sam Weber"}

func slackID(i int) string { return fmt.Sprintf("U%04d", i+1) }

// byID orders people as the directory lists them, which numbers them in Slack.
func byID(people []approvals.Principal) []approvals.Principal {
	return slices.SortedFunc(slices.Values(people), func(a, b approvals.Principal) int { return cmp.Compare(a.ID, b.ID) })
}

// newWorkspace makes the local Slack workspace in which everybody of the
// organisation is a member.
func newWorkspace(people []approvals.Principal, tokens Tokens, mounts map[string]http.Handler, links []slacksim.Link, rates slacksim.Rates, log *slog.Logger) (*slacksim.Workspace, error) {
	users := make([]slacksim.User, 0, len(people)+2)
	ids := map[string]string{}
	for i, p := range byID(people) {
		ids[p.Name] = slackID(i)
		users = append(users, slacksim.User{
			ID: slackID(i), Name: string(p.ID), RealName: p.Name, Title: p.Title, Email: p.Email,
			TimeZone: p.TimeZone, Admin: p.Admin, Deleted: p.Inactive,
		})
	}
	users = append(users,
		slacksim.User{ID: guestID, Name: "gina.guest", RealName: "Gina Guest", Title: "Auditor, guest account", Email: "gina@auditor.example", Restricted: true},
		slacksim.User{ID: outsiderID, Name: "otto.outsider", RealName: "Otto Outsider", Title: "Partner company", Email: "otto@partner.example", TeamID: partnerTeam, Stranger: true})
	var first []string
	for _, name := range featured {
		if id := ids[name]; id != "" {
			first = append(first, id)
		}
	}
	return slacksim.New(slacksim.Config{
		TeamID: homeTeam, TeamName: "Northwind (local workspace)", BotToken: tokens.Bot, AppToken: tokens.App,
		Scopes:  []string{"app_mentions:read", "chat:write", "commands", "im:history", "im:read", "im:write", "users:read", "users:read.email", "usergroups:read"},
		AppName: "Hallpass", Command: "/access",
		Shortcuts:        []slacksim.Shortcut{{CallbackID: "request_access", Name: "Request access"}},
		MessageShortcuts: []slacksim.Shortcut{{CallbackID: "request_access_about", Name: "Request access for this"}},
		Users:            users,
		Channels: append(slices.Clone(channels), slacksim.Channel{ID: "C0PARTNERS", Name: "partners", Topic: "Shared with another company", Shared: true,
			Members: append([]string{guestID, outsiderID, "U0BOT"}, first...)}),
		Featured: append(first, guestID, outsiderID),
		Rates:    rates, Logger: log, Links: links, Mounts: mounts,
	})
}
