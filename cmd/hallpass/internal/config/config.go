// Package config reads hallpass.yaml: connections and defaults. Who may have
// what is not in it: that is the catalogue's and the policies' part of the
// same folder.
//
// It never holds a secret in the file: a secret is a reference, env:NAME or
// file:PATH, and is read when the program starts. No error of this package
// shows a secret's value.
package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/approvals/source"
)

// Config is hallpass.yaml. Every field may be absent; Load fills the defaults.
type Config struct {
	Slack      Slack                `yaml:"slack"`
	Database   Database             `yaml:"database"`
	Directory  Directory            `yaml:"directory"`
	Connectors map[string]Connector `yaml:"connectors"`
	Checks     map[string]Check     `yaml:"checks"` // external checks, by the name that the catalogue uses
	OnCall     OnCall               `yaml:"on_call"`
	Approvals  Approvals            `yaml:"approvals"`
	BreakGlass BreakGlass           `yaml:"break_glass"`
	Drift      Drift                `yaml:"drift"`
	Score      Score                `yaml:"score"`
	Model      Model                `yaml:"model"`
	Audit      Audit                `yaml:"audit"`
	Reviews    Reviews              `yaml:"reviews"`
	Listen     string               `yaml:"listen"` // health and metrics; default 127.0.0.1:9321

	// Dir is the folder that the file lies in; relative paths start there.
	Dir string `yaml:"-"`
	doc *source.Document
}

// Slack says how to reach the workspace.
type Slack struct {
	BotToken Secret `yaml:"bot_token"` // default env:SLACK_BOT_TOKEN
	AppToken Secret `yaml:"app_token"` // default env:SLACK_APP_TOKEN
	APIURL   string `yaml:"api_url"`   // default Slack's own; must end in "/"
	// CloseOfDay is what "end of day" and "close of play" mean, as HH:MM in the
	// time zone of whoever says it; default 18:00.
	CloseOfDay string `yaml:"close_of_day"`
}

// Close is CloseOfDay as the time since midnight.
func (s Slack) Close() (time.Duration, error) {
	at, err := time.Parse("15:04", s.CloseOfDay)
	if err != nil || at.Hour() == 0 && at.Minute() == 0 {
		return 0, approvals.Errorf(approvals.CodeInvalid, "%q is no time of day at which work ends.", s.CloseOfDay)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

// Database says where the truth is kept.
type Database struct {
	URL     Secret `yaml:"url"`      // default env:DATABASE_URL; empty: embedded SQLite in DataDir
	DataDir string `yaml:"data_dir"` // default "data", beside hallpass.yaml
}

// Connector configures one system's connector. A field's tag names the kinds
// that it is for; where there is none, it is for all.
type Connector struct {
	Kind        string            `yaml:"kind"`                            // one of Kinds
	DSN         Secret            `yaml:"dsn" kinds:"postgres"`            // the bot's own login
	Plain       bool              `yaml:"plain" kinds:"postgres"`          // the network is trusted: TLS is not needed
	Domain      string            `yaml:"domain" kinds:"postgres"`         // accounts that end in @domain have logins without it
	State       string            `yaml:"state" kinds:"sandbox"`           // the file that it keeps its truth in; empty: in memory
	URL         string            `yaml:"url" kinds:"scim webhook"`        // https; also env:NAME or file:PATH
	Key         Secret            `yaml:"key" kinds:"webhook"`             // signs each call
	Private     []string          `yaml:"private" kinds:"scim webhook"`    // ranges that may be called besides public addresses
	Command     []string          `yaml:"command" kinds:"exec"`            // an absolute path, then fixed arguments
	Environment map[string]Secret `yaml:"environment" kinds:"exec"`        // of the program, besides PATH, LANG and HOME
	Operations  []string          `yaml:"operations" kinds:"exec webhook"` // the optional ones that the other side has
	Token       Secret            `yaml:"token" kinds:"scim"`              // bearer token
	Account     string            `yaml:"account" kinds:"awsidc scim"`     // the users' attribute that holds the account; default userName
	Patch       string            `yaml:"patch" kinds:"scim"`              // how a member is taken away: filter (default), value or put
	Sessions    time.Duration     `yaml:"sessions" kinds:"scim"`           // for how long sessions outlive a membership; default: they end with it
	Region      string            `yaml:"region" kinds:"awsidc"`           // of the IAM Identity Center instance
	Instance    string            `yaml:"instance" kinds:"awsidc"`         // its ARN; default: the only one there is
	Control     string            `yaml:"control" kinds:"awsidc"`          // the service control policy that ends sessions where targets say so
	Replicas    int               `yaml:"replicas" kinds:"awsidc"`         // processes that share AWS's quotas at least; default: as many as are counted
	Timeout     time.Duration     `yaml:"timeout"`                         // of one call; default 10s, 30s for awsidc
	Concurrency int               `yaml:"concurrency"`                     // calls at once; default 8
}

// Approvals are the defaults of asking and answering.
type Approvals struct {
	LapseAfter    time.Duration `yaml:"lapse_after"`    // default 8h
	ChaseAfter    time.Duration `yaml:"chase_after"`    // default half of lapse_after
	SecurityQueue []string      `yaml:"security_queue"` // emails: asked when nobody else is left
	Budgets       Budgets       `yaml:"budgets"`
}

// BreakGlass says who hears of access that was opened before anybody answered,
// besides the security queue, owners and manager. Who may do so is the policies' part.
type BreakGlass struct {
	Channel      string        `yaml:"channel"`       // of the security team, by id or #name; empty: people are told one by one
	ReviewWithin time.Duration `yaml:"review_within"` // how long a review may stay open before it is escalated; default 24h
}

// Drift says how systems are compared with the grants.
type Drift struct {
	Every time.Duration `yaml:"every"` // how often each system is asked who holds what, 1m to 24h; default 10m
}

// Budgets are how many automatic approvals there may be on one day (UTC), after
// which people are asked. Zero: no limit.
type Budgets struct {
	Person      int `yaml:"person"`
	Rule        int `yaml:"rule"` // each permit's, unless it says @budget itself
	Entitlement int `yaml:"entitlement"`
}

// Score says which weights the risk score uses.
type Score struct {
	Weights string `yaml:"weights"` // a file that "hallpass score fit" wrote; empty: those of this version
}

// Model is an optional OpenAI-compatible endpoint that writes prose.
type Model struct {
	BaseURL      string        `yaml:"base_url"` // default env OPENAI_BASE_URL
	APIKey       Secret        `yaml:"api_key"`  // default env:OPENAI_API_KEY; empty: no model is used
	Name         string        `yaml:"name"`     // default gpt-4o-mini
	Timeout      time.Duration `yaml:"timeout"`  // default 5s
	TokensPerDay int           `yaml:"tokens_per_day"`
	// Proposals lets the model read what people write to ask, without addresses
	// and secrets, where the parser leaves open which access they mean; default true.
	Proposals *bool `yaml:"proposals"`
}

// The default of each setting that has one.
const (
	DefaultListen  = "127.0.0.1:9321"
	DefaultAPIURL  = "https://slack.com/api/"
	DefaultModel   = "gpt-4o-mini"
	DefaultClose   = "18:00"
	defaultDataDir = "data"
	defaultDrift   = 10 * time.Minute
)

// Load reads a hallpass.yaml, strictly: what it does not know is an error that
// names file, line and mend.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return Config{}, approvals.Problems{{File: path, What: "there is no such file", Mend: "name the configuration with --config, for example --config access/hallpass.yaml"}}
		}
		return Config{}, approvals.Problems{{File: path, What: "the file cannot be read: " + err.Error(), Mend: "check its permissions"}}
	}
	return Parse(path, data)
}

// Parse is Load for content that was read already. Path is used for problems
// and as the base of relative paths.
func Parse(path string, data []byte) (Config, error) {
	var c Config
	doc, err := source.Decode(path, data, &c)
	if err != nil {
		return Config{}, err
	}
	c.Dir, c.doc = filepath.Dir(path), doc
	c.defaults()
	if ps := c.check(); len(ps) > 0 {
		return Config{}, ps
	}
	return c, nil
}

func (c *Config) defaults() {
	setDefault(&c.Slack.BotToken, "env:SLACK_BOT_TOKEN")
	setDefault(&c.Slack.AppToken, "env:SLACK_APP_TOKEN")
	setDefault(&c.Slack.APIURL, DefaultAPIURL)
	setDefault(&c.Slack.CloseOfDay, DefaultClose)
	setDefault(&c.Database.URL, "env:DATABASE_URL")
	setDefault(&c.Database.DataDir, defaultDataDir)
	c.Directory.Default()
	setDefault(&c.Model.APIKey, "env:OPENAI_API_KEY")
	setDefault(&c.Model.BaseURL, os.Getenv("OPENAI_BASE_URL"))
	setDefault(&c.Model.Name, DefaultModel)
	setDefault(&c.Drift.Every, defaultDrift)
	setDefault(&c.Audit.Key, DefaultAuditKey)
	setDefault(&c.Audit.Every, DefaultCheckpoint)
	setDefault(&c.Listen, DefaultListen)
	for name, k := range c.Connectors {
		if k.Kind == "awsidc" { // an assignment takes AWS longer than other systems' calls
			setDefault(&k.Timeout, 30*time.Second)
			c.Connectors[name] = k
		}
	}
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Path makes a path of the configuration absolute or relative to the working
// folder: relative ones start where hallpass.yaml lies.
func (c Config) Path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.Dir, p)
}
