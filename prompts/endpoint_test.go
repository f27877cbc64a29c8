package prompts_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/hallpass-dev/hallpass/prompts"
)

const (
	testKey = "sk-test-0123456789-do-not-show"
	// honest is a summary that keeps to the facts of input.
	honest = "The score is 42 out of 100. It is lowered by 18 points because 3 of 9 teammates hold it and 12 of 12 such requests were approved, and raised by 25 for high sensitivity."
)

func input() prompts.SummaryInput {
	return prompts.SummaryInput{
		Kind: "database role", Sensitivity: "high", Duration: 150 * time.Minute, Score: 42,
		Factors: []prompts.Factor{
			{Name: "impact.sensitivity", Points: 25, Words: "High sensitivity"},
			{Name: "peers.team", Points: -18, Words: "3 of 9 teammates hold it; 12 of 12 such requests were approved"},
		},
	}
}

// completion is a well-formed response whose message is content.
func completion(content string) string {
	return completionOf(map[string]any{"role": "assistant", "content": content}, "stop", 300)
}

func answer(summary string) string {
	content, err := json.Marshal(map[string]string{"summary": summary})
	if err != nil {
		panic(err)
	}
	return completion(string(content))
}

func completionOf(message map[string]any, finish string, tokens int) string {
	body, err := json.Marshal(map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion", "model": "m",
		"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": finish}},
		"usage":   map[string]int{"prompt_tokens": tokens - 50, "completion_tokens": 50, "total_tokens": tokens},
	})
	if err != nil {
		panic(err)
	}
	return string(body)
}

// endpoint is a model's endpoint that does as handle says and keeps what it
// was asked.
type endpoint struct {
	*httptest.Server

	mu       sync.Mutex
	requests []string
	headers  []http.Header
}

func serve(t *testing.T, handle http.HandlerFunc) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			body = fmt.Appendf(nil, "unreadable: %v", err)
		}
		e.mu.Lock()
		e.requests = append(e.requests, string(body))
		e.headers = append(e.headers, r.Header.Clone())
		e.mu.Unlock()
		handle(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}
}

func fails(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func (e *endpoint) asked() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.requests)
}

func (e *endpoint) config() prompts.Config {
	return prompts.Config{BaseURL: e.URL + "/v1", APIKey: testKey, Model: "small-model"}
}

func newClient(t *testing.T, cfg prompts.Config) *prompts.Client {
	t.Helper()
	c, err := prompts.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// roundTrip is an endpoint without a network, for tests in virtual time.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
