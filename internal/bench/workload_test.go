package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/falconer-go/falconer/event/eventtest"
)

// workload is the alerts that every decoder gets: those that
// FALCONER_CONFORMANCE names, else the samples of package eventtest.
type workload struct {
	alerts [][]byte
	stream []byte // the same, one a line
}

func load(tb testing.TB) workload {
	tb.Helper()
	var w workload
	add := func(line []byte) {
		w.alerts = append(w.alerts, line)
		w.stream = append(append(w.stream, line...), '\n')
	}
	dir := os.Getenv("FALCONER_CONFORMANCE")
	if dir == "" {
		for _, s := range eventtest.Samples() {
			add(s.JSON)
		}
		return w
	}
	files, err := filepath.Glob(filepath.Join(dir, "alerts", "*.json*"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				add(line)
			}
		}
	}
	if len(w.alerts) == 0 {
		tb.Fatalf("no alerts in %s", dir)
	}
	return w
}

// liveHeap is what the program around a decoder holds. Without it Go's
// collector runs each time that 4 MiB were allocated, and the benchmarks that
// allocate measure its fixed costs: set BENCH_HEAP=0, in MiB, to see those.
func liveHeap(b *testing.B) {
	b.Helper()
	mib := 64
	if s := os.Getenv("BENCH_HEAP"); s != "" {
		var err error
		if mib, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	heap := make([]byte, mib<<20)
	runtime.GC() // which sets the next goal by it
	b.Cleanup(func() { runtime.KeepAlive(heap) })
}

// run measures decode over every alert of the workload; one operation is the
// whole of it.
func run(b *testing.B, decode func(alert []byte) error) {
	b.Helper()
	w := load(b)
	liveHeap(b)
	b.SetBytes(int64(len(w.stream)))
	b.ReportAllocs()
	for b.Loop() {
		for _, alert := range w.alerts {
			if err := decode(alert); err != nil {
				b.Fatal(err)
			}
		}
	}
	perAlert(b, len(w.alerts))
}

// runStream measures decoding the workload as one stream.
func runStream(b *testing.B, decode func(stream []byte) (alerts int, err error)) {
	b.Helper()
	w := load(b)
	liveHeap(b)
	b.SetBytes(int64(len(w.stream)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := decode(w.stream); err != nil || n != len(w.alerts) {
			b.Fatalf("%d of %d alerts, %v", n, len(w.alerts), err)
		}
	}
	perAlert(b, len(w.alerts))
}

func perAlert(b *testing.B, alerts int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(alerts), "ns/alert")
}
