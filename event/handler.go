package event

import "context"

// Handler is told of alerts. HandleEvent may be called by several goroutines
// at once, must not change e, and should return soon after ctx is done. An
// error says that the alert was not handled; it never keeps the alert from
// other handlers.
type Handler interface {
	HandleEvent(ctx context.Context, e *Event) error
}

// HandlerFunc is a function as a [Handler].
type HandlerFunc func(ctx context.Context, e *Event) error

// HandleEvent calls f.
func (f HandlerFunc) HandleEvent(ctx context.Context, e *Event) error { return f(ctx, e) }

// Middleware wraps a handler in another.
type Middleware func(Handler) Handler

// Matcher decides whether an alert is for a handler. Match may be called by
// several goroutines at once, must not change e, and must give the same answer
// for the same alert.
type Matcher interface {
	Match(e *Event) bool
}

// Needer is a [Matcher] that can say which alerts it can possibly match, so
// that a Mux need not ask it about the others. Needs is read once, at
// registration.
type Needer interface {
	Matcher
	Needs() Needs
}

// Needs are conditions that every alert a matcher matches necessarily meets:
// each list that is not empty must have an entry that holds. Needs may claim
// less than the matcher knows, never more; the zero Needs claims nothing.
type Needs struct {
	Rules   []string      // the alert's rule is one of these
	Sources []string      // its source is one of these
	Tags    []string      // it has at least one of these tags
	Floor   *Priority     // it is at least as severe as this
	Equal   []FieldValues // for each entry, the field has one of the values
	Never   bool          // nothing can match
}

// FieldValues names a field and the texts it may have.
type FieldValues struct {
	Field  string
	Values []string
}
