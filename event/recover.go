package event

import "context"

// Recover returns a Middleware that turns a panic of the handler into a
// [*PanicError]. A [Mux], a [Queue] and [Serve] do so themselves; Recover is for
// handlers that are called by others, and for where other middleware is to see
// the error. It passes on every alert.
func Recover() Middleware {
	return func(h Handler) Handler { return &recoverer{around(h, "recover")} }
}

type recoverer struct{ wrapper }

func (r *recoverer) HandleEvent(ctx context.Context, e *Event) error { return call(ctx, r.next, e) }
