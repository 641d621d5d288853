package main

import (
	"context"
	"os"

	"github.com/falconer-go/falconer/event"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
)

// otelMeter is an event.Meter for OpenTelemetry.
type otelMeter struct {
	calls   metric.Int64Counter
	seconds metric.Float64Histogram
}

func newOtelMeter(m metric.Meter) (*otelMeter, error) {
	calls, err := m.Int64Counter("falconer.handler.calls", metric.WithDescription("Alerts given to a handler"), metric.WithUnit("{alert}"))
	if err != nil {
		return nil, err
	}
	seconds, err := m.Float64Histogram("falconer.handler.duration", metric.WithDescription("How long a handler took"), metric.WithUnit("s"))
	if err != nil {
		return nil, err
	}
	return &otelMeter{calls, seconds}, nil
}

// Observe implements event.Meter.
func (m *otelMeter) Observe(ctx context.Context, o event.Observation) {
	set := metric.WithAttributes(
		attribute.String("falconer.handler", o.Handler),
		attribute.String("falconer.result", result(o)),
		attribute.String("falco.priority", o.Event.Priority.String()))
	m.calls.Add(ctx, 1, set)
	m.seconds.Record(ctx, o.Took.Seconds(), set)
}

// newStderrMeter returns a meter that prints to stderr once a minute, and what
// ends it. A host that has a collector uses an exporter for that here.
func newStderrMeter() (*otelMeter, func(context.Context) error, error) {
	exporter, err := stdoutmetric.New(stdoutmetric.WithWriter(os.Stderr))
	if err != nil {
		return nil, nil, err
	}
	provider := sdk.NewMeterProvider(sdk.WithReader(sdk.NewPeriodicReader(exporter)))
	m, err := newOtelMeter(provider.Meter("github.com/falconer-go/falconer/examples/webhook"))
	return m, provider.Shutdown, err
}

// meters is several meters as one.
type meters []event.Meter

func (m meters) Observe(ctx context.Context, o event.Observation) {
	for _, each := range m {
		each.Observe(ctx, o)
	}
}
