//go:build cgo

package plugin_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/plugin"
	"github.com/falconer-go/falconer/event/plugin/plugintest"
)

// errorsOf collects what a plugin reports.
type errorsOf struct {
	mu   sync.Mutex
	list []error
}

func (e *errorsOf) add(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, err)
}

func (e *errorsOf) all() []error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.list)
}

// What cannot be an event is passed over and counted, and the source goes on to
// its end.
func TestStreamLivesOn(t *testing.T) {
	p := doors()
	var reported errorsOf
	p.OnError = reported.add
	p.Stream.EventBytes = 100
	at := time.Date(2026, 3, 2, 9, 15, 27, 0, time.UTC)
	p.Open = of(func(_ context.Context, yield func(plugin.Record, error) bool) {
		data := make([]byte, 0, 101) // used again for each record
		for i := range 300 {
			data = fmt.Appendf(data[:0], "%d", i)
			switch {
			case i%10 == 3:
				yield(plugin.Record{}, fmt.Errorf("line %d is broken", i))
			case i%10 == 7:
				yield(plugin.Record{Data: data[:101], Time: at}, nil)
			case i%10 == 8:
				yield(plugin.Record{Data: data}, nil) // without a time
			default:
				yield(plugin.Record{Data: data, Time: at.Add(time.Duration(i))}, nil)
			}
		}
	})
	s := p.New()
	d := plugintest.New(t, s, "")
	d.Open("")
	before := time.Now()
	events := d.Next(1000)
	if len(events) != 240 {
		t.Errorf("%d events of 240", len(events))
	}
	for _, e := range events {
		var i int
		fmt.Sscan(string(e.Data), &i)
		if i%10 == 8 {
			if e.Time.Before(before.Add(-time.Minute)) || e.Time.After(time.Now()) {
				t.Errorf("event %d without a time has %v", i, e.Time)
			}
		} else if !e.Time.Equal(at.Add(time.Duration(i))) || i%10 == 3 || i%10 == 7 {
			t.Errorf("event %d has the time %v", i, e.Time)
		}
	}
	if text := d.Progress(); text != "240 events, 30 errors, 30 records too large; last: a record of 101 bytes was passed over: an event has at most 100" {
		t.Errorf("progress: %s", text)
	}
	var large *plugin.TooLargeError
	if list := reported.all(); len(list) != 60 || !errors.As(list[1], &large) || large.Bytes != 101 || s.LastError().Error() != list[59].Error() {
		t.Errorf("%d reports, last %v", len(list), s.LastError())
	}
	// The end stays the end.
	for range 3 {
		if n, err := d.NextBatch(); len(n) != 0 || err != sdk.ErrEOF {
			t.Errorf("after the end: %d events, %v", len(n), err)
		}
	}
}

func TestStreamFatal(t *testing.T) {
	for name, tt := range map[string]struct {
		end  func()
		last error
		want string
	}{
		"fatal": {func() {}, plugin.Fatal(errors.New("no power")), "no power"},
		"panic": {func() { panic("fire") }, nil, "panic: fire"},
	} {
		p := doors()
		p.Open = of(func(_ context.Context, yield func(plugin.Record, error) bool) {
			for range 5 {
				yield(plugin.Record{Data: []byte("x")}, nil)
			}
			tt.end()
			if yield(plugin.Record{}, tt.last) {
				t.Error("went on")
			}
		})
		d := plugintest.New(t, p.New(), "")
		d.Open("")
		n := 0
		for {
			events, err := d.NextBatch()
			n += len(events)
			if err != nil && err != sdk.ErrTimeout {
				if err.Error() != tt.want {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
		}
		if n != 5 {
			t.Errorf("%s: %d events of 5 came before the end", name, n)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	p := doors()
	d := plugintest.New(t, p.New(), "")
	if err := d.TryOpen(""); err == nil || err.Error() != "closed for the day" {
		t.Errorf("got %v", err)
	}
	p.Open = func(context.Context, string) (iterOfRecords, error) { panic("in Open") }
	var panicked *event.PanicError
	if err := d.TryOpen(""); !errors.As(err, &panicked) {
		t.Errorf("got %v", err)
	}
	p.Open = func(context.Context, string) (iterOfRecords, error) { return nil, nil }
	if err := d.TryOpen(""); err == nil {
		t.Error("a source without records is opened")
	}
}

type iterOfRecords = iter.Seq2[plugin.Record, error]

// A source that waits does not hang Falco, and ends when it is closed.
func TestStreamWaits(t *testing.T) {
	p := doors()
	p.Stream.Wait = time.Millisecond
	ended := make(chan struct{})
	p.Open = of(func(ctx context.Context, yield func(plugin.Record, error) bool) {
		defer close(ended)
		yield(plugin.Record{Data: []byte("one")}, nil)
		<-ctx.Done()
		yield(plugin.Record{Data: []byte("late")}, nil)
	})
	d := plugintest.New(t, p.New(), "")
	d.Open("")
	if e := d.Next(1); string(e[0].Data) != "one" {
		t.Errorf("got %q", e[0].Data)
	}
	for range 3 {
		if events, err := d.NextBatch(); len(events) != 0 || err != sdk.ErrTimeout {
			t.Errorf("%d events, %v", len(events), err)
		}
	}
	d.Close()
	<-ended
}

// An iterator that does not end is left behind.
func TestStreamStuck(t *testing.T) {
	p := doors()
	var reported errorsOf
	p.OnError = reported.add
	p.Stream.CloseWait = time.Millisecond
	release := make(chan struct{})
	p.Open = of(func(context.Context, func(plugin.Record, error) bool) { <-release })
	d := plugintest.New(t, p.New(), "")
	d.Open("")
	d.Close()
	close(release)
	if list := reported.all(); len(list) != 1 || !strings.Contains(list[0].Error(), "left behind") {
		t.Errorf("reported %v", list)
	}
}

// The iterator waits for Falco: nothing is lost, and little is held.
func TestStreamBackpressure(t *testing.T) {
	p := doors()
	p.Stream = plugin.StreamOptions{BatchBytes: 1000, BatchEvents: 8}
	var mu sync.Mutex
	ahead, most := 0, 0
	p.Open = of(func(_ context.Context, yield func(plugin.Record, error) bool) {
		for i := range 2000 {
			if !yield(plugin.Record{Data: bytes.Repeat([]byte{byte(i)}, i%300), Time: time.Unix(int64(i), 0)}, nil) {
				t.Error("ended early")
				return
			}
			mu.Lock()
			ahead++
			most = max(most, ahead)
			mu.Unlock()
		}
	})
	d := plugintest.New(t, p.New(), "")
	d.Open("")
	for i := range 2000 {
		e := d.Next(1)
		if len(e) != 1 || len(e[0].Data) != i%300 || e[0].Time.Unix() != int64(i) || len(e[0].Data) > 0 && e[0].Data[0] != byte(i) {
			t.Fatalf("event %d: %+v", i, e)
		}
		mu.Lock()
		ahead--
		mu.Unlock()
	}
	if most > 8*3+1 {
		t.Errorf("the iterator was %d events ahead", most)
	}
	// Closed while the iterator waits for room, it ends.
	p.Open = of(func(_ context.Context, yield func(plugin.Record, error) bool) {
		for yield(plugin.Record{Data: []byte("x")}, nil) {
		}
	})
	d.Open("")
	d.Next(1)
	d.Close()
}

// fewer are events of the host's own, fewer and smaller than the source's.
func TestStreamForeignEvents(t *testing.T) {
	p := doors()
	p.Open = of(func(_ context.Context, yield func(plugin.Record, error) bool) {
		for i := range 20 {
			yield(plugin.Record{Data: make([]byte, i)}, nil)
		}
	})
	s, err := p.New().Begin("")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	events, err := sdk.NewEventWriters(3, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer events.Free()
	n := 0
	for {
		m, err := s.NextBatch(nil, events)
		n += m
		if err == sdk.ErrEOF {
			break
		}
	}
	if st := s.Stats(); n != 11 || st.Events != 11 || st.TooLarge != 9 {
		t.Errorf("%d events, %+v", n, st)
	}
}

func TestNextBatchAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	d := plugintest.New(t, endless(1200).New(), "")
	d.Open("")
	next := d.Batches()
	for range 200 {
		next()
	}
	if n := testing.AllocsPerRun(200, func() { next() }); n > 0.1 {
		t.Errorf("a batch costs %v allocations", n)
	}
}

func endless(size int) *plugin.Plugin[door] {
	p := doors()
	data := bytes.Repeat([]byte{'x'}, size)
	at := time.Now()
	p.Open = of(func(_ context.Context, yield func(plugin.Record, error) bool) {
		for i := uint64(0); ; i++ {
			binary.BigEndian.PutUint64(data, i)
			if !yield(plugin.Record{Data: data, Time: at}, nil) {
				return
			}
		}
	})
	return p
}

// One operation is one event of 1.2 KB through the stream and into C.
func BenchmarkNextBatch(b *testing.B) {
	d := plugintest.New(b, endless(1200).New(), "")
	d.Open("")
	next := d.Batches()
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		m, err := next()
		if err != nil {
			b.Fatal(err)
		}
		n += m
	}
}

func BenchmarkExtract(b *testing.B) {
	p := doors()
	p.Reuse, p.Decode = true, func(d *door, _ []byte) error { d.Name = "a door"; return nil }
	s := p.New()
	r := silentRequest(b, s.Fields(), "door.name")
	b.Run("first", func(b *testing.B) { // of an event
		b.ReportAllocs()
		e := &plugintest.Event{Data: make([]byte, 1200)}
		for i := range b.N {
			e.Num = uint64(i + 1)
			s.Extract(r, e)
		}
	})
	b.Run("next", func(b *testing.B) {
		b.ReportAllocs()
		e := &plugintest.Event{Num: 1}
		for range b.N {
			s.Extract(r, e)
		}
	})
}
