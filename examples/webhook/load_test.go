package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
)

// loadSize is how many alerts the load tests send. FALCONER_LOAD moves it; the
// README has the figures for 200,000.
func loadSize(t *testing.T) int {
	n := 10_000
	if s := os.Getenv("FALCONER_LOAD"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil || n < 1 {
			t.Fatalf("FALCONER_LOAD=%q is not a number of alerts", s)
		}
	}
	return n
}

// numbered is the alert number n, as Falco would send it.
func numbered(n int) string {
	at := time.Date(2026, 3, 2, 9, 15, 27, 0, time.UTC).Add(time.Duration(n) * time.Microsecond)
	return fmt.Sprintf(`{"hostname":"node-%d","output":"%s: Notice A shell was spawned in a container (user=www-data n=%d)","output_fields":`+
		`{"container.id":"9c1e77a0b5d2","container.image.repository":"registry.example/shop/web","evt.time":%d,"k8s.ns.name":"shop","k8s.pod.name":"web-%d",`+
		`"n":%d,"proc.cmdline":"sh -c id","proc.name":"sh","proc.pname":"nginx","user.name":"www-data","user.uid":33},`+
		`"priority":"Notice","rule":"Terminal shell in container","source":"syscall","tags":["T1059","container","shell"],"time":"%s"}`,
		n%16, at.Format("15:04:05.000000000"), n, at.UnixNano(), n%100, n, at.Format(time.RFC3339Nano))
}

// others are a slow, a failing and a panicking handler, and a good one between
// them that notes which alerts it saw.
type others struct {
	seen   []atomic.Int32 // by number of the alert
	slow   *event.Queue
	slowed atomic.Int64
}

func (o *others) register(a *app) {
	// Slow handlers have a queue of their own; this one gives up the oldest.
	o.slow = event.NewQueue(event.HandlerFunc(func(ctx context.Context, _ *event.Event) error {
		time.Sleep(10 * time.Millisecond)
		o.slowed.Add(1)
		return nil
	}), &event.QueueOptions{Workers: 1, Alerts: 100, Full: event.DropOldest})
	a.mux.HandleNamed("slow", event.Everything(), o.slow)
	a.mux.HandleFunc(event.Everything(), func(context.Context, *event.Event) error { return errors.New("fails") })
	a.mux.HandleNamed("good", event.Everything(), event.HandlerFunc(func(_ context.Context, e *event.Event) error {
		n, ok := e.Fields.Get("n").Int()
		if !ok {
			return errors.New("alert without a number")
		}
		o.seen[n].Add(1)
		return nil
	}))
	a.mux.HandleFunc(event.Everything(), func(context.Context, *event.Event) error { panic("panics") })
}

// tally is what came of what the clients sent.
type tally struct {
	accepted, refused, other atomic.Int64
	took                     []time.Duration
}

// sendAll posts n alerts from clients at once.
func sendAll(t *testing.T, url string, n, clients int) *tally {
	r := &tally{took: make([]time.Duration, n)}
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := c; i < n; i += clients {
				body := strings.NewReader(numbered(i))
				begin := time.Now()
				res, err := client.Post(url, "application/json", body)
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
				r.took[i] = time.Since(begin)
				switch res.StatusCode {
				case 202:
					r.accepted.Add(1)
				case 503:
					r.refused.Add(1)
					if res.Header.Get("Retry-After") == "" {
						t.Error("503 without Retry-After")
					}
				default:
					r.other.Add(1)
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(r.took)
	return r
}

func (r *tally) percentile(p float64) time.Duration { return r.took[int(float64(len(r.took)-1)*p)] }

// heapPeak samples the heap until it is asked for its highest.
func heapPeak() (peak func() uint64) {
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		var highest uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			highest = max(highest, m.HeapInuse)
			select {
			case <-stop:
				result <- highest
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(stop); return <-result }
}

const clients = 8

// memoryBound is what the heap stays under, clients and test included: twice
// the two queues of 64 MiB, since the collector lets garbage grow to as much
// again as there is in use.
const memoryBound = 256 << 20

func TestLoad(t *testing.T) {
	n := loadSize(t)
	o := &others{seen: make([]atomic.Int32, n)}
	r := start(t, o.register, "-report-if", "alert.priority = Emergency", "-queue", strconv.Itoa(n))
	quiet(r)
	peak := heapPeak()
	begin := time.Now()
	sent := sendAll(t, r.url, n, clients)
	took := time.Since(begin)
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if err := o.slow.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	heap := peak()
	if int(sent.accepted.Load()) != n {
		t.Errorf("%d of %d accepted, %d refused, %d answered otherwise", sent.accepted.Load(), n, sent.refused.Load(), sent.other.Load())
	}
	for i := range o.seen {
		if c := o.seen[i].Load(); c != 1 {
			t.Errorf("the good handler saw alert %d %d times", i, c)
		}
	}
	if s := o.slow.Stats(); s.Handled+s.Dropped != uint64(n) || int64(s.Handled) != o.slowed.Load() {
		t.Errorf("the slow handler: %+v, of %d", s, n)
	}
	for _, route := range r.mux.Stats().Routes {
		want := [3]uint64{uint64(n), 0, 0}
		switch {
		case route.Name == "report" || route.Name == "log":
			want[0] = 0
		case route.Panics > 0:
			want = [3]uint64{uint64(n), uint64(n), uint64(n)}
		case route.Errors > 0:
			want = [3]uint64{uint64(n), uint64(n), 0}
		}
		if got := [3]uint64{route.Calls, route.Errors, route.Panics}; got != want {
			t.Errorf("%s: calls, errors, panics %v, want %v", route.Name, got, want)
		}
	}
	if heap > memoryBound {
		t.Errorf("the heap grew to %d MiB", heap>>20)
	}
	t.Logf("%d alerts from %d clients in %v (%.0f/s); answers: median %v, p99 %v, slowest %v; heap at most %d MiB",
		n, clients, took.Round(time.Millisecond), float64(n)/took.Seconds(), sent.percentile(.5), sent.percentile(.99), sent.percentile(1), heap>>20)
}

func TestLoadQueueTooSmall(t *testing.T) {
	n := loadSize(t)
	o := &others{seen: make([]atomic.Int32, n)}
	r := start(t, func(a *app) {
		o.register(a)
		a.mux.HandleFunc(event.Everything(), func(context.Context, *event.Event) error {
			time.Sleep(100 * time.Microsecond)
			return nil
		})
	}, "-report-if", "alert.priority = Emergency", "-queue", "2", "-workers", "1")
	quiet(r)
	peak := heapPeak()
	sent := sendAll(t, r.url, n, clients)
	if err := r.end(); err != nil {
		t.Error(err)
	}
	if err := o.slow.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	heap := peak()
	var handled int64
	for i := range o.seen {
		c := o.seen[i].Load()
		if c > 1 {
			t.Errorf("the good handler saw alert %d %d times", i, c)
		}
		handled += int64(c)
	}
	s := r.ingest.Stats()
	if handled+sent.refused.Load() != int64(n) || handled != sent.accepted.Load() || sent.other.Load() != 0 || s.Refused != uint64(sent.refused.Load()) || s.Handled != uint64(handled) {
		t.Errorf("of %d, %d handled, %d accepted, %d refused, %d otherwise: %+v", n, handled, sent.accepted.Load(), sent.refused.Load(), sent.other.Load(), s)
	}
	if sent.refused.Load() == 0 || handled == 0 {
		t.Errorf("%d refused, %d handled: the queue was not too small", sent.refused.Load(), handled)
	}
	if heap > memoryBound {
		t.Errorf("the heap grew to %d MiB", heap>>20)
	}
	t.Logf("%d alerts: %d handled, %d refused; answers: median %v, p99 %v; heap at most %d MiB", n, handled, sent.refused.Load(), sent.percentile(.5), sent.percentile(.99), heap>>20)
}

// quiet keeps the log of expected failures out of the figures.
func quiet(r *running) { r.logLevel.Set(100) }
