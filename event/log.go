package event

import (
	"context"
	"log/slog"
	"time"
)

// LogOptions change what [Log] does. The zero LogOptions are the defaults.
type LogOptions struct {
	Handled slog.Leveler // the level for an alert that was handled; nil means Debug
	Failed  slog.Leveler // for one that was not; nil means Error
}

// Log returns a Middleware that writes one record to l for each alert after it
// was handled: rule, priority, source, host and ID of the alert, how long the
// handler took, and its error. It does not write output or fields, and passes
// on every alert. What the alert says is attribute values, which the handlers
// of log/slog quote. A nil l panics.
func Log(l *slog.Logger, o *LogOptions) Middleware {
	if l == nil {
		panic("event: Log: nil logger at " + caller(2))
	}
	options := LogOptions{slog.LevelDebug, slog.LevelError}
	if o != nil && o.Handled != nil {
		options.Handled = o.Handled
	}
	if o != nil && o.Failed != nil {
		options.Failed = o.Failed
	}
	return func(h Handler) Handler { return &logger{around(h, "log"), l, nameOf(h), options} }
}

type logger struct {
	wrapper
	l       *slog.Logger
	name    string
	options LogOptions
}

func (l *logger) HandleEvent(ctx context.Context, e *Event) error {
	start, returned := time.Now(), false
	var err error
	defer func() {
		level, text := l.options.Handled.Level(), "alert handled"
		switch {
		case !returned:
			level, text = l.options.Failed.Level(), "handler panicked"
		case err != nil:
			level, text = l.options.Failed.Level(), "alert not handled"
		}
		if !l.l.Enabled(ctx, level) {
			return
		}
		attrs := []slog.Attr{
			slog.String("handler", l.name),
			slog.String("rule", e.Rule),
			slog.String("priority", e.Priority.String()),
			slog.String("source", e.Source),
			slog.String("host", e.Hostname),
			slog.String("id", e.ID().String()),
			slog.Duration("took", time.Since(start)),
		}
		if err != nil {
			attrs = append(attrs, slog.Any("error", err))
		}
		if r, ok := RepeatsFrom(ctx); ok {
			attrs = append(attrs, slog.Int("repeats", r.Count))
		}
		l.l.LogAttrs(ctx, level, text, attrs...)
	}()
	err = l.next.HandleEvent(ctx, e)
	returned = true
	return err
}
