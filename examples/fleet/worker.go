package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/metric"
)

// workerConfig is what handles alerts.
type workerConfig struct {
	name     string
	atOnce   int
	tries    int
	timeout  time.Duration
	ackFirst bool
	ledger   string
	handlers handlerConfig
}

func (c *workerConfig) flags(f *flag.FlagSet) {
	f.StringVar(&c.name, "worker-name", "", "`name` of this worker, which no other may have; by default of host and process")
	f.IntVar(&c.atOnce, "at-once", 16, "how many alerts this worker handles at once")
	f.IntVar(&c.tries, "tries", 6, "how many times an alert is tried until it is a dead letter")
	f.DurationVar(&c.timeout, "handle-timeout", time.Minute, "how long the handlers may take for one alert")
	f.BoolVar(&c.ackFirst, "unsafe-ack-first", false, "acknowledge before the handlers have run. It loses alerts; it is there to show that")
	f.StringVar(&c.ledger, "ledger", "", "`file` in which every alert that was handled is written down")
	c.handlers.flags(f)
}

var workerName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (c *workerConfig) check() error {
	switch {
	case !workerName.MatchString(c.name):
		return fmt.Errorf("worker name %q: 1 to 64 of letters, digits, - and _", c.name)
	case c.atOnce < 1 || c.tries < 1:
		return fmt.Errorf("-at-once and -tries are at least 1")
	case c.timeout <= 0:
		return fmt.Errorf("-handle-timeout is longer than 0")
	}
	return nil
}

// worker handles the alerts of its share of the partitions.
type worker struct {
	c       *workerConfig
	conn    *connection
	log     *slog.Logger
	t       *telemetry
	handler event.Handler
	slots   chan struct{}         // a value for each alert in work
	own     atomic.Pointer[[]int] // partitions
}

func runWorker(ctx context.Context, args []string, e env) error {
	var c connection
	var w workerConfig
	var t telemetryConfig
	if err := e.parse("worker", args, c.flags, w.flags, t.flags); err != nil {
		return err
	}
	return work(ctx, &c, &w, &t, e.log)
}

// work handles alerts until ctx ends, and then what is in work by then.
func work(ctx context.Context, c *connection, wc *workerConfig, tc *telemetryConfig, log *slog.Logger) (err error) {
	wc.name = cmp.Or(wc.name, ownName("worker"))
	if err := wc.check(); err != nil {
		return usageError{err}
	}
	log = log.With("worker", wc.name)
	t, err := tc.open(ctx, "worker")
	if err != nil {
		return err
	}
	defer func() { _ = t.stop(context.WithoutCancel(ctx)) }()
	if err := c.open(ctx, wc.name, log); err != nil {
		return err
	}
	defer c.close()
	w := &worker{c: wc, conn: c, log: log, t: t, slots: make(chan struct{}, wc.atOnce)}
	w.own.Store(new([]int))
	h, err := newHandlers(ctx, w, &wc.handlers)
	if err != nil {
		return err
	}
	w.handler = event.Recover()(h.mux)
	if wc.ledger != "" {
		l, err := openLedger(wc.ledger)
		if err != nil {
			return err
		}
		defer l.close()
		w.handler = l.around(w.handler)
	}
	if err := w.watch(); err != nil {
		return err
	}
	kv, err := c.js.KeyValue(ctx, workersBucket)
	if err != nil {
		return err
	}
	var told sync.WaitGroup
	told.Go(func() { h.run(ctx) })
	told.Go(func() { trimmer{w}.run(ctx) })
	loops := make(map[int]context.CancelFunc)
	var running sync.WaitGroup
	(&members{kv, wc.name, log}).run(ctx, c.settings.Partitions, func(own []int) {
		w.own.Store(&own)
		w.follow(ctx, own, loops, &running)
	})
	running.Wait()
	told.Wait()
	log.Info("drained")
	return nil
}

// follow starts to consume the partitions that are now the worker's, and ends
// that for those that no longer are, without waiting for it.
func (w *worker) follow(ctx context.Context, own []int, loops map[int]context.CancelFunc, running *sync.WaitGroup) {
	mine := make(map[int]bool, len(own))
	for _, p := range own {
		mine[p] = true
		if loops[p] != nil {
			continue
		}
		loop, cancel := context.WithCancel(ctx)
		loops[p] = cancel
		running.Go(func() {
			consume(loop, w.conn, alertsStream, w.consumer(p), func(msg jetstream.Msg) {
				w.deliver(context.WithoutCancel(ctx), p, msg)
			})
		})
	}
	for p, cancel := range loops {
		if !mine[p] {
			cancel()
			delete(loops, p)
		}
	}
}

// consumer is the durable consumer of a partition. All workers know it; the
// broker sends its next message when the one before it is settled, to one of
// those that ask.
func (w *worker) consumer(partition int) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       consumerPrefix + strconv.Itoa(partition),
		FilterSubject: subject(partition),
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       w.conn.settings.AckWait,
		MaxAckPending: 1,
		MaxDeliver:    -1, // the worker decides, as the broker would only fall silent
	}
}

// watch measures how many alerts wait in the broker.
func (w *worker) watch() error {
	gauge, err := w.t.meter.Int64ObservableGauge("fleet.waiting", metric.WithDescription("Alerts that are stored and not yet handled"), metric.WithUnit("{alert}"))
	if err != nil {
		return err
	}
	_, err = w.t.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		b, err := readBacklog(ctx, w.conn.js, w.conn.settings.Partitions)
		if err != nil {
			return err
		}
		o.ObserveInt64(gauge, int64(b.waiting))
		return nil
	}, gauge)
	return err
}
