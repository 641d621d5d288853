package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// endless gives the workload over and over, so that a decoder is measured in
// its steady state.
type endless struct {
	data []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.data[e.at:])
	e.at = (e.at + n) % len(e.data)
	return n, nil
}

func decoder(b *testing.B, o *event.DecoderOptions) {
	w := load(b)
	liveHeap(b)
	d := event.NewDecoder(&endless{data: w.stream}, o)
	b.SetBytes(int64(len(w.stream)))
	b.ReportAllocs()
	var e event.Event
	for b.Loop() {
		for range w.alerts {
			if err := d.Decode(&e); err != nil {
				b.Fatal(err)
			}
		}
	}
	perAlert(b, len(w.alerts))
}

func BenchmarkDecoder(b *testing.B)      { decoder(b, nil) }
func BenchmarkDecoderReuse(b *testing.B) { decoder(b, &event.DecoderOptions{Reuse: true}) }

// BenchmarkFalcosidekickStream gives falcosidekick's decoder what it never
// gets, a stream, which spares it a new decoder for each alert.
func BenchmarkFalcosidekickStream(b *testing.B) {
	runStream(b, func(stream []byte) (n int, err error) {
		d := json.NewDecoder(bytes.NewReader(stream))
		d.UseNumber()
		for ; ; n++ {
			var p payload
			if err := d.Decode(&p); err == io.EOF {
				return n, nil
			} else if err != nil {
				return n, err
			}
		}
	})
}

// BenchmarkArchive decodes a file of 64 MiB with one worker and with more.
func BenchmarkArchive(b *testing.B) {
	w := load(b)
	name := filepath.Join(b.TempDir(), "alerts.jsonl")
	times := 64<<20/len(w.stream) + 1
	if err := os.WriteFile(name, bytes.Repeat(w.stream, times), 0o600); err != nil {
		b.Fatal(err)
	}
	liveHeap(b)
	for _, workers := range []int{1, 2, 4} {
		for _, unordered := range []bool{false, true} {
			b.Run(fmt.Sprintf("workers=%d/unordered=%v", workers, unordered), func(b *testing.B) {
				a, err := event.OpenArchive(name, &event.ArchiveOptions{Workers: workers, Unordered: unordered})
				if err != nil {
					b.Fatal(err)
				}
				defer a.Close()
				b.SetBytes(int64(times * len(w.stream)))
				for b.Loop() {
					n := 0
					for _, err := range a.All() {
						if err != nil {
							b.Fatal(err)
						}
						n++
					}
					if n != times*len(w.alerts) {
						b.Fatalf("%d alerts", n)
					}
				}
				perAlert(b, times*len(w.alerts))
			})
		}
	}
}

// BenchmarkGet looks up the middle field of each alert.
func BenchmarkGet(b *testing.B) {
	var fields []event.Fields
	var names []string
	for _, alert := range load(b).alerts {
		e, err := event.Parse(alert)
		if err != nil {
			b.Fatal(err)
		}
		if n := e.Fields.Len(); n > 0 {
			name, _ := e.Fields.At(n / 2)
			fields, names = append(fields, e.Fields), append(names, name)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i == len(fields) {
			i = 0
		}
		if fields[i].Get(names[i]).Kind() == event.Absent {
			b.Fatal(names[i])
		}
	}
}
