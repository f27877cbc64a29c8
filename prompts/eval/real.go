package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hallpass-dev/hallpass/prompts"
)

// patience is how long a real model may take; what takes longer than the
// default is counted apart.
const patience = 30 * time.Second

// realConfig is the endpoint that the environment names, if it names one.
func realConfig(getenv func(string) string) (prompts.Config, bool) {
	cfg := prompts.Config{
		Model: getenv("HALLPASS_PROMPT_MODEL"), APIKey: getenv("OPENAI_API_KEY"), BaseURL: getenv("OPENAI_BASE_URL"),
		Timeout: patience, MaxTokensPerDay: 1 << 30,
	}
	return cfg, cfg.Model != "" && (cfg.APIKey != "" || cfg.BaseURL != "")
}

// answers is how a real model did.
type answers struct {
	passed   tally
	refusals map[string]int // by the reason, which never holds the model's text
	latency  []time.Duration
	coverage []float64
	tokens   int
}

// askReal asks the model once for every case whose input may be sent.
func askReal(ctx context.Context, cfg prompts.Config, cases []evalCase) answers {
	a := answers{refusals: map[string]int{}}
	meter := &meter{next: http.DefaultTransport}
	cfg.HTTPClient = &http.Client{Transport: meter}
	for _, c := range cases {
		in, err := c.summary()
		if err != nil || c.Refused {
			continue
		}
		var s prompts.Summary
		client, err := prompts.New(cfg) // A new one for each: no breaker, no cache.
		if err == nil {
			start := time.Now()
			s, err = client.Summarize(ctx, in)
			a.latency = append(a.latency, time.Since(start))
		}
		a.passed.count(err == nil)
		if err != nil {
			a.refusals[strings.TrimPrefix(err.Error(), "summarise: ")]++
			continue
		}
		a.coverage = append(a.coverage, covered(in, s.Text))
	}
	a.tokens = meter.tokens
	return a
}

func (a answers) print(w io.Writer, model string) {
	late := 0
	for _, d := range a.latency {
		if d > prompts.DefaultTimeout {
			late++
		}
	}
	fmt.Fprintf(w, "real model %s\n", model)
	fmt.Fprintf(w, "  answers shown              %s\n", a.passed)
	fmt.Fprintf(w, "  factual coverage           %.1f%% of the three heaviest factors' figures, in answers shown\n", 100*mean(a.coverage))
	fmt.Fprintf(w, "  latency                    median %s, p95 %s; %d later than %s, which Hallpass does not wait for\n",
		quantile(a.latency, 50), quantile(a.latency, 95), late, prompts.DefaultTimeout)
	fmt.Fprintf(w, "  tokens                     %d, %d a case\n", a.tokens, a.tokens/max(a.passed.all, 1))
	for _, reason := range slices.Sorted(maps.Keys(a.refusals)) {
		fmt.Fprintf(w, "  not shown %4d times       %s\n", a.refusals[reason], reason)
	}
}

// quantile is the nearest-rank quantile in hundredths, in whole milliseconds.
func quantile(ds []time.Duration, hundredths int) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(ds))
	return sorted[(len(sorted)*hundredths+99)/100-1].Round(time.Millisecond)
}

// meter adds up the tokens that an endpoint says it spent.
type meter struct {
	next   http.RoundTripper
	tokens int
}

// RoundTrip passes a call on and reads the usage of its answer.
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, readErr := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err := errors.Join(readErr, resp.Body.Close()); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var answer struct {
		Usage struct {
			Total int `json:"total_tokens"`
		} `json:"usage"`
	}
	if json.Unmarshal(body, &answer) == nil {
		m.tokens += answer.Usage.Total
	}
	return resp, nil
}
