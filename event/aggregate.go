package event

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Aggregator is middleware that gives its handler the first alert of a kind at
// once, and of those that follow one summary per window: the latest of them,
// with a ctx from which [RepeatsFrom] returns how many there were, that one
// included. A window without any ends the kind: its next alert is a first one
// again.
//
// An alert that becomes part of a summary is counted as held by aggregate. A
// summary goes out when [Aggregator.Run] or [Aggregator.Flush] finds its window
// ended; where the host calls neither, with the next alert of any kind, and
// then under a ctx that ends with that alert's and has none of its values.
type Aggregator struct {
	holder
	window  time.Duration
	key     KeyFunc
	store   AggregateStore
	onError func(error)
}

// AggregateOptions change what an [Aggregator] does. The zero AggregateOptions
// are the defaults.
type AggregateOptions struct {
	Key   KeyFunc        // which alerts are of a kind; nil means by rule, host, container and process name
	Store AggregateStore // nil means one in memory
	Keys  int            // how many kinds the store in memory holds at most; 0 means 4096
	Bytes int            // how much memory its alerts take at most; 0 means 16 MiB

	// OnError is told of errors of the Store, for which the alert is passed on
	// all the same, and of summaries that the handler failed to handle, which
	// are lost. nil means that they are not reported.
	OnError func(error)
}

// AggregateStore counts repeated alerts. The one that [NewAggregator] makes is
// in memory; one that several processes share makes them one where repeats are
// concerned. It must be safe for concurrent use.
type AggregateStore interface {
	// Add counts e under key. If no window is open for key, it opens one that
	// ends after length, and reports that e is the first: it is to be passed
	// on and is not counted.
	Add(ctx context.Context, key string, e *Event, length time.Duration) (first bool, err error)

	// Undo takes back that e was the first of key, since it was not handled:
	// the next alert of key is the first.
	Undo(ctx context.Context, key string, e *Event) error

	// Due takes the summaries of up to most windows that have ended, each of
	// them once, and opens their windows anew for length; ended windows
	// without repeats are closed.
	Due(ctx context.Context, length time.Duration, most int) ([]Summary, error)
}

// Summary is what an [AggregateStore] counted under a key during a window.
type Summary struct {
	Latest *Event
	Repeats
}

// NewAggregator returns an Aggregator around next with windows of that length.
// A nil next and a window that is not positive panic.
func NewAggregator(next Handler, window time.Duration, o *AggregateOptions) *Aggregator {
	if isNilHandler(next) || window <= 0 {
		panic("event: NewAggregator: nil handler or not a positive window at " + caller(2))
	}
	var options AggregateOptions
	if o != nil {
		options = *o
	}
	if options.Key == nil {
		options.Key = ByFields("alert.rule", "alert.hostname", "container.id", "proc.name")
	}
	if options.Keys <= 0 {
		options.Keys = 4096
	}
	if options.Bytes <= 0 {
		options.Bytes = 16 << 20
	}
	if options.Store == nil {
		options.Store = newWindows(options.Keys, options.Bytes)
	}
	return &Aggregator{holder{wrapper: wrapper{next}, by: "aggregate"}, window, options.Key, options.Store, options.OnError}
}

// Aggregate is [NewAggregator] as a Middleware.
func Aggregate(window time.Duration, o *AggregateOptions) Middleware {
	return func(h Handler) Handler { return NewAggregator(h, window, o) }
}

// dueWithAlert bounds how many summaries an alert pays for. It is more than
// one, so that they do not pile up.
const dueWithAlert = 4

// HandleEvent passes e on if it is a first one, and counts it if not. Its error
// is about e alone.
func (a *Aggregator) HandleEvent(ctx context.Context, e *Event) error {
	list, err := a.store.Due(ctx, a.window, dueWithAlert)
	if len(list) > 0 {
		own, end := apart(ctx)
		err = errors.Join(err, a.tell(own, list))
		end()
	}
	a.report(err)
	key := stored(a.key(e))
	first, err := a.store.Add(ctx, key, e, a.window)
	if err != nil {
		a.report(err)
		return a.next.HandleEvent(ctx, e)
	}
	if !first {
		a.held.Add(1)
		return nil
	}
	handled := false
	defer func() { // deferred, for a handler that panics
		if !handled {
			a.report(a.store.Undo(context.WithoutCancel(ctx), key, e))
		}
	}()
	err = a.next.HandleEvent(ctx, e)
	handled = err == nil
	return err
}

// Flush gives the handler the summaries of all windows that have ended, and
// returns what went wrong, joined.
func (a *Aggregator) Flush(ctx context.Context) error {
	const most = 64
	var errs []error
	for ctx.Err() == nil {
		list, err := a.store.Due(ctx, a.window, most)
		errs = append(errs, err, a.tell(ctx, list))
		if len(list) < most {
			return errors.Join(errs...)
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// Run flushes as windows end, until ctx is done.
func (a *Aggregator) Run(ctx context.Context) {
	tick := time.NewTicker(max(a.window/8, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.report(a.Flush(ctx))
		}
	}
}

// tell gives the handler summaries.
func (a *Aggregator) tell(ctx context.Context, list []Summary) error {
	var errs []error
	for _, s := range list {
		if err := call(withRepeats(ctx, s.Repeats), a.next, s.Latest); err != nil {
			errs = append(errs, fmt.Errorf("summary of %d alerts of rule %q: %w", s.Count, clip(s.Latest.Rule), err))
		}
	}
	return errors.Join(errs...)
}

// apart returns a ctx that ends with ctx and has none of its values: what is
// attached to one alert, such as its repeats or its mapping, is not about
// another one.
func apart(ctx context.Context) (context.Context, context.CancelFunc) {
	own, end := context.WithCancelCause(context.Background())
	stop := context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })
	cancel := func() {
		stop()
		end(nil)
	}
	if d, ok := ctx.Deadline(); ok {
		timed, ended := context.WithDeadline(own, d)
		return timed, func() {
			ended()
			cancel()
		}
	}
	return own, cancel
}

func (a *Aggregator) report(err error) {
	if err != nil && a.onError != nil {
		a.onError(err)
	}
}
