package event

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAggregate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(sink)
		a := NewAggregator(s, time.Minute, &AggregateOptions{Key: ByRule})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go a.Run(ctx)
		last := 0
		send := func(n int) {
			for range n {
				last++
				if err := a.HandleEvent(t.Context(), alertOf(t, "A", "h", last)); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Second)
			}
		}
		send(5)                     // the first passes, four are counted
		time.Sleep(time.Minute)     // summary of four
		send(2)                     // the window is open still: both are counted
		time.Sleep(time.Minute)     // summary of two
		time.Sleep(3 * time.Minute) // nothing, and the window ends
		send(1)                     // a first one again
		stop()
		synctest.Wait()
		if want := []int{0, 4, 2, 0}; !slices.Equal(s.repeats, want) {
			t.Errorf("repeats %v, want %v", s.repeats, want)
		}
		for i, want := range []string{"1", "5", "7", "8"} {
			if got := s.events[i].Fields.Get("n").Text(); got != want {
				t.Errorf("call %d is about alert %s, want %s", i, got, want)
			}
		}
		if n := heldBy(t, a, "aggregate"); n != 6 {
			t.Errorf("%d held, want 6", n)
		}
	})
}

// Without Run and Flush, alerts of any kind carry the summaries out.
func TestAggregateWithoutRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(sink)
		h := Aggregate(time.Minute, nil)(s)
		for range 3 {
			h.HandleEvent(t.Context(), alertOf(t, "A", "h", 1))
		}
		time.Sleep(time.Minute)
		h.HandleEvent(t.Context(), alertOf(t, "B", "h", 1))
		if want := []int{0, 2, 0}; !slices.Equal(s.repeats, want) || s.events[1].Rule != "A" || s.events[2].Rule != "B" {
			t.Errorf("repeats %v, want %v", s.repeats, want)
		}
	})
}

// What is attached to the alert that carries a summary out is not about the
// summary: neither what a throttle around tells, nor the values of its ctx.
func TestAggregateApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var got []string
		h := Aggregate(time.Minute, &AggregateOptions{Key: ByRule})(HandlerFunc(func(ctx context.Context, e *Event) error {
			r, _ := RepeatsFrom(ctx)
			_, timed := ctx.Deadline()
			// Whether a deadline or its end is seen first is a matter of the
			// scheduler, so only that ctx is done counts.
			got = append(got, fmt.Sprint(e.Rule, " ", r.Count, " ", ctx.Value(key{}), " ", timed, " ", ctx.Err() != nil))
			return nil
		}))
		send := func(ctx context.Context, rule string) {
			h.HandleEvent(ctx, alertOf(t, rule, "h", 1))
		}
		send(t.Context(), "A")
		send(t.Context(), "A")
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "B"), time.Second)
		send(withRepeats(ctx, Repeats{Count: 7}), "B")
		send(t.Context(), "B")
		time.Sleep(time.Minute)
		cancel()
		send(ctx, "C")
		want := []string{"A 0 <nil> false false", "A 1 <nil> true false", "B 7 B true false", "B 1 <nil> true true", "C 0 B true true"}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestAggregateFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sink{fail: errBuggy}
		var told []error
		a := NewAggregator(s, time.Minute, &AggregateOptions{OnError: func(err error) { told = append(told, err) }})
		e := alertOf(t, "A", "h", 1)
		if err := a.HandleEvent(t.Context(), e); !errors.Is(err, errBuggy) {
			t.Errorf("got %v", err)
		}
		s.fail = nil
		a.HandleEvent(t.Context(), e) // is the first one now
		a.HandleEvent(t.Context(), e)
		if len(s.events) != 2 {
			t.Errorf("%d calls, want one that failed and one that did not", len(s.events))
		}
		time.Sleep(time.Minute)
		s.fail = errBuggy
		if err := a.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), `summary of 1 alerts of rule "A": buggy`) {
			t.Errorf("got %v", err)
		}
		if len(told) != 0 {
			t.Errorf("told %v", told)
		}
	})
}

func TestAggregateBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, o := range map[string]*AggregateOptions{
			"keys":  {Keys: 10, Key: ByFields("n")},
			"bytes": {Bytes: 8000, Key: ByFields("n")},
		} {
			s := new(sink)
			a := NewAggregator(s, time.Hour, o)
			w := a.store.(*windows)
			const kinds = 300
			for n := range kinds {
				for range 3 {
					a.HandleEvent(t.Context(), alertOf(t, "A", "h", n))
				}
				if w.order.Len() > a.store.(*windows).mostKeys || w.bytes > w.mostBytes || len(w.early) > dueWithAlert {
					t.Fatalf("%s: %d windows, %d bytes, %d ended early", name, w.order.Len(), w.bytes, len(w.early))
				}
			}
			time.Sleep(time.Hour)
			if err := a.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			total := 0
			for _, n := range s.repeats {
				total += max(n, 1)
			}
			if held := heldBy(t, a, "aggregate"); total != 3*kinds || held != uint64(total)-uint64(firsts(s)) {
				t.Errorf("%s: firsts and repeats are %d, want %d; %d held", name, total, 3*kinds, held)
			}
			time.Sleep(time.Hour)
			a.Flush(t.Context())
			if len(w.keys) != 0 || w.bytes != 0 {
				t.Errorf("%s: %d windows and %d bytes are left", name, len(w.keys), w.bytes)
			}
		}
	})
}

func firsts(s *sink) (n int) {
	for _, r := range s.repeats {
		if r == 0 {
			n++
		}
	}
	return n
}
