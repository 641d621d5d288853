package event

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrHanging is the error of [Timeout] for an alert that it did not pass on
// because too many earlier calls still hang.
var ErrHanging = errors.New("too many calls still hang")

// TimeoutOptions change what [Timeout] does. The zero TimeoutOptions are the
// defaults.
type TimeoutOptions struct {
	// Abandon is how many calls that go on after their time may be left
	// behind, each in a goroutine of its own, so that even a handler that
	// ignores its ctx cannot hold up its caller. What a handler returns or
	// panics with after it was left behind is lost. While that many hang, no
	// alert is passed on: the answer is ErrHanging at once. Calls that had
	// begun before then may still be left behind, so with n callers at once
	// there are fewer than Abandon + n. 0 means that Timeout waits for the
	// handler, however long it takes.
	Abandon int
}

// Timeout returns a Middleware that gives a handler's ctx a deadline d from
// when it is called. It waits for the handler to return, and returns what it
// returns, unless options let it leave the handler behind. A d that is not
// positive panics.
func Timeout(d time.Duration, o *TimeoutOptions) Middleware {
	if d <= 0 {
		panic("event: Timeout: not a positive duration at " + caller(2))
	}
	if o == nil {
		o = new(TimeoutOptions)
	}
	most := o.Abandon
	return func(h Handler) Handler {
		return &timeout{holder: holderAround(h, "timeout"), limit: d, most: int64(most)}
	}
}

type timeout struct {
	holder
	limit   time.Duration
	most    int64
	hanging atomic.Int64 // calls that were left behind
}

func (t *timeout) HandleEvent(ctx context.Context, e *Event) error {
	if t.most > 0 && t.hanging.Load() >= t.most {
		t.held.Add(1)
		return fmt.Errorf("%w: %d", ErrHanging, t.most)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, t.limit, fmt.Errorf("no answer within %v: %w", t.limit, context.DeadlineExceeded))
	defer cancel()
	if t.most <= 0 {
		return t.next.HandleEvent(ctx, e)
	}
	return t.abandonable(ctx, e)
}

// The states of a call that may be abandoned: whoever of caller and handler
// comes first sets it.
const (
	running int32 = iota
	finished
	abandoned
)

func (t *timeout) abandonable(ctx context.Context, e *Event) error {
	var state atomic.Int32
	done := make(chan error, 1)
	go func() {
		err := errors.New("the handler ended its goroutine")
		defer func() { // deferred, for a handler that calls runtime.Goexit
			if state.CompareAndSwap(running, finished) {
				done <- err
			} else {
				t.hanging.Add(-1)
			}
		}()
		err = call(ctx, t.next, e)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	if state.CompareAndSwap(running, abandoned) {
		t.hanging.Add(1) // the call may have ended meanwhile: then it was -1
		return context.Cause(ctx)
	}
	return <-done
}
