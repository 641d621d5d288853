package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"
)

// publisher is a Handler that stores alerts in the stream ALERTS. It returns
// nil once the broker has said that the alert is stored, so a sender that waits
// for the answer before it sends the next keeps its order.
type publisher struct {
	nc  *nats.Conn
	js  jetstream.JetStream
	set settings
	key event.KeyFunc
	t   *telemetry
}

func newPublisher(c *connection, t *telemetry) *publisher {
	return &publisher{c.nc, c.js, c.settings, keys[c.settings.Key], t}
}

// oneTry is how long the broker gets to answer before the alert is sent again.
// That it may be there already does no harm: it has the same ID.
const oneTry = 2 * time.Second

// headroom is for the headers, also for those of a dead letter.
const headroom = 4 << 10

// HandleEvent tries until ctx ends.
func (p *publisher) HandleEvent(ctx context.Context, e *event.Event) error {
	return p.publish(ctx, e, e.ID().String())
}

// publish stores e, unless the broker knows the name.
func (p *publisher) publish(ctx context.Context, e *event.Event, name string) (err error) {
	ctx, span := p.t.span(ctx, "publish", trace.SpanKindProducer, e)
	defer func() { endSpan(span, err) }()
	m := &nats.Msg{Subject: subject(p.set.partition(p.key(e))), Header: nats.Header{}, Data: e.AppendJSON(nil)}
	inject(ctx, m.Header)
	if most := p.nc.MaxPayload(); most > 0 && int64(len(m.Data))+headroom > most {
		p.t.countPublished(ctx, "failed")
		return fmt.Errorf("an alert of %d bytes, where the broker takes %d: %w", len(m.Data), most, event.ErrTooLarge)
	}
	id := jetstream.WithMsgID(name)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		try, cancel := context.WithTimeout(ctx, oneTry)
		var ack *jetstream.PubAck
		ack, err = p.js.PublishMsg(try, m, id, jetstream.WithExpectStream(alertsStream))
		cancel()
		switch {
		case err == nil && ack.Duplicate:
			p.t.countPublished(ctx, "known")
			return nil
		case err == nil:
			p.t.countPublished(ctx, "stored")
			return nil
		case errors.Is(err, nats.ErrMaxPayload):
			p.t.countPublished(ctx, "failed")
			return fmt.Errorf("%w: %w", err, event.ErrTooLarge)
		}
		if !sleep(ctx, pause) {
			p.t.countPublished(ctx, "failed")
			return unavailable{err}
		}
	}
}

// unavailable is an alert that the broker did not take. For those that go by
// it, an HTTP handler among them, it is a queue that is full: come back later.
type unavailable struct{ err error }

func (u unavailable) Error() string        { return "broker: " + u.err.Error() }
func (u unavailable) Unwrap() error        { return u.err }
func (u unavailable) Is(target error) bool { return target == event.ErrQueueFull }
