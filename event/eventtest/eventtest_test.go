package eventtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/eventtest"
)

func TestSamples(t *testing.T) {
	names := make(map[string]bool)
	sources := make(map[string]bool)
	for _, s := range eventtest.Samples() {
		if names[s.Name] {
			t.Errorf("two samples named %s", s.Name)
		}
		names[s.Name] = true
		e := s.Event()
		sources[e.Source] = true
		again, err := event.Parse(e.AppendJSON(nil))
		if err != nil || again.ID() != e.ID() {
			t.Errorf("%s does not survive a round trip: %v", s.Name, err)
		}
	}
	for _, source := range []string{"syscall", "k8s_audit", "aws_cloudtrail", "okta", "github", "gcp_auditlog", "internal", ""} {
		if !sources[source] {
			t.Errorf("no sample of source %q", source)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a name that is not there does not panic")
		}
	}()
	eventtest.SampleNamed("no such")
}

func TestRecorder(t *testing.T) {
	r := &eventtest.Recorder{Do: func(context.Context, *event.Event) error { return errors.New("no") }}
	go func() {
		for range 3 {
			r.HandleEvent(context.Background(), eventtest.SampleNamed("okta"))
		}
	}()
	got, err := r.Wait(t.Context(), 3)
	if err != nil || len(got) != 3 || !slices.Equal(r.Rules(), []string{got[0].Rule, got[0].Rule, got[0].Rule}) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := r.HandleEvent(t.Context(), got[0]); err == nil {
		t.Error("no error")
	}
	r.Reset()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := r.Wait(ctx, 1); !errors.Is(err, context.Canceled) || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestTestHandler(t *testing.T) {
	never := make(chan struct{})
	for name, tt := range map[string]struct {
		h    event.HandlerFunc
		want []string
	}{
		"good":   {func(context.Context, *event.Event) error { return nil }, nil},
		"errors": {func(context.Context, *event.Event) error { return errors.New("cannot") }, nil},
		"waits":  {func(ctx context.Context, e *event.Event) error { return nil }, nil},
		"panics": {func(_ context.Context, e *event.Event) error {
			if v := e.Fields.Get("k8s.ns.name"); v.Kind() == event.Null {
				panic("no namespace")
			}
			return nil
		}, []string{"does not panic", `rule "Clear Log Activities": panic: no namespace`, "several goroutines"}},
		"ignores ctx": {func(ctx context.Context, e *event.Event) error {
			if ctx.Err() != nil || ctx.Done() != nil {
				<-never
			}
			return nil
		}, []string{"returns soon", "still running 50ms after"}},
	} {
		t.Run(name, func(t *testing.T) {
			test := eventtest.HandlerTest{Patience: 50 * time.Millisecond}
			err := test.Run(func() event.Handler { return tt.h })
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("got %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v does not hold %q", err, want)
				}
			}
		})
	}
	// A handler that changes alerts races with itself, so it gets to run alone.
	test := eventtest.HandlerTest{Goroutines: 1}
	for name, change := range map[string]func(*event.Event){
		"rule": func(e *event.Event) { e.Rule = "x" },
		"tag": func(e *event.Event) {
			if len(e.Tags) > 0 {
				e.Tags[0] = "x"
			}
		},
		"time": func(e *event.Event) { e.Time = e.Time.Add(1) },
	} {
		err := test.Run(func() event.Handler {
			return event.HandlerFunc(func(_ context.Context, e *event.Event) error { change(e); return nil })
		})
		if err == nil || !strings.Contains(err.Error(), "does not change the alert") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The handlers of package event keep the rules themselves.
func TestOwnHandlers(t *testing.T) {
	nop := event.HandlerFunc(func(context.Context, *event.Event) error { return nil })
	for name, newHandler := range map[string]func() event.Handler{
		"mux": func() event.Handler {
			m := event.NewMux(nil)
			m.Handle(event.Everything(), nop)
			m.Handle(event.Tagged("mitre_*"), nop)
			m.Handle(event.Not(event.Field("proc.name", "sh")), nop)
			return m
		},
		"chain": func() event.Handler {
			return event.Chain(event.Recover(), event.Timeout(time.Minute, nil), event.Retry(nil), event.Dedup(time.Minute, nil),
				event.Throttle(3, time.Minute, nil), event.Sample(2, nil), event.Aggregate(time.Minute, nil),
				event.Suppress(new(event.Suppressions)), event.Redact(event.Redaction{Fields: []string{"*"}, WholeText: true}))(nop)
		},
		"queue": func() event.Handler {
			q := event.NewQueue(nop, nil)
			t.Cleanup(func() { q.Close() })
			return q
		},
	} {
		if err := eventtest.TestHandler(newHandler); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// pager is a host's handler.
type pager struct{}

func (pager) HandleEvent(ctx context.Context, e *event.Event) error { return ctx.Err() }

func ExampleTestHandler() {
	// In a test of your own: if err := ...; err != nil { t.Error(err) }
	err := eventtest.TestHandler(func() event.Handler { return pager{} })
	fmt.Println(err)
	// Output: <nil>
}

func ExampleRecorder() {
	var got eventtest.Recorder
	mux := event.NewMux(nil)
	mux.Handle(event.All(event.From("k8s_audit"), event.AtLeast(event.Warning)), &got)
	for _, s := range eventtest.Samples() {
		mux.HandleEvent(context.Background(), s.Event())
	}
	fmt.Println(got.Rules())
	// Output: [Create Privileged Pod]
}
