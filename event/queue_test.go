package event

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

func number(e *Event) int {
	n, _ := e.Fields.Get("n").Int()
	return int(n)
}

// balanced checks what must hold at every moment.
func balanced(t *testing.T, s QueueStats) {
	t.Helper()
	if s.Accepted != s.Handled+s.Dropped+uint64(s.Waiting)+uint64(s.Running) {
		t.Errorf("unbalanced: %+v", s)
	}
}

func TestQueueOrderPerKey(t *testing.T) {
	var mu sync.Mutex
	last := make(map[string]int)
	inKey := make(map[string]bool)
	var atOnce, most int
	q := NewQueue(HandlerFunc(func(_ context.Context, e *Event) error {
		mu.Lock()
		if inKey[e.Hostname] {
			t.Errorf("two alerts of %s at once", e.Hostname)
		}
		inKey[e.Hostname] = true
		if n := number(e); n != last[e.Hostname]+1 {
			t.Errorf("%s: %d after %d", e.Hostname, n, last[e.Hostname])
		}
		last[e.Hostname] = number(e)
		atOnce++
		most = max(most, atOnce)
		mu.Unlock()
		if rand.IntN(4) == 0 {
			time.Sleep(time.Duration(rand.IntN(50)) * time.Microsecond)
		}
		mu.Lock()
		atOnce--
		inKey[e.Hostname] = false
		mu.Unlock()
		return nil
	}), &QueueOptions{Workers: 4, Alerts: 50})
	const hosts, each = 9, 300
	var senders sync.WaitGroup
	for h := range hosts {
		senders.Go(func() {
			for n := range each {
				if err := q.HandleEvent(context.Background(), alertOf(t, "A", fmt.Sprint("h", h), n+1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	if err := q.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	s := q.Stats()
	balanced(t, s)
	if s.Handled != hosts*each || s.Keys != 0 || s.Bytes != 0 || most < 2 || most > 4 {
		t.Errorf("%+v, at most %d at once", s, most)
	}
	if err := q.HandleEvent(t.Context(), shellAlert(t)); !errors.Is(err, ErrQueueClosed) {
		t.Errorf("after Drain: %v", err)
	}
	if err := q.Close(); err != nil {
		t.Error(err)
	}
}

// waiting is a handler that waits until it is opened, or its ctx ends.
type waiting struct {
	sink
	open chan struct{}
}

func (w *waiting) HandleEvent(ctx context.Context, e *Event) error {
	select {
	case <-w.open:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return w.sink.HandleEvent(ctx, e)
}

func TestQueueReject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &waiting{open: make(chan struct{})}
		q := NewQueue(h, &QueueOptions{Workers: 1, Alerts: 2, Full: Reject})
		for n := range 5 {
			err := q.HandleEvent(t.Context(), alertOf(t, "A", "h", n))
			if want := n >= 3; errors.Is(err, ErrQueueFull) != want {
				t.Errorf("alert %d: %v", n, err)
			}
			synctest.Wait()
		}
		time.Sleep(time.Second)
		if s := q.Stats(); s.Running != 1 || s.Waiting != 2 || s.Refused != 2 || s.Keys != 1 || s.Oldest != time.Second {
			t.Errorf("%+v", s)
		}
		close(h.open)
		if err := q.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		if len(h.events) != 3 {
			t.Errorf("%d handled, want 3", len(h.events))
		}
	})
}

func TestQueueBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &waiting{open: make(chan struct{})}
		small := alertOf(t, "A", "h", 1)
		q := NewQueue(h, &QueueOptions{Workers: 1, Bytes: 3 * small.size(), Full: Reject})
		q.HandleEvent(t.Context(), small)
		synctest.Wait()
		for i, want := range []bool{true, true, true, false} {
			if err := q.HandleEvent(t.Context(), small); (err == nil) != want {
				t.Errorf("alert %d: %v", i, err)
			}
		}
		large := alertOf(t, "A", strings.Repeat("h", 4*small.size()), 1)
		if err := q.HandleEvent(t.Context(), large); !errors.Is(err, ErrTooLarge) {
			t.Errorf("larger than the queue: %v", err)
		}
		close(h.open)
		q.Drain(t.Context())
	})
}

func TestQueueDropOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &waiting{open: make(chan struct{})}
		var dropped []int
		q := NewQueue(h, &QueueOptions{Workers: 1, Alerts: 3, Full: DropOldest, Key: ByFields("n"), OnDrop: func(e *Event, reason error) {
			dropped = append(dropped, number(e))
			if !errors.Is(reason, ErrQueueFull) {
				t.Error(reason)
			}
		}})
		for n := range 100 {
			if err := q.HandleEvent(t.Context(), alertOf(t, "A", "h", n)); err != nil {
				t.Error(err)
			}
			synctest.Wait()
			// Keys of dropped alerts must not stay behind.
			if s := q.Stats(); s.Keys > 4 || q.ready.Len() > 3 {
				t.Fatalf("%+v, %d ready", s, q.ready.Len())
			}
		}
		close(h.open)
		if err := q.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		var handled []int
		for _, e := range h.events {
			handled = append(handled, number(e))
		}
		if !slices.Equal(handled, []int{0, 97, 98, 99}) || len(dropped) != 96 || !slices.IsSorted(dropped) {
			t.Errorf("handled %v, dropped %v", handled, dropped)
		}
		if n := heldBy(t, q, "queue"); n != 96 {
			t.Errorf("%d held", n)
		}
		balanced(t, q.Stats())
	})
}

func TestQueueBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &waiting{open: make(chan struct{})}
		q := NewQueue(h, &QueueOptions{Workers: 1, Alerts: 1})
		results := make(chan error, 8)
		for n := range 5 { // one runs, one waits, three are blocked
			go func() { results <- q.HandleEvent(t.Context(), alertOf(t, "A", "h", n)) }()
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := q.HandleEvent(ctx, alertOf(t, "A", "h", 5)); !errors.Is(err, ErrQueueFull) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if s := q.Stats(); s.Blocked != 3 || s.Waiting != 1 || s.Running != 1 || s.Refused != 1 {
			t.Errorf("%+v", s)
		}
		close(h.open)
		for range 5 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		q.Drain(t.Context())
		for i, e := range h.events {
			if number(e) != i {
				t.Errorf("call %d is about alert %d", i, number(e))
			}
		}
	})
}

// A large alert at the front that gives up lets those behind it in.
func TestQueueBlockedLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &waiting{open: make(chan struct{})}
		small := alertOf(t, "A", "h", 1)
		q := NewQueue(h, &QueueOptions{Workers: 1, Bytes: 3 * small.size()})
		q.HandleEvent(t.Context(), small)
		synctest.Wait()
		q.HandleEvent(t.Context(), small)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var large, behind error
		go func() {
			large = q.HandleEvent(ctx, alertOf(t, "A", strings.Repeat("h", 2*small.size()), 1))
		}()
		synctest.Wait()
		go func() { behind = q.HandleEvent(t.Context(), small) }()
		synctest.Wait()
		if s := q.Stats(); s.Blocked != 2 {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if large == nil || behind != nil || q.Stats().Blocked != 0 {
			t.Errorf("%v, %v, %+v", large, behind, q.Stats())
		}
		close(h.open)
		q.Drain(t.Context())
	})
}

func TestQueueDrainTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &waiting{open: make(chan struct{})}
		var dropped atomic.Int64
		failed := make(chan error, 5)
		q := NewQueue(h, &QueueOptions{
			Workers: 2, Alerts: 3, Key: ByFields("n"),
			OnDrop:  func(_ *Event, reason error) { dropped.Add(1) },
			OnError: func(_ *Event, err error) { failed <- err },
		})
		for n := range 5 {
			q.HandleEvent(t.Context(), alertOf(t, "A", "h", n))
			synctest.Wait()
		}
		var refused error
		go func() { refused = q.HandleEvent(t.Context(), alertOf(t, "A", "h", 9)) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := q.Drain(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "3 alerts waiting and 2 being handled: ") {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if !errors.Is(refused, ErrQueueClosed) {
			t.Errorf("who waited for room got %v", refused)
		}
		h.sink.fail = errBuggy
		if err := q.Close(); !errors.Is(err, ErrQueueClosed) || !strings.HasPrefix(err.Error(), "3 alerts dropped") {
			t.Errorf("got %v", err)
		}
		s := q.Stats()
		balanced(t, s)
		if dropped.Load() != 3 || s.Dropped != 3 || s.Handled != 2 || s.Failed != 2 || len(failed) != 2 || !errors.Is(<-failed, context.Canceled) {
			t.Errorf("%+v", s)
		}
		if err := q.Drain(t.Context()); err != nil {
			t.Errorf("Drain after Close: %v", err)
		}
	})
}

// The bubble of synctest fails the test if a goroutine is left.
func TestQueueSurvivesItsHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var good atomic.Int64
		var errs []error
		q := NewQueue(HandlerFunc(func(_ context.Context, e *Event) error {
			switch number(e) % 4 {
			case 0:
				panic("p")
			case 1:
				runtimeGoexit()
			case 2:
				return errBuggy
			}
			good.Add(1)
			return nil
		}), &QueueOptions{Workers: 1, OnError: func(_ *Event, err error) { errs = append(errs, err) }})
		for n := range 40 {
			q.HandleEvent(t.Context(), alertOf(t, "A", "h", n))
		}
		if err := q.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		if s := q.Stats(); s.Handled != 40 || s.Failed != 30 || good.Load() != 10 || len(errs) != 30 {
			t.Errorf("%+v, %d good, %d errors", s, good.Load(), len(errs))
		}
	})
}

func TestQueueWithoutClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(sink)
		q := NewQueue(s, nil)
		for round := range 3 {
			q.HandleEvent(t.Context(), shellAlert(t))
			synctest.Wait()
			if len(s.events) != round+1 || q.workers != 0 {
				t.Errorf("round %d: %d handled, %d workers", round, len(s.events), q.workers)
			}
		}
	})
}

func TestQueueContext(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		got := make(chan error, 1)
		q := NewQueue(HandlerFunc(func(ctx context.Context, _ *Event) error {
			if ctx.Value(key{}) != "v" {
				t.Error("the values are lost")
			}
			ctx, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			<-ctx.Done()
			got <- context.Cause(ctx)
			return nil
		}), nil)
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "v"))
		q.HandleEvent(ctx, shellAlert(t))
		cancel() // the caller's end is not the handler's
		time.Sleep(time.Minute)
		if len(got) != 0 {
			t.Error("ended with its caller")
		}
		q.Close()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// A key that is never empty does not keep another waiting for long.
// A lane that outlives its first alert does not hold it in memory.
func TestQueueKeyIsItsOwn(t *testing.T) {
	h := &waiting{open: make(chan struct{})}
	q := NewQueue(h, nil)
	e := alertOf(t, "A", "node", 1)
	if err := q.HandleEvent(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	q.mu.Lock()
	l := q.lanes["node"]
	q.mu.Unlock()
	if l == nil || unsafe.StringData(l.key) == unsafe.StringData(e.Hostname) {
		t.Error("the key is a piece of the alert")
	}
	close(h.open)
	if err := q.Drain(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestQueueFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(sink)
		h := &waiting{open: make(chan struct{})}
		q := NewQueue(Multi(h, s), &QueueOptions{Workers: 1})
		for n := range 100 {
			q.HandleEvent(t.Context(), alertOf(t, "A", "busy", n))
		}
		q.HandleEvent(t.Context(), alertOf(t, "A", "quiet", 0))
		close(h.open)
		q.Drain(t.Context())
		at := slices.IndexFunc(s.events, func(e *Event) bool { return e.Hostname == "quiet" })
		if at < 0 || at > 2 {
			t.Errorf("the quiet host came at %d", at)
		}
	})
}

// Many senders, every policy, drains and closes in the midst: nothing is lost
// and nothing handled twice.
func TestQueueExactlyOnce(t *testing.T) {
	for _, full := range []FullPolicy{Block, Reject, DropOldest} {
		for _, closes := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d/%v", full, closes), func(t *testing.T) {
				const senders, each = 4, 400
				var seen [senders * each]atomic.Int32
				var dropped, accepted atomic.Int64
				q := NewQueue(HandlerFunc(func(_ context.Context, e *Event) error {
					seen[number(e)].Add(1)
					return nil
				}), &QueueOptions{Workers: 3, Alerts: 10, Full: full, Key: func(e *Event) string { return strconv.Itoa(number(e) % 7) },
					OnDrop: func(e *Event, _ error) { dropped.Add(1); seen[number(e)].Add(1) }})
				var wg sync.WaitGroup
				for s := range senders {
					wg.Go(func() {
						for n := range each {
							if q.HandleEvent(context.Background(), alertOf(t, "A", "h", s*each+n)) == nil {
								accepted.Add(1)
							}
							if closes && s == 0 && n == each/2 {
								q.Close()
							}
						}
					})
				}
				wg.Wait()
				if err := q.Drain(t.Context()); err != nil {
					t.Error(err)
				}
				var total int64
				for n := range seen {
					c := seen[n].Load()
					if c > 1 {
						t.Errorf("alert %d came %d times", n, c)
					}
					total += int64(c)
				}
				s := q.Stats()
				balanced(t, s)
				if total != accepted.Load() || s.Accepted != uint64(total) || s.Dropped != uint64(dropped.Load()) || s.Accepted+s.Refused != senders*each {
					t.Errorf("%d accepted, %d seen, %d dropped: %+v", accepted.Load(), total, dropped.Load(), s)
				}
			})
		}
	}
}

func BenchmarkQueue(b *testing.B) {
	q := NewQueue(nop, &QueueOptions{Alerts: 1000})
	e := shellAlert(b)
	b.ReportAllocs()
	for b.Loop() {
		q.HandleEvent(context.Background(), e)
	}
	q.Drain(context.Background())
}
