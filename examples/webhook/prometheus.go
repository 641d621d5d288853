package main

import (
	"context"

	"github.com/falconer-go/falconer/event"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// prometheusMeter is an event.Meter for Prometheus. No label holds text of an
// alert: whoever makes alerts would choose how many series there are.
type prometheusMeter struct {
	registry *prometheus.Registry
	calls    *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newPrometheusMeter() *prometheusMeter {
	m := &prometheusMeter{
		registry: prometheus.NewRegistry(),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "falconer_handler_calls_total", Help: "Alerts given to a handler, by what came of it: handled, failed, panicked.",
		}, []string{"handler", "priority", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "falconer_handler_seconds", Help: "How long a handler took.",
			Buckets: prometheus.ExponentialBuckets(10e-6, 4, 10),
		}, []string{"handler"}),
	}
	m.registry.MustRegister(m.calls, m.seconds, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Observe implements event.Meter.
func (m *prometheusMeter) Observe(_ context.Context, o event.Observation) {
	m.calls.WithLabelValues(o.Handler, o.Event.Priority.String(), result(o)).Inc()
	m.seconds.WithLabelValues(o.Handler).Observe(o.Took.Seconds())
}

func result(o event.Observation) string {
	switch {
	case o.Panicked:
		return "panicked"
	case o.Err != nil:
		return "failed"
	}
	return "handled"
}

// watch adds the counts that the parts of the app keep themselves.
func (m *prometheusMeter) watch(a *app) { m.registry.MustRegister(appCollector{a}) }

type appCollector struct{ a *app }

var (
	httpAlerts   = prometheus.NewDesc("falconer_http_alerts_total", "Alerts that came in, by what became of them.", []string{"result"}, nil)
	httpRequests = prometheus.NewDesc("falconer_http_requests_total", "Requests that came in.", nil, nil)
	httpDenied   = prometheus.NewDesc("falconer_http_denied_total", "Requests that were not let in.", nil, nil)
	queueAlerts  = prometheus.NewDesc("falconer_queue_alerts_total", "Alerts that a queue was given, by what became of them.", []string{"queue", "result"}, nil)
	queueWaiting = prometheus.NewDesc("falconer_queue_waiting", "Alerts that wait in a queue.", []string{"queue"}, nil)
	queueBytes   = prometheus.NewDesc("falconer_queue_bytes", "Memory that the waiting alerts take, by estimate.", []string{"queue"}, nil)
	queueOldest  = prometheus.NewDesc("falconer_queue_oldest_seconds", "How long the alert has waited that waited longest.", []string{"queue"}, nil)
	muxUnmatched = prometheus.NewDesc("falconer_mux_unmatched_total", "Alerts that no handler was registered for.", nil, nil)
	held         = prometheus.NewDesc("falconer_held_total", "Alerts that middleware kept from a handler.", []string{"handler", "by"}, nil)
)

// Describe implements prometheus.Collector.
func (c appCollector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c appCollector) Collect(ch chan<- prometheus.Metric) {
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	in := c.a.in.Stats()
	count(httpRequests, in.Requests)
	count(httpDenied, in.Denied)
	count(httpAlerts, in.Accepted, "accepted")
	count(httpAlerts, in.Refused, "refused")
	count(httpAlerts, in.Failed, "failed")
	count(httpAlerts, in.Malformed, "malformed")
	for name, q := range map[string]*event.Queue{"ingest": c.a.ingest, "reports": c.a.reports} {
		s := q.Stats()
		count(queueAlerts, s.Handled-s.Failed, name, "handled")
		count(queueAlerts, s.Failed, name, "failed")
		count(queueAlerts, s.Dropped, name, "dropped")
		count(queueAlerts, s.Refused, name, "refused")
		gauge(queueWaiting, float64(s.Waiting), name)
		gauge(queueBytes, float64(s.Bytes), name)
		gauge(queueOldest, s.Oldest.Seconds(), name)
	}
	m := c.a.mux.Stats()
	count(muxUnmatched, m.Unmatched)
	for _, r := range m.Routes {
		for _, h := range r.Held {
			count(held, h.Alerts, r.Name, h.By)
		}
	}
}
