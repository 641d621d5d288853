package event

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// DedupStore remembers which alerts were seen. The one that [Dedup] makes for
// itself is in memory; one that several processes share makes them one where
// duplicates are concerned. It must be safe for concurrent use.
type DedupStore interface {
	// Claim reports whether key is new, and remembers it for window if so. Of
	// several callers at once only one is told that a key is new.
	Claim(ctx context.Context, key string, window time.Duration) (fresh bool, err error)

	// Release forgets a key that was claimed, since its alert was not handled.
	Release(ctx context.Context, key string) error
}

// DedupOptions change what [Dedup] does. The zero DedupOptions are the defaults.
type DedupOptions struct {
	Key   KeyFunc    // alerts with the same key are duplicates; nil means ByID
	Keys  int        // how many keys are remembered at most, in memory; 0 means 65,536
	Store DedupStore // nil means one in memory for each handler

	// OnError is told of errors of the Store. The alert is passed on all the
	// same: better twice than never. nil means that they are not reported.
	OnError func(error)
}

// Dedup returns a Middleware that passes on the first alert with a key and none
// of the others that come within window after it; these are counted as held by
// dedup. If the handler fails, the alert does not count as seen, so it may be
// handed in again; duplicates that came meanwhile were held all the same.
//
// When there are more keys than it remembers, the oldest is forgotten. A
// remembered key takes about 200 bytes. A window that is not positive panics.
func Dedup(window time.Duration, o *DedupOptions) Middleware {
	if window <= 0 {
		panic("event: Dedup: not a positive window at " + caller(2))
	}
	var options DedupOptions
	if o != nil {
		options = *o
	}
	if options.Key == nil {
		options.Key = ByID
	}
	if options.Keys <= 0 {
		options.Keys = 65_536
	}
	return func(h Handler) Handler {
		d := &dedup{holder: holderAround(h, "dedup"), window: window, key: options.Key, store: options.Store, onError: options.OnError}
		if d.store == nil {
			d.store = &seen{most: options.Keys, keys: make(map[string]*list.Element)}
		}
		return d
	}
}

type dedup struct {
	holder
	window  time.Duration
	key     KeyFunc
	store   DedupStore
	onError func(error)
}

func (d *dedup) HandleEvent(ctx context.Context, e *Event) error {
	key := stored(d.key(e))
	fresh, err := d.store.Claim(ctx, key, d.window)
	d.report(err)
	if err == nil && !fresh {
		d.held.Add(1)
		return nil
	}
	claimed, handled := err == nil, false
	defer func() { // deferred, for a handler that panics
		if claimed && !handled {
			// Not under ctx, which may be why the handler failed.
			d.report(d.store.Release(context.WithoutCancel(ctx), key))
		}
	}()
	err = d.next.HandleEvent(ctx, e)
	handled = err == nil
	return err
}

func (d *dedup) report(err error) {
	if err != nil && d.onError != nil {
		d.onError(err)
	}
}

// seen is a DedupStore in memory. All its keys are kept for the same time, so
// the order in which they came is the order in which they end.
type seen struct {
	most int

	mu    sync.Mutex
	keys  map[string]*list.Element
	order list.List // of seenKey, the oldest first
}

type seenKey struct {
	key   string
	until time.Time
}

func (s *seen) Claim(_ context.Context, key string, window time.Duration) (fresh bool, err error) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for el := s.order.Front(); el != nil && !now.Before(el.Value.(seenKey).until); el = s.order.Front() {
		s.remove(el)
	}
	if s.keys[key] != nil {
		return false, nil
	}
	if s.order.Len() >= s.most {
		s.remove(s.order.Front())
	}
	s.keys[key] = s.order.PushBack(seenKey{key, now.Add(window)})
	return true, nil
}

func (s *seen) Release(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if el := s.keys[key]; el != nil {
		s.remove(el)
	}
	return nil
}

func (s *seen) remove(el *list.Element) {
	delete(s.keys, s.order.Remove(el).(seenKey).key)
}
