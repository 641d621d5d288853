package event

import "fmt"

// HandlerError says which handler did not handle an alert, and why. A [Mux] and
// a [Multi] return them joined, one for each handler that failed.
type HandlerError struct {
	Handler string // the handler's name
	Pattern string // what its matcher says it matches; "" outside a Mux
	Place   string // file:line of its registration; "" outside a Mux
	Err     error  // what it returned, or a *PanicError
}

func (e *HandlerError) Error() string {
	s := "handler " + e.Handler
	if e.Place != "" {
		s += " (" + e.Place + ")"
	}
	if e.Pattern != "" {
		s += " for " + e.Pattern
	}
	return s + ": " + e.Err.Error()
}

// Unwrap returns what the handler returned.
func (e *HandlerError) Unwrap() error { return e.Err }

// PanicError is a panic of a handler or matcher, as an error.
type PanicError struct {
	Value any    // what was panicked with
	Stack []byte // as [runtime/debug.Stack] prints it, from where it panicked
}

// Error returns the value without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
