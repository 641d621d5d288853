package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// runAll is everything in one process: a broker, an ingest and two workers.
func runAll(ctx context.Context, args []string, e env) error {
	var b brokerConfig
	var c connection
	var in ingestConfig
	var w workerConfig
	var t telemetryConfig
	if err := e.parse("", args, b.flags, c.layout.flags, in.flags, w.flags, t.flags); err != nil {
		return err
	}
	s, err := startBroker(&b, e.log)
	if err != nil {
		return err
	}
	c.url = s.ClientURL()
	// When one ends, all do; and the broker ends last.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var errs []error
	var running sync.WaitGroup
	start := func(f func() error) {
		running.Go(func() {
			defer cancel()
			if err := f(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	start(func() error {
		c := c
		return ingest(ctx, &c, &in, &t, e.log)
	})
	for i := range 2 {
		start(func() error {
			c, w := c, w
			if w.name != "" {
				w.name = fmt.Sprintf("%s-%d", w.name, i+1)
			} else {
				w.name = fmt.Sprintf("%s-%d", ownName("worker"), i+1)
			}
			if w.ledger != "" {
				w.ledger = fmt.Sprintf("%s-%d", w.ledger, i+1)
			}
			return work(ctx, &c, &w, &t, e.log)
		})
	}
	running.Wait()
	s.Shutdown()
	s.WaitForShutdown()
	return errors.Join(errs...)
}
