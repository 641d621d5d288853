package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/nats-io/nats.go/jetstream"
)

// windows is an event.AggregateStore in a bucket of the broker: a kind of alert
// has one window, whichever workers its alerts come to.
//
// Every change is a compare-and-set of the window's entry. A message that comes
// again is not counted again, nor is it the second of its kind if it was the
// first: the entry says which messages are in it.
//
// A summary is taken out of a window but stays in the entry until it is told.
// If the worker that took it dies, another one takes it when the lease is over.
type windows struct {
	kv     jetstream.KeyValue
	shards int
	own    func() []int // whose summaries are this worker's to tell
	lease  time.Duration

	mu    sync.Mutex
	taken []string // keys of the summaries taken and not yet told
}

// windowState is a window as it stands in the bucket.
type windowState struct {
	Ends   time.Time      `json:"ends"`
	First  uint64         `json:"first"`           // the message that opened it
	Owed   bool           `json:"owed,omitempty"`  // that was not handled, so the next is the first
	Seen   map[int]uint64 `json:"seen"`            // by partition, the last message that is in it
	Open   *summaryState  `json:"open,omitempty"`  // what came in this window
	Taken  *summaryState  `json:"taken,omitempty"` // what is being told of the one before
	Leased time.Time      `json:"leased,omitzero"` // until then by the worker that took it
}

type summaryState struct {
	Count  int             `json:"count"`
	First  time.Time       `json:"first"`
	Last   time.Time       `json:"last"`
	Latest json.RawMessage `json:"latest"`
}

// lease is how long a worker has for telling what it took.
const lease = 30 * time.Second

func (s *windows) key(key string) string {
	return strconv.Itoa(settings{Partitions: s.shards}.partition(key)) + "." + hex.EncodeToString([]byte(key))
}

// change puts what f makes of the entry in its place; f may be called more than
// once. If f says so, the entry is left as it is, or removed.
func (s *windows) change(ctx context.Context, key string, f func(w *windowState) verdict) error {
	ctx, cancel := briefly(ctx)
	defer cancel()
	for try := 0; ; try++ {
		var w *windowState
		revision := uint64(0)
		entry, err := s.kv.Get(ctx, key)
		switch {
		case err == nil:
			revision = entry.Revision()
			w = new(windowState)
			if err := json.Unmarshal(entry.Value(), w); err != nil {
				return fmt.Errorf("window %s: %w", key, err)
			}
		case !errors.Is(err, jetstream.ErrKeyNotFound):
			return err
		default:
			w = &windowState{}
		}
		verdict := f(w)
		switch verdict {
		case keep:
			return nil
		case remove:
			err = s.kv.Purge(ctx, key, jetstream.LastRevision(revision), jetstream.PurgeTTL(time.Minute))
		case put:
			var text []byte
			if text, err = json.Marshal(w); err != nil {
				return err
			}
			if revision == 0 {
				_, err = s.kv.Create(ctx, key, text)
			} else {
				_, err = s.kv.Update(ctx, key, text, revision)
			}
		}
		if err == nil || !conflict(err) || try == 20 {
			return err
		}
		if !sleep(ctx, time.Duration(rand.Int64N(int64(10*time.Millisecond)))) {
			return context.Cause(ctx)
		}
	}
}

type verdict int

const (
	keep verdict = iota
	put
	remove
)

// conflict reports whether another one changed the entry first.
func conflict(err error) bool {
	return errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch)
}

// Add implements event.AggregateStore.
func (s *windows) Add(ctx context.Context, key string, e *event.Event, length time.Duration) (first bool, err error) {
	d, ok := deliveryFrom(ctx)
	if !ok {
		return false, errors.New("an alert that came in no message")
	}
	now := time.Now()
	err = s.change(ctx, s.key(key), func(w *windowState) verdict {
		fresh := w.Ends.IsZero()
		if fresh {
			*w = windowState{Ends: now.Add(length), Seen: make(map[int]uint64)}
		}
		switch {
		case w.First == d.sequence && !w.Owed:
			first = true
			return keep
		case fresh, w.Owed:
			first, w.First, w.Owed = true, d.sequence, false
		case d.sequence <= w.Seen[d.partition]:
			first = false
			return keep
		default:
			first = false
			w.add(now, e)
		}
		w.Seen[d.partition] = max(w.Seen[d.partition], d.sequence)
		return put
	})
	return first, err
}

func (w *windowState) add(now time.Time, e *event.Event) {
	if w.Open == nil {
		w.Open = &summaryState{First: now}
	}
	w.Open.Count++
	w.Open.Last = now
	w.Open.Latest = e.AppendJSON(nil)
}

// Undo implements event.AggregateStore.
func (s *windows) Undo(ctx context.Context, key string, _ *event.Event) error {
	d, _ := deliveryFrom(ctx)
	return s.change(ctx, s.key(key), func(w *windowState) verdict {
		if w.First != d.sequence || w.Owed {
			return keep
		}
		w.Owed = true
		return put
	})
}

// Due implements event.AggregateStore, for the worker's own share of the
// windows. With an alert it returns none: that they are told is then known too
// late.
func (s *windows) Due(ctx context.Context, length time.Duration, most int) (list []event.Summary, err error) {
	if _, ok := deliveryFrom(ctx); ok {
		return nil, nil
	}
	due, err := s.ended(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, key := range due {
		if len(list) == most {
			break
		}
		summary, err := s.take(ctx, key, length)
		if err != nil {
			errs = append(errs, err)
		} else if summary != nil {
			list = append(list, *summary)
		}
	}
	return list, errors.Join(errs...)
}

// ended returns the keys of this worker's windows that seem to have ended.
func (s *windows) ended(ctx context.Context) (due []string, err error) {
	var filters []string
	for _, shard := range s.own() {
		filters = append(filters, strconv.Itoa(shard)+".*")
	}
	if len(filters) == 0 {
		return nil, nil
	}
	ctx, cancel := briefly(ctx)
	defer cancel()
	entries, err := s.kv.WatchFiltered(ctx, filters, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, entries.Stop()) }()
	now := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case entry := <-entries.Updates():
			if entry == nil {
				return due, nil
			}
			var w windowState
			if err := json.Unmarshal(entry.Value(), &w); err != nil {
				return nil, fmt.Errorf("window %s: %w", entry.Key(), err)
			}
			if w.due(now) {
				due = append(due, strings.Clone(entry.Key()))
			}
		}
	}
}

// due reports whether there is something to do for a window.
func (w *windowState) due(now time.Time) bool {
	if w.Taken != nil {
		return !now.Before(w.Leased)
	}
	return !now.Before(w.Ends)
}

// take takes the summary of a window; there may be none.
func (s *windows) take(ctx context.Context, key string, length time.Duration) (*event.Summary, error) {
	var taken *summaryState
	now := time.Now()
	err := s.change(ctx, key, func(w *windowState) verdict {
		taken = nil
		switch {
		case w.Ends.IsZero() || !w.due(now):
			return keep
		case w.Taken != nil: // by one that did not come to the end of it
		case w.Open == nil:
			return remove
		default:
			w.Taken, w.Open, w.Ends = w.Open, nil, now.Add(length)
		}
		w.Leased = now.Add(s.lease)
		taken = w.Taken
		return put
	})
	if err != nil || taken == nil {
		return nil, err
	}
	latest, err := event.Parse(taken.Latest)
	if err != nil {
		return nil, fmt.Errorf("window %s: %w", key, err)
	}
	s.mu.Lock()
	s.taken = append(s.taken, key)
	s.mu.Unlock()
	return &event.Summary{Latest: latest, Repeats: event.Repeats{Count: taken.Count, First: taken.First, Last: taken.Last}}, nil
}

// told forgets the summaries that were taken, if they were told; if not they
// are taken again once their leases are over.
func (s *windows) told(ctx context.Context, all bool) error {
	s.mu.Lock()
	taken := s.taken
	s.taken = nil
	s.mu.Unlock()
	if !all {
		return nil
	}
	var errs []error
	for _, key := range taken {
		errs = append(errs, s.change(ctx, key, func(w *windowState) verdict {
			if w.Taken == nil {
				return keep
			}
			w.Taken, w.Leased = nil, time.Time{}
			return put
		}))
	}
	return errors.Join(errs...)
}

// run tells summaries as windows end, until ctx is done.
func (s *windows) run(ctx context.Context, a *event.Aggregator, every time.Duration, report func(error)) {
	for sleep(ctx, every) {
		err := a.Flush(ctx)
		if err = errors.Join(err, s.told(ctx, err == nil)); err != nil && ctx.Err() == nil {
			report(err)
		}
	}
}
