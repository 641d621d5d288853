package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventhttp"
	"github.com/falconer-go/falconer/mitigate/report"
	"github.com/falconer-go/falconer/rules/cond"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// app is the program, put together. An alert goes
//
//	HTTP -> eventhttp -> ingest queue -> mux -> handlers
//
// The ingest queue answers the sender at once; what is refused there is refused
// as a whole, with a 503. Behind the mux a handler that may be slow has a queue
// of its own, so that it costs the others nothing: when that is full, its own
// alerts are refused, counted and logged.
type app struct {
	config  config
	log     *slog.Logger
	mux     *event.Mux
	ingest  *event.Queue
	reports *event.Queue
	in      *eventhttp.Handler
	prom    *prometheusMeter
	meter   event.Meter
	server  *http.Server

	groups   *report.Grouper // nil without -incidents
	draining atomic.Bool
	stopOtel func(context.Context) error
}

func newApp(c config, log *slog.Logger) (*app, error) {
	a := &app{config: c, log: log, mux: event.NewMux(nil)}
	if err := a.measure(); err != nil {
		return nil, err
	}
	if err := a.route(); err != nil {
		return nil, err
	}
	a.ingest = event.NewQueue(a.mux, &event.QueueOptions{
		Workers: c.workers,
		Alerts:  c.queue,
		Full:    event.Reject,
		OnError: func(e *event.Event, err error) {
			log.Error("alert not handled", "rule", e.Rule, "id", e.ID(), "error", err)
		},
	})
	o := &eventhttp.Options{
		Tokens:      c.tokens,
		ReadTimeout: c.read,
		OnError: func(r *http.Request, status int, err error) {
			log.Warn("request not accepted", "from", r.RemoteAddr, "status", status, "error", err)
		},
	}
	if len(c.clients) > 0 {
		o.Identity = eventhttp.CertificateNames(c.clients...)
	}
	a.in = eventhttp.NewHandler(a.ingest, o)
	a.prom.watch(a)
	return a, a.listenWith()
}

// route says what happens to which alerts.
func (a *app) route() error {
	wanted, err := cond.Compile(a.config.reportIf, nil)
	if err != nil {
		return fmt.Errorf("-report-if: %w", err)
	}
	folder, err := newFolder(a.config.reports, a.config.format)
	if err != nil {
		return err
	}
	steps := []event.Middleware{event.Dedup(10*time.Minute, nil)}
	if a.config.perMinute > 0 {
		steps = append(steps, event.Throttle(a.config.perMinute, time.Minute, nil))
	}
	steps = append(steps,
		event.Metrics("report", a.meter),
		event.Retry(&event.RetryOptions{Tries: 3}),
		event.Timeout(10*time.Second, &event.TimeoutOptions{Abandon: 16}))
	a.reports = event.NewQueue(event.Chain(steps...)(folder), &event.QueueOptions{
		Key:    event.ByID, // reports may be written in any order
		Alerts: a.config.queue,
		Full:   event.Reject,
		OnError: func(e *event.Event, err error) {
			a.log.Error("report not written", "rule", e.Rule, "id", e.ID(), "error", err)
		},
	})
	a.mux.HandleNamed("report", wanted, a.reports)
	if a.config.incidents {
		a.groups = report.NewGrouper(report.GroupOptions{}, folder.incident)
		a.mux.HandleNamed("incident", wanted, a.groups)
	}
	a.mux.HandleNamed("log", event.AtLeast(a.config.logAt), event.Metrics("log", a.meter)(event.HandlerFunc(a.logAlert)))
	return nil
}

func (a *app) logAlert(ctx context.Context, e *event.Event) error {
	// The handler of slog quotes what the alert says.
	a.log.WarnContext(ctx, "alert", "rule", e.Rule, "priority", e.Priority, "host", e.Hostname, "output", e.Output)
	return nil
}

func (a *app) measure() error {
	a.prom = newPrometheusMeter()
	a.meter = a.prom
	a.stopOtel = func(context.Context) error { return nil }
	if a.config.telemetry {
		m, stop, err := newStderrMeter()
		if err != nil {
			return err
		}
		a.meter, a.stopOtel = meters{a.prom, m}, stop
	}
	return nil
}

// listenWith makes the server; it does not listen yet.
func (a *app) listenWith() error {
	routes := http.NewServeMux()
	routes.Handle("/{$}", a.in)
	routes.Handle("GET /metrics", promhttp.HandlerFor(a.prom.registry, promhttp.HandlerOpts{}))
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	routes.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := a.ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	a.server = &http.Server{
		Addr:              a.config.listen,
		Handler:           routes,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	if a.config.clientCA == "" {
		return nil
	}
	text, err := os.ReadFile(a.config.clientCA)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return fmt.Errorf("%s holds no certificate", a.config.clientCA)
	}
	a.server.TLSConfig = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	return nil
}

func (a *app) ready() error {
	if a.draining.Load() {
		return errors.New("draining")
	}
	if n := a.ingest.Stats().Waiting; n > a.config.queue*9/10 {
		return fmt.Errorf("%d alerts wait in a queue of %d", n, a.config.queue)
	}
	return nil
}

// serve listens until ctx ends, and then handles what was accepted.
func (a *app) serve(ctx context.Context) error {
	l, err := net.Listen("tcp", a.config.listen)
	if err != nil {
		return err
	}
	a.log.Info("listening", "address", l.Addr().String(), "tls", a.config.cert != "", "reports", a.config.reports)
	if a.config.configured != nil {
		a.config.configured(l.Addr())
	}
	failed := make(chan error, 1)
	go func() {
		if a.config.cert != "" {
			failed <- a.server.ServeTLS(l, a.config.cert, a.config.key)
		} else {
			failed <- a.server.Serve(l)
		}
	}()
	select {
	case err = <-failed: // such as a certificate that cannot be read
	case <-ctx.Done():
	}
	return errors.Join(err, a.shutdown())
}

// shutdown lets requests end, then empties the queues in the order in which
// alerts go through them.
func (a *app) shutdown() error {
	a.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), a.config.drain)
	defer cancel()
	errs := []error{a.server.Shutdown(ctx)}
	for _, q := range []*event.Queue{a.ingest, a.reports} {
		if err := q.Drain(ctx); err != nil {
			errs = append(errs, err, q.Close())
		}
	}
	if a.groups != nil {
		// What was still open has a report as far as it went.
		errs = append(errs, a.groups.Flush(context.Background()))
	}
	errs = append(errs, a.stopOtel(context.Background()))
	s := a.ingest.Stats()
	a.log.Info("drained", "accepted", s.Accepted, "handled", s.Handled, "dropped", s.Dropped, "refused", s.Refused)
	return errors.Join(errs...)
}
