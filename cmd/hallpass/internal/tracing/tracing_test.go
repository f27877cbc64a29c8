package tracing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/cmd/hallpass/internal/tracing/collector"
	"github.com/hallpass-dev/hallpass/prompts"
)

func started(t *testing.T, endpoint string, log *slog.Logger) *Tracing {
	t.Helper()
	tr, err := Start(t.Context(), endpoint, "v1.2.3", log)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func TestASpanHasItsParentItsKindsAndTheCodeOfItsError(t *testing.T) {
	t.Parallel()
	c := collector.Start(t)
	tr := started(t, c.URL, slog.New(slog.DiscardHandler))
	ctx, end := tr.Trace().Begin(t.Context(), "task", slog.String("kind", "provision"), slog.Int("attempt", 2), slog.String("connector", ""))
	_, endCall := tr.Trace().Begin(ctx, "connector call", slog.String("op", "grant"), slog.Any("not said", struct{ Secret string }{"hunter2"}))
	endCall(&approvals.ConnectorError{Kind: approvals.Retryable, Message: "hunter2 is wrong"}, slog.Bool("again", true))
	end(nil)
	tr.Close(t.Context())

	got := map[string]string{}
	parents := map[string]string{}
	ids := map[string]string{}
	for _, s := range c.Spans() {
		var said []string
		for _, a := range s.GetAttributes() {
			said = append(said, a.GetKey()+"="+strings.TrimSpace(a.GetValue().String()))
		}
		got[s.GetName()] = strings.Join(said, " ")
		ids[string(s.GetSpanId())] = s.GetName()
		parents[s.GetName()] = string(s.GetParentSpanId())
	}
	if len(got) != 2 || ids[parents["connector call"]] != "task" {
		t.Errorf("spans %v with parents %q", got, parents)
	}
	for name, want := range map[string][]string{
		"task":           {"hallpass.kind=", `"provision"`, "hallpass.attempt="},
		"connector call": {`"grant"`, "error.type=", `"retryable"`, "hallpass.again="},
	} {
		for _, part := range want {
			if !strings.Contains(got[name], part) {
				t.Errorf("%s does not say %s: %s", name, part, got[name])
			}
		}
	}
	if text := c.Text(); strings.Contains(text, "hunter2") || !strings.Contains(text, "v1.2.3") {
		t.Errorf("the collector was sent %s", text)
	}
}

func TestACollectorThatHangsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	hangs := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hangs }))
	defer server.Close()
	defer close(hangs)
	tr := started(t, server.URL, slog.New(slog.DiscardHandler))
	for range 5 * queueAtMost { // far more than may wait
		_, end := tr.Trace().Begin(t.Context(), "task")
		end(nil)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	tr.Close(over)
}

func TestACollectorThatIsGoneIsToldOnceAndItsReturnToo(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, "your token hunter2 is no good")
		}
	}))
	defer server.Close()
	var log bytes.Buffer
	tr := started(t, server.URL, slog.New(slog.NewTextHandler(&log, nil)))
	for _, now := range []bool{true, true, false, false} {
		broken.Store(now)
		_, end := tr.Trace().Begin(t.Context(), "task")
		end(nil)
		if err := tr.provider.ForceFlush(t.Context()); err != nil {
			t.Errorf("what a collector does is an error: %v", err)
		}
	}
	tr.Close(t.Context())
	said := log.String()
	if strings.Count(said, "takes no traces") != 1 || strings.Count(said, "takes traces again") != 1 || strings.Contains(said, "hunter2") {
		t.Errorf("the log says\n%s", said)
	}
}

func TestWithoutACollectorNothingIsTraced(t *testing.T) {
	t.Parallel()
	tr, err := Start(t.Context(), "", "v1", nil)
	if err != nil || tr != nil || tr.Trace() != nil {
		t.Fatalf("Start gives %v, %v", tr, err)
	}
	tr.Close(t.Context())
	ctx, end := tr.Trace().Begin(t.Context(), "task")
	end(errors.New("said to nobody"))
	if ctx != t.Context() {
		t.Error("a context is made for nobody")
	}
	if h := slog.DiscardHandler; tr.Logs(h) != h {
		t.Error("log lines are marked with no trace")
	}
}

func TestLogLinesNameTheirTrace(t *testing.T) {
	t.Parallel()
	tr := started(t, collector.Start(t).URL, slog.New(slog.DiscardHandler))
	defer tr.Close(t.Context())
	var out bytes.Buffer
	log := slog.New(tr.Logs(slog.NewTextHandler(&out, nil))).With("connector", "sandbox").WithGroup("call")
	log.Info("outside")
	ctx, end := tr.Trace().Begin(t.Context(), "task")
	log.InfoContext(ctx, "inside")
	end(nil)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || strings.Contains(lines[0], "trace_id") || !strings.Contains(lines[1], "trace_id=") ||
		!strings.Contains(lines[1], "span_id=") || !strings.Contains(lines[1], "connector=sandbox") {
		t.Errorf("the log is\n%s", out.String())
	}
}

func TestErrorsAreToldByTheirKindAlone(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"ambiguous": fmt.Errorf("grant: %w", &approvals.ConnectorError{Kind: approvals.Ambiguous, Message: "hunter2"}),
		"conflict":  fmt.Errorf("apply: %w", approvals.Errorf(approvals.CodeConflict, "hunter2")),
		"timeout":   fmt.Errorf("call: %w", context.DeadlineExceeded),
		"cancelled": context.Canceled,
		"budget":    prompts.ErrBudget,
		"internal":  errors.New("hunter2"),
	} {
		if got := kind(err); got != want {
			t.Errorf("%v is told as %q, want %q", err, got, want)
		}
	}
}

func TestTheEnvironmentNamesTheCollector(t *testing.T) {
	t.Parallel()
	type env = map[string]string
	for name, tt := range map[string]struct {
		env  env
		want string
		says []string // of an error
	}{
		"nothing":             {env: nil},
		"one for all signals": {env: env{envEndpoint: "http://otel:4318"}, want: "http://otel:4318/v1/traces"},
		"with a path":         {env: env{envEndpoint: "https://otel/in/"}, want: "https://otel/in/v1/traces"},
		"one for traces":      {env: env{envEndpoint: "http://all:4318", envTraces: "http://otel/spans"}, want: "http://otel/spans"},
		"switched off":        {env: env{envEndpoint: "http://otel:4318", envDisabled: "true"}},
		"no traces":           {env: env{envEndpoint: "http://otel:4318", envExporter: "none"}},
		"its protocol, named": {env: env{envEndpoint: "http://otel:4318", envProtocol: "http/protobuf"}, want: "http://otel:4318/v1/traces"},
		"another protocol":    {env: env{envEndpoint: "http://otel:4317", envProtocol: "grpc"}, says: []string{envProtocol, "http/protobuf", "4318"}},
		"no scheme":           {env: env{envEndpoint: "otel:4318"}, says: []string{envEndpoint, "http://localhost:4318"}},
		"no address":          {env: env{envTraces: "http://"}, says: []string{envTraces}},
		"not an address":      {env: env{envTraces: "http://%zz"}, says: []string{envTraces}},
		"credentials in it":   {env: env{envEndpoint: "http://me:hunter2@otel:4318"}, says: []string{"OTEL_EXPORTER_OTLP_HEADERS"}},
		"credentials, no URL": {env: env{envEndpoint: "me:hunter2@otel"}, says: []string{envEndpoint}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Endpoint(func(name string) string { return tt.env[name] })
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if (err != nil) != (tt.says != nil) {
				t.Errorf("the error is %v", err)
			}
			for _, part := range tt.says {
				if !strings.Contains(fmt.Sprint(err), part) || strings.Contains(fmt.Sprint(err), "hunter2") {
					t.Errorf("the error does not say %s: %v", part, err)
				}
			}
		})
	}
}
