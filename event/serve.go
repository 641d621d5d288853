package event

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
)

// ServeOptions change what [Serve] does. The zero ServeOptions are the defaults.
type ServeOptions struct {
	// Workers is how many alerts are handled at once. Up to 1, they are handled
	// one after the other in the order of the stream; beyond that, in order
	// among those with the same Key.
	Workers int
	Key     KeyFunc // nil means ByHost

	// OnError, if it is not nil, is told of each record that is no alert, with
	// a *SyntaxError and e nil, and of each alert that was not handled. With
	// more than one worker it is called by several goroutines at once.
	OnError func(e *Event, err error)

	// Interrupt, if it is not nil, is called once if ctx ends while Serve
	// reads. It should make the reader return, as closing it or setting its
	// deadline does; only the host knows how, since the reader is its own.
	// Without it, Serve returns once the read that it is in returns.
	Interrupt func()
}

// ServeTotals are what [Serve] did.
type ServeTotals struct {
	Alerts    uint64 // read, and each of them handed to the handler
	Failed    uint64 // of these, those that the handler failed with
	Malformed uint64 // records that were no alerts
}

// Serve reads alerts from d and hands each to h, until the stream or ctx ends.
// It reads no further ahead than it has workers, so a slow handler makes the
// sender wait and no alert is dropped. Every alert that was read is handled
// before Serve returns, under a ctx that ends with the given one; no goroutine
// is left behind.
//
// The error is nil at the end of the stream, the cause of ctx's end, or what
// reading failed with. Failures of single records and alerts are counted, and
// told to OnError; they do not end it. A panic of the handler is such a
// failure, a [*PanicError].
//
// Handlers may keep alerts, so a decoder with [DecoderOptions].Reuse panics, as
// a nil h does.
func Serve(ctx context.Context, d *Decoder, h Handler, o *ServeOptions) (ServeTotals, error) {
	if isNilHandler(h) {
		panic("event: Serve: nil Handler at " + caller(2))
	}
	if d.opts.Reuse {
		panic("event: Serve: a Decoder with Reuse at " + caller(2))
	}
	s := server{next: h}
	if o != nil {
		s.options = *o
	}
	if s.options.Interrupt != nil {
		interrupted := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			defer close(interrupted)
			s.options.Interrupt()
		})
		defer func() {
			if !stop() {
				<-interrupted
			}
		}()
	}
	err := s.serve(ctx, d)
	return ServeTotals{s.alerts, s.failed.Load(), s.malformed}, err
}

type server struct {
	next    Handler
	options ServeOptions

	alerts, malformed uint64 // only the reader counts these
	failed            atomic.Uint64
}

func (s *server) serve(ctx context.Context, d *Decoder) error {
	if s.options.Workers <= 1 {
		return s.read(ctx, d, func(e *Event) {
			if err := call(ctx, s.next, e); err != nil {
				s.fail(e, err)
			}
		})
	}
	q := NewQueue(s.next, &QueueOptions{
		Workers: s.options.Workers,
		Key:     s.options.Key,
		Alerts:  s.options.Workers,
		OnError: s.fail,
	})
	defer q.Close()
	stop := context.AfterFunc(ctx, q.end)
	defer stop()
	background := context.WithoutCancel(ctx)
	err := s.read(ctx, d, func(e *Event) {
		if err := q.HandleEvent(background, e); err != nil { // larger than the queue
			s.fail(e, err)
		}
	})
	return errors.Join(err, q.Drain(background))
}

// read gives each alert to handle until the stream or ctx ends.
func (s *server) read(ctx context.Context, d *Decoder, handle func(*Event)) error {
	for ctx.Err() == nil {
		e := new(Event) // handlers may keep it
		err := d.Decode(e)
		var syntax *SyntaxError
		switch {
		case err == nil:
			s.alerts++
			handle(e)
		case errors.As(err, &syntax):
			s.malformed++
			if s.options.OnError != nil {
				s.options.OnError(nil, err)
			}
		case ctx.Err() != nil: // reading was interrupted
			return context.Cause(ctx)
		case err == io.EOF:
			return nil
		default:
			return err
		}
	}
	return context.Cause(ctx)
}

func (s *server) fail(e *Event, err error) {
	s.failed.Add(1)
	if s.options.OnError != nil {
		s.options.OnError(e, err)
	}
}
