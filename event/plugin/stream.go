//go:build cgo

package plugin

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk/plugins"
)

// How a stream works. A goroutine runs the iterator and copies its records into
// one of two batches; NextBatch takes that batch, leaves the other, and copies
// its records into Falco's events. Once the batches have grown to what is usual,
// nothing is allocated. The goroutine waits while its batch is full, so the
// iterator is at most two batches ahead of Falco.

// StreamOptions are the bounds of a source. The zero StreamOptions, and each
// zero in it, are the defaults.
type StreamOptions struct {
	EventBytes  int           // how large an event may be; 0 means the SDK's 256 KiB
	BatchEvents int           // how many events Falco takes at once; 0 means the SDK's 128
	BatchBytes  int           // how many bytes of events are read ahead; 0 means 1 MiB
	Wait        time.Duration // how long Falco waits for an event before it looks elsewhere; 0 means 30 milliseconds
	CloseWait   time.Duration // how long closing waits for the iterator to end; 0 means 3 seconds
}

func (o StreamOptions) orDefault() StreamOptions {
	set := func(v *int, to int) {
		if *v == 0 {
			*v = to
		}
	}
	set(&o.EventBytes, int(sdk.DefaultEvtSize))
	set(&o.BatchEvents, int(sdk.DefaultBatchSize))
	set(&o.BatchBytes, 1<<20)
	if o.Wait == 0 {
		o.Wait = 30 * time.Millisecond
	}
	if o.CloseWait == 0 {
		o.CloseWait = 3 * time.Second
	}
	return o
}

// StreamStats are the counts of a source since it was opened.
type StreamStats struct {
	Events   uint64 // taken by Falco
	TooLarge uint64 // records that were passed over since they are over StreamOptions.EventBytes
	Errors   uint64 // that the iterator yielded, those that ended it included
}

// TooLargeError is what is reported for a record that was passed over.
type TooLargeError struct {
	Bytes int // how large it is
	Limit int // how large an event may be
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("a record of %d bytes was passed over: an event has at most %d", e.Bytes, e.Limit)
}

// Stream is an open source: what the SDK calls an instance.
type Stream struct {
	plugins.BaseEvents
	plugins.BaseProgress

	o      StreamOptions
	report func(error)
	cancel context.CancelFunc
	ended  chan struct{} // closed when the iterator has ended

	ready chan struct{} // a value when there is something to take
	room  chan struct{} // a value when the batch was taken
	timer *time.Timer
	taken *batch

	mu     sync.Mutex
	filled *batch
	done   bool  // there will be no more
	err    error // why, if that is an error
	stats  StreamStats
	last   error // the last one
	news   error // the last one that Falco was not told of
}

// batch is records, one behind the other.
type batch struct {
	bytes []byte
	ends  []int
	times []uint64
	done  []func()
	next  int // the first one that is not in an event yet
	over  int // the first one that Falco may not be done with
}

func (b *batch) reset() {
	clear(b.done)
	b.bytes, b.ends, b.times, b.done, b.next, b.over = b.bytes[:0], b.ends[:0], b.times[:0], b.done[:0], 0, 0
}

// newStream starts to read records. cancel is called when the stream is closed.
func newStream(ctx context.Context, cancel context.CancelFunc, records iter.Seq2[Record, error], o StreamOptions, report func(error)) (*Stream, error) {
	s := &Stream{
		o: o.orDefault(), report: report, cancel: cancel,
		ended: make(chan struct{}), ready: make(chan struct{}, 1), room: make(chan struct{}, 1),
		taken: new(batch), filled: new(batch),
	}
	events, err := sdk.NewEventWriters(int64(s.o.BatchEvents), int64(s.o.EventBytes))
	if err != nil {
		cancel()
		return nil, err
	}
	s.SetEvents(events)
	s.timer = time.NewTimer(s.o.Wait)
	go s.run(ctx, records)
	return s, nil
}

func (s *Stream) run(ctx context.Context, records iter.Seq2[Record, error]) {
	defer close(s.ended)
	var fatal error
	func() {
		defer caught(&fatal)
		for r, err := range records {
			if err != nil {
				if e := (*fatalError)(nil); errors.As(err, &e) {
					fatal = err
					return
				}
				s.failed(err, false)
			} else if !s.add(ctx, r) {
				return
			}
			if ctx.Err() != nil {
				return
			}
		}
	}()
	if fatal != nil && ctx.Err() == nil {
		s.failed(fatal, true)
	}
	s.mu.Lock()
	s.done = true
	s.mu.Unlock()
	notify(s.ready)
}

// failed counts and reports an error.
func (s *Stream) failed(err error, ends bool) {
	s.mu.Lock()
	s.stats.Errors++
	s.last, s.news = err, err
	if ends {
		s.err = err
	}
	s.mu.Unlock()
	s.report(err)
}

// add puts a record into the batch, as soon as there is room. It returns false
// if the stream was closed.
func (s *Stream) add(ctx context.Context, r Record) bool {
	if len(r.Data) > s.o.EventBytes {
		s.tooLarge(len(r.Data))
		if r.Done != nil {
			r.Done()
		}
		return true
	}
	if r.Time.IsZero() || !hasNanos(r.Time) {
		r.Time = time.Now()
	}
	for {
		s.mu.Lock()
		b := s.filled
		if n := len(b.ends); n == 0 || n < s.o.BatchEvents && len(b.bytes)+len(r.Data) <= s.o.BatchBytes {
			b.bytes = append(b.bytes, r.Data...)
			b.ends = append(b.ends, len(b.bytes))
			b.times = append(b.times, uint64(r.Time.UnixNano()))
			b.done = append(b.done, r.Done)
			s.mu.Unlock()
			notify(s.ready)
			return true
		}
		s.mu.Unlock()
		select {
		case <-s.room:
		case <-ctx.Done():
			return false
		}
	}
}

func (s *Stream) tooLarge(n int) {
	err := &TooLargeError{n, s.o.EventBytes}
	s.mu.Lock()
	s.stats.TooLarge++
	s.last, s.news = err, err
	s.mu.Unlock()
	s.report(err)
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// NextBatch fills events, as the SDK asks for it. It waits for the first one,
// and no longer than StreamOptions.Wait.
func (s *Stream) NextBatch(state sdk.PluginState, events sdk.EventWriters) (int, error) {
	s.over()
	s.timer.Reset(s.o.Wait)
	for {
		if n := s.write(events); n > 0 {
			return n, nil
		}
		s.mu.Lock()
		if len(s.filled.ends) > 0 {
			s.taken.reset()
			s.taken, s.filled = s.filled, s.taken
			s.mu.Unlock()
			notify(s.room)
			continue
		}
		done, err, news := s.done, s.err, s.news
		s.news = nil
		s.mu.Unlock()
		if l, ok := state.(sdk.LastError); ok && news != nil {
			l.SetLastError(news)
		}
		if done && err != nil {
			return 0, err
		}
		if done {
			return 0, sdk.ErrEOF
		}
		select {
		case <-s.ready:
		case <-s.timer.C:
			return 0, sdk.ErrTimeout
		}
	}
}

// over tells the source which events Falco is done with: those that it got
// before it asked again.
func (s *Stream) over() {
	b := s.taken
	for ; b.over < b.next; b.over++ {
		if done := b.done[b.over]; done != nil {
			var err error
			func() {
				defer caught(&err)
				done()
			}()
			if err != nil {
				s.failed(err, false)
			}
		}
	}
}

// write copies records that were taken into events, and returns how many.
func (s *Stream) write(events sdk.EventWriters) int {
	b, n := s.taken, 0
	for ; b.next < len(b.ends) && n < events.Len(); b.next++ {
		begin := 0
		if b.next > 0 {
			begin = b.ends[b.next-1]
		}
		record := b.bytes[begin:b.ends[b.next]]
		w := events.Get(n)
		if _, err := w.Writer().Write(record); err != nil { // events that are not ours, and smaller
			s.tooLarge(len(record))
			continue
		}
		w.SetTimestamp(b.times[b.next])
		n++
	}
	if n > 0 {
		s.mu.Lock()
		s.stats.Events += uint64(n)
		s.mu.Unlock()
	}
	return n
}

// Stats returns the counts.
func (s *Stream) Stats() StreamStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Progress returns the counts and the last error as text. How much of a source
// is done is not known, and 0.
func (s *Stream) Progress(sdk.PluginState) (float64, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stats.Errors+s.stats.TooLarge == 0 {
		return 0, fmt.Sprintf("%d events", s.stats.Events)
	}
	first, _, _ := strings.Cut(s.last.Error(), "\n")
	return 0, fmt.Sprintf("%d events, %d errors, %d records too large; last: %s", s.stats.Events, s.stats.Errors, s.stats.TooLarge, withoutNUL(first))
}

// Close ends the source. An iterator that does not end is left behind, which is
// reported.
func (s *Stream) Close() {
	s.cancel()
	s.timer.Stop()
	t := time.NewTimer(s.o.CloseWait)
	defer t.Stop()
	select {
	case <-s.ended:
	case <-t.C:
		s.report(fmt.Errorf("the source was closed and still reads after %v: it is left behind", s.o.CloseWait))
	}
}
