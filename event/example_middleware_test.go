package event_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventtest"
)

// alert is what the examples hand in.
func alert() *event.Event { return eventtest.SampleNamed("syscall-shell") }

// Put several kinds of middleware around a handler. The first is outermost.
func ExampleChain() {
	notify := event.HandlerFunc(func(_ context.Context, e *event.Event) error {
		fmt.Println(e.Rule)
		return nil
	})
	h := event.Chain(
		event.Dedup(time.Hour, nil),
		event.Retry(nil),
		event.Timeout(5*time.Second, nil),
	)(notify)
	h.HandleEvent(context.Background(), alert())
	h.HandleEvent(context.Background(), alert())
	for _, held := range event.HeldBy(h) {
		fmt.Println(held.By, held.Alerts)
	}
	// Output:
	// Terminal shell in container
	// dedup 1
	// timeout 0
}

// Give every alert to several handlers.
func ExampleMulti() {
	print := func(prefix string) event.Handler {
		return event.HandlerFunc(func(_ context.Context, e *event.Event) error {
			fmt.Println(prefix, e.Priority)
			return nil
		})
	}
	event.Multi(print("chat:"), print("archive:")).HandleEvent(context.Background(), alert())
	// Output:
	// chat: Notice
	// archive: Notice
}

// Turn a panic into an error.
func ExampleRecover() {
	h := event.Recover()(event.HandlerFunc(func(context.Context, *event.Event) error {
		panic("bug")
	}))
	err := h.HandleEvent(context.Background(), alert())
	var p *event.PanicError
	fmt.Println(errors.As(err, &p), err, len(p.Stack) > 0)
	// Output: true panic: bug true
}

// Give up on a handler that hangs, even on one that ignores its ctx.
func ExampleTimeout() {
	hangs := event.HandlerFunc(func(context.Context, *event.Event) error { select {} })
	h := event.Timeout(10*time.Millisecond, &event.TimeoutOptions{Abandon: 1})(hangs)
	fmt.Println(h.HandleEvent(context.Background(), alert()))
	fmt.Println(h.HandleEvent(context.Background(), alert()))
	// Output:
	// no answer within 10ms: context deadline exceeded
	// too many calls still hang: 1
}

// Try again, unless the error says that it is no use.
func ExampleRetry() {
	tries := 0
	h := event.Retry(&event.RetryOptions{First: time.Millisecond})(
		event.HandlerFunc(func(context.Context, *event.Event) error {
			if tries++; tries < 3 {
				return errors.New("connection reset")
			}
			return event.Permanent(errors.New("no such channel"))
		}))
	fmt.Println(h.HandleEvent(context.Background(), alert()))
	// Output: after 3 tries: no such channel
}

// Pass each alert on once, however often it is delivered.
func ExampleDedup() {
	var got eventtest.Recorder
	h := event.Dedup(10*time.Minute, nil)(&got)
	for range 3 {
		h.HandleEvent(context.Background(), alert())
	}
	fmt.Println(len(got.Events()), event.HeldBy(h))
	// Output: 1 [{dedup 2}]
}

// Notify once an hour of each rule in each container.
func ExampleDedup_fields() {
	var got eventtest.Recorder
	h := event.Dedup(time.Hour, &event.DedupOptions{Key: event.ByFields("alert.rule", "container.id")})(&got)
	for _, s := range eventtest.Samples() {
		h.HandleEvent(context.Background(), s.Event())
	}
	fmt.Println(len(got.Events()) < len(eventtest.Samples()))
	// Output: true
}

// Let no rule send more than two notifications a minute.
func ExampleThrottle() {
	h := event.Throttle(2, 500*time.Millisecond, nil)(
		event.HandlerFunc(func(ctx context.Context, e *event.Event) error {
			held, _ := event.RepeatsFrom(ctx)
			fmt.Println(e.Rule, "held back before:", held.Count)
			return nil
		}))
	for range 5 {
		h.HandleEvent(context.Background(), alert())
	}
	time.Sleep(500 * time.Millisecond)
	h.HandleEvent(context.Background(), alert())
	// Output:
	// Terminal shell in container held back before: 0
	// Terminal shell in container held back before: 0
	// Terminal shell in container held back before: 3
}

// Keep one alert of ten for statistics, and all of the severe ones.
func ExampleSample() {
	var got eventtest.Recorder
	h := event.Sample(10, &event.SampleOptions{Keep: event.AtLeast(event.Critical)})(&got)
	for _, s := range eventtest.Samples() {
		h.HandleEvent(context.Background(), s.Event())
	}
	passed, held := len(got.Events()), int(event.HeldBy(h)[0].Alerts)
	fmt.Println(passed+held == len(eventtest.Samples()), passed < held)
	// Output: true true
}

// Send the first alert of a kind at once, and the repeats as one summary.
func ExampleAggregator() {
	notify := event.HandlerFunc(func(ctx context.Context, e *event.Event) error {
		if r, ok := event.RepeatsFrom(ctx); ok {
			fmt.Printf("%s: %d more\n", e.Rule, r.Count)
		} else {
			fmt.Println(e.Rule)
		}
		return nil
	})
	a := event.NewAggregator(notify, 300*time.Millisecond, nil)
	for range 100 {
		a.HandleEvent(context.Background(), alert())
	}
	time.Sleep(300 * time.Millisecond)
	a.Flush(context.Background()) // a host that runs on calls a.Run in a goroutine instead
	// Output:
	// Terminal shell in container
	// Terminal shell in container: 99 more
}

// Be silent about what maintenance is known to cause, for as long as it lasts.
func ExampleSuppress() {
	var windows event.Suppressions
	_, err := windows.Add(event.Suppression{
		Match:  event.All(event.Host("node-1"), event.Tagged("shell")),
		Until:  time.Now().Add(2 * time.Hour),
		Reason: "CHG-1042: debugging the web pods",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	var got eventtest.Recorder
	h := event.Suppress(&windows)(&got)
	h.HandleEvent(context.Background(), alert())
	for _, w := range windows.List() {
		fmt.Println(len(got.Events()), w.Held, w.Reason)
	}
	// Output: 0 1 CHG-1042: debugging the web pods
}

// Keep personal data and secrets from a handler that sends alerts elsewhere.
func ExampleRedact() {
	h := event.Redact(event.Redaction{
		Fields: []string{"user.*"},
		Values: regexp.MustCompile(`--password[= ]\S+`),
	})(event.HandlerFunc(func(_ context.Context, e *event.Event) error {
		fmt.Println(e.Fields.Get("user.name"), "|", e.Output)
		return nil
	}))
	h.HandleEvent(context.Background(), alert())
	// Output: [redacted] | 09:15:27.104587331: Notice A shell was spawned in a container with an attached terminal | evt_type=execve user=[redacted] process=sh parent=nginx container_id=9c1e77a0b5d2
}

// Write one log record for each alert.
func ExampleLog() {
	l := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == "time" || a.Key == "took" || a.Key == "handler" || a.Key == "id" {
				return slog.Attr{} // they differ from run to run
			}
			return a
		},
	}))
	h := event.Log(l, nil)(event.HandlerFunc(func(context.Context, *event.Event) error {
		return errors.New("no connection")
	}))
	h.HandleEvent(context.Background(), alert())
	// Output: level=ERROR msg="alert not handled" rule="Terminal shell in container" priority=Notice source=syscall host=node-1 error="no connection"
}

// counter is a Meter.
type counter map[string]int

func (c counter) Observe(_ context.Context, o event.Observation) {
	result := "handled"
	if o.Err != nil || o.Panicked {
		result = "failed"
	}
	c[o.Handler+" "+result]++
}

// Count what a handler does.
func ExampleMetrics() {
	c := make(counter)
	h := event.Metrics("pager", c)(event.HandlerFunc(func(_ context.Context, e *event.Event) error {
		if !e.Priority.AtLeast(event.Warning) {
			return errors.New("not worth a page")
		}
		return nil
	}))
	h.HandleEvent(context.Background(), alert())
	h.HandleEvent(context.Background(), eventtest.SampleNamed("cloudtrail"))
	fmt.Println(c)
	// Output: map[pager failed:1 pager handled:1]
}

// Answer at once and handle later, in order per host.
func ExampleQueue() {
	slow := event.HandlerFunc(func(_ context.Context, e *event.Event) error {
		time.Sleep(time.Millisecond)
		return nil
	})
	q := event.NewQueue(slow, &event.QueueOptions{
		Workers: 4,
		Key:     event.ByHost,
		Full:    event.Reject,
		OnError: func(e *event.Event, err error) { fmt.Println(e.Rule, err) },
	})
	for _, s := range eventtest.Samples() {
		if err := q.HandleEvent(context.Background(), s.Event()); errors.Is(err, event.ErrQueueFull) {
			fmt.Println("tell the sender to come back later")
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := q.Drain(ctx); err != nil {
		q.Close() // drops what is left
	}
	s := q.Stats()
	fmt.Println(int(s.Handled) == len(eventtest.Samples()), s.Failed, s.Dropped)
	// Output: true 0 0
}
