package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"
)

// delivery is the message that an alert came in. Handlers and stores find it in
// their ctx.
type delivery struct {
	sequence  uint64 // of the stream, the same each time the message comes
	partition int
	tries     uint64 // how many times it came, this one included
}

type deliveryKey struct{}

func withDelivery(ctx context.Context, d delivery) context.Context {
	return context.WithValue(ctx, deliveryKey{}, d)
}

func deliveryFrom(ctx context.Context) (delivery, bool) {
	d, ok := ctx.Value(deliveryKey{}).(delivery)
	return d, ok
}

// deliver handles one message and then settles it: it is acknowledged when all
// handlers are done, comes again later if one failed, and is buried if that
// cannot help or did not.
func (w *worker) deliver(ctx context.Context, partition int, msg jetstream.Msg) {
	meta, err := msg.Metadata()
	if err != nil {
		w.log.Error("not a message of JetStream", "error", err)
		return
	}
	l := letterOf(msg, meta)
	stop := w.keepAlive(msg)
	defer stop()
	w.slots <- struct{}{}
	defer func() { <-w.slots }()
	ctx, cancel := context.WithTimeout(ctx, w.c.timeout)
	defer cancel()
	defer context.AfterFunc(ctx, stop)() // handlers that go on longer are given up
	if w.c.ackFirst {
		err = msg.Ack()
	}
	handled := w.handle(ctx, partition, l)
	switch {
	case w.c.ackFirst:
	case handled == nil:
		w.t.countSettled(ctx, "handled")
		err = msg.Ack()
	case permanent(handled) || l.tries >= uint64(w.c.tries):
		if err = w.giveUp(ctx, l, handled); err == nil {
			err = msg.TermWithReason(reasonText(handled))
		}
	default:
		w.t.countSettled(ctx, "again")
		pause := pauseAfter(l.tries)
		w.log.Warn("alert not handled, it comes again", "sequence", l.sequence, "tries", l.tries, "in", pause, "error", handled)
		err = msg.NakWithDelay(pause)
	}
	if err != nil {
		w.log.Warn("the broker was not told of what became of an alert: it comes again", "sequence", l.sequence, "error", err)
	}
}

// handle decodes the alert and gives it to the handlers.
func (w *worker) handle(ctx context.Context, partition int, l letter) (err error) {
	if l.tries > uint64(w.c.tries) {
		return event.Permanent(fmt.Errorf("delivered %d times, and no worker came to an end with it", l.tries))
	}
	e, err := event.Parse(l.data)
	if err != nil {
		return err
	}
	ctx = extract(withDelivery(ctx, delivery{l.sequence, partition, l.tries}), l.header)
	ctx, span := w.t.span(ctx, "process", trace.SpanKindConsumer, e)
	defer func() { endSpan(span, err) }()
	return w.handler.HandleEvent(ctx, e)
}

// giveUp makes a dead letter of an alert.
func (w *worker) giveUp(ctx context.Context, l letter, reason error) error {
	w.t.countSettled(ctx, "dead")
	w.log.Error("alert is a dead letter", "sequence", l.sequence, "tries", l.tries, "error", reason)
	// Not under ctx, whose end may be the reason.
	own, cancel := briefly(context.WithoutCancel(ctx))
	defer cancel()
	return bury(own, w.conn.js, l, reason, w.c.name)
}

// keepAlive tells the broker that the message is in work, until the returned
// function is called.
func (w *worker) keepAlive(msg jetstream.Msg) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(w.conn.settings.AckWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				_ = msg.InProgress() // if it does not arrive, the alert comes again
			}
		}
	}()
	return sync.OnceFunc(func() { close(done) })
}

// pauseAfter is how long an alert waits after that many tries: 1s, 2s, 4s, to a
// minute.
func pauseAfter(tries uint64) time.Duration {
	return min(time.Second<<min(tries-1, 6), time.Minute)
}
