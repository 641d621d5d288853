package event

import "context"

// Handler is told of alerts. HandleEvent may be called by several goroutines
// at once and must not change e, though it may keep it. It should return soon
// after ctx is done. An error says that the alert was not handled; it never
// keeps the alert from other handlers.
type Handler interface {
	HandleEvent(ctx context.Context, e *Event) error
}

// HandlerFunc is a function as a [Handler].
type HandlerFunc func(ctx context.Context, e *Event) error

// HandleEvent calls f.
func (f HandlerFunc) HandleEvent(ctx context.Context, e *Event) error { return f(ctx, e) }
