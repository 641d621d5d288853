package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// consume gives handle the messages of a durable consumer, one after the other,
// until ctx ends and what the broker had sent by then is handled. It outlives
// the broker.
func consume(ctx context.Context, js jetstream.JetStream, stream string, config jetstream.ConsumerConfig, log *slog.Logger, handle func(jetstream.Msg)) {
	for ctx.Err() == nil {
		err := consumeOnce(ctx, js, stream, config, handle)
		if err != nil && ctx.Err() == nil {
			log.Warn("no alerts from the broker", "consumer", config.Durable, "error", err)
			sleep(ctx, time.Second)
		}
	}
}

// pullExpiry is how long a request for messages stands. A worker that hangs is
// sent messages for as long as one of its requests does.
const pullExpiry = 3 * time.Second

func consumeOnce(ctx context.Context, js jetstream.JetStream, stream string, config jetstream.ConsumerConfig, handle func(jetstream.Msg)) error {
	try, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	consumer, err := js.CreateOrUpdateConsumer(try, stream, config)
	if err != nil {
		return err
	}
	// Where one message may be in work at once, asking for more of them only
	// saves asking again.
	messages, err := consumer.Messages(jetstream.PullMaxMessages(32), jetstream.PullExpiry(pullExpiry))
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, messages.Drain)
	defer func() {
		stop()
		messages.Stop()
	}()
	for {
		msg, err := messages.Next()
		switch {
		case err == nil:
			handle(msg)
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			if ctx.Err() != nil {
				return nil
			}
			return err
		case errors.Is(err, jetstream.ErrNoHeartbeat): // the broker is away
		default:
			return err
		}
	}
}
