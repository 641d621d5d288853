package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/nats-io/nats.go/jetstream"
)

// relay moves what falcosidekick published into the stream ALERTS, under the
// alert's ID and in the partition of its key. falcosidekick publishes without
// either, and without waiting for an answer: what it sends while no broker is
// there is lost, and it opens a connection for each alert, so their order is
// not kept.
//
// An alert that also came by HTTP has the same ID, and is stored once.
type relay struct {
	c   *connection
	p   *publisher
	t   *telemetry
	log *slog.Logger
}

// run relays until ctx ends. Every ingest has one; they share the work.
func (r *relay) run(ctx context.Context) {
	consume(ctx, r.c, sidekickStream, jetstream.ConsumerConfig{
		Durable:       "relay",
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       30 * time.Second,
		MaxAckPending: 256,
	}, func(msg jetstream.Msg) { r.move(context.WithoutCancel(ctx), msg) })
}

func (r *relay) move(ctx context.Context, msg jetstream.Msg) {
	meta, err := msg.Metadata()
	if err != nil {
		r.log.Error("not a message of JetStream", "error", err)
		return
	}
	wait, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	e, err := event.Parse(msg.Data())
	if err == nil {
		err = r.p.HandleEvent(wait, e)
	} else {
		err = event.Permanent(err)
	}
	switch {
	case err == nil:
		err = msg.Ack()
	case permanent(err), errors.Is(err, event.ErrTooLarge):
		reason := err
		if err = bury(wait, r.c.js, letterOf(msg, meta), reason, r.c.name); err == nil {
			err = msg.TermWithReason(reasonText(reason))
		}
	default:
		r.log.Warn("alert of falcosidekick not stored yet", "error", err)
		err = msg.NakWithDelay(time.Second)
	}
	if err != nil {
		r.log.Warn("the broker was not told of what became of an alert: it comes again", "error", err)
	}
}
