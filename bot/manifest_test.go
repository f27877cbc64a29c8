package bot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// asked is what deploy/slack-manifest.yaml asks Slack for.
type asked struct {
	Features struct {
		Shortcuts []struct {
			Type     string
			Callback string `yaml:"callback_id"`
		}
	}
	OAuth struct {
		Scopes struct{ Bot []string }
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
	}
}

func theManifest(t *testing.T) asked {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "deploy", "slack-manifest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var m asked
	if err := yaml.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestScopesThatArePreflightedAreThoseOfTheManifest(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(slices.Sorted(slices.Values(theManifest(t).OAuth.Scopes.Bot)), slices.Sorted(slices.Values(scopes))); diff != "" {
		t.Errorf("(-manifest +code):\n%s", diff)
	}
}

func TestEveryShortcutOfTheManifestIsHandledAndNoOther(t *testing.T) {
	t.Parallel()
	want := map[string]string{shortcutAsk: "global", shortcutAbout: "message"}
	got := map[string]string{}
	for _, s := range theManifest(t).Features.Shortcuts {
		got[s.Callback] = s.Type
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-code +manifest):\n%s", diff)
	}
}

func TestEveryEventOfTheManifestIsTaken(t *testing.T) {
	t.Parallel()
	payloads := map[string]string{ // of an event, by its name in the manifest
		"app_home_opened": `{"type":"app_home_opened","user":"U1","tab":"home"}`,
		"app_mention":     `{"type":"app_mention","user":"U1","channel":"C1","text":"x"}`,
		"message.im":      `{"type":"message","channel_type":"im","user":"U1","channel":"D1","text":"x"}`,
		"user_change":     `{"type":"user_change","user":{"id":"U1"}}`,
	}
	for _, name := range theManifest(t).Settings.Events.Bot {
		payload, taken := payloads[name]
		delete(payloads, name)
		if !taken {
			t.Errorf("nobody takes the event %s", name)
			continue
		}
		e, err := decode("events_api", "E", []byte(`{"event_id":"Ev1","event":`+payload+`}`))
		if err != nil || e.Kind == kindNothing {
			t.Errorf("%s is taken as %q: %v", name, e.Kind, err)
		}
	}
	for name := range payloads {
		t.Errorf("the manifest does not ask for %s", name)
	}
}

// called are the names of the methods that this package calls.
func called(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	method := regexp.MustCompile(`b\.call\(ctx, "([^"]+)"`)
	names := []string{"auth.test", "apps.connections.open"} // of the connection itself
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range method.FindAllStringSubmatch(string(data), -1) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestEveryMethodThatIsCalledIsSlacksAndHasItsScope(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("HALLPASS_SLACK_REFERENCE")
	if dir == "" {
		t.Skip("skipped: needs Slack's reference; set HALLPASS_SLACK_REFERENCE to its folder")
	}
	names := called(t)
	if len(names) < 12 {
		t.Errorf("only %v are found: the test looks for the wrong words", names)
	}
	granted := theManifest(t).OAuth.Scopes.Bot
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, "methods", name+".json"))
		if err != nil {
			t.Errorf("Slack's reference does not know %s: %v", name, err)
			continue
		}
		var facts struct {
			Scope struct{ Bot []string }
		}
		if err := json.Unmarshal(data, &facts); err != nil {
			t.Fatal(err)
		}
		if need := facts.Scope.Bot; len(need) > 0 && !slices.ContainsFunc(need, func(s string) bool { return slices.Contains(granted, s) }) {
			t.Errorf("%s needs one of %v, and the manifest asks for none of them", name, need)
		}
	}
}

func TestEveryScopeOfTheManifestIsNeeded(t *testing.T) {
	t.Parallel()
	needs := map[string]string{ // the call or event that is refused without it
		"app_mentions:read": "app_mention", "chat:write": "chat.postMessage", "commands": "/access", "im:history": "message.im", "im:read": "conversations.history",
		"im:write": "conversations.open", "users:read": "users.info", "users:read.email": "users.lookupByEmail", "usergroups:read": "usergroups.list",
	}
	m, methods := theManifest(t), called(t)
	for _, scope := range m.OAuth.Scopes.Bot {
		need := needs[scope]
		if need != "/access" && !slices.Contains(methods, need) && !slices.Contains(m.Settings.Events.Bot, need) {
			t.Errorf("nothing needs %s", scope)
		}
	}
}
