package slacksim

import (
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Config describes a workspace. Only tokens and users are needed; New fills in the rest.
type Config struct {
	// TeamID is the home workspace, "T…". Default "T0LOCAL".
	TeamID string
	// TeamName is shown in the page and in team.info. Default "Local workspace".
	TeamName string
	// EnterpriseID, "E…", makes the workspace part of an Enterprise Grid organisation. Empty means it stands alone.
	EnterpriseID string
	// EnterpriseName is the organisation's name. Default: TeamName.
	EnterpriseName string

	// BotToken is the xoxb- token that Web API calls must carry.
	BotToken string
	// AppToken is the xapp- token that apps.connections.open must carry.
	AppToken string
	// Scopes are the bot token's scopes. The default is what a bot needs that is mentioned, written to and posts messages.
	Scopes []string
	// AppScopes are the app token's scopes. Default: connections:write.
	AppScopes []string
	// Events are the bot events that the app is subscribed to. The default is app_home_opened, app_mention, message.im,
	// subteam_members_changed and user_change.
	Events []string

	// AppName is the bot's display name. Default "Bot".
	AppName string
	// BotUserID is the bot's own user id. Default "U0BOT".
	BotUserID string
	// Command is the one slash command, such as "/access". Empty: the app has none.
	Command string
	// Shortcuts are the app's global shortcuts; MessageShortcuts are those in the menu of a message.
	Shortcuts        []Shortcut
	MessageShortcuts []Shortcut

	Users      []User
	UserGroups []Group
	Channels   []Channel
	// Featured are ids of people that the page lists first.
	Featured []string

	// AckWithin is how long the bot has to acknowledge an envelope, and how long a trigger lives. Default 3 s, which is Slack's; more is
	// for tests of programs in other processes on a machine that is busy.
	AckWithin time.Duration
	// Now is the clock for time stamps and lifetimes. Default time.Now. Timers always use package time.
	Now func() time.Time
	// Logger receives refused calls and lost envelopes. Default: nothing is logged.
	Logger *slog.Logger
	// Rates scales Slack's rate limits. The zero value means Slack's own.
	Rates Rates

	// Links are extra links in the header of the page.
	Links []Link
	// Mounts are extra paths served beside the workspace, such as "/sandbox/".
	Mounts map[string]http.Handler
}

// User is a person or a bot in, or seen from, the workspace.
type User struct {
	ID       string `json:"id"`   // U…, or W… in an Enterprise Grid organisation
	Name     string `json:"name"` // the handle, without "@"
	RealName string `json:"real_name"`
	Title    string `json:"title"`
	Email    string `json:"email"`
	TimeZone string `json:"time_zone"` // IANA name; default UTC
	// TeamID of another workspace makes the person an outsider, met in a shared channel. Default: the home workspace.
	TeamID string `json:"team_id"`
	// EnterpriseID is the Enterprise Grid organisation of the person's own workspace, "E…". Default: the workspace's for its own people. A person of
	// another workspace with the same organisation is a colleague from elsewhere in it.
	EnterpriseID    string `json:"enterprise_id"`
	Restricted      bool   `json:"restricted"`       // a guest in several channels
	UltraRestricted bool   `json:"ultra_restricted"` // a guest in one channel
	Bot             bool   `json:"bot"`
	Deleted         bool   `json:"deleted"` // deactivated
	Stranger        bool   `json:"stranger"`
	Admin           bool   `json:"admin"`
}

// Group is a user group, mentioned as @handle.
type Group struct {
	ID     string
	Handle string
	Name   string
	Users  []string // user ids
	// Disabled groups cannot be mentioned, and the Web API shows them only when asked to.
	Disabled bool
}

// Channel is a public or private channel. Direct messages are opened on demand.
type Channel struct {
	ID      string
	Name    string // without "#"
	Topic   string
	Private bool
	// Shared marks a channel shared with another workspace, where outsiders may be.
	Shared   bool
	Archived bool
	// Members are user ids. Empty: everybody of the home workspace except guests, and the bot.
	Members []string
	// NoBot leaves the bot out when Members is empty.
	NoBot bool
}

// Shortcut is a global or a message shortcut of the app.
type Shortcut struct {
	CallbackID string `json:"callback_id"`
	Name       string `json:"name"`
}

// Link is a link in the header of the page.
type Link struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

// Rates scales the rate limits: 2 allows twice Slack's rates, a negative number switches them off, and zero means 1.
type Rates struct {
	Scale float64
}

var defaultScopes = strings.Fields("app_mentions:read chat:write commands im:history im:read im:write users:read users:read.email usergroups:read")

var defaultEvents = []string{"app_home_opened", "app_mention", "message.im", "subteam_members_changed", "user_change"}

func (c *Config) setDefaults() {
	fill := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	fill(&c.TeamID, "T0LOCAL")
	fill(&c.TeamName, "Local workspace")
	fill(&c.EnterpriseName, c.TeamName)
	fill(&c.BotToken, "xoxb-local")
	fill(&c.AppToken, "xapp-local")
	fill(&c.AppName, "Bot")
	fill(&c.BotUserID, "U0BOT")
	if c.Scopes == nil {
		c.Scopes = defaultScopes
	}
	if c.AppScopes == nil {
		c.AppScopes = []string{"connections:write"}
	}
	if c.Events == nil {
		c.Events = defaultEvents
	}
	if c.AckWithin == 0 {
		c.AckWithin = ackWithin
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}
