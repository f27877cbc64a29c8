package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"

	"github.com/hallpass-dev/hallpass/prompts"
)

// player is an OpenAI-compatible endpoint that answers with recorded messages:
// the name of the model that is asked for says which.
type player struct {
	*httptest.Server

	mu       sync.Mutex
	messages []string
	asked    int
}

func newPlayer() *player {
	p := &player{}
	p.Server = httptest.NewServer(p)
	return p
}

// ServeHTTP answers one chat completion.
func (p *player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Model string `json:"model"`
	}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, "not JSON", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	i, err := strconv.Atoi(req.Model)
	if err != nil || i < 0 || i >= len(p.messages) {
		http.Error(w, "no such message", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{ // A client that has gone needs no answer.
		"id": "replayed", "object": "chat.completion", "model": req.Model,
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": p.messages[i]}}},
		"usage":   map[string]int{"prompt_tokens": 700, "completion_tokens": 100, "total_tokens": 800},
	})
}

// playing is a client to whom the model answers message. One of its own for
// each keeps the breaker and the cache out of it.
func (p *player) playing(message string) (*prompts.Client, error) {
	p.mu.Lock()
	p.messages = append(p.messages, message)
	model := strconv.Itoa(len(p.messages) - 1)
	p.mu.Unlock()
	return prompts.New(prompts.Config{BaseURL: p.URL + "/v1", Model: model, HTTPClient: p.Client()})
}

// ask gives the client message as the model's answer to in.
func (p *player) ask(ctx context.Context, in prompts.SummaryInput, message string) (prompts.Summary, error) {
	c, err := p.playing(message)
	if err != nil {
		return prompts.Summary{}, err
	}
	return c.Summarize(ctx, in)
}

// tell is ask with a well-formed message that holds a summary.
func (p *player) tell(ctx context.Context, in prompts.SummaryInput, summary string) error {
	message, err := json.Marshal(map[string]string{"summary": summary})
	if err != nil {
		return err
	}
	_, err = p.ask(ctx, in, string(message))
	return err
}

// replay judges every recorded answer through the real client.
func replay(ctx context.Context, cases []evalCase) (measured, error) {
	p := newPlayer()
	defer p.Close()
	m := measured{cases: len(cases), kinds: map[string]tally{}}
	for _, c := range cases {
		in, err := c.summary()
		if err != nil {
			return m, err
		}
		if c.Refused {
			before := p.asked
			err := p.tell(ctx, in, "Nothing.")
			kept := errors.Is(err, prompts.ErrInput) && p.asked == before
			m.hostile.count(kept)
			m.expect(kept, "%s: the input was sent: %v", c.ID, err)
			continue
		}
		for _, text := range c.Good {
			err := p.tell(ctx, in, text)
			m.good.count(err == nil)
			m.coverage = append(m.coverage, covered(in, text))
			m.expect(err == nil, "%s: a good answer was refused: %v: %s", c.ID, err, text)
		}
		for _, text := range c.Lost {
			m.lost++
			m.expect(p.tell(ctx, in, text) != nil, "%s: an answer that used to be lost is shown; move it to good: %s", c.ID, text)
		}
		for _, text := range c.Missed {
			m.missed++
			m.expect(p.tell(ctx, in, text) == nil, "%s: an answer that used to be missed is refused; move it to bad: %s", c.ID, text)
		}
		for _, bad := range c.Bad {
			s, err := p.ask(ctx, in, bad.Content)
			refused := errors.Is(err, prompts.ErrAnswer) && s == prompts.Summary{}
			kind := m.kinds[bad.Kind]
			kind.count(refused)
			m.kinds[bad.Kind] = kind
			m.bad.count(refused)
			m.expect(refused, "%s: an answer with %s was not refused (%v): %s", c.ID, bad.Kind, err, bad.Content)
		}
	}
	return m, nil
}
