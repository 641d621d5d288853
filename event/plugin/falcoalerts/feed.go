//go:build cgo

package falcoalerts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime/debug"
	"sync"
	"time"

	"github.com/falconer-go/falconer/event"
	"github.com/falconer-go/falconer/event/plugin"
)

// How alerts come together. Each input, and each connection of one, decodes in a
// goroutine of its own and offers one alert at a time to the goroutine of the
// iterator, which counts it, makes an event of it and gives that to Falco. The
// input waits meanwhile, so it may use the alert's memory again.

// input is where alerts come from.
type input interface {
	// open gets ready. Its error is one of the configuration, and ends Falco.
	open() error

	// run reads alerts until ctx or the input ends. What goes wrong, it reports.
	run(ctx context.Context, f *feed)

	// close undoes open.
	close()
}

// feed gathers the alerts of all inputs.
type feed struct {
	window *window
	offers chan offer
	closed chan struct{} // closed when nothing is taken any more
	lost   uint64        // records since the last event
	buf    []byte
}

// offer is an alert, or why there is none.
type offer struct {
	alert *event.Event
	err   error
	done  func()          // see plugin.Record
	taken chan<- struct{} // gets a value when the alert is not needed any more
}

// open opens all inputs and returns the events that come from them.
func (f *feed) open(ctx context.Context, inputs []input) (iter.Seq2[plugin.Record, error], error) {
	for i, in := range inputs {
		if err := in.open(); err != nil {
			for _, in := range inputs[:i] {
				in.close()
			}
			return nil, fmt.Errorf("open_params: %w", err)
		}
	}
	return func(yield func(plugin.Record, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		for _, in := range inputs {
			running.Go(func() {
				defer in.close()
				in.run(ctx, f)
			})
		}
		ended := make(chan struct{})
		go func() {
			running.Wait()
			close(ended)
		}()
		defer func() {
			cancel()
			close(f.closed)
			<-ended
		}()
		for {
			select {
			case o := <-f.offers:
				ok := f.pass(o, yield)
				o.taken <- struct{}{}
				if !ok {
					return
				}
			case <-ended:
				return
			case <-ctx.Done():
				return
			}
		}
	}, nil
}

// pass makes an event of an alert.
func (f *feed) pass(o offer, yield func(plugin.Record, error) bool) bool {
	err := o.err
	var e *event.Event
	if err == nil {
		e, err = own(o.alert)
	}
	if err != nil {
		f.lost++
		if o.done != nil {
			defer o.done()
		}
		return yield(plugin.Record{}, err)
	}
	c := f.window.add(e)
	f.buf = appendEvent(f.buf[:0], e, &c, f.window.length, f.lost)
	if f.lost++; len(f.buf) <= maxEvent {
		f.lost = 0
	}
	return yield(plugin.Record{Data: f.buf, Time: e.Time, Done: o.done}, nil)
}

// put offers something, and waits until it is taken. It returns false if ctx
// ended first.
func (f *feed) put(ctx context.Context, o offer, taken chan struct{}) bool {
	o.taken = taken
	select {
	case f.offers <- o:
		<-taken // soon, and even where ctx has ended: the alert is in use
		return true
	case <-ctx.Done():
		return false
	case <-f.closed:
		return false
	}
}

// report offers an error.
func (f *feed) report(ctx context.Context, err error) {
	f.put(ctx, offer{err: err}, make(chan struct{}, 1))
}

// read offers the alerts that a decoder has, to its end. next, if it is not nil,
// is called behind each record, with the function that the record gets as Done.
// It runs in a goroutine of its own, where a panic would end Falco.
func (f *feed) read(ctx context.Context, r io.Reader, plain bool, from string, done func(), next func(offset int64, event bool)) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &event.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	d := event.NewDecoder(r, &event.DecoderOptions{Reuse: true, Strict: true, NoText: true, Plain: plain})
	taken := make(chan struct{}, 1)
	var e event.Event
	var syntax *event.SyntaxError
	for {
		err := d.Decode(&e)
		o := offer{alert: &e, done: done}
		switch {
		case errors.As(err, &syntax):
			o = offer{err: fmt.Errorf("%s: %w", from, err)}
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if next != nil {
			next(d.Offset(), o.err == nil)
		}
		if !f.put(ctx, o, taken) {
			return context.Canceled
		}
	}
}

// HandleEvent is an event.Handler: what an HTTP client sends.
func (f *feed) HandleEvent(ctx context.Context, e *event.Event) error {
	if !f.put(ctx, offer{alert: e}, make(chan struct{}, 1)) {
		return event.ErrQueueFull // the client may try again
	}
	return nil
}

// backoff waits ever longer after one failure after the other.
type backoff struct{ last time.Duration }

const (
	firstWait = 100 * time.Millisecond
	longest   = 30 * time.Second
)

func (b *backoff) reset() { b.last = 0 }

func (b *backoff) wait(ctx context.Context) {
	b.last = min(max(2*b.last, firstWait), longest)
	select {
	case <-time.After(b.last):
	case <-ctx.Done():
	}
}
