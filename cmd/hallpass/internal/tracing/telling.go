package tracing

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/hallpass-dev/hallpass/approvals"
	"github.com/hallpass-dev/hallpass/prompts"
)

// kind is an error without its words: a code of the domain, of a connector or
// of the model's client.
func kind(err error) string {
	var call *approvals.ConnectorError
	var domain *approvals.Error
	switch {
	case errors.As(err, &call):
		return string(call.Kind)
	case errors.As(err, &domain):
		return string(domain.Code)
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	}
	if code := prompts.CodeOf(err); code != "" {
		return string(code)
	}
	return string(approvals.CodeInternal)
}

// telling logs that a collector takes nothing once, and that it takes spans
// again once. The exporter's own errors are not repeated: they quote what the
// collector sent.
type telling struct {
	sdktrace.SpanExporter
	log     *slog.Logger
	failing atomic.Bool
}

// ExportSpans sends a batch. A failure is not an error for anybody here.
func (t *telling) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := t.SpanExporter.ExportSpans(ctx, spans)
	switch failed := err != nil; {
	case failed && t.failing.CompareAndSwap(false, true):
		t.log.WarnContext(ctx, "the collector takes no traces; they are dropped until it does", "timeout", errors.Is(err, context.DeadlineExceeded))
	case !failed && t.failing.CompareAndSwap(true, false):
		t.log.InfoContext(ctx, "the collector takes traces again")
	}
	return nil //nolint:nilerr // What a collector does is no error of a step.
}

// Logs marks what is logged while a span is open with its trace_id and span_id.
func (t *Tracing) Logs(h slog.Handler) slog.Handler {
	if t == nil {
		return h
	}
	return marking{h}
}

type marking struct{ slog.Handler }

// Handle adds the ids.
func (m marking) Handle(ctx context.Context, r slog.Record) error {
	if at := trace.SpanContextFromContext(ctx); at.IsValid() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace_id", at.TraceID().String()), slog.String("span_id", at.SpanID().String()))
	}
	return m.Handler.Handle(ctx, r)
}

// WithAttrs keeps marking.
func (m marking) WithAttrs(attrs []slog.Attr) slog.Handler {
	return marking{m.Handler.WithAttrs(attrs)}
}

// WithGroup keeps marking.
func (m marking) WithGroup(name string) slog.Handler { return marking{m.Handler.WithGroup(name)} }
