package prompts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/sashabaranov/go-openai"
)

// Summary is a model's paragraph that passed every check. It is still a
// model's: it is shown as such, escaped, beside the numbers and never instead.
type Summary struct {
	Text          string // 1 to 600 characters of plain prose on one line
	PromptVersion string // the template it was asked with, such as "summary/v1"
	Model         string // the configured name of the model
}

// Summarize asks the model to say the score's factors in a short paragraph. An
// equal input is answered from memory. The error is one of this package's, to
// be told apart with errors.Is or CodeOf, or the context's when the caller gave
// up; on any error the caller shows its own template instead.
func (c *Client) Summarize(ctx context.Context, in SummaryInput) (Summary, error) {
	if !c.Enabled() {
		return Summary{}, ErrDisabled
	}
	if err := in.check(); err != nil {
		return Summary{}, fmt.Errorf("summarise: %w", err)
	}
	user, err := c.summary.render(struct {
		SummaryInput
		Duration string
	}{in, span(in.Duration)})
	if err != nil {
		return Summary{}, fmt.Errorf("summarise: %w", err)
	}
	key := digestOf(c.summary.version, c.model, c.summary.system, user)
	if s, ok := c.cache.get(key); ok {
		return s, nil
	}
	text := ""
	err = c.ask(ctx, c.summary, user, func(content string) (err error) {
		if text, err = decodeAnswer(content); err != nil {
			return err
		}
		return c.checked(text, user, in)
	})
	if err != nil {
		return Summary{}, fmt.Errorf("summarise: %w", err)
	}
	s := Summary{Text: text, PromptVersion: c.summary.version, Model: c.model}
	c.cache.put(key, s)
	return s, nil
}

// ask spends one call, if breaker and budget let it, and hands the answer's
// content to take, whose error says that it may not be used.
func (c *Client) ask(ctx context.Context, t *template, user string, take func(content string) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !c.breaker.enter() {
		return ErrBreakerOpen
	}
	reserved := t.estimate(user)
	day, ok := c.budget.reserve(reserved)
	if !ok {
		c.breaker.leave(callUnknown)
		return ErrBudget
	}
	spent, err := c.call(ctx, t, user, take)
	c.budget.settle(day, reserved, spent)

	result := callSucceeded
	switch {
	case err != nil && ctx.Err() != nil:
		// The caller's own limit came first, and says nothing about the model.
		result, err = callUnknown, ctx.Err()
	case err != nil:
		result = callFailed
		c.log.LogAttrs(ctx, slog.LevelInfo, "language model gave no usable answer", slog.String("prompt", t.version),
			slog.String("code", string(CodeOf(err))), slog.String("reason", err.Error()))
	}
	switch opened, closed := c.breaker.leave(result); {
	case opened:
		c.log.LogAttrs(ctx, slog.LevelWarn, "language model left alone after repeated failures", slog.Duration("for", coolDown))
	case closed:
		c.log.LogAttrs(ctx, slog.LevelInfo, "language model answers again")
	}
	return err
}

// call makes one call within the time limit and lets take check what came
// back. spent is the endpoint's own count of tokens, 0 without one.
func (c *Client) call(ctx context.Context, t *template, user string, take func(content string) error) (spent int, err error) {
	ctx, end := c.trace(ctx, "model call", slog.String("prompt", t.version))
	defer func() { end(err, slog.String("code", string(CodeOf(err))), slog.Int("tokens", spent)) }()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	resp, err := c.api.CreateChatCompletion(ctx, t.request(c.model, user))
	if err != nil {
		// A cut read can hide that it was the limit which cut it.
		return 0, classify(errors.Join(err, ctx.Err()))
	}
	spent = resp.Usage.TotalTokens
	if len(resp.Choices) == 0 {
		return spent, fmt.Errorf("%w: it holds no choice", ErrAnswer)
	}
	choice := resp.Choices[0]
	if choice.Message.Refusal != "" {
		return spent, fmt.Errorf("%w: the model refused to write one", ErrAnswer)
	}
	if choice.FinishReason != openai.FinishReasonStop {
		return spent, fmt.Errorf("%w: it did not come to its end", ErrAnswer)
	}
	return spent, take(choice.Message.Content)
}

// checked returns why text may not be shown; nil when it passes every check.
func (c *Client) checked(text, user string, in SummaryInput) error {
	if err := checkSummary(text, user, in.Score); err != nil {
		return err
	}
	if err := checkLanguage(text, user, c.summary.rules()); err != nil {
		return err
	}
	return newFacts(in).check(text)
}
