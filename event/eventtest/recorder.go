package eventtest

import (
	"context"
	"slices"
	"sync"

	"github.com/falconer-go/falconer/event"
)

// Recorder is a Handler that keeps the alerts it gets. The zero Recorder is
// ready to use; it is safe for concurrent use and must not be copied.
type Recorder struct {
	// Do, if it is not nil, is called for each alert after it was recorded, and
	// its error is the Recorder's. It is set before the first alert.
	Do func(ctx context.Context, e *event.Event) error

	mu     sync.Mutex
	events []*event.Event
	more   chan struct{} // closed when the next alert comes; nil if nobody waits
}

// HandleEvent records e.
func (r *Recorder) HandleEvent(ctx context.Context, e *event.Event) error {
	r.mu.Lock()
	r.events = append(r.events, e)
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
	r.mu.Unlock()
	if r.Do != nil {
		return r.Do(ctx, e)
	}
	return nil
}

// Events returns the alerts so far, in the order in which they came.
func (r *Recorder) Events() []*event.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Rules returns the rules of the alerts so far, in the order in which they came.
func (r *Recorder) Rules() []string {
	var rules []string
	for _, e := range r.Events() {
		rules = append(rules, e.Rule)
	}
	return rules
}

// Reset forgets the alerts so far.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = nil
}

// Wait returns the alerts so far as soon as there are at least n, or with the
// error of ctx when that ends first.
func (r *Recorder) Wait(ctx context.Context, n int) ([]*event.Event, error) {
	for {
		r.mu.Lock()
		if len(r.events) >= n {
			defer r.mu.Unlock()
			return slices.Clone(r.events), nil
		}
		if r.more == nil {
			r.more = make(chan struct{})
		}
		more := r.more
		r.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return r.Events(), context.Cause(ctx)
		}
	}
}
