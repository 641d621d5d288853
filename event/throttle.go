package event

import (
	"container/list"
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// ThrottleOptions change what [Throttle] does. The zero ThrottleOptions are the
// defaults.
type ThrottleOptions struct {
	Key   KeyFunc // what is limited apart; nil means ByRule
	Burst int     // how many may pass at once; 0 means as many as in one period
	Keys  int     // how many keys are remembered at most; 0 means 4096
}

// Throttle returns a Middleware that lets at most n alerts of a key pass per
// period, evenly refilled. The others are counted as held by throttle, and the
// next alert of that key that passes carries their number in its ctx; see
// [RepeatsFrom].
//
// When there are more keys than it remembers, it forgets the one that was
// longest unused: that key's next alert passes, without the number. An n or
// period that is not positive panics.
func Throttle(n int, period time.Duration, o *ThrottleOptions) Middleware {
	if n < 1 || period <= 0 {
		panic("event: Throttle: not a positive rate at " + caller(2))
	}
	var options ThrottleOptions
	if o != nil {
		options = *o
	}
	if options.Key == nil {
		options.Key = ByRule
	}
	if options.Burst <= 0 {
		options.Burst = n
	}
	if options.Keys <= 0 {
		options.Keys = 4096
	}
	return func(h Handler) Handler {
		return &throttle{
			holder:  holderAround(h, "throttle"),
			options: options,
			limit:   rate.Limit(float64(n) / period.Seconds()),
			keys:    make(map[string]*list.Element),
		}
	}
}

type throttle struct {
	holder
	options ThrottleOptions
	limit   rate.Limit

	mu     sync.Mutex
	keys   map[string]*list.Element // of gate
	recent list.List                // of *gate, the longest unused last
}

// gate is what is known of one key.
type gate struct {
	key     string
	limiter *rate.Limiter
	held    Repeats
}

func (t *throttle) HandleEvent(ctx context.Context, e *Event) error {
	key := stored(t.options.Key(e))
	repeats, pass := t.pass(key, time.Now())
	if !pass {
		t.held.Add(1)
		return nil
	}
	err := t.next.HandleEvent(withRepeats(ctx, repeats), e)
	if err != nil && repeats.Count > 0 {
		t.untold(key, repeats)
	}
	return err
}

// untold takes back repeats that the handler was told of in vain.
func (t *throttle) untold(key string, r Repeats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if el := t.keys[key]; el != nil {
		g := el.Value.(*gate)
		g.held = g.held.and(r)
	}
}

func (t *throttle) pass(key string, now time.Time) (held Repeats, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	el := t.keys[key]
	if el == nil {
		if t.recent.Len() >= t.options.Keys {
			last := t.recent.Back()
			delete(t.keys, last.Value.(*gate).key)
			t.recent.Remove(last)
		}
		el = t.recent.PushFront(&gate{key: key, limiter: rate.NewLimiter(t.limit, t.options.Burst)})
		t.keys[key] = el
	}
	t.recent.MoveToFront(el)
	g := el.Value.(*gate)
	if !g.limiter.AllowN(now, 1) {
		g.held.add(now)
		return Repeats{}, false
	}
	held, g.held = g.held, Repeats{}
	return held, true
}
