package prompts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/prompts"
)

func TestBadConfigurationIsNamedWithItsMend(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		cfg  prompts.Config
		want string
	}{
		{"no model", prompts.Config{APIKey: testKey}, "model"},
		{"negative timeout", prompts.Config{Model: "m", Timeout: -time.Second}, "timeout"},
		{"negative budget", prompts.Config{Model: "m", MaxTokensPerDay: -1}, "max_tokens_per_day"},
		{"key with a line end", prompts.Config{Model: "m", APIKey: testKey + "\n"}, "API key"},
		{"no scheme", prompts.Config{Model: "m", BaseURL: "host/v1"}, "base_url"},
		{"other scheme", prompts.Config{Model: "m", BaseURL: "file:///etc/passwd"}, "base_url"},
		{"key as the URL", prompts.Config{Model: "m", BaseURL: testKey}, "base_url"},
		{"broken URL", prompts.Config{Model: "m", BaseURL: "https://[" + testKey}, "base_url"},
		{"key in the URL", prompts.Config{Model: "m", BaseURL: "https://" + testKey + "@host/v1"}, "user"},
		{"key in the query", prompts.Config{Model: "m", BaseURL: "https://host/v1?key=" + testKey}, "query"},
		{"key over plain http", prompts.Config{Model: "m", APIKey: testKey, BaseURL: "http://host.example/v1"}, "https"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, err := prompts.New(tc.cfg)
			if err == nil || c != nil {
				t.Fatal("was accepted")
			}
			if !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "sk-test") {
				t.Errorf("error must name %q and hide the key: %v", tc.want, err)
			}
		})
	}
}

func TestGoodConfigurationIsEnabled(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]prompts.Config{
		"OpenAI's own":         {Model: "m", APIKey: testKey},
		"another over https":   {Model: "m", APIKey: testKey, BaseURL: "https://host.example/v1"},
		"this machine":         {Model: "m", APIKey: testKey, BaseURL: "http://127.0.0.1:11434/v1/"},
		"this machine by name": {Model: "m", APIKey: testKey, BaseURL: "http://localhost:11434/v1"},
		"inside, without key":  {Model: "m", BaseURL: "http://models.internal:8000/v1"},
	} {
		if c, err := prompts.New(cfg); err != nil || !c.Enabled() {
			t.Errorf("%s: %v", name, err)
		}
	}
}
