package main

import (
	"context"

	"github.com/falconer-go/falconer/event/eventhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// watchIngest measures what came in over HTTP.
func watchIngest(t *telemetry, h *eventhttp.Handler) error {
	alerts, err := t.meter.Int64ObservableCounter("fleet.http.alerts", metric.WithDescription("Alerts that came in over HTTP, by what became of them"), metric.WithUnit("{alert}"))
	if err != nil {
		return err
	}
	_, err = t.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		s := h.Stats()
		for result, n := range map[string]uint64{"accepted": s.Accepted, "refused": s.Refused, "failed": s.Failed, "malformed": s.Malformed} {
			o.ObserveInt64(alerts, int64(n), metric.WithAttributes(attribute.String("fleet.result", result)))
		}
		return nil
	}, alerts)
	return err
}
