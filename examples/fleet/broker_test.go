package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventtest"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// fleet is a fleet in the process of a test.
type fleet struct {
	t      *testing.T
	log    *slog.Logger
	broker brokerConfig
	server *server.Server
	conn   connection // of the test
	layout layout
}

// newFleet starts a broker with streams and buckets.
func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := newBroker(t)
	f.conn = f.connection()
	if err := f.conn.open(t.Context(), "test", f.log); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.conn.close)
	return f
}

func newBroker(t *testing.T) *fleet {
	t.Helper()
	t.Parallel() // they mostly wait
	f := &fleet{
		t: t, log: slog.New(slog.DiscardHandler),
		broker: brokerConfig{listen: "127.0.0.1:0", store: t.TempDir(), sync: time.Minute},
		layout: layout{
			settings: settings{Partitions: 4, Key: "host", AckWait: 3 * time.Second},
			Replicas: 1, MaxBytes: 64 << 20, Sidekick: "falco.>",
		},
	}
	f.start()
	t.Cleanup(func() { f.stop() })
	return f
}

func (f *fleet) start() {
	f.t.Helper()
	s, err := startBroker(&f.broker, f.log)
	if err != nil {
		f.t.Fatal(err)
	}
	f.server = s
	f.broker.listen = s.Addr().String() // where it is after a restart as well
}

func (f *fleet) stop() {
	f.server.Shutdown()
	f.server.WaitForShutdown()
}

func (f *fleet) connection() connection {
	return connection{url: "nats://" + f.broker.listen, layout: f.layout}
}

// run runs a role until the test ends.
func (f *fleet) run(role func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- role(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			f.t.Error(err)
		}
	})
	f.t.Cleanup(stop)
	return stop
}

// worker starts a worker with the handlers that more registers.
func (f *fleet) worker(name string, more func(*event.Mux)) (stop func()) {
	return f.workerWith(name, telemetryConfig{}, more)
}

func (f *fleet) workerWith(name string, t telemetryConfig, more func(*event.Mux)) (stop func()) {
	w := workerConfig{
		name: name, atOnce: 8, tries: 3, timeout: time.Minute,
		handlers: handlerConfig{
			reports: filepath.Join(f.t.TempDir(), "reports"), reportIf: "alert.severity <= 4", noticeIf: "alert.severity <= 3",
			window: time.Second, dedup: time.Minute, more: more,
		},
	}
	c := f.connection()
	return f.run(func(ctx context.Context) error { return work(ctx, &c, &w, &t, f.log) })
}

// ingest starts an ingest and returns its address.
func (f *fleet) ingest(in ingestConfig, t telemetryConfig) (url string) {
	f.t.Helper()
	address := make(chan string, 1)
	in.listen, in.listening = "127.0.0.1:0", func(a net.Addr) { address <- a.String() }
	if in.wait == 0 {
		in.wait = time.Minute
	}
	c := f.connection()
	f.run(func(ctx context.Context) error { return ingest(ctx, &c, &in, &t, f.log) })
	return "http://" + <-address + "/"
}

// publish stores alerts.
func (f *fleet) publish(alerts ...*event.Event) {
	f.t.Helper()
	t, err := new(telemetryConfig).open(f.t.Context(), "test")
	if err != nil {
		f.t.Fatal(err)
	}
	p := newPublisher(&f.conn, t)
	for _, e := range alerts {
		if err := p.HandleEvent(f.t.Context(), e); err != nil {
			f.t.Fatal(err)
		}
	}
}

// empty waits until a stream has no messages.
func (f *fleet) empty(stream string) { f.t.Helper(); f.holds(stream, 0) }

// holds waits until a stream has so many messages.
func (f *fleet) holds(stream string, want uint64) {
	f.t.Helper()
	for {
		got, err := messages(f.t.Context(), f.conn.js, stream)
		if err == nil && got == want {
			return
		}
		if !sleep(f.t.Context(), 10*time.Millisecond) {
			f.t.Fatalf("%s has %d messages, not %d", stream, got, want)
		}
	}
}

// settled waits until no alert is left to handle.
func (f *fleet) settled() {
	f.t.Helper()
	for {
		b, err := readBacklog(f.t.Context(), f.conn.js, f.layout.Partitions)
		if err == nil && b.waiting == 0 {
			return
		}
		if !sleep(f.t.Context(), 10*time.Millisecond) {
			f.t.Fatalf("%d alerts left", b.waiting)
		}
	}
}

// all returns the messages of a stream.
func (f *fleet) all(stream string) (list []*jetstream.RawStreamMsg) {
	f.t.Helper()
	s, err := f.conn.js.Stream(f.t.Context(), stream)
	if err != nil {
		f.t.Fatal(err)
	}
	state := s.CachedInfo().State
	for seq := state.FirstSeq; seq <= state.LastSeq; seq++ {
		if m, err := s.GetMsg(f.t.Context(), seq); err == nil {
			list = append(list, m)
		}
	}
	return list
}

func alert(rule, host string, n int) *event.Event {
	b := eventtest.New(rule).Host(host).Field("evt.num", n)
	return b.Time(time.Date(2026, 3, 2, 9, 0, 0, n, time.UTC)).Event()
}

func send(t *testing.T, url, body string) int {
	t.Helper()
	r, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	return r.StatusCode
}

func (f *fleet) stream(name string) *jetstream.StreamInfo {
	f.t.Helper()
	s, err := f.conn.js.Stream(f.t.Context(), name)
	if err != nil {
		f.t.Fatal(err)
	}
	return s.CachedInfo()
}
