package main

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// consume gives handle the messages of a durable consumer, one after the other,
// until ctx ends and what the broker had sent by then is handled. It outlives
// the broker.
func consume(ctx context.Context, c *connection, stream string, config jetstream.ConsumerConfig, handle func(jetstream.Msg)) {
	for ctx.Err() == nil {
		err := consumeUntil(ctx, c, stream, config, handle)
		if err != nil && ctx.Err() == nil {
			c.log.Warn("no alerts from the broker", "consumer", config.Durable, "error", err)
			sleep(ctx, time.Second)
		}
	}
}

// A request for messages stands until so many have come, or for so long. It is
// not taken back: what is on its way to a worker that no longer asks would be
// nobody's until the ack wait is over. So it also is how long a worker takes to
// leave a partition, and how long one that hangs is still sent messages.
const (
	pullMost   = 64
	pullExpiry = 2 * time.Second
)

// consumeUntil consumes until ctx ends or the broker has to be asked anew for
// the consumer.
func consumeUntil(ctx context.Context, c *connection, stream string, config jetstream.ConsumerConfig, handle func(jetstream.Msg)) error {
	try, cancel := context.WithTimeout(ctx, 5*time.Second)
	consumer, err := c.js.CreateOrUpdateConsumer(try, stream, config)
	cancel()
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		if !c.nc.IsConnected() {
			sleep(ctx, 100*time.Millisecond)
			continue
		}
		batch, err := consumer.Fetch(pullMost, jetstream.FetchMaxWait(pullExpiry))
		if err != nil {
			return err
		}
		for msg := range batch.Messages() {
			handle(msg)
		}
		if err := batch.Error(); err != nil {
			return err
		}
	}
	return nil
}
