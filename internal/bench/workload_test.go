package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// workload is the alerts that every decoder gets: those that
// FALCONER_CONFORMANCE names, else the samples of package event.
type workload struct {
	alerts [][]byte
	stream []byte // the same, one a line
}

func load(tb testing.TB) workload {
	tb.Helper()
	pattern := filepath.Join("..", "..", "event", "testdata", "alerts", "*.json*")
	if dir := os.Getenv("FALCONER_CONFORMANCE"); dir != "" {
		pattern = filepath.Join(dir, "alerts", "*.json*")
	}
	files, err := filepath.Glob(pattern)
	if err != nil {
		tb.Fatal(err)
	}
	var w workload
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			w.alerts = append(w.alerts, line)
			w.stream = append(append(w.stream, line...), '\n')
		}
	}
	if len(w.alerts) == 0 {
		tb.Fatalf("no alerts in %s", pattern)
	}
	return w
}

// run measures decode over every alert of the workload; one operation is the
// whole of it.
func run(b *testing.B, decode func(alert []byte) error) {
	b.Helper()
	w := load(b)
	b.SetBytes(int64(len(w.stream)))
	b.ReportAllocs()
	for b.Loop() {
		for _, alert := range w.alerts {
			if err := decode(alert); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(w.alerts)), "ns/alert")
}
