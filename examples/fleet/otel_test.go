package main

import (
	"testing"

	"github.com/falconer-go/falconer/event"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// TestTelemetry follows one alert from ingest to handler, and counts it.
func TestTelemetry(t *testing.T) {
	f := newFleet(t)
	spans, reader := tracetest.NewSpanRecorder(), sdkmetric.NewManualReader()
	made, err := newTelemetry(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)), sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	if err != nil {
		t.Fatal(err)
	}
	url := f.ingest(ingestConfig{}, telemetryConfig{made: made})
	stop := f.workerWith("w", telemetryConfig{made: made}, nil)
	e, err := sampleAlert(0, 7)
	if err != nil {
		t.Fatal(err)
	}
	if e.Priority != event.Critical {
		t.Fatal(e.Priority)
	}
	send(t, url, string(e.AppendJSON(nil)))
	f.settled()

	var got metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	counts := make(map[string]int64)
	for _, m := range got.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				result, _ := p.Attributes.Value(attribute.Key("fleet.result"))
				handler, _ := p.Attributes.Value(attribute.Key("falconer.handler"))
				counts[m.Name+" "+result.AsString()+handler.AsString()] += p.Value
			}
		case metricdata.Gauge[int64]:
			counts[m.Name] = data.DataPoints[0].Value + 1 // that it is there
		}
	}
	for _, name := range []string{
		"fleet.published stored", "fleet.http.alerts accepted", "fleet.settled handled", "fleet.waiting",
		"falconer.handler.calls report", "falconer.handler.calls notice",
	} {
		if counts[name] != 1 {
			t.Errorf("%s: %d; there are %v", name, counts[name], counts)
		}
	}

	stop() // so that all spans have ended
	parents := make(map[string]string)
	ids := make(map[trace.SpanID]string)
	traces := make(map[trace.TraceID]bool)
	for _, s := range spans.Ended() {
		ids[s.SpanContext().SpanID()] = s.Name()
		traces[s.SpanContext().TraceID()] = true
	}
	for _, s := range spans.Ended() {
		parents[s.Name()] = ids[s.Parent().SpanID()]
	}
	if len(traces) != 1 {
		t.Errorf("%d traces", len(traces))
	}
	for name, parent := range map[string]string{"publish": "", "process": "publish", "handle report": "process", "handle notice": "process"} {
		if got, ok := parents[name]; !ok || got != parent {
			t.Errorf("%s is below %q, not %q", name, got, parent)
		}
	}
}
