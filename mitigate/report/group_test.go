package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
)

// onHost returns an alert of a host, some minutes after the beginning.
func onHost(host string, minutes float64) *event.Event {
	return &event.Event{
		Rule: "R", Source: "syscall", Hostname: host, Priority: event.Warning,
		Time: began.Add(time.Duration(minutes * float64(time.Minute))),
	}
}

// TestGrouper names each incident by its host and the number of its alerts, in
// the order in which they are closed.
func TestGrouper(t *testing.T) {
	for _, tc := range []struct {
		name   string
		o      GroupOptions
		alerts []*event.Event
		closed []string // before Flush
		left   []string // by Flush
	}{
		{"one", GroupOptions{}, []*event.Event{onHost("a", 0), onHost("a", 1)}, nil, []string{"a2"}},
		{"gap", GroupOptions{}, []*event.Event{onHost("a", 0), onHost("a", 15), onHost("a", 31)}, []string{"a2"}, []string{"a1"}},
		{"gap by another", GroupOptions{Gap: time.Minute}, []*event.Event{onHost("a", 0), onHost("b", 0.5), onHost("c", 1.2)}, []string{"a1"}, []string{"b1", "c1"}},
		{"late alert", GroupOptions{}, []*event.Event{onHost("a", 10), onHost("b", 1), onHost("a", 17)}, []string{"b1"}, []string{"a2"}},
		{"two bounds at once", GroupOptions{MaxAlerts: 2, MaxOpen: 1}, []*event.Event{onHost("a", 0), onHost("b", 1), onHost("b", 2)}, []string{"a1", "b2"}, nil},
		{"max alerts", GroupOptions{MaxAlerts: 2}, []*event.Event{onHost("a", 0), onHost("a", 1), onHost("a", 2)}, []string{"a2"}, []string{"a1"}},
		{"max open", GroupOptions{MaxOpen: 2}, []*event.Event{onHost("a", 0), onHost("b", 1), onHost("a", 2), onHost("c", 3)}, []string{"b1"}, []string{"a2", "c1"}},
		{"max kept", GroupOptions{MaxKept: 3}, []*event.Event{onHost("a", 0), onHost("a", 1), onHost("b", 2), onHost("b", 3)}, []string{"a2"}, []string{"b2"}},
		{"max kept in one", GroupOptions{MaxKept: 1}, []*event.Event{onHost("a", 0), onHost("a", 1)}, []string{"a2"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			ctx := context.Background()
			g := NewGrouper(tc.o, func(_ context.Context, alerts []*event.Event) error {
				got = append(got, fmt.Sprint(alerts[0].Hostname, len(alerts)))
				return nil
			})
			for _, e := range tc.alerts {
				if err := g.HandleEvent(ctx, e); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(got, tc.closed) {
				t.Errorf("closed %q, want %q", got, tc.closed)
			}
			got = nil
			if err := g.Flush(ctx); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tc.left) {
				t.Errorf("left %q, want %q", got, tc.left)
			}
			if g.kept != 0 || len(g.owner) != 0 || len(g.open) != 0 {
				t.Errorf("after Flush %d alerts of %d incidents and %d entities are kept", g.kept, len(g.open), len(g.owner))
			}
		})
	}
}

// TestGrouperErrors: each incident is handed on, whatever became of the others.
func TestGrouperErrors(t *testing.T) {
	calls, failure := 0, errors.New("no room")
	g := NewGrouper(GroupOptions{}, func(context.Context, []*event.Event) error {
		calls++
		return failure
	})
	for _, host := range []string{"a", "b"} {
		if err := g.HandleEvent(context.Background(), onHost(host, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Flush(context.Background()); !errors.Is(err, failure) || calls != 2 {
		t.Errorf("%d calls, error %v", calls, err)
	}
}

// TestGrouperConcurrent loses no alert when several goroutines hand them in.
func TestGrouperConcurrent(t *testing.T) {
	total := 0 // done is never called by two goroutines at once
	g := NewGrouper(GroupOptions{MaxKept: 50}, func(_ context.Context, alerts []*event.Event) error {
		total += len(alerts)
		return nil
	})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for k := range 100 {
				if err := g.HandleEvent(context.Background(), onHost(fmt.Sprint(i, k%7), float64(k))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := g.Flush(context.Background()); err != nil || total != 400 {
		t.Errorf("%d of 400 alerts came out; error %v", total, err)
	}
}

// TestGroupOfMany: incidents that are open at the same time are many, and each
// alert does not look through all of them.
func TestGroupOfMany(t *testing.T) {
	var alerts []*event.Event
	for i := range 20_000 {
		alerts = append(alerts, onHost(fmt.Sprint("h", i), float64(i)/2000))
	}
	if got := len(Group(alerts, GroupOptions{})); got != len(alerts) {
		t.Errorf("%d incidents of %d", got, len(alerts))
	}
}
