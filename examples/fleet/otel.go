package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

const scope = "github.com/falconer-go/falconer/examples/fleet"

// telemetryConfig says where traces and metrics go.
type telemetryConfig struct {
	to     string
	sample float64
	made   *telemetry // in tests, what open returns
}

func (c *telemetryConfig) flags(f *flag.FlagSet) {
	f.StringVar(&c.to, "otel", "", "where traces and metrics go: otlp, as the environment variables OTEL_EXPORTER_OTLP_... say, or stderr; empty for nowhere")
	f.Float64Var(&c.sample, "otel-sample", 0.01, "which part of the alerts is traced, 0 to 1")
}

// telemetry is what a role measures with. It is never nil.
type telemetry struct {
	tracer trace.Tracer
	meter  metric.Meter
	stop   func(context.Context) error

	published metric.Int64Counter // by result: stored, known, failed
	settled   metric.Int64Counter // deliveries by result: handled, again, dead
	calls     metric.Int64Counter
	seconds   metric.Float64Histogram
}

// open makes what c says.
func (c *telemetryConfig) open(ctx context.Context, role string) (*telemetry, error) {
	if c.made != nil {
		return c.made, nil
	}
	var spans sdktrace.SpanExporter
	var metrics sdkmetric.Exporter
	var err, err2 error
	switch c.to {
	case "":
		return newTelemetry(tracenoop.NewTracerProvider(), metricnoop.NewMeterProvider())
	case "stderr":
		spans, err = stdouttrace.New(stdouttrace.WithWriter(io.Writer(os.Stderr)))
		metrics, err2 = stdoutmetric.New(stdoutmetric.WithWriter(os.Stderr))
	case "otlp":
		spans, err = otlptracehttp.New(ctx)
		metrics, err2 = otlpmetrichttp.New(ctx)
	default:
		return nil, usageError{fmt.Errorf("-otel %q: there are otlp and stderr", c.to)}
	}
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	// Later ones win, so OTEL_SERVICE_NAME does.
	r, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "fleet-"+role)), resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans), sdktrace.WithResource(r),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(c.sample))))
	mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)), sdkmetric.WithResource(r))
	t, err := newTelemetry(tp, mp)
	if err != nil {
		return nil, err
	}
	t.stop = func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		return errors.Join(tp.Shutdown(ctx), mp.Shutdown(ctx))
	}
	return t, nil
}

func newTelemetry(tp trace.TracerProvider, mp metric.MeterProvider) (*telemetry, error) {
	t := &telemetry{tracer: tp.Tracer(scope), meter: mp.Meter(scope), stop: func(context.Context) error { return nil }}
	var errs [4]error
	t.published, errs[0] = t.meter.Int64Counter("fleet.published", metric.WithDescription("Alerts given to the broker, by what came of it: stored, known, failed"), metric.WithUnit("{alert}"))
	t.settled, errs[1] = t.meter.Int64Counter("fleet.settled", metric.WithDescription("Deliveries of alerts to workers, by what came of it: handled, again, dead"), metric.WithUnit("{alert}"))
	t.calls, errs[2] = t.meter.Int64Counter("falconer.handler.calls", metric.WithDescription("Alerts given to a handler"), metric.WithUnit("{alert}"))
	t.seconds, errs[3] = t.meter.Float64Histogram("falconer.handler.duration", metric.WithDescription("How long a handler took"), metric.WithUnit("s"))
	return t, errors.Join(errs[:]...)
}

// Observe implements event.Meter. No attribute holds text of an alert: whoever
// makes alerts would choose how many series there are.
func (t *telemetry) Observe(ctx context.Context, o event.Observation) {
	result := "handled"
	switch {
	case o.Panicked:
		result = "panicked"
	case o.Err != nil:
		result = "failed"
	}
	set := metric.WithAttributes(
		attribute.String("falconer.handler", o.Handler),
		attribute.String("falconer.result", result),
		attribute.String("falco.priority", o.Event.Priority.String()))
	t.calls.Add(ctx, 1, set)
	t.seconds.Record(ctx, o.Took.Seconds(), set)
}

func (t *telemetry) countPublished(ctx context.Context, result string) {
	t.published.Add(ctx, 1, metric.WithAttributes(attribute.String("fleet.result", result)))
}

func (t *telemetry) countSettled(ctx context.Context, result string) {
	t.settled.Add(ctx, 1, metric.WithAttributes(attribute.String("fleet.result", result)))
}

// span begins a span about an alert.
func (t *telemetry) span(ctx context.Context, name string, kind trace.SpanKind, e *event.Event) (context.Context, trace.Span) {
	ctx, s := t.tracer.Start(ctx, name, trace.WithSpanKind(kind))
	if s.IsRecording() {
		s.SetAttributes(
			attribute.String("messaging.system", "nats"),
			attribute.String("falco.rule", e.Rule),
			attribute.String("falco.priority", e.Priority.String()),
			attribute.String("host.name", e.Hostname),
			attribute.String("falco.id", e.ID().String()))
	}
	return ctx, s
}

// endSpan ends a span with what became of it.
func endSpan(s trace.Span, err error) {
	if err != nil {
		s.RecordError(err)
		s.SetStatus(codes.Error, "")
	}
	s.End()
}

// traced is Middleware that gives each call of the handler a span.
func (t *telemetry) traced(name string) event.Middleware {
	return func(h event.Handler) event.Handler {
		return event.HandlerFunc(func(ctx context.Context, e *event.Event) (err error) {
			ctx, s := t.tracer.Start(ctx, "handle "+name)
			defer func() { endSpan(s, err) }()
			return h.HandleEvent(ctx, e)
		})
	}
}

// What connects the spans of ingest and worker travels with the alert.
var propagator = propagation.TraceContext{}

func inject(ctx context.Context, h nats.Header) { propagator.Inject(ctx, propagation.HeaderCarrier(h)) }
func extract(ctx context.Context, h nats.Header) context.Context {
	return propagator.Extract(ctx, propagation.HeaderCarrier(h))
}
