package event

import (
	"os"
	"path/filepath"
	"testing"

	"bytes"
)

// benchAlerts are the recorded alerts, or the samples of this package.
func benchAlerts(b testing.TB) (lines [][]byte, size int64) {
	b.Helper()
	pattern := filepath.Join("testdata", "alerts", "*.json*")
	if dir := os.Getenv("FALCONER_CONFORMANCE"); dir != "" {
		pattern = filepath.Join(dir, "alerts", "*.json*")
	}
	files, err := filepath.Glob(pattern)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				lines = append(lines, line)
				size += int64(len(line))
			}
		}
	}
	if len(lines) == 0 {
		b.Fatal("no alerts")
	}
	return lines, size
}

func BenchmarkParse(b *testing.B) {
	lines, size := benchAlerts(b)
	b.SetBytes(size / int64(len(lines)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := Parse(lines[i%len(lines)]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkScan is the cost of the scanner alone, without memory.
func BenchmarkScan(b *testing.B) {
	lines, size := benchAlerts(b)
	b.SetBytes(size / int64(len(lines)))
	b.ReportAllocs()
	var e Event
	r := room{reused: true}
	limits := Limits{}.orDefault()
	for i := 0; b.Loop(); i++ {
		e = Event{}
		if _, err := e.decode(&r, lines[i%len(lines)], limits, wholeInput); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	lines, _ := benchAlerts(b)
	var all []*Event
	var names []string
	for _, line := range lines {
		e, err := Parse(line)
		if err != nil {
			b.Fatal(err)
		}
		if e.Fields.Len() == 0 {
			continue
		}
		all = append(all, e)
		name, _ := e.Fields.At(e.Fields.Len() / 2)
		names = append(names, name)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		i %= len(all)
		if all[i].Fields.Get(names[i]).Kind() == Absent {
			b.Fatal(names[i])
		}
	}
}

func BenchmarkID(b *testing.B) {
	lines, _ := benchAlerts(b)
	e, _ := Parse(lines[0])
	b.ReportAllocs()
	for b.Loop() {
		_ = e.ID()
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	lines, _ := benchAlerts(b)
	e, _ := Parse(lines[0])
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf = e.AppendJSON(buf[:0])
	}
}

func BenchmarkProcess(b *testing.B) {
	lines, _ := benchAlerts(b)
	e, _ := Parse(lines[len(lines)-1])
	b.ReportAllocs()
	for b.Loop() {
		_ = e.Process()
	}
}
