package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"
)

// measureConfig is how throughput is measured: alerts wait in a broker, and
// then 1, 2, 3... workers handle them, each a process.
type measureConfig struct {
	alerts  int
	hosts   int
	workers int
	atOnce  int
	work    time.Duration
	reports string
}

func (c *measureConfig) flags(f *flag.FlagSet) {
	f.IntVar(&c.alerts, "alerts", 10_000, "how many alerts wait at the beginning")
	f.IntVar(&c.hosts, "hosts", 256, "how many hosts sent them")
	f.IntVar(&c.workers, "workers", 4, "how many workers there are at most")
	f.IntVar(&c.atOnce, "at-once", 8, "how many alerts a worker handles at once")
	f.DurationVar(&c.work, "work", 0, "how much longer each alert takes, as it would with a handler that asks another service")
	f.StringVar(&c.reports, "report-if", "alert.severity <= 4", "`condition` for the alerts that get a report")
}

func runMeasure(ctx context.Context, args []string, e env) error {
	var c measureConfig
	if err := e.parse("measure", args, c.flags); err != nil {
		return err
	}
	if c.alerts < 100 || c.hosts < 1 || c.workers < 1 {
		return usageError{errors.New("there have to be at least 100 alerts, a host and a worker")}
	}
	const columns = "%-8v %-9v %-10v %-11v %v\n"
	fmt.Fprintf(e.out, columns, "workers", "stored/s", "handled/s", "worker CPU", "broker CPU, for each alert")
	for n := 1; n <= c.workers; n++ {
		m, err := c.run(ctx, n, e)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, columns, n, math.Round(m.stored), math.Round(m.handled), m.worker, m.broker)
	}
	return nil
}

// measured is the outcome with a number of workers.
type measured struct {
	stored, handled float64       // alerts a second
	worker, broker  time.Duration // processor time for each alert, storing included
}

func (c *measureConfig) run(ctx context.Context, workers int, e env) (m measured, err error) {
	exe, err := os.Executable()
	if err != nil {
		return m, err
	}
	dir, err := os.MkdirTemp("", "fleet-measure")
	if err != nil {
		return m, err
	}
	defer os.RemoveAll(dir)
	ps := &processes{exe: exe, dir: dir}
	defer ps.killAll()
	address, err := freeAddress()
	if err != nil {
		return m, err
	}
	if _, err := ps.start("broker", "broker", "-broker-listen", address, "-store", filepath.Join(dir, "store")); err != nil {
		return m, err
	}
	conn := &connection{url: "nats://" + address, layout: layout{
		settings: settings{Partitions: 64, Key: "host", AckWait: 15 * time.Second},
		Replicas: 1, MaxBytes: 8 << 30, Sidekick: "falco.>",
	}}
	if err := conn.open(ctx, "measure", e.log); err != nil {
		return m, err
	}
	defer conn.close()
	begin := time.Now()
	if err := c.store(ctx, conn); err != nil {
		return m, err
	}
	m.stored = float64(c.alerts) / time.Since(begin).Seconds()
	for i := range workers {
		name := "worker-" + strconv.Itoa(i+1)
		_, err := ps.start(name, "worker", "-worker-name", name, "-broker", conn.url, "-at-once", strconv.Itoa(c.atOnce),
			"-work", c.work.String(), "-report-if", c.reports,
			"-reports", filepath.Join(dir, "reports"), "-ledger", filepath.Join(dir, "ledger-"+name))
		if err != nil {
			return m, err
		}
	}
	for {
		left, err := readBacklog(ctx, conn.js, conn.settings.Partitions)
		if err == nil && left.waiting == 0 {
			break
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return m, cmp.Or(err, context.Cause(ctx))
		}
	}
	ps.killAll()
	m.worker = (ps.cpu("worker") / time.Duration(c.alerts)).Round(time.Microsecond)
	m.broker = (ps.cpu("broker") / time.Duration(c.alerts)).Round(time.Microsecond)
	m.handled, err = rate(dir)
	return m, err
}

// store publishes the alerts, many at once but those of a host in their order.
func (c *measureConfig) store(ctx context.Context, conn *connection) error {
	t, err := new(telemetryConfig).open(ctx, "measure")
	if err != nil {
		return err
	}
	p := newPublisher(conn, t)
	s := &senders{hosts: c.hosts, alerts: c.alerts}
	errs := make([]error, c.hosts)
	var running sync.WaitGroup
	for host := range c.hosts {
		running.Go(func() {
			for n := range s.share(host) {
				e, err := sampleAlert(host, n)
				if err == nil {
					err = p.HandleEvent(ctx, e)
				}
				if err != nil {
					errs[host] = err
					return
				}
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// rate is how many alerts a second were handled, by the ledgers, without the
// first fifth, when not all workers were there, and the last tenth, when not
// all had something to do.
func rate(dir string) (float64, error) {
	names, err := filepath.Glob(filepath.Join(dir, "ledger-*"))
	if err != nil {
		return 0, err
	}
	var ends []int64
	for _, name := range names {
		if err := readLedger(name, func(e entry) { ends = append(ends, e.end) }); err != nil {
			return 0, err
		}
	}
	slices.Sort(ends)
	from, to := len(ends)/5, len(ends)*9/10
	return float64(to-from) / time.Duration(ends[to]-ends[from]).Seconds(), nil
}
