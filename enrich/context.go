package enrich

import (
	"context"
	"sync"

	"github.com/falconer-go/falconer/event"
)

// attached is the mapping of an alert on its way through handlers, made when
// the first of them asks.
type attached struct {
	enricher *Enricher
	event    *event.Event
	once     sync.Once
	mapping  *Mapping
}

type contextKey struct{}

// Middleware returns a middleware that attaches the mapping of each alert to
// the context of the handler inside it, which reads it with [From]. A handler
// that does not ask pays nothing but the context.
func (n *Enricher) Middleware() event.Middleware {
	return func(next event.Handler) event.Handler {
		if f, ok := next.(event.HandlerFunc); next == nil || ok && f == nil {
			panic("enrich: Middleware around a nil Handler")
		}
		return &mapped{n, next}
	}
}

// mapped is a handler that finds the mapping in its context.
type mapped struct {
	enricher *Enricher
	next     event.Handler
}

// HandleEvent implements [event.Handler].
func (m *mapped) HandleEvent(ctx context.Context, e *event.Event) error {
	return m.next.HandleEvent(context.WithValue(ctx, contextKey{}, &attached{enricher: m.enricher, event: e}), e)
}

// Unwrap returns the handler inside; see [event.Middleware].
func (m *mapped) Unwrap() event.Handler { return m.next }

// From returns the mapping that [Enricher.Middleware] attached, with what the
// host's sources add under ctx; nil if there is none.
func From(ctx context.Context) *Mapping {
	a, ok := ctx.Value(contextKey{}).(*attached)
	if !ok {
		return nil
	}
	a.once.Do(func() { a.mapping = a.enricher.Enrich(ctx, a.event) })
	return a.mapping
}
