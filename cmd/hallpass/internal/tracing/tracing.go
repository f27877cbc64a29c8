package tracing

import (
	"context"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/hallpass-dev/hallpass/approvals"
)

const (
	queueAtMost   = 2048             // spans that wait; what comes then is lost
	sendWithin    = 10 * time.Second // one batch, with everything tried again
	closeWithin   = 3 * time.Second  // what is left when the program stops
	valueAtMost   = 128              // characters of one attribute
	defaultName   = "hallpass"       // of the service, unless OTEL_SERVICE_NAME says another
	attributeRoot = "hallpass."
)

// Tracing sends spans to a collector. A nil Tracing sends nothing.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// Start begins to send spans to a collector, whose endpoint is the whole
// address for traces; empty: nothing is sent, and the Tracing is nil. A
// collector that does not answer is no error; the log says so once.
func Start(ctx context.Context, endpoint, version string, log *slog.Logger) (*Tracing, error) {
	if endpoint == "" {
		return nil, nil
	}
	out, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint), otlptracehttp.WithTimeout(sendWithin/2),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: time.Second, MaxInterval: sendWithin / 2, MaxElapsedTime: sendWithin}))
	if err != nil {
		return nil, approvals.Errorf(approvals.CodeInvalid, "OpenTelemetry does not take its settings; compare the variables that begin with OTEL_ with its documentation.")
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", defaultName), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, approvals.Errorf(approvals.CodeInvalid, "OTEL_RESOURCE_ATTRIBUTES is not a list of key=value, with commas between.")
	}
	limits := sdktrace.NewSpanLimits()
	limits.AttributeValueLengthLimit = valueAtMost
	p := sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithRawSpanLimits(limits),
		sdktrace.WithBatcher(&telling{SpanExporter: out, log: log}, sdktrace.WithMaxQueueSize(queueAtMost), sdktrace.WithExportTimeout(sendWithin)))
	return &Tracing{provider: p, tracer: p.Tracer("github.com/hallpass-dev/hallpass", trace.WithInstrumentationVersion(version))}, nil
}

// Close sends what waits, for a few seconds at most and until ctx ends. What
// then is left is lost.
func (t *Tracing) Close(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, closeWithin)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // the log has said that the collector does not answer
}

// Trace is what the wired packages call; nil for a nil Tracing.
func (t *Tracing) Trace() approvals.Trace {
	if t == nil {
		return nil
	}
	return func(ctx context.Context, step string, about ...slog.Attr) (context.Context, func(error, ...slog.Attr)) {
		ctx, span := t.tracer.Start(ctx, step, trace.WithAttributes(attributes(about)...))
		return ctx, func(err error, about ...slog.Attr) {
			span.SetAttributes(attributes(about)...)
			if err != nil {
				span.SetAttributes(attribute.String("error.type", kind(err)))
				span.SetStatus(codes.Error, "")
			}
			span.End()
		}
	}
}

// attributes are what is known about a step; the empty ones say nothing.
func attributes(about []slog.Attr) []attribute.KeyValue {
	var out []attribute.KeyValue
	for _, a := range about {
		key := attribute.Key(attributeRoot + a.Key)
		switch a.Value.Kind() {
		case slog.KindInt64:
			out = append(out, key.Int64(a.Value.Int64()))
		case slog.KindBool:
			out = append(out, key.Bool(a.Value.Bool()))
		case slog.KindString:
			if s := a.Value.String(); s != "" {
				out = append(out, key.String(s))
			}
		}
	}
	return out
}
