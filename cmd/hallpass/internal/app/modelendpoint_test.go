package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// answering is an OpenAI-compatible endpoint that gives its answers in turn.
// The first argument of each is the score that the prompt states.
type answering struct {
	*httptest.Server
	asked atomic.Int64
}

var statedScore = regexp.MustCompile(`Score: (\d+) on a scale`)

func newAnswering(t *testing.T, turns ...turn) *answering {
	t.Helper()
	a := &answering{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		score := "0"
		if m := statedScore.FindSubmatch(body); m != nil {
			score = string(m[1])
		}
		n := int(a.asked.Add(1)) - 1
		w.Header().Set("Content-Type", "application/json")
		turns[n%len(turns)](score, w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

// section is the model: part of a configuration that asks this endpoint.
func (a *answering) section(limit time.Duration) string {
	return fmt.Sprintf("model:\n  base_url: %s/v1\n  name: small-model\n  timeout: %s\n  tokens_per_day: 1000000000\n", a.URL, limit)
}

// telling answers as a model should, in form. SCORE stands for the score that
// the prompt states.
func telling(text string) turn {
	return func(score string, w http.ResponseWriter, _ *http.Request) {
		content, _ := json.Marshal(map[string]string{"summary": strings.ReplaceAll(text, "SCORE", score)})
		_, _ = io.WriteString(w, completion(map[string]any{"role": "assistant", "content": string(content)}, "stop"))
	}
}

// saying answers with a body as it stands.
func saying(status int, body string) turn {
	return func(_ string, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// dragging answers nothing until the asker has given up.
func dragging(_ string, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// breakingOff promises more than it sends.
func breakingOff(_ string, w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "5000")
	_, _ = io.WriteString(w, `{"id":"chatcmpl-1","choices":[{"index":0,"mess`)
}

func completion(message map[string]any, finish string) string {
	b, _ := json.Marshal(map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion", "model": "small-model",
		"choices": []any{map[string]any{"index": 0, "message": message, "finish_reason": finish}},
		"usage":   map[string]int{"prompt_tokens": 300, "completion_tokens": 40, "total_tokens": 340},
	})
	return string(b)
}

// toolCall is an answer that wants something done instead of saying something.
var toolCall = completion(map[string]any{"role": "assistant", "content": "", "tool_calls": []any{map[string]any{
	"id": "call_1", "type": "function", "function": map[string]string{"name": "approve_request", "arguments": `{"all":true}`}}}}, "tool_calls")

// otherSchema is an answer that brings a decision along.
var otherSchema = completion(map[string]any{"role": "assistant",
	"content": `{"summary":"Fine.","outcome":"auto_approve","score":0,"approvers":[]}`}, "stop")
