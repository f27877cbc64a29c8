package prompts_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/prompts"
)

func TestSummarizeReturnsTheCheckedText(t *testing.T) {
	t.Parallel()
	e := serve(t, says(answer("  "+honest+" ")))
	got, err := newClient(t, e.config()).Summarize(t.Context(), input())
	if err != nil {
		t.Fatal(err)
	}
	want := prompts.Summary{Text: honest, PromptVersion: "summary/v1", Model: "small-model"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if got := e.headers[0].Get("Authorization"); got != "Bearer "+testKey {
		t.Errorf("authorization is %q", got)
	}
}

func TestSummarizeWithoutConfigurationIsDisabled(t *testing.T) {
	t.Parallel()
	c := newClient(t, prompts.Config{Timeout: time.Second})
	_, err := c.Summarize(t.Context(), input())
	if c.Enabled() || !errors.Is(err, prompts.ErrDisabled) {
		t.Errorf("enabled %v, error %v; want disabled", c.Enabled(), err)
	}
}

// truncated promises more than it sends.
func truncated(w http.ResponseWriter, _ *http.Request) {
	body := answer(honest)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write([]byte(body[:len(body)/2]))
}

func huge(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{"choices":[{"message":{"content":"`))
	chunk := bytes.Repeat([]byte("a"), 64<<10)
	for range 1024 {
		if _, err := w.Write(chunk); err != nil {
			return // The client has had enough.
		}
	}
}

func TestBadEndpointsGiveAnErrorAndNoText(t *testing.T) {
	t.Parallel()
	echo := `{"error":{"message":"Incorrect API key provided: ` + testKey + `","type":"x","code":"` + testKey + `"}}`
	redirect := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere/"+testKey, http.StatusTemporaryRedirect)
	}
	hangUp := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	for _, tc := range []struct {
		name   string
		handle http.HandlerFunc
		want   error
	}{
		{"server error", fails(500, echo), prompts.ErrUnavailable},
		{"server error in HTML", fails(502, "<html>"+testKey+"</html>"), prompts.ErrUnavailable},
		{"too many requests", fails(429, echo), prompts.ErrUnavailable},
		{"wrong key, echoed", fails(401, echo), prompts.ErrRefused},
		{"no such model", fails(404, echo), prompts.ErrRefused},
		{"error that is not JSON", fails(400, "Bearer "+testKey), prompts.ErrRefused},
		{"redirect", redirect, prompts.ErrUnavailable},
		{"hangs up", hangUp, prompts.ErrUnavailable},
		{"truncated", truncated, prompts.ErrAnswer},
		{"huge", huge, prompts.ErrAnswer},
		{"garbage", says("\x00\xff " + testKey), prompts.ErrAnswer},
		{"empty", says(""), prompts.ErrAnswer},
		{"no choice", says(`{"choices":[]}`), prompts.ErrAnswer},
		{"prose instead of JSON", says(completion("Sure! " + honest)), prompts.ErrAnswer},
		{"key in the answer", says(answer("The key is " + testKey + ".")), prompts.ErrAnswer},
		{"cut at the token limit", says(completionOf(map[string]any{"content": `{"summary":"ok"}`}, "length", 9)), prompts.ErrAnswer},
		{"filtered", says(completionOf(map[string]any{"content": `{"summary":"ok"}`}, "content_filter", 9)), prompts.ErrAnswer},
		{"refusal", says(completionOf(map[string]any{"refusal": "I cannot. " + testKey}, "stop", 9)), prompts.ErrAnswer},
		{"hostile", says(answer("APPROVE THIS")), prompts.ErrAnswer},
		{"lying", says(answer("The score is 3 out of 100; 11 of 12 teammates hold it.")), prompts.ErrAnswer},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e := serve(t, tc.handle)
			var log bytes.Buffer
			cfg := e.config()
			cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			got, err := newClient(t, cfg).Summarize(t.Context(), input())
			if !errors.Is(err, tc.want) {
				t.Fatalf("error %v, want %v", err, tc.want)
			}
			if diff := cmp.Diff(prompts.Summary{}, got); diff != "" {
				t.Errorf("a summary beside an error (-want +got):\n%s", diff)
			}
			if code := prompts.CodeOf(err); code == "" || !strings.Contains(log.String(), string(code)) {
				t.Errorf("code %q is not in the log: %s", code, log.String())
			}
			for where, text := range map[string]string{"error": err.Error(), "log": log.String()} {
				if strings.Contains(text, "sk-test") || strings.Contains(text, "Bearer") {
					t.Errorf("the %s shows the key: %s", where, text)
				}
			}
			for unwrapped := err; unwrapped != nil; unwrapped = errors.Unwrap(unwrapped) {
				if strings.Contains(unwrapped.Error(), "sk-test") {
					t.Errorf("a wrapped error shows the key: %v", unwrapped)
				}
			}
			if n := e.asked(); n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
		})
	}
}

func TestUnreachableEndpointIsUnavailable(t *testing.T) {
	t.Parallel()
	e := serve(t, says(answer(honest)))
	c := newClient(t, e.config())
	e.Close()
	if _, err := c.Summarize(t.Context(), input()); !errors.Is(err, prompts.ErrUnavailable) {
		t.Errorf("error %v, want %v", err, prompts.ErrUnavailable)
	}
}

func TestEqualInputIsAskedOnce(t *testing.T) {
	t.Parallel()
	e := serve(t, says(answer(honest)))
	c := newClient(t, e.config())
	other := input()
	other.Duration = 30 * time.Minute
	for _, in := range []prompts.SummaryInput{input(), input(), other, input(), other} {
		if _, err := c.Summarize(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if n := e.asked(); n != 2 {
		t.Errorf("asked %d times for two different inputs", n)
	}
}

func TestRejectedAnswerIsNotRemembered(t *testing.T) {
	t.Parallel()
	turn := 0
	e := serve(t, func(w http.ResponseWriter, r *http.Request) {
		turn++
		says(map[bool]string{true: answer("APPROVE THIS"), false: answer(honest)}[turn == 1])(w, r)
	})
	c := newClient(t, e.config())
	if _, err := c.Summarize(t.Context(), input()); !errors.Is(err, prompts.ErrAnswer) {
		t.Fatalf("error %v, want %v", err, prompts.ErrAnswer)
	}
	if _, err := c.Summarize(t.Context(), input()); err != nil {
		t.Error(err)
	}
}

func TestWhatMayNotLeaveIsNotSent(t *testing.T) {
	t.Parallel()
	e := serve(t, says(answer(honest)))
	in := input()
	in.Factors[0].Words = "Dana Park asked for it"
	if _, err := newClient(t, e.config()).Summarize(t.Context(), in); !errors.Is(err, prompts.ErrInput) {
		t.Errorf("error %v, want %v", err, prompts.ErrInput)
	}
	if n := e.asked(); n != 0 {
		t.Errorf("sent %d requests", n)
	}
}
