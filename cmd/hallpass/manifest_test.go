package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// manifest is the part of a Slack app manifest that ours uses. It is decoded
// strictly, so that a misspelt key is an error here and not in Slack.
type manifest struct {
	Metadata struct {
		Major int `yaml:"major_version"`
		Minor int `yaml:"minor_version"`
	} `yaml:"_metadata"`
	Display struct {
		Name, Description string
		Long              string `yaml:"long_description"`
		Background        string `yaml:"background_color"`
	} `yaml:"display_information"`
	Features struct {
		Bot struct {
			Name   string `yaml:"display_name"`
			Online bool   `yaml:"always_online"`
		} `yaml:"bot_user"`
		Home struct {
			Home     bool `yaml:"home_tab_enabled"`
			Messages bool `yaml:"messages_tab_enabled"`
			ReadOnly bool `yaml:"messages_tab_read_only_enabled"`
		} `yaml:"app_home"`
		Agent struct {
			Description string                            `yaml:"agent_description"`
			Prompts     []struct{ Title, Message string } `yaml:"suggested_prompts"`
		} `yaml:"agent_view"`
		Commands []struct {
			Command, Description string
			Hint                 string `yaml:"usage_hint"`
			Escape               bool   `yaml:"should_escape"`
		} `yaml:"slash_commands"`
		Shortcuts []struct {
			Name, Type, Description string
			Callback                string `yaml:"callback_id"`
		}
	}
	OAuth struct {
		Scopes struct{ Bot []string }
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
		Interactivity struct {
			Enabled bool `yaml:"is_enabled"`
		}
		Org      bool `yaml:"org_deploy_enabled"`
		Socket   bool `yaml:"socket_mode_enabled"`
		Rotation bool `yaml:"token_rotation_enabled"`
	}
}

func readManifest(t *testing.T) manifest {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root(t), "deploy", "slack-manifest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.UnmarshalWithOptions(data, &m, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestManifestAsksForExactlyTheScopesWeUse(t *testing.T) {
	t.Parallel()
	want := []string{"app_mentions:read", "chat:write", "commands", "im:history", "im:read", "im:write",
		"users:read", "users:read.email", "usergroups:read"}
	if diff := cmp.Diff(want, readManifest(t).OAuth.Scopes.Bot); diff != "" {
		t.Errorf("bot scopes (-want +got):\n%s", diff)
	}
}

func TestManifestSwitchesOnWhatTheBotNeeds(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	for what, on := range map[string]bool{
		"Socket Mode":           m.Settings.Socket,
		"interactivity":         m.Settings.Interactivity.Enabled,
		"Home tab":              m.Features.Home.Home,
		"Messages tab":          m.Features.Home.Messages,
		"writing to the bot":    !m.Features.Home.ReadOnly,
		"one /access, escaped":  len(m.Features.Commands) == 1 && m.Features.Commands[0].Command == "/access" && m.Features.Commands[0].Escape,
		"a lasting bot token":   !m.Settings.Rotation,
		"a global shortcut":     m.Features.Shortcuts[0].Type == "global" && m.Features.Shortcuts[0].Callback == "request_access",
		"a message shortcut":    m.Features.Shortcuts[1].Type == "message" && m.Features.Shortcuts[1].Callback == "request_access_about",
		"a colour Slack parses": regexp.MustCompile(`^#[0-9a-fA-F]{6}$`).MatchString(m.Display.Background),
	} {
		if !on {
			t.Errorf("the manifest lacks: %s", what)
		}
	}
}

// The limits are those of Slack's published manifest schema, in characters.
func TestManifestStaysWithinSlacksLimits(t *testing.T) {
	t.Parallel()
	m := readManifest(t)
	check := func(what, text string, low, high int) {
		if n := utf8.RuneCountInString(text); n < low || n > high {
			t.Errorf("%s has %d characters; Slack wants %d to %d", what, n, low, high)
		}
	}
	check("name", m.Display.Name, 1, 35)
	check("description", m.Display.Description, 1, 140)
	check("long_description", m.Display.Long, 175, 4000)
	check("display_name", m.Features.Bot.Name, 1, 80)
	check("agent_description", m.Features.Agent.Description, 1, 300)
	if n := len(m.Features.Agent.Prompts); n > 4 {
		t.Errorf("%d suggested prompts; Slack wants at most 4", n)
	}
	for _, c := range m.Features.Commands {
		check("usage_hint", c.Hint, 1, 1000)
		check("command description", c.Description, 1, 2000)
	}
	for _, s := range m.Features.Shortcuts {
		check("shortcut name", s.Name, 1, 24)
		check("shortcut description", s.Description, 1, 150)
	}
}

func TestManifestHasTheScopeOfEveryEvent(t *testing.T) {
	t.Parallel()
	reference := os.Getenv("HALLPASS_SLACK_REFERENCE")
	if reference == "" {
		t.Skip("skipped: needs Slack's reference; set HALLPASS_SLACK_REFERENCE to its folder")
	}
	m := readManifest(t)
	for _, event := range m.Settings.Events.Bot {
		data, err := os.ReadFile(filepath.Join(reference, "events", event+".json"))
		if err != nil {
			t.Errorf("Slack's reference does not know the event %s: %v", event, err)
			continue
		}
		var facts struct{ Scopes []string }
		if err := json.Unmarshal(data, &facts); err != nil {
			t.Fatal(err)
		}
		declared := func(scope string) bool {
			// The reference spells one scope, app_mentions:read, with a dot.
			return slices.Contains(m.OAuth.Scopes.Bot, strings.Replace(scope, "mentions.", "mentions:", 1))
		}
		if len(facts.Scopes) > 0 && !slices.ContainsFunc(facts.Scopes, declared) {
			t.Errorf("event %s needs one of %v", event, facts.Scopes)
		}
	}
}
