package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/falconer-go/falconer/event"
)

// calls counts the calls of a handler by host and number of the alert.
type calls struct {
	mu  sync.Mutex
	n   map[string]int
	all []string
}

func (c *calls) add(e *event.Event) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = make(map[string]int)
	}
	name := e.Rule + " " + e.Hostname + " " + e.Field("evt.num").Text()
	c.n[name]++
	c.all = append(c.all, name)
	return c.n[name]
}

func TestDeliver(t *testing.T) {
	f := newFleet(t)
	var got calls
	broken := true
	stop := f.worker("w", func(m *event.Mux) {
		m.HandleNamed("test", event.Everything(), event.HandlerFunc(func(_ context.Context, e *event.Event) error {
			n := got.add(e)
			switch e.Rule {
			case "fails once":
				if n == 1 {
					return errors.New("not now")
				}
			case "fails":
				return errors.New("never")
			case "fails for good":
				return event.Permanent(errors.New("no \x1b[31m\r\nsuch thing"))
			case "panics":
				panic("oh")
			case "mended":
				if broken {
					return event.Permanent(errors.New("broken"))
				}
			}
			return nil
		}))
	})
	f.publish(alert("good", "a", 1), alert("fails once", "b", 1), alert("fails", "c", 1), alert("fails for good", "d", 1),
		alert("panics", "e", 1), alert("mended", "f", 1), alert("good", "c", 2))
	if _, err := f.conn.js.Publish(t.Context(), subject(0), []byte(`{"rule": `)); err != nil {
		t.Fatal(err)
	}
	f.settled()
	stop()
	for name, want := range map[string]int{
		"good a 1": 1, "fails once b 1": 2, "fails c 1": 3, "fails for good d 1": 1, "panics e 1": 1, "mended f 1": 1, "good c 2": 1,
	} {
		if got.n[name] != want {
			t.Errorf("%s: %d calls, not %d", name, got.n[name], want)
		}
	}
	if last := got.all[len(got.all)-1]; last != "good c 2" {
		t.Errorf("%s came after the one behind it", last)
	}
	reasons := make(map[string]string)
	for _, m := range f.all(deadStream) {
		name := "not an alert"
		if e, err := event.Parse(m.Data); err == nil {
			name = e.Rule
		}
		reasons[name] = m.Header.Get(reasonHeader)
		if m.Header.Get(workerHeader) != "w" || !strings.HasPrefix(m.Header.Get(originHeader), "alerts.") || m.Subject != "dead."+m.Header.Get(originHeader) {
			t.Errorf("%s: %v", name, m.Header)
		}
	}
	for name, want := range map[string]string{
		"fails": "never", "fails for good": "no ?[31m??such thing", "panics": "panic: oh", "mended": "broken", "not an alert": "offset",
	} {
		if !strings.Contains(reasons[name], want) {
			t.Errorf("%s: the reason is %q", name, reasons[name])
		}
	}
	if len(reasons) != 5 {
		t.Errorf("dead letters %v", reasons)
	}

	// What is mended is handed in again, what is no alert stays.
	broken = false
	f.worker("w2", func(m *event.Mux) {
		m.HandleNamed("test", event.Everything(), event.HandlerFunc(func(_ context.Context, e *event.Event) error {
			got.add(e)
			return nil
		}))
	})
	var out bytes.Buffer
	if err := runDead(t.Context(), []string{"-broker", f.server.ClientURL(), "-again"}, env{&out, &out, f.log}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 6 || !strings.Contains(out.String(), "stays") {
		t.Errorf("%s", out.String())
	}
	f.holds(deadStream, 1)
	f.settled()
	if got.n["mended f 1"] != 2 {
		t.Errorf("%d calls", got.n["mended f 1"])
	}
}

// TestOrder lets alerts fail now and then: those behind them wait, in several
// workers as in one.
func TestOrder(t *testing.T) {
	f := newFleet(t)
	var mu sync.Mutex
	done := make(map[string][]int)
	failed := make(map[string]bool)
	working := make(map[string]int)
	for w := range 3 {
		f.worker(fmt.Sprintf("w%d", w), func(m *event.Mux) {
			m.HandleNamed("test", event.Everything(), event.HandlerFunc(func(ctx context.Context, e *event.Event) error {
				n, _ := e.Field("evt.num").Int()
				mu.Lock()
				defer mu.Unlock()
				working[e.Hostname]++
				defer func() { working[e.Hostname]-- }()
				if working[e.Hostname] != 1 {
					t.Errorf("two alerts of %s at once", e.Hostname)
				}
				mu.Unlock()
				defer mu.Lock()
				sleep(ctx, 1e6)
				if mu.Lock(); n == 25 && !failed[e.Hostname] {
					failed[e.Hostname] = true
					mu.Unlock()
					return errors.New("not now")
				}
				done[e.Hostname] = append(done[e.Hostname], int(n))
				mu.Unlock()
				return nil
			}))
		})
	}
	for n := range 50 {
		for host := range 6 {
			f.publish(alert("Rule", fmt.Sprintf("host-%d", host), n))
		}
	}
	f.settled()
	for host, numbers := range done {
		for i, n := range numbers {
			if n != i {
				t.Fatalf("%s: %v", host, numbers)
			}
		}
	}
	if len(done) != 6 || len(failed) != 6 {
		t.Errorf("%d hosts, of which %d failed", len(done), len(failed))
	}
}

// TestTrim has handled alerts removed, and none that is behind one that is not.
func TestTrim(t *testing.T) {
	f := newFleet(t)
	open := make(chan struct{})
	f.publish(alert("good", "b", 0), alert("good", "a", 1), alert("waits", "b", 1), alert("good", "a", 2))
	f.worker("w", func(m *event.Mux) {
		m.HandleNamed("test", event.Rule("waits"), event.HandlerFunc(func(context.Context, *event.Event) error {
			<-open
			return nil
		}))
	})
	f.holds(alertsStream, 3)
	if first := f.all(alertsStream)[0]; first.Sequence != 2 {
		t.Errorf("the first that is left is %d", first.Sequence)
	}
	if b, err := readBacklog(t.Context(), f.conn.js, f.layout.Partitions); err != nil || b.waiting != 1 || b.done != 1 {
		t.Errorf("%+v, %v", b, err)
	}
	close(open)
	f.empty(alertsStream)
}

// TestTooOften gives up on an alert that nobody came to an end with.
func TestTooOften(t *testing.T) {
	w := &worker{c: &workerConfig{tries: 3}, log: slog.New(slog.DiscardHandler)}
	err := w.handle(t.Context(), 0, letter{data: alert("Rule", "a", 1).AppendJSON(nil), tries: 4})
	if !permanent(err) || !strings.Contains(err.Error(), "delivered 4 times") {
		t.Errorf("%v", err)
	}
}

func TestPermanent(t *testing.T) {
	once, never := errors.New("not now"), event.Permanent(errors.New("never"))
	for _, c := range []struct {
		err  error
		want bool
	}{
		{once, false},
		{never, true},
		{fmt.Errorf("handler: %w", never), true},
		{errors.Join(never, once), false}, // one of them may yet succeed
		{errors.Join(never, &event.PanicError{Value: 1}), true},
		{&event.HandlerError{Err: never}, true},
		{&event.SyntaxError{Err: once}, true},
	} {
		if permanent(c.err) != c.want {
			t.Errorf("%v: %v", c.err, !c.want)
		}
	}
}

func TestSettings(t *testing.T) {
	f := newFleet(t)
	c := f.connection()
	c.layout.Partitions, c.layout.Key, c.layout.AckWait = 9, "rule", 60e9
	if err := c.open(t.Context(), "second", f.log); err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if c.settings != f.layout.settings {
		t.Errorf("the second has %+v, the first %+v", c.settings, f.layout.settings)
	}
	for _, args := range [][]string{
		{"nothing"}, {"worker", "-nothing"}, {"worker", "argument"}, {"worker", "-worker-name", "a.b"}, {"worker", "-at-once", "0"},
		{"ingest", "-partitions", "0"}, {"check", "-key", "nothing"}, {"fault", "-alerts", "0"}, {"ingest", "-otel", "nowhere"},
		{"worker", "-broker", f.server.ClientURL(), "-report-if", "=="},
	} {
		var out bytes.Buffer
		if status := run(t.Context(), args, &out, &out); status != 2 {
			t.Errorf("%v: status %d: %s", args, status, out.String())
		}
	}
}
