package event

import (
	"context"
	"time"
)

// Meter counts what handlers do, with whatever the host measures with.
// Implementations for Prometheus and OpenTelemetry are in examples/webhook.
// Observe is called by many goroutines at once and should be quick.
type Meter interface {
	Observe(ctx context.Context, o Observation)
}

// Observation is one call of a handler. Rule and hosts of the alert come from
// outside: used as labels without a bound, they are a way to fill memory.
type Observation struct {
	Handler  string        // its name, as [Mux] would name it
	Event    *Event        // read-only
	Took     time.Duration // until it returned
	Err      error         // what it returned
	Panicked bool          // it did not return; Err is nil
}

// Metrics returns a Middleware that tells m about every call of the handler.
// name stands for the handler; if it is empty the handler's own is used. It
// passes on every alert. A nil m panics.
func Metrics(name string, m Meter) Middleware {
	if m == nil {
		panic("event: Metrics: nil Meter at " + caller(2))
	}
	return func(h Handler) Handler {
		name := name
		if name == "" {
			name = nameOf(h)
		}
		return &metrics{around(h, "metrics"), name, m}
	}
}

type metrics struct {
	wrapper
	name  string
	meter Meter
}

func (m *metrics) HandleEvent(ctx context.Context, e *Event) error {
	o := Observation{Handler: m.name, Event: e, Panicked: true}
	start := time.Now()
	defer func() {
		o.Took = time.Since(start)
		m.meter.Observe(ctx, o)
	}()
	o.Err = m.next.HandleEvent(ctx, e)
	o.Panicked = false
	return o.Err
}
