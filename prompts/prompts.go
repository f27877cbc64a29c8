// Package prompts holds the versioned prompt templates and answer schemas, and
// the one client that talks to a language model.
//
// What it makes is prose to be shown beside stored numbers, and values for a
// form that a person looks at before they send it; nothing else. No type of
// this package may reach a decision. A name or a text that a person wrote may
// not reach a summary's prompt; a proposal's holds the words of the one person
// who wrote them to ask, without addresses and secrets. An answer that fails a
// check is an error, never a weaker answer. The API key never appears in an error or a log, which
// is why no text that the endpoint sends does either.
//
// Templates live in folders named by version. A released version's files are
// never edited; a change is a new version.
package prompts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"
)

// Defaults of Config.
const (
	DefaultTimeout         = 5 * time.Second
	DefaultMaxTokensPerDay = 200_000
)

// Trace hears of a call when it begins and, by the function that it returns,
// when it ended: codes and counts, never texts.
type Trace = func(ctx context.Context, step string, about ...slog.Attr) (context.Context, func(err error, about ...slog.Attr))

// Config says which model to ask, and how much. The endpoint is any that
// speaks OpenAI's chat completions with JSON-schema answers. Without BaseURL,
// APIKey and Model the client is disabled.
type Config struct {
	// BaseURL ends where "/chat/completions" is appended; empty means OpenAI's
	// own. Plain http is accepted for this machine, or without a key.
	BaseURL string
	// APIKey is sent as a bearer token; empty for endpoints that want none.
	APIKey string
	// Model is the endpoint's name of the model. There is no default, since
	// sending anything anywhere has to be somebody's choice.
	Model string
	// Timeout limits one call; 0 means DefaultTimeout.
	Timeout time.Duration
	// MaxTokensPerDay limits tokens, prompts and answers together, from one
	// midnight UTC to the next in this process; 0 means DefaultMaxTokensPerDay.
	MaxTokensPerDay int
	// Logger gets codes and counts, never texts; nil discards.
	Logger *slog.Logger
	// Trace hears of each call; nil: nobody.
	Trace Trace
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// HTTPClient carries the calls; nil means one of its own. Its redirect
	// policy is replaced: redirects are never followed.
	HTTPClient *http.Client
}

// Client asks a language model within a time limit and a token budget, leaves
// it alone while it fails, and remembers what it answered. Its methods are
// safe for concurrent use.
type Client struct {
	model    string
	timeout  time.Duration
	log      *slog.Logger
	trace    Trace
	api      *openai.Client // nil when disabled
	breaker  *breaker
	budget   *budget
	cache    *cache
	summary  *template
	proposal *template
}

// New checks the configuration and returns a client; it calls nobody. A
// configuration with neither BaseURL, APIKey nor Model gives a disabled client.
// An error names the field and the mend, and never holds the key.
func New(cfg Config) (*Client, error) {
	summary, err := loadTemplate("summary/v1")
	if err != nil {
		return nil, err
	}
	proposal, err := loadTemplate("propose/v1")
	if err != nil {
		return nil, err
	}
	if cfg.BaseURL == "" && cfg.APIKey == "" && cfg.Model == "" {
		return &Client{summary: summary, proposal: proposal}, nil
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.MaxTokensPerDay == 0 {
		cfg.MaxTokensPerDay = DefaultMaxTokensPerDay
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Trace == nil {
		cfg.Trace = func(ctx context.Context, _ string, _ ...slog.Attr) (context.Context, func(error, ...slog.Attr)) {
			return ctx, func(error, ...slog.Attr) {}
		}
	}
	api := openai.DefaultConfig(cfg.APIKey)
	if cfg.BaseURL != "" {
		api.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	}
	api.HTTPClient = guarded(cfg.HTTPClient)
	return &Client{
		model:    cfg.Model,
		timeout:  cfg.Timeout,
		log:      cfg.Logger,
		trace:    cfg.Trace,
		api:      openai.NewClientWithConfig(api),
		breaker:  newBreaker(cfg.Now),
		budget:   newBudget(cfg.Now, cfg.MaxTokensPerDay),
		cache:    newCache(cacheSize),
		summary:  summary,
		proposal: proposal,
	}, nil
}

// Enabled reports whether a model is configured; without one every call
// returns ErrDisabled.
func (c *Client) Enabled() bool { return c.api != nil }

func (cfg Config) check() error {
	switch {
	case cfg.Model == "":
		return errors.New("language model: model is not set; name the model that the endpoint is to use")
	case cfg.Timeout < 0:
		return fmt.Errorf("language model: timeout is %v; give a positive duration or leave it out", cfg.Timeout)
	case cfg.MaxTokensPerDay < 0:
		return fmt.Errorf("language model: max_tokens_per_day is %d; give a positive number or leave it out", cfg.MaxTokensPerDay)
	case strings.ContainsFunc(cfg.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("language model: the API key holds a space or an unprintable character; copy it again")
	case cfg.BaseURL == "":
		return nil
	}
	u, err := url.Parse(cfg.BaseURL)
	// The URL itself is not shown: people paste keys into URLs.
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("language model: base_url is not an http or https URL; give one like https://host/v1")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("language model: base_url holds a user, a query or a fragment; leave only scheme, host and path")
	}
	if u.Scheme == "http" && cfg.APIKey != "" && !loopback(u.Hostname()) {
		return errors.New("language model: base_url is plain http, which would show the API key to the network; use https, or leave the key out")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
