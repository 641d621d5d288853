package event

// Middleware wraps a handler in another.
type Middleware func(Handler) Handler
