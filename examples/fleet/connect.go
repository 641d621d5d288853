package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// connection is how a role reaches the broker, and what it makes there if
// nobody did before.
type connection struct {
	url           string
	creds         string
	ca, cert, key string
	layout        layout
	log           *slog.Logger
	name          string
	nc            *nats.Conn
	js            jetstream.JetStream
	settings      settings
}

func (c *connection) flags(f *flag.FlagSet) {
	f.StringVar(&c.url, "broker", "nats://127.0.0.1:4222", "`addresses` of the broker, separated by commas")
	f.StringVar(&c.creds, "creds", "", "`file` with the credentials for the broker")
	f.StringVar(&c.ca, "broker-ca", "", "`file` with the authority of the broker's certificate, PEM")
	f.StringVar(&c.cert, "broker-cert", "", "`file` with the certificate that the broker asks for, PEM")
	f.StringVar(&c.key, "broker-key", "", "`file` with the key to -broker-cert, PEM")
	c.layout.flags(f)
}

func (l *layout) flags(f *flag.FlagSet) {
	const first = " (counts where the streams are not there yet)"
	f.IntVar(&l.Partitions, "partitions", 64, "how many alerts may be in work at once, in the whole fleet"+first)
	f.StringVar(&l.Key, "key", "host", "which alerts keep their order: those of one "+keyNames()+first)
	f.DurationVar(&l.AckWait, "ack-wait", 15*time.Second, "how long a worker may give no sign of life until another gets its alerts"+first)
	f.IntVar(&l.Replicas, "replicas", 1, "on how many brokers each alert is stored"+first)
	f.Int64Var(&l.MaxBytes, "max-bytes", 8<<30, "how many bytes of alerts may wait; more are refused"+first)
	f.StringVar(&l.Sidekick, "sidekick", "falco.>", "`subjects` that falcosidekick publishes under"+first)
}

// open connects, and makes streams and buckets where they are missing. It
// waits for the broker for as long as ctx lasts.
func (c *connection) open(ctx context.Context, name string, log *slog.Logger) error {
	c.name, c.log = name, log
	if err := c.layout.check(); err != nil {
		return usageError{err}
	}
	o := []nats.Option{
		nats.Name("fleet " + name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(200 * time.Millisecond),
		nats.RetryOnFailedConnect(true),
		// What cannot be sent at once is an error and comes again; memory is no
		// place to keep it.
		nats.ReconnectBufSize(-1),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("broker lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) { log.Info("broker found again", "url", nc.ConnectedUrlRedacted()) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("broker", "error", err) }),
	}
	if c.creds != "" {
		o = append(o, nats.UserCredentials(c.creds))
	}
	if c.ca != "" {
		o = append(o, nats.RootCAs(c.ca))
	}
	if c.cert != "" || c.key != "" {
		o = append(o, nats.ClientCert(c.cert, c.key))
	}
	var err error
	if c.nc, err = nats.Connect(c.url, o...); err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	if c.js, err = jetstream.New(c.nc); err != nil {
		return err
	}
	for {
		try, cancel := context.WithTimeout(ctx, 5*time.Second)
		c.settings, err = ensure(try, c.js, c.layout)
		cancel()
		if err == nil {
			log.Info("connected", "partitions", c.settings.Partitions, "key", c.settings.Key, "ack wait", c.settings.AckWait)
			return nil
		}
		log.Warn("waiting for the broker", "error", err)
		if !sleep(ctx, 500*time.Millisecond) {
			return fmt.Errorf("broker: %w", err)
		}
	}
}

func (c *connection) close() {
	if c.nc != nil {
		c.nc.Close()
	}
}

// sleep reports whether ctx went on for that long.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// briefly bounds one question to the broker. When it dies in between, no answer
// comes, and nothing else says so.
func briefly(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, oneTry)
}
