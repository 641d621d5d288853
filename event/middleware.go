package event

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// Middleware wraps a handler in another. A handler that it returns should have
// a method Unwrap() Handler that returns the one it wraps, so that names and
// counts are found through it.
//
// The middleware of this package keeps what it needs to know for each handler
// that it wraps: the same Middleware on two handlers is two of them. What one
// does not pass on it counts; see [HeldBy].
type Middleware func(Handler) Handler

// Chain returns the Middleware that is all of ms, the first of them outermost:
// it sees an alert first and its error last.
func Chain(ms ...Middleware) Middleware {
	return func(h Handler) Handler {
		for i := len(ms) - 1; i >= 0; i-- {
			h = ms[i](h)
		}
		return h
	}
}

// Unwrap returns the handler that h wraps, or nil if it wraps none.
func Unwrap(h Handler) Handler {
	if w, ok := h.(interface{ Unwrap() Handler }); ok {
		return w.Unwrap()
	}
	return nil
}

// Held is what one middleware did not pass on to the handler it wraps.
type Held struct {
	By     string // dedup, throttle, sample, ...
	Alerts uint64 // how many alerts, since it was made
}

// HeldBy returns what the middleware around a handler held back, outermost
// first: one entry for each that can hold an alert back, be it none so far.
func HeldBy(h Handler) []Held {
	var list []Held
	for ; h != nil; h = Unwrap(h) {
		if x, ok := h.(interface{ Held() Held }); ok {
			list = append(list, x.Held())
		}
	}
	return list
}

// wrapper is a handler around another.
type wrapper struct{ next Handler }

// around is called by each Middleware itself, so that the place it names is the
// host's.
func around(next Handler, by string) wrapper {
	if isNilHandler(next) {
		panic("event: " + by + " around a nil Handler at " + caller(3))
	}
	return wrapper{next}
}

func (w *wrapper) Unwrap() Handler { return w.next }

// holder is a wrapper that may hold alerts back.
type holder struct {
	wrapper
	by   string
	held atomic.Uint64
}

func (h *holder) Held() Held { return Held{h.by, h.held.Load()} }

// holderAround is [around] for a holder.
func holderAround(next Handler, by string) holder {
	if isNilHandler(next) {
		panic("event: " + by + " around a nil Handler at " + caller(3))
	}
	return holder{wrapper: wrapper{next}, by: by}
}

// multi is a list of handlers as one.
type multi []Handler

// Multi returns a Handler that gives each alert to every one of hs, in order.
// Errors and panics come back as a [Mux] gives them. A nil handler panics.
func Multi(hs ...Handler) Handler {
	for _, h := range hs {
		if isNilHandler(h) {
			panic("event: nil Handler given to Multi at " + caller(2))
		}
	}
	return multi(append([]Handler(nil), hs...))
}

func (hs multi) HandleEvent(ctx context.Context, e *Event) error {
	var errs []error
	for _, h := range hs {
		if err := call(ctx, h, e); err != nil {
			errs = append(errs, &HandlerError{Handler: nameOf(h), Err: err})
		}
	}
	return errors.Join(errs...)
}

// call is h.HandleEvent with a panic as an error.
func call(ctx context.Context, h Handler, e *Event) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{v, debug.Stack()}
		}
	}()
	return h.HandleEvent(ctx, e)
}

func isNilHandler(h Handler) bool {
	f, ok := h.(HandlerFunc)
	return h == nil || ok && f == nil
}

// nameOf names a handler by what is inside its middleware: what it calls
// itself, its function, or its type.
func nameOf(h Handler) string {
	if isNilHandler(h) {
		return "nil"
	}
	for inner := Unwrap(h); inner != nil; inner = Unwrap(h) {
		if s, ok := h.(fmt.Stringer); ok {
			return s.String()
		}
		h = inner
	}
	if f, ok := h.(HandlerFunc); ok {
		return runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	}
	return describe(h)
}
