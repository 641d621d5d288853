package eventtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/falconer-go/falconer/event"
)

// HandlerTest changes what [HandlerTest.Run] does. The zero HandlerTest has the
// defaults.
type HandlerTest struct {
	Alerts     []*event.Event // what the handler is given; nil means all of Samples
	Goroutines int            // how many call it at once; 0 means 8

	// Patience is how long a handler may go on after its ctx is done; 0 means
	// 10 seconds.
	Patience time.Duration
}

// TestHandler runs a handler through the rules that every [event.Handler] must
// keep, with the defaults of [HandlerTest]. newHandler is called once for each
// rule; it returns the handler, ready to use.
//
// The error names every rule that was broken, how, and with which alert. An
// error of the handler is no fault: it may well not be able to handle an alert.
// What rules there are:
//
//   - It does not panic, whatever the alert holds.
//   - It returns soon after its ctx is done, be it done from the beginning.
//   - It does not change the alert.
//   - It may be called by several goroutines at once, also with the same
//     alert. That this is no data race is for the race detector to find: run
//     the test with -race.
func TestHandler(newHandler func() event.Handler) error {
	return new(HandlerTest).Run(newHandler)
}

// Run is [TestHandler] with the options of t.
func (t *HandlerTest) Run(newHandler func() event.Handler) error {
	c := *t
	if c.Alerts == nil {
		for _, s := range Samples() {
			c.Alerts = append(c.Alerts, s.Event())
		}
	}
	if c.Goroutines <= 0 {
		c.Goroutines = 8
	}
	if c.Patience <= 0 {
		c.Patience = 10 * time.Second
	}
	var errs []error
	for _, rule := range []struct {
		text  string
		check func(*HandlerTest, event.Handler) error
	}{
		// First, while the alerts are as they came.
		{"a handler does not change the alert", (*HandlerTest).changes},
		{"a handler does not panic, whatever the alert holds", (*HandlerTest).panics},
		{"a handler returns soon after its ctx is done", (*HandlerTest).overstays},
		{"a handler may be called by several goroutines at once", (*HandlerTest).concurrent},
	} {
		h := newHandler()
		if h == nil {
			return errors.New("newHandler returned nil")
		}
		if err := rule.check(&c, h); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", rule.text, err))
		}
	}
	return errors.Join(errs...)
}

// call calls h and returns a panic as an error, and no other.
func call(ctx context.Context, h event.Handler, e *event.Event) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("alert of rule %q: panic: %v\n%s", e.Rule, v, debug.Stack())
		}
	}()
	h.HandleEvent(ctx, e) //nolint:errcheck // an error is an answer
	return nil
}

func (t *HandlerTest) panics(h event.Handler) error {
	var errs []error
	for _, e := range t.Alerts {
		errs = append(errs, call(context.Background(), h, e))
	}
	return errors.Join(errs...)
}

func (t *HandlerTest) overstays(h event.Handler) error {
	var errs []error
	for _, e := range t.Alerts {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			call(ctx, h, e) //nolint:errcheck // another rule's
		}()
		cancel()
		select {
		case <-done:
		case <-time.After(t.Patience):
			errs = append(errs, fmt.Errorf("alert of rule %q: still running %v after", e.Rule, t.Patience))
			return errors.Join(errs...) // the others would only take as long each
		}
	}
	return errors.Join(errs...)
}

// snapshot is what an alert says, independent of it.
type snapshot struct {
	event event.Event
	text  []byte
}

func snap(e *event.Event) snapshot {
	c := *e
	c.Tags = slices.Clone(e.Tags)
	return snapshot{c, e.AppendJSON(nil)}
}

func (t *HandlerTest) changes(h event.Handler) error {
	var errs []error
	for _, e := range t.Alerts {
		before := snap(e)
		call(context.Background(), h, e) //nolint:errcheck // another rule's
		if after := snap(e); !bytes.Equal(before.text, after.text) || !slices.Equal(before.event.Tags, after.event.Tags) || !before.event.Time.Equal(after.event.Time) {
			errs = append(errs, fmt.Errorf("it was\n\t%s\nand is\n\t%s", before.text, after.text))
		}
	}
	return errors.Join(errs...)
}

func (t *HandlerTest) concurrent(h event.Handler) error {
	var wg sync.WaitGroup
	errs := make([]error, t.Goroutines)
	for g := range t.Goroutines {
		wg.Go(func() {
			for i := range t.Alerts {
				// Half of them go the other way round, so that equal and
				// different alerts meet.
				if g%2 == 1 {
					i = len(t.Alerts) - 1 - i
				}
				errs[g] = errors.Join(errs[g], call(context.Background(), h, t.Alerts[i]))
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
