package event

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// RetryOptions change what [Retry] does. The zero RetryOptions are the
// defaults.
type RetryOptions struct {
	Tries   int           // calls in all, the first included; 0 means 5
	First   time.Duration // the pause after the first failure, doubled with each; 0 means 200ms
	Longest time.Duration // what no pause exceeds before jitter, nor the first; 0 means 30s

	// Permanent says which errors another try cannot mend, beside those of
	// the function Permanent and panics; nil means no others.
	Permanent func(error) bool
}

// Retry returns a Middleware that calls a handler again when it fails, after
// pauses that double, each longer or shorter by up to half at random. It gives
// up when ctx is done, when the tries are used up, and on errors that are
// permanent, and returns the last error.
//
// A try is a whole call of what is wrapped: around a [Mux], a retry calls the
// handlers that succeeded again.
func Retry(o *RetryOptions) Middleware {
	var options RetryOptions
	if o != nil {
		options = *o
	}
	if options.Tries <= 0 {
		options.Tries = 5
	}
	if options.First <= 0 {
		options.First = 200 * time.Millisecond
	}
	if options.Longest <= 0 {
		options.Longest = 30 * time.Second
	}
	options.First = min(options.First, options.Longest)
	return func(h Handler) Handler { return &retry{around(h, "retry"), options} }
}

// Permanent marks err as one that another try cannot mend, for [Retry]. A nil
// err stays nil.
func Permanent(err error) error { return backoff.Permanent(err) }

type retry struct {
	wrapper
	options RetryOptions
}

func (r *retry) HandleEvent(ctx context.Context, e *Event) error {
	var last error
	tries := 0
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		tries++
		last = r.next.HandleEvent(ctx, e)
		var p *PanicError
		if last != nil && (errors.As(last, &p) || r.options.Permanent != nil && r.options.Permanent(last)) {
			return struct{}{}, backoff.Permanent(last)
		}
		return struct{}{}, last
	},
		backoff.WithMaxTries(uint(r.options.Tries)),
		backoff.WithMaxElapsedTime(0),
		backoff.WithBackOff(&backoff.ExponentialBackOff{
			InitialInterval:     r.options.First,
			RandomizationFactor: 0.5,
			Multiplier:          2,
			MaxInterval:         r.options.Longest,
		}))
	switch {
	case err == nil:
		return nil
	case tries == 1 && ctx.Err() == nil:
		return last
	case ctx.Err() != nil && !errors.Is(last, context.Cause(ctx)):
		return fmt.Errorf("after %d tries: %w (%w)", tries, last, context.Cause(ctx))
	}
	return fmt.Errorf("after %d tries: %w", tries, last)
}
